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
    /// The mean, over groups, of the first places' discounted gain by the one that is highest. A relevance gains 2 to the
    /// power of it, less 1.
    case ndcg
    /// The mean, over groups, of the average precision: that of the rows down to each relevant one.
    case averagePrecision = "map"
    /// The mean, over groups, of 1 by the place of the first relevant row.
    case reciprocalRank = "mrr"
    /// The share of groups with a relevant row in the first places.
    case hitRate = "hit_rate"

    /// The metrics of rankings. Groups without a relevant row are left out.
    public static let ofRankings: [Metric] = [.ndcg, .averagePrecision, .reciprocalRank, .hitRate]

    /// Those by which one model is held against another: the first that both have.
    public static let deciding: [Metric] = [.auc, .accuracy, .ndcg, .rmse]

    /// The metrics of a kind of prediction, but those of rankings.
    public static func all(of kind: JudgedRows.Kind) -> [Metric] {
        switch kind {
        case .twoClasses: [.auc, .accuracy, .logLoss, .brier]
        case .classes: [.accuracy, .logLoss, .brier]
        case .numbers: [.rmse, .mae, .r2]
        case .scores: []
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
    /// What is averaged over the groups, a list for each metric of rankings; none for a group without a relevant row.
    private let groupTerms: [[Double]?]
    private let hasGroups: Bool

    init(_ rows: JudgedRows) {
        kind = rows.kind
        hasGroups = rows.groups != nil
        metrics = Metric.all(of: kind) + (hasGroups ? Metric.ofRankings : [])
        groupTerms =
            rows.groups.map { groups in
                (0..<groups.count).map { Self.terms(rows, groups.rows(of: $0).map(Int.init)) }
            } ?? []
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

    /// What a group adds to the means, in the order of ``Metric/ofRankings``.
    private static func terms(_ rows: JudgedRows, _ places: [Int]) -> [Double]? {
        let group = RankedGroup(
            predictions: places.map { rows.predictions[$0] }, relevance: places.map { rows.truth[$0] })
        guard let first = group.firstRelevant else { return nil }
        return [
            group.normalizedGain(cutoff: rows.cutoff), group.averagePrecision, 1 / Double(first),
            first <= rows.cutoff ? 1 : 0,
        ]
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
        case .scores: return []
        }
    }

    /// The metrics, `nil` where there is none, as of rows of one class.
    ///
    /// - Parameters:
    ///   - counts: how often each row counts; once by default.
    ///   - groupCounts: how often each group counts; once by default.
    func values(counts: [Int32]? = nil, groupCounts: [Int32]? = nil) -> [Double?] {
        rowValues(counts) + (hasGroups ? groupValues(groupCounts) : [])
    }

    private func groupValues(_ counts: [Int32]?) -> [Double?] {
        var sums = [Double](repeating: 0, count: Metric.ofRankings.count)
        var total = 0.0
        for (group, terms) in groupTerms.enumerated() {
            guard let terms else { continue }
            let factor = counts.map { Double($0[group]) } ?? 1
            total += factor
            for place in terms.indices { sums[place] += factor * terms[place] }
        }
        return sums.map { total > 0 ? $0 / total : nil }
    }

    private func rowValues(_ counts: [Int32]?) -> [Double?] {
        if kind == .scores { return [] }
        var total = 0.0
        var sums = [Double](repeating: 0, count: terms.count)
        var (truthSum, squareSum) = (0.0, 0.0)
        var factors = weight
        if let counts { for place in order.indices { factors[place] *= Double(counts[order[place]]) } }
        for factor in factors { total += factor }
        if total == 0 { return Metric.all(of: kind).map { _ in nil } }
        for (number, values) in terms.enumerated() {
            var sum = 0.0
            for place in factors.indices { sum += factors[place] * values[place] }
            sums[number] = sum / total
        }
        switch kind {
        case .twoClasses: return [area(factors)] + sums
        case .classes, .scores: return sums
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
