/// How well numbers rank or follow an outcome.
enum Scores {
    /// The area under the ROC curve: the chance that a row of outcome 1 has the greater score, ties counted half. `nil`
    /// without rows of both outcomes.
    static func areaUnderCurve(_ scores: [Double], _ outcomes: [Double]) -> Double? {
        let order = scores.indices.sorted { scores[$0] < scores[$1] }
        let positives = outcomes.count { $0 > 0.5 }
        let negatives = outcomes.count - positives
        if positives == 0 || negatives == 0 { return nil }
        var rankSum = 0.0
        var start = 0
        while start < order.count {
            var end = start
            while end < order.count, scores[order[end]] == scores[order[start]] { end += 1 }
            let rank = Double(start + end + 1) / 2
            for place in start..<end where outcomes[order[place]] > 0.5 { rankSum += rank }
            start = end
        }
        let count = Double(positives)
        return (rankSum - count * (count + 1) / 2) / (count * Double(negatives))
    }

    /// The share of the outcomes' variance that predictions explain; below 0 where the mean would do better.
    static func determination(_ predictions: [Double], _ outcomes: [Double]) -> Double? {
        let mean = outcomes.reduce(0, +) / Double(max(outcomes.count, 1))
        let total = outcomes.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        if outcomes.count < 2 || total <= 0 { return nil }
        let rest = zip(predictions, outcomes).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        return 1 - rest / total
    }
}

/// The mean outcome of each value or range of a feature, learned from some rows.
struct BinnedMeans {
    private let edges: [Double]
    private let means: [Double]
    private let categories: [GuardValue: Double]
    private let missing: Double

    /// Learns the means.
    ///
    /// - Parameter bins: into how many ranges of equal share numbers fall at most.
    init(_ values: [GuardValue], _ outcomes: [Double], bins: Int) {
        let overall = outcomes.reduce(0, +) / Double(max(outcomes.count, 1))
        func mean(_ rows: [Int]) -> Double {
            // A few rows count as if they were partly average, so that a rare value does not look certain.
            rows.isEmpty
                ? overall
                : (rows.reduce(0) { $0 + outcomes[$1] } + 0.1 * overall) / (Double(rows.count) + 0.1)
        }
        let present = values.indices.filter { values[$0] != .null }
        missing = mean(values.indices.filter { values[$0] == .null })
        let numbers = present.compactMap { row in values[row].number.map { (row: row, number: $0) } }
        if numbers.count < present.count || Set(numbers.map(\.number)).count <= bins {
            categories = Dictionary(grouping: present) { values[$0] }.mapValues(mean)
            (edges, means) = ([], [overall])
            return
        }
        categories = [:]
        let sorted = numbers.sorted { ($0.number, $0.row) < ($1.number, $1.row) }
        var edges: [Double] = []
        for bin in 1..<bins {
            let edge = sorted[sorted.count * bin / bins].number
            if edge != edges.last { edges.append(edge) }
        }
        var rows = [[Int]](repeating: [], count: edges.count + 1)
        for entry in sorted { rows[Self.bin(entry.number, edges)].append(entry.row) }
        self.edges = edges
        means = rows.map(mean)
    }

    private static func bin(_ number: Double, _ edges: [Double]) -> Int {
        var (low, high) = (0, edges.count)
        while low < high {
            let middle = (low + high) / 2
            if edges[middle] <= number { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// What it expects for a value.
    func prediction(_ value: GuardValue) -> Double {
        if value == .null { return missing }
        if let mean = categories[value] { return mean }
        guard categories.isEmpty, let number = value.number else { return means.reduce(0, +) / Double(means.count) }
        return means[Self.bin(number, edges)]
    }
}
