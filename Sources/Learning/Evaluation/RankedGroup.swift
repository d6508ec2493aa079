/// The rows of one group in the order of their predictions, and how good that order is.
///
/// Rows whose predictions are equal have no order: they share the mean of their places' discounts, as scikit-learn has
/// it, and where one row decides, they all stand at the last of their places.
struct RankedGroup {
    /// The relevance of each row, the best prediction first.
    private let relevance: [Double]
    /// Where rows with one prediction end: for each row the place behind the last of them.
    private let ends: [Int]

    /// Ranks rows.
    init(predictions: [Double], relevance: [Double]) {
        let order = predictions.indices.sorted { (-predictions[$0], $0) < (-predictions[$1], $1) }
        self.relevance = order.map { relevance[$0] }
        var ends = [Int](repeating: order.count, count: order.count)
        for place in order.indices.dropLast().reversed() {
            ends[place] =
                predictions[order[place]] == predictions[order[place + 1]] ? ends[place + 1] : place + 1
        }
        self.ends = ends
    }

    /// Whether a row is relevant; without one no order is better than another.
    var hasRelevance: Bool { relevance.contains { $0 > 0 } }

    /// What a relevance is worth: 2 to the power of it, less 1 (Burges and others, 2005).
    static func gain(_ relevance: Double) -> Double {
        if let grade = Int(exactly: relevance), (0..<32).contains(grade) { return Double((1 << grade) - 1) }
        return PlainMath.exponential(relevance * PlainMath.logarithm(2)) - 1
    }

    /// What a place counts, from 0: 1 by the binary logarithm of the place after the next.
    static func discount(_ place: Int) -> Double {
        place < firstDiscounts.count ? firstDiscounts[place] : computedDiscount(place)
    }

    private static let firstDiscounts = (0..<256).map(computedDiscount)

    private static func computedDiscount(_ place: Int) -> Double {
        PlainMath.logarithm(2) / PlainMath.logarithm(Double(place + 2))
    }

    /// The gain that is highest for so many places.
    static func idealGain(_ relevance: [Double], cutoff: Int) -> Double {
        var sum = 0.0
        for (place, value) in relevance.sorted(by: >).prefix(cutoff).enumerated() {
            sum += gain(value) * discount(place)
        }
        return sum
    }

    /// The normalized discounted cumulative gain of the first places (Järvelin and Kekäläinen, 2002).
    func normalizedGain(cutoff: Int) -> Double {
        var sum = 0.0
        var place = 0
        while place < min(cutoff, relevance.count) {
            let end = ends[place]
            var (gains, discounts) = (0.0, 0.0)
            for tied in place..<end {
                gains += Self.gain(relevance[tied])
                if tied < cutoff { discounts += Self.discount(tied) }
            }
            sum += gains / Double(end - place) * discounts
            place = end
        }
        return sum / Self.idealGain(relevance, cutoff: cutoff)
    }

    /// The mean, over the relevant rows, of the share of relevant rows among those that stand no lower.
    var averagePrecision: Double {
        var seen = [0]
        for value in relevance { seen.append((seen.last ?? 0) + (value > 0 ? 1 : 0)) }
        var sum = 0.0
        for place in relevance.indices where relevance[place] > 0 {
            sum += Double(seen[ends[place]]) / Double(ends[place])
        }
        return sum / Double(seen.last ?? 1)
    }

    /// The place of the first relevant row, from 1; `nil` without one.
    var firstRelevant: Int? { relevance.firstIndex { $0 > 0 }.map { ends[$0] } }
}
