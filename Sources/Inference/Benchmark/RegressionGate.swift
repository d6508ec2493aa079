import Learning
import Splits

/// How many times one version's figure is another's, and where that lies for rounds like those that were run.
///
/// In each round all versions were measured one right after the other, so that a round's ratio does not know how fast the
/// machine was just then. The rounds' ratios are drawn again with replacement (Efron, 1979); of each draw the mean of the middle half
/// of the logarithms counts, which rounds that something disturbed do not move.
public struct PairedRatio: Sendable, Equatable {
    /// The ratio.
    public let value: Double
    /// Where 95% of the draws have it.
    public let low: Double
    /// Where 95% of the draws have it.
    public let high: Double

    /// Compares the rounds of two versions.
    ///
    /// - Parameters:
    ///   - candidate: a positive figure for each round.
    ///   - baseline: the other version's, of the same rounds.
    ///   - seed: what chance begins with.
    public init(_ candidate: [Double], to baseline: [Double], resamples: Int = 1000, seed: UInt64 = 0) {
        precondition(candidate.count == baseline.count && !candidate.isEmpty, "each round has both figures")
        let logarithms = zip(candidate, baseline).map { PlainMath.logarithm($0) - PlainMath.logarithm($1) }
        var random = RandomSource(seed: seed)
        var drawn = (0..<resamples).map { _ in
            Self.middleMean(logarithms.map { _ in logarithms[random.below(logarithms.count)] })
        }
        drawn.sort()
        value = PlainMath.exponential(Self.middleMean(logarithms))
        low = PlainMath.exponential(Self.quantile(drawn, 0.025))
        high = PlainMath.exponential(Self.quantile(drawn, 0.975))
    }

    /// The mean of the middle half.
    static func middleMean(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        let left = sorted.count / 4
        let middle = sorted[left..<(sorted.count - left)]
        return middle.reduce(0, +) / Double(middle.count)
    }

    private static func quantile(_ sorted: [Double], _ share: Double) -> Double {
        sorted[Int((share * Double(sorted.count - 1)).rounded())]
    }
}

/// What a ratio says of a limit.
public enum RegressionVerdict: String, Sendable {
    /// It is past the limit, and chance does not explain it.
    case regressed
    /// It may be past the limit: the rounds differ too much to tell.
    case unclear
    /// It is within the limit.
    case within
}

/// Judges whether a version is less right than another by more than is allowed.
public struct AccuracyGate: Sendable, Equatable {
    /// By how much the area under the curve, the accuracy or the gain may be lower; or by which share an error may be larger.
    public let limit: Double

    /// Allows so much.
    public init(limit: Double) { self.limit = limit }

    /// A regression is one whose whole interval lies past the limit.
    public func verdict(_ value: Double, _ interval: ClosedRange<Double>) -> RegressionVerdict {
        if interval.lowerBound > limit { return .regressed }
        return value > limit ? .unclear : .within
    }
}

/// Judges whether a version is slower than another by more than is allowed.
public struct RegressionGate: Sendable, Equatable {
    /// By which share a figure may be larger: 0.05 for 5%.
    public let limit: Double

    /// Allows so much.
    public init(limit: Double) { self.limit = limit }

    /// A regression is one whose whole interval lies past the limit.
    public func verdict(_ ratio: PairedRatio) -> RegressionVerdict {
        if ratio.low > 1 + limit { return .regressed }
        return ratio.value > 1 + limit ? .unclear : .within
    }

    /// Whether more rounds would not tell more: the interval is narrower than half the limit to either side, or clear of it.
    public func isDecided(_ ratio: PairedRatio) -> Bool {
        if ratio.low > 1 + limit || ratio.high < 1 + limit { return true }
        return ratio.high - ratio.low < limit / 2 * ratio.value
    }
}
