import Tables

/// How scores of rows have to move so that groups are ranked better: LambdaMART (Burges, 2010).
///
/// Two rows of a group, one more relevant than the other, push each other apart, the harder the wronger their scores are
/// and the more the normalized gain would change if they changed places. Pairs of which neither row is among the first
/// places change nothing. All pairs count; XGBoost's own objective draws some by chance, and which ones depends on how
/// many threads there are.
package struct RankingGradient {
    private let groups: RowGroups
    private let relevance: [Float]
    private let cutoff: Int
    /// Of each group the gain that is highest; 0 where no row is relevant.
    private let ideals: [Double]
    /// What each row's relevance is worth.
    private let gains: [Double]
    /// What the first places count.
    private let discounts: [Double]
    /// How little a second derivative is at least, so that leaves stay finite.
    private static let leastCurvature = 1e-16

    /// Takes the rows whose scores are asked for.
    ///
    /// - Parameters:
    ///   - relevance: of each row, from 0 to 31.
    ///   - cutoff: how many places of a ranking count.
    package init(_ groups: RowGroups, relevance: [Float], cutoff: Int) {
        (self.groups, self.relevance, self.cutoff) = (groups, relevance, cutoff)
        gains = relevance.map { RankedGroup.gain(Double($0)) }
        ideals = (0..<groups.count).map { group in
            RankedGroup.idealGain(groups.rows(of: group).map { Double(relevance[Int($0)]) }, cutoff: cutoff)
        }
        let longest = (0..<groups.count).map { groups.rows(of: $0).count }.max() ?? 0
        discounts = (0..<min(cutoff, longest)).map(RankedGroup.discount)
    }

    /// The first and the second derivative of the loss by each score.
    package func derivatives(_ scores: [Float], workers: Int) -> (first: [Float], second: [Float]) {
        var first = [Float](repeating: 0, count: scores.count)
        var second = first
        first.withUnsafeMutableBufferPointer { first in
            second.withUnsafeMutableBufferPointer { second in
                // Each part writes what belongs to the rows of its own groups.
                let (first, second) = (first.baseAddress, second.baseAddress)
                guard let first, let second else { return }
                let pieces = (0..<groups.count).pieces(of: 64)
                inParallel(pieces.count, workers: workers) { piece in
                    for group in pieces[piece] where ideals[group] > 0 { push(group, scores, first, second) }
                }
            }
        }
        return (first, second)
    }

    private func push(
        _ group: Int, _ scores: [Float], _ first: UnsafeMutablePointer<Float>, _ second: UnsafeMutablePointer<Float>
    ) {
        let order = groups.rows(of: group).map(Int.init).sorted { (-scores[$0], $0) < (-scores[$1], $1) }
        let gains = order.map { self.gains[$0] }
        var slopes = [Double](repeating: 0, count: order.count)
        var curvatures = slopes
        func discount(_ place: Int) -> Double { place < discounts.count ? discounts[place] : 0 }
        for upper in 0..<min(cutoff, order.count) {
            for lower in (upper + 1)..<max(upper + 1, order.count) where gains[upper] != gains[lower] {
                let (better, worse) = gains[upper] > gains[lower] ? (upper, lower) : (lower, upper)
                let change =
                    abs(gains[upper] - gains[lower]) * (discount(upper) - discount(lower)) / ideals[group]
                // How probable it is, by the scores, that the worse one is better.
                let wrong = PlainMath.logistic(Double(scores[order[worse]]) - Double(scores[order[better]]))
                slopes[better] -= wrong * change
                slopes[worse] += wrong * change
                let curvature = max(wrong * (1 - wrong), Self.leastCurvature) * change
                curvatures[better] += curvature
                curvatures[worse] += curvature
            }
        }
        for (place, row) in order.enumerated() {
            first[row] = Float(slopes[place])
            second[row] = Float(curvatures[place])
        }
    }

    /// The mean of what each group's normalized gain lacks; 0 if no group has a relevant row.
    func loss(_ scores: [Float], workers: Int) -> Double {
        var gains = [Double?](repeating: nil, count: groups.count)
        gains.withUnsafeMutableBufferPointer { gains in
            // Each part writes the elements of its own groups.
            let base = gains.baseAddress
            let pieces = (0..<groups.count).pieces(of: 64)
            inParallel(pieces.count, workers: workers) { piece in
                for group in pieces[piece] where ideals[group] > 0 {
                    let rows = groups.rows(of: group).map(Int.init)
                    let ranked = RankedGroup(
                        predictions: rows.map { Double(scores[$0]) }, relevance: rows.map { Double(relevance[$0]) })
                    base?[group] = ranked.normalizedGain(cutoff: cutoff)
                }
            }
        }
        let known = gains.compactMap { $0 }
        return known.isEmpty ? 0 : 1 - known.reduce(0, +) / Double(known.count)
    }
}
