/// How often what is said to happen with some probability does.
public struct Calibration: Sendable, Equatable {
    /// The rows whose probabilities lie in one tenth.
    public struct Bin: Sendable, Equatable {
        /// The least probability.
        public let low: Double
        /// The probability that is too large, but for the last bin.
        public let high: Double
        /// How many rows there are.
        public let count: Int
        /// The mean of their probabilities.
        public let predicted: Double
        /// The share of them that are of class 1.
        public let observed: Double
    }

    /// Ten bins of equal width, those without rows left out.
    public let bins: [Bin]
    /// The mean difference between a bin's probability and what came true, by the rows' weights.
    public let error: Double

    /// Looks at predictions of two classes; `nil` for others, or without rows.
    public init?(_ rows: JudgedRows) {
        guard rows.kind == .twoClasses, rows.count > 0 else { return nil }
        let count = 10
        var sums = [(count: Int, weight: Double, predicted: Double, observed: Double)](
            repeating: (0, 0, 0, 0), count: count)
        for row in 0..<rows.count {
            let bin = min(count - 1, max(0, Int(rows.predictions[row] * Double(count))))
            sums[bin].count += 1
            sums[bin].weight += rows.weight[row]
            sums[bin].predicted += rows.weight[row] * rows.predictions[row]
            sums[bin].observed += rows.weight[row] * rows.truth[row]
        }
        var (error, total) = (0.0, 0.0)
        var bins: [Bin] = []
        for (number, sum) in sums.enumerated() where sum.weight > 0 {
            error += abs(sum.predicted - sum.observed)
            total += sum.weight
            bins.append(
                Bin(
                    low: Double(number) / Double(count), high: Double(number + 1) / Double(count), count: sum.count,
                    predicted: sum.predicted / sum.weight, observed: sum.observed / sum.weight))
        }
        guard total > 0 else { return nil }
        (self.bins, self.error) = (bins, error / total)
    }
}
