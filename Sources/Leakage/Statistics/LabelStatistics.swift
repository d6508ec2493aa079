import enum Features.ExpressionVector

/// The rows of some categories, with their labels.
struct LabelGroups {
    /// A category.
    struct Group {
        /// Its rows: all, or some.
        var rows: [Int] = []
        /// How many rows it has in all.
        var count = 0
        /// The sum of their labels.
        var sum = 0.0

        /// Whether all its rows are there.
        var isWhole: Bool { rows.count == count }
    }

    /// The categories that have at least two rows.
    let groups: [Group]
    /// The label of each row as a number.
    let outcomes: [Double]
    /// The time of each row, in microseconds.
    let times: [Int64]

    /// A statistic that fits this many rows fits by no chance.
    static let enoughRows = 6_000
    /// So many categories are taken even if they have more rows.
    static let enoughGroups = 12

    /// Takes categories in a seeded order until there are enough.
    ///
    /// - Parameters:
    ///   - sums: those of whole categories, where not all their rows are given.
    ///   - isTaken: the rows that count.
    init(
        _ categories: ExpressionVector, _ labels: [Double], _ times: ExpressionVector, seed: UInt64,
        sums: CategorySums?, where isTaken: (Int) -> Bool
    ) {
        var moments = [Int64](repeating: 0, count: categories.count)
        var groups: [UInt64: Group] = [:]
        let isValid = categories.validity
        for (row, hash) in KeyHash.ofRows([categories], count: categories.count).enumerated() {
            guard isTaken(row), isValid?[row] ?? true, !labels[row].isNaN, let time = times.moment(row) else {
                continue
            }
            moments[row] = time
            groups[hash, default: Group()].rows.append(row)
        }
        var (chosen, count) = ([Group](), 0)
        for key in groups.keys.sorted(by: { mixed($0 ^ seed) < mixed($1 ^ seed) }) {
            guard var group = groups[key] else { continue }
            if let sums {
                guard let whole = sums[key] else { continue }
                (group.count, group.sum) = whole
            } else {
                (group.count, group.sum) = (group.rows.count, group.rows.reduce(0) { $0 + labels[$1] })
            }
            if group.count < 2 { continue }
            if count >= Self.enoughRows, chosen.count >= Self.enoughGroups { break }
            chosen.append(group)
            count += group.rows.count
        }
        (self.groups, outcomes, self.times) = (chosen, labels, moments)
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

    private struct Group {
        let rows: [Row]
        /// How many rows the category has, and the sum of their labels, those that are not here too.
        let count: Int
        let sum: Double

        var isWhole: Bool { rows.count == count }
    }

    private let groups: [Group]

    /// Puts a feature's values beside the labels.
    init(_ labels: LabelGroups, _ values: ExpressionVector) {
        let numbers = values.numbers ?? []
        groups = labels.groups.map { group in
            let rows = group.rows.map { row in
                let value = numbers.isEmpty || numbers[row].isNaN ? nil : numbers[row]
                return Row(outcome: labels.outcomes[row], value: value, time: labels.times[row])
            }
            return Group(rows: rows, count: group.count, sum: group.sum)
        }
    }

    private static let leastRows = 30
    private static let leastValues = 5

    /// Which statistic the feature is; `nil` for none.
    func form(horizon: Int64) -> Form? {
        guard liesAmongLabels else { return nil }
        return Form.allCases.first { form in
            switch form {
            case .mean: matches(Self.means)
            case .others: matches(Self.meansOfOthers)
            case .folds: matches(Self.meansOfFolds)
            case .smoothed: isSmoothed
            case .running: isRunning(horizon: horizon)
            }
        }
    }

    /// Whether nearly all values lie between the least and the greatest label, as every mean does.
    private var liesAmongLabels: Bool {
        Self.lieAmongLabels(
            groups.lazy.flatMap { $0.rows.lazy.compactMap(\.value) },
            groups.lazy.flatMap { $0.rows.lazy.map(\.outcome) }, share: 0.95, least: Self.leastRows)
    }

    /// Whether some share of values, at least so many, lies between the least and the greatest label.
    static func lieAmongLabels(
        _ values: some Sequence<Double>, _ labels: some Sequence<Double>, share: Double, least count: Int
    ) -> Bool {
        guard let least = labels.min(), let greatest = labels.max(), least < greatest else { return false }
        var (inside, all) = (0, 0)
        let slack = 1e-6 * max(abs(least), abs(greatest))
        for value in values {
            all += 1
            if value >= least - slack, value <= greatest + slack { inside += 1 }
        }
        return all >= count && Double(inside) >= Double(all) * share
    }

    private static func isNear(_ left: Double, _ right: Double) -> Bool {
        abs(left - right) <= 1e-6 * max(1e-3, abs(left), abs(right))
    }

    /// Whether nearly all values are the expected ones, and these differ enough for that to mean something.
    private func matches(_ expected: (Group) -> [Double?]) -> Bool {
        var (equal, compared) = (0, 0)
        var distinct: Set<Double> = []
        for group in groups {
            for (row, wanted) in zip(group.rows, expected(group)) {
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

    private static func means(_ group: Group) -> [Double?] {
        let mean = group.sum / Double(group.count)
        return group.rows.map { _ in mean }
    }

    private static func meansOfOthers(_ group: Group) -> [Double?] {
        group.rows.map { (group.sum - $0.outcome) / Double(group.count - 1) }
    }

    /// Rows of one value are taken for a fold, whose value is the mean of the rest of the category. Several folds may have
    /// one value: of m such folds, with sum s and count k, s = m (sum − value · count) + value · k.
    private static func meansOfFolds(_ group: Group) -> [Double?] {
        guard group.isWhole else { return [] }
        let (rows, sum) = (group.rows, group.sum)
        var folds: [Double: (sum: Double, count: Int)] = [:]
        for row in rows {
            guard let value = row.value else { continue }
            let fold = folds[value] ?? (0, 0)
            folds[value] = (fold.sum + row.outcome, fold.count + 1)
        }
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
    private var isSmoothed: Bool {
        var (x, y, counts) = ([Double](), [Double](), Set<Double>())
        for group in groups {
            let values = Set(group.rows.compactMap(\.value))
            guard let value = values.first else { continue }
            if values.count > 1 { return false }
            x.append(value)
            y.append(value * Double(group.count) - group.sum)
            counts.insert(group.sum / Double(group.count))
        }
        guard x.count >= 8, Set(x).count >= Self.leastValues, counts.count >= 3, let line = Line(x, y), line.slope < 0
        else { return false }
        let scale = y.reduce(1e-3) { max($0, abs($1)) }
        return zip(x, y).allSatisfy { abs(line.at($0) - $1) <= 1e-6 * scale }
    }

    /// The mean of the category's labels of earlier times, those within the horizon too.
    private func isRunning(horizon: Int64) -> Bool {
        if horizon == 0 { return false }
        var (equal, compared) = (0, 0)
        for group in groups where group.isWhole {
            let rows = group.rows.sorted { $0.time < $1.time }
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
