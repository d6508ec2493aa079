/// A number that says how good predictions are.
public enum Metric: String, Sendable, CaseIterable {
    /// The area under the curve of true against false positives: how often a row of class 1 has a higher probability
    /// than one of class 0. Equal probabilities count half.
    case auc
    /// The share of rows whose most probable class is the right one.
    case accuracy
    /// The mean negative logarithm of the right class's probability.
    case logLoss = "log_loss"
    /// The mean squared difference between probabilities and what came true, summed over the classes if there are
    /// several.
    case brier
    /// The square root of the mean squared difference.
    case rmse
    /// The mean difference without its sign.
    case mae
    /// The share of the truth's variance that the predictions explain.
    case r2

    /// The metrics of a kind of prediction.
    public static func all(of kind: JudgedRows.Kind) -> [Metric] {
        switch kind {
        case .twoClasses: [.auc, .accuracy, .logLoss, .brier]
        case .classes: [.accuracy, .logLoss, .brier]
        case .numbers: [.rmse, .mae, .r2]
        }
    }
}

/// Computes metrics of rows, of which each may count several times, as in a resample.
struct MetricSums {
    let metrics: [Metric]
    private let kind: JudgedRows.Kind
    /// The rows by rising prediction, for ``Metric/auc``; else as they are.
    private let order: [Int]
    /// Whether a row, in that order, has the prediction of the one before it.
    private let isTied: [Bool]
    private let truth: [Double]
    private let weight: [Double]
    /// What is averaged over the rows, in their order: a list for each of them.
    private let terms: [[Double]]

    init(_ rows: JudgedRows) {
        kind = rows.kind
        metrics = Metric.all(of: kind)
        var order = Array(0..<rows.count)
        if rows.kind == .twoClasses {
            order.sort { (rows.predictions[$0], $0) < (rows.predictions[$1], $1) }
        }
        self.order = order
        isTied = order.indices.map { [order] place in
            place > 0 && rows.kind == .twoClasses
                && rows.predictions[order[place]] == rows.predictions[order[place - 1]]
        }
        truth = order.map { rows.truth[$0] }
        weight = order.map { rows.weight[$0] }
        let width = rows.kind.width
        let named = order.map { row in
            Self.terms(rows.kind, rows.predictions[(row * width)..<((row + 1) * width)], rows.truth[row])
        }
        terms = (0..<(named.first?.count ?? 0)).map { number in named.map { $0[number] } }
    }

    /// What a row adds to the means, in the order of the metrics that are means.
    private static func terms(_ kind: JudgedRows.Kind, _ prediction: ArraySlice<Double>, _ truth: Double) -> [Double] {
        // A probability of 0 or 1 that is wrong would cost infinitely much.
        func cost(_ probability: Double) -> Double { -PlainMath.logarithm(min(max(probability, 1e-15), 1)) }
        let first = prediction[prediction.startIndex]
        switch kind {
        case .twoClasses:
            let isRight = (first >= 0.5) == (truth > 0.5)
            return [isRight ? 1 : 0, cost(truth > 0.5 ? first : 1 - first), (first - truth) * (first - truth)]
        case .classes:
            let right = prediction.startIndex + Int(truth)
            let largest = prediction.indices.max { prediction[$0] < prediction[$1] }
            let brier = prediction.indices.reduce(0.0) { sum, place in
                let difference = prediction[place] - (place == right ? 1 : 0)
                return sum + difference * difference
            }
            return [largest == right ? 1 : 0, cost(prediction[right]), brier]
        case .numbers:
            let difference = first - truth
            return [difference * difference, abs(difference)]
        }
    }

    /// The metrics, `nil` where there is none, as of rows of one class.
    ///
    /// - Parameter counts: how often each row counts; once by default.
    func values(counts: [Int32]? = nil) -> [Double?] {
        var total = 0.0
        var sums = [Double](repeating: 0, count: terms.count)
        var (truthSum, squareSum) = (0.0, 0.0)
        var factors = weight
        if let counts { for place in order.indices { factors[place] *= Double(counts[order[place]]) } }
        for factor in factors { total += factor }
        if total == 0 { return metrics.map { _ in nil } }
        for (number, values) in terms.enumerated() {
            var sum = 0.0
            for place in factors.indices { sum += factors[place] * values[place] }
            sums[number] = sum / total
        }
        switch kind {
        case .twoClasses: return [area(factors)] + sums
        case .classes: return sums
        case .numbers:
            for place in factors.indices { truthSum += factors[place] * truth[place] }
            let mean = truthSum / total
            for place in factors.indices {
                let difference = truth[place] - mean
                squareSum += factors[place] * difference * difference
            }
            let variance = squareSum / total
            return [sums[0].squareRoot(), sums[1], variance > 0 ? 1 - sums[0] / variance : nil]
        }
    }

    private func area(_ factors: [Double]) -> Double? {
        var (positives, negatives, area) = (0.0, 0.0, 0.0)
        var (tiedPositives, tiedNegatives) = (0.0, 0.0)
        func close() {
            area += tiedPositives * (negatives + tiedNegatives / 2)
            positives += tiedPositives
            negatives += tiedNegatives
            (tiedPositives, tiedNegatives) = (0, 0)
        }
        for place in factors.indices {
            if !isTied[place] { close() }
            if truth[place] > 0.5 { tiedPositives += factors[place] } else { tiedNegatives += factors[place] }
        }
        close()
        return positives > 0 && negatives > 0 ? area / (positives * negatives) : nil
    }
}
