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
            guard let groups = columns[category], let labels = columns[label.column] else { continue }
            for name in numeric where name != category && !found.contains(name) {
                guard let values = columns[name] else { continue }
                let samples = self.samples(columns, groups, labels, values, timeColumn)
                guard let form = samples.lazy.compactMap({ $0.form(horizon: label.horizon.seconds * 1_000_000) }).first
                else { continue }
                found.insert(name)
                findings.append(
                    LeakageFinding(
                        .targetEncoding, service: frame.plan.service.name, subject: name,
                        "it is \(form.words) of '\(label.column)' for each '\(category)', made from the labels it is joined "
                            + "to; make it a windowed aggregation over settled outcomes",
                        evidence: [
                            .init("category", category), .init("form", form.rawValue),
                            .init("rows", "\(groups.count)"),
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

    private func samples(
        _ columns: [String: ExpressionVector], _ groups: ExpressionVector, _ labels: ExpressionVector,
        _ values: ExpressionVector, _ timeColumn: String
    ) -> [LabelStatistics] {
        let times = columns[timeColumn]
        func sample(_ keep: (Int) -> Bool) -> LabelStatistics {
            var sample = LabelStatistics()
            for row in 0..<groups.count where keep(row) {
                guard let outcome = labels.value(row).number, let time = times?.moment(row) else { continue }
                sample.add(groups.value(row), outcome, values.value(row).number, time)
            }
            return sample
        }
        var samples = [sample { _ in true }]
        // An encoding may be fitted on the training rows alone, which still have their own labels in it.
        if let name = splitColumn.first, let sides = columns[name] {
            samples.append(sample { sides.value($0) == .text("train") })
        }
        return samples
    }
}

/// Labels and a feature's values by category.
struct LabelStatistics {
    /// What a feature can be of a category's labels.
    enum Form: String, CaseIterable {
        case mean, others, folds, smoothed, running

        var words: String {
            switch self {
            case .mean: "the mean"
            case .others: "the mean without the row itself"
            case .folds: "the mean of the other folds"
            case .smoothed: "a smoothed mean"
            case .running: "the running mean, with labels that were not settled yet,"
            }
        }
    }

    private struct Row {
        let outcome: Double
        let value: Double?
        let time: Int64
    }

    private var groups: [GuardValue: [Row]] = [:]

    mutating func add(_ group: GuardValue, _ outcome: Double, _ value: Double?, _ time: Int64) {
        if group == .null || outcome.isNaN { return }
        let value = value.flatMap { $0.isNaN ? nil : $0 }
        groups[group, default: []].append(Row(outcome: outcome, value: value, time: time))
    }

    private static let leastRows = 30
    private static let leastValues = 5

    /// Which statistic the feature is; `nil` for none.
    func form(horizon: Int64) -> Form? {
        let usable = groups.values.filter { $0.count >= 2 }
        let outcomes = Set(usable.lazy.flatMap { $0.lazy.map(\.outcome) }.prefix(10_000))
        guard outcomes.count >= 2 else { return nil }
        return Form.allCases.first { form in
            switch form {
            case .mean: matches(usable, Self.means)
            case .others: matches(usable, Self.meansOfOthers)
            case .folds: matches(usable, Self.meansOfFolds)
            case .smoothed: isSmoothed(usable)
            case .running: isRunning(usable, horizon: horizon)
            }
        }
    }

    private static func isNear(_ left: Double, _ right: Double) -> Bool {
        abs(left - right) <= 1e-6 * max(1e-3, abs(left), abs(right))
    }

    /// Whether nearly all values are the expected ones, and these differ enough for that to mean something.
    private func matches(_ groups: [[Row]], _ expected: ([Row]) -> [Double?]) -> Bool {
        var (equal, compared) = (0, 0)
        var distinct: Set<Double> = []
        for rows in groups {
            for (row, wanted) in zip(rows, expected(rows)) {
                guard let value = row.value, let wanted else { continue }
                compared += 1
                if Self.isNear(value, wanted) {
                    equal += 1
                    distinct.insert(value)
                }
            }
        }
        return compared >= Self.leastRows && equal * 100 >= compared * 95 && distinct.count >= Self.leastValues
    }

    private static func sum(_ rows: [Row]) -> Double { rows.reduce(0) { $0 + $1.outcome } }

    private static func means(_ rows: [Row]) -> [Double?] {
        let mean = sum(rows) / Double(rows.count)
        return rows.map { _ in mean }
    }

    private static func meansOfOthers(_ rows: [Row]) -> [Double?] {
        let sum = sum(rows)
        return rows.map { (sum - $0.outcome) / Double(rows.count - 1) }
    }

    /// Rows of one value are taken for a fold, whose value is the mean of the rest of the category. Several folds may have
    /// one value: of m such folds, with sum s and count k, s = m (sum − value · count) + value · k.
    private static func meansOfFolds(_ rows: [Row]) -> [Double?] {
        var folds: [Double: (sum: Double, count: Int)] = [:]
        for row in rows {
            guard let value = row.value else { continue }
            let fold = folds[value] ?? (0, 0)
            folds[value] = (fold.sum + row.outcome, fold.count + 1)
        }
        let sum = sum(rows)
        return rows.map { row in
            guard let value = row.value, let fold = folds[value], fold.count < rows.count else { return nil }
            let rest = sum - value * Double(rows.count)
            // The mean of all tells nothing of folds.
            if abs(rest) <= 1e-9 * max(1, abs(sum)) { return nil }
            let count = (fold.sum - value * Double(fold.count)) / rest
            return count > 0.5 && abs(count - count.rounded()) <= 1e-6 ? value : .nan
        }
    }

    /// (sum + m · prior) / (n + m) for any m and prior: then value · n − sum is a linear function of the value.
    private func isSmoothed(_ groups: [[Row]]) -> Bool {
        var (x, y, counts) = ([Double](), [Double](), Set<Double>())
        for rows in groups {
            let values = Set(rows.compactMap(\.value))
            guard let value = values.first else { continue }
            if values.count > 1 { return false }
            x.append(value)
            y.append(value * Double(rows.count) - Self.sum(rows))
            counts.insert(Self.sum(rows) / Double(rows.count))
        }
        guard x.count >= 8, Set(x).count >= Self.leastValues, counts.count >= 3, let line = Line(x, y), line.slope < 0
        else { return false }
        let scale = y.reduce(1e-3) { max($0, abs($1)) }
        return zip(x, y).allSatisfy { abs(line.at($0) - $1) <= 1e-6 * scale }
    }

    /// The mean of the category's labels of earlier times, those within the horizon too.
    private func isRunning(_ groups: [[Row]], horizon: Int64) -> Bool {
        if horizon == 0 { return false }
        var (equal, compared) = (0, 0)
        for rows in groups {
            let rows = rows.sorted { $0.time < $1.time }
            var sums = [0.0]
            for row in rows { sums.append(sums[sums.count - 1] + row.outcome) }
            var (before, settled) = (0, 0)
            for row in rows {
                while rows[before].time < row.time { before += 1 }
                while rows[settled].time + horizon <= row.time { settled += 1 }
                guard let value = row.value, before > settled, before > 0 else { continue }
                let running = sums[before] / Double(before)
                let honest = settled > 0 ? sums[settled] / Double(settled) : .nan
                if Self.isNear(running, honest) { continue }
                compared += 1
                if Self.isNear(value, running) { equal += 1 }
            }
        }
        return compared >= Self.leastRows && equal * 100 >= compared * 95
    }
}
