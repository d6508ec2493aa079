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
    /// The most rows of whole categories that are taken of a set that is larger than its sample.
    private static let mostRows = 50_000

    func findings() throws -> [LeakageFinding] {
        guard let label = frame.plan.label, let timeColumn = frame.timeColumn,
            let labels = frame.columns[label.column]?.numbers
        else { return [] }
        // What does not lie among the labels is no mean of them.
        let among = labels.lazy.filter { !$0.isNaN }
        let numeric = frame.features.filter { name in
            guard case .float64? = frame.columns[name]?.type, let values = frame.columns[name]?.numbers else {
                return false
            }
            return LabelStatistics.lieAmongLabels(values.lazy.filter { !$0.isNaN }, among, share: 0.9, least: 1)
        }
        if numeric.isEmpty { return [] }
        let columns = LabelColumns(label: label.column, time: timeColumn)
        var findings: [LeakageFinding] = []
        var found: Set<String> = []
        for category in categories(columns) {
            let (values, groups) = try groups(category, columns, numeric)
            for name in numeric where name != category && !found.contains(name) {
                guard let vector = values[name] else { continue }
                let horizon = label.horizon.seconds * 1_000_000
                let forms = groups.lazy.compactMap { LabelStatistics($0, vector).form(horizon: horizon) }
                guard let form = forms.first else { continue }
                found.insert(name)
                findings.append(
                    LeakageFinding(
                        .targetEncoding, service: frame.plan.service.name, subject: name,
                        "it is \(form.words) of '\(label.column)' for each '\(category)', made from the labels it is joined "
                            + "to; make it a windowed aggregation over settled outcomes",
                        evidence: [
                            .init("category", category), .init("form", form.rawValue),
                            .init("rows", "\(groups[0].groups.reduce(0) { $0 + $1.rows.count })"),
                        ], place: frame.place(of: name)))
            }
        }
        return findings
    }

    private var splitColumn: String? {
        guard case .column(let name) = set.split, frame.columns[name] != nil else { return nil }
        return name
    }

    private var isComplete: Bool { frame.rows.count == frame.total }

    /// Columns with fewer values than rows: keys first.
    private func categories(_ columns: LabelColumns) -> [String] {
        let keys = frame.plan.views.flatMap { $0.keys.map(\.spineColumn) }
        var names = keys + set.table.schema.names
        var seen: Set<String> = [columns.label, columns.time]
        if let splitColumn { seen.insert(splitColumn) }
        names = names.filter { seen.insert($0).inserted }
        let usable = names.lazy.filter { name in
            guard let column = frame.columns[name], [.string, .int64, .bool].contains(column.type) else { return false }
            let ranked = RankedColumn(column)
            let present = ranked.ranks.count { $0 >= 0 }
            if ranked.count < 2 { return false }
            if isComplete || ranked.count * 2 <= column.count { return ranked.count * 2 <= column.count }
            // In a sample of pairs of equal values about so many are both drawn.
            let pairs = Double(present) * Double(present) / Double(frame.total) / 2
            return Double(present - ranked.count) >= max(1, pairs / 2)
        }
        return Array(usable.prefix(Self.mostCategories))
    }

    /// The rows of some categories with their labels: all rows, and those of the training part where there is one, since an
    /// encoding that is fitted on it alone still has its labels in it. The vectors have the values of those rows.
    private func groups(
        _ category: String, _ columns: LabelColumns, _ numeric: [String]
    ) throws -> (values: [String: ExpressionVector], groups: [LabelGroups]) {
        var (values, sums) = (frame.columns, [CategorySums?](repeating: nil, count: 2))
        if !isComplete {
            let hashes = sampledCategories(category)
            sums[0] = try CategorySums(set.table, category: category, hashes: hashes, columns: columns, split: nil)
            if let split = splitColumn {
                sums[1] = try CategorySums(
                    set.table, category: category, hashes: hashes, columns: columns, split: split)
            }
            let rows = try rows(of: category, hashes, sums[0])
            let needed = Set([category, columns.label, columns.time] + numeric + [splitColumn].compactMap { $0 })
            values = try set.table.values(needed.sorted(), rows: rows)
        }
        guard let vector = values[category], let times = values[columns.time],
            let labels = values[columns.label]?.numbers
        else { return (values, []) }
        var groups = [LabelGroups(vector, labels, times, seed: settings.seed, sums: sums[0]) { _ in true }]
        if let name = splitColumn, let sides = values[name] {
            let isTraining = LabelColumns.isTraining(sides)
            groups.append(LabelGroups(vector, labels, times, seed: settings.seed, sums: sums[1]) { isTraining[$0] })
        }
        return (values, groups)
    }

    /// The categories of the sample, in a seeded order.
    private func sampledCategories(_ category: String) -> [UInt64] {
        guard let column = frame.columns[category] else { return [] }
        let isValid = column.validity
        let hashes = KeyHash.ofRows([column], count: column.count).enumerated().filter { isValid?[$0.offset] ?? true }
        return Set(hashes.map(\.element)).sorted { mixed($0 ^ settings.seed) < mixed($1 ^ settings.seed) }
    }

    /// All rows of the first categories that have enough of them together, and the sample's rows of others: a mean is told
    /// by any row of a category, the means of its folds by all.
    private func rows(of category: String, _ hashes: [UInt64], _ sums: CategorySums?) throws -> [Int] {
        var (whole, count, some) = ([UInt64](), 0, Set<UInt64>())
        for hash in hashes {
            if count >= LabelGroups.enoughRows, whole.count >= LabelGroups.enoughGroups { break }
            guard let size = sums?[hash]?.count, size >= 2 else { continue }
            if count + size <= Self.mostRows {
                whole.append(hash)
                count += size
            } else if some.count < LabelGroups.enoughGroups {
                some.insert(hash)
            }
        }
        let numbers = HashNumbers(whole)
        var rows: [Int] = []
        try set.table.forEachBatch([category], where: { _ in true }) { batch, first in
            for (row, hash) in KeyHash.ofRows(batch).enumerated() where numbers[hash] != nil {
                rows.append(first + row)
            }
        }
        if some.isEmpty { return rows }
        guard let column = frame.columns[category] else { return rows }
        for (place, hash) in KeyHash.ofRows([column], count: column.count).enumerated() where some.contains(hash) {
            rows.append(frame.rows[place])
        }
        return rows.sorted()
    }
}
