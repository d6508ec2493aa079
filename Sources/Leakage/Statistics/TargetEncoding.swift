import Features

/// Looks for features that are statistics of the training set's own labels within a category.
struct TargetEncoding {
    let set: JudgedSet
    let frame: TrainingFrame
    let settings: LeakageSettings

    init(_ set: JudgedSet, _ frame: TrainingFrame, _ settings: LeakageSettings) {
        (self.set, self.frame, self.settings) = (set, frame, settings)
    }

    /// The most columns that are taken for categories.
    private static let mostCategories = 8

    func findings() throws -> [LeakageFinding] {
        guard let label = frame.plan.label, let timeColumn = frame.timeColumn else { return [] }
        let numeric = frame.features.filter { frame.columns[$0]?.type == .float64 }
        if numeric.isEmpty { return [] }
        var findings: [LeakageFinding] = []
        var found: Set<String> = []
        for category in categories(label, timeColumn) {
            let needed = Array(Set([category, label.column, timeColumn] + numeric + splitColumn)).sorted()
            let columns = try rows(of: category, needed)
            guard let categories = columns[category] else { continue }
            let groups = groups(columns, categories, label, timeColumn)
            for name in numeric where name != category && !found.contains(name) {
                guard let values = columns[name] else { continue }
                let horizon = label.horizon.seconds * 1_000_000
                let forms = groups.lazy.compactMap { LabelStatistics($0, values).form(horizon: horizon) }
                guard let form = forms.first
                else { continue }
                found.insert(name)
                findings.append(
                    LeakageFinding(
                        .targetEncoding, service: frame.plan.service.name, subject: name,
                        "it is \(form.words) of '\(label.column)' for each '\(category)', made from the labels it is joined "
                            + "to; make it a windowed aggregation over settled outcomes",
                        evidence: [
                            .init("category", category), .init("form", form.rawValue),
                            .init("rows", "\(groups[0].rows.reduce(0) { $0 + $1.count })"),
                        ], place: frame.place(of: name)))
            }
        }
        return findings
    }

    private var splitColumn: [String] {
        guard case .column(let name) = set.split, frame.columns[name] != nil else { return [] }
        return [name]
    }

    /// Columns with fewer values than rows: keys first.
    private func categories(_ label: Label, _ timeColumn: String) -> [String] {
        let keys = frame.plan.views.flatMap { $0.keys.map(\.spineColumn) }
        var names = keys + set.table.schema.names
        var seen: Set<String> = [label.column, timeColumn]
        seen.formUnion(splitColumn)
        names = names.filter { seen.insert($0).inserted }
        let usable = names.filter { name in
            guard let column = frame.columns[name], [.string, .int64, .bool].contains(column.type) else { return false }
            let distinct = Set((0..<column.count).map { column.value($0) }.filter { $0 != .null }).count
            return distinct >= 2 && (distinct * 2 <= column.count || frame.rows.count < frame.total)
        }
        return Array(usable.prefix(Self.mostCategories))
    }

    /// All rows of some categories: sums need every row of a category, so it is categories that are sampled.
    private func rows(of category: String, _ needed: [String]) throws -> [String: ExpressionVector] {
        if frame.rows.count == frame.total { return frame.columns }
        let share = Double(settings.statisticsRows) / Double(frame.total)
        let limit = UInt64(share * Double(UInt64.max / 2)) * 2
        var rows: [Int] = []
        var first = 0
        try set.table.forEachBatch([category]) { batch in
            for (row, hash) in KeyHash.ofRows(batch).enumerated()
            where mixed(hash ^ settings.seed) < limit && rows.count < 4 * settings.statisticsRows {
                rows.append(first + row)
            }
            first += batch.count
        }
        return try set.table.values(needed, rows: rows)
    }

    /// The rows of some categories with their labels: all rows, and those of the training part where there is one, since an
    /// encoding that is fitted on it alone still has its labels in it.
    private func groups(
        _ columns: [String: ExpressionVector], _ categories: ExpressionVector, _ label: Label, _ timeColumn: String
    ) -> [LabelGroups] {
        guard let labels = columns[label.column], let times = columns[timeColumn] else { return [] }
        var groups = [LabelGroups(categories, labels, times, seed: settings.seed) { _ in true }]
        if let name = splitColumn.first, let sides = columns[name] {
            groups.append(
                LabelGroups(categories, labels, times, seed: settings.seed) { sides.value($0) == .text("train") })
        }
        return groups
    }
}
