import enum Features.ExpressionVector

/// The rows of some categories, whole, with their labels.
struct LabelGroups {
    /// The rows of each category that has at least two.
    let rows: [[Int]]
    /// The label of each row as a number.
    let outcomes: [Double]
    /// The time of each row, in microseconds.
    let times: [Int64]

    /// A statistic that fits this many rows fits by no chance.
    private static let enoughRows = 6_000
    /// So many categories are taken even if they have more rows.
    private static let enoughGroups = 12

    /// Takes categories in a seeded order until there are enough.
    ///
    /// - Parameter isTaken: the rows that count.
    init(
        _ categories: ExpressionVector, _ labels: ExpressionVector, _ times: ExpressionVector, seed: UInt64,
        where isTaken: (Int) -> Bool
    ) {
        var outcomes = [Double](repeating: .nan, count: categories.count)
        var moments = [Int64](repeating: 0, count: categories.count)
        var groups: [UInt64: [Int]] = [:]
        for row in 0..<categories.count where isTaken(row) {
            guard let outcome = labels.value(row).number, !outcome.isNaN, let time = times.moment(row) else { continue }
            let category = categories.value(row)
            if category == .null { continue }
            (outcomes[row], moments[row]) = (outcome, time)
            groups[KeyHash.of([category]), default: []].append(row)
        }
        var (chosen, count) = ([[Int]](), 0)
        for key in groups.keys.sorted(by: { mixed($0 ^ seed) < mixed($1 ^ seed) }) {
            guard let rows = groups[key], rows.count >= 2 else { continue }
            if count >= Self.enoughRows, chosen.count >= Self.enoughGroups { break }
            chosen.append(rows)
            count += rows.count
        }
        (rows, self.outcomes, self.times) = (chosen, outcomes, moments)
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

    private let groups: [[Row]]

    /// Puts a feature's values beside the labels.
    init(_ labels: LabelGroups, _ values: ExpressionVector) {
        groups = labels.rows.map { rows in
            rows.map { row in
                let value = values.value(row).number.flatMap { $0.isNaN ? nil : $0 }
                return Row(outcome: labels.outcomes[row], value: value, time: labels.times[row])
            }
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
        let outcomes = groups.lazy.joined().lazy.map(\.outcome)
        guard let least = outcomes.min(), let greatest = outcomes.max(), least < greatest else { return false }
        var (inside, count) = (0, 0)
        let slack = 1e-6 * max(abs(least), abs(greatest))
        for row in groups.joined() {
            guard let value = row.value else { continue }
            count += 1
            if value >= least - slack, value <= greatest + slack { inside += 1 }
        }
        return count >= Self.leastRows && inside * 100 >= count * 95
    }

    private static func isNear(_ left: Double, _ right: Double) -> Bool {
        abs(left - right) <= 1e-6 * max(1e-3, abs(left), abs(right))
    }

    /// Whether nearly all values are the expected ones, and these differ enough for that to mean something.
    private func matches(_ expected: ([Row]) -> [Double?]) -> Bool {
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
    private var isSmoothed: Bool {
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
    private func isRunning(horizon: Int64) -> Bool {
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
