/// How often each latency was seen, in memory that does not grow with their number.
///
///     var histogram = LatencyHistogram()
///     histogram.record(1_870)                 // nanoseconds
///     histogram.quantile(0.99)
///
/// Buckets are one nanosecond wide up to 256 ns, and twice as wide with each doubling from there (as Tene's HdrHistogram has
/// them), so that a quantile is at most 1/256 away from a latency that was seen.
public struct LatencyHistogram: Sendable, Equatable {
    /// How many buckets a doubling has.
    private static let bits = 7
    private var counts: [UInt64] = []
    /// How many latencies were recorded.
    public private(set) var count: UInt64 = 0
    /// The longest one, in nanoseconds.
    public private(set) var longest: UInt64 = 0
    private var sum = 0.0

    /// A histogram of nothing.
    public init() {}

    /// The mean in nanoseconds; 0 of nothing.
    public var mean: Double { count == 0 ? 0 : sum / Double(count) }

    /// Counts a latency, in nanoseconds.
    public mutating func record(_ latency: UInt64) {
        let bucket = Self.bucket(latency)
        if bucket >= counts.count { counts += Array(repeating: 0, count: bucket + 1 - counts.count) }
        counts[bucket] += 1
        count += 1
        sum += Double(latency)
        longest = max(longest, latency)
    }

    /// Adds what another one has counted.
    public mutating func add(_ other: LatencyHistogram) {
        if other.counts.count > counts.count {
            counts += Array(repeating: 0, count: other.counts.count - counts.count)
        }
        for (bucket, number) in other.counts.enumerated() { counts[bucket] += number }
        count += other.count
        sum += other.sum
        longest = max(longest, other.longest)
    }

    /// The latency, in nanoseconds, that a share of all is at or below; 0 of nothing.
    public func quantile(_ share: Double) -> Double {
        if count == 0 { return 0 }
        let rank = UInt64(max(1, (share * Double(count)).rounded(.up)))
        if rank >= count { return Double(longest) }
        var seen: UInt64 = 0
        for (bucket, number) in counts.enumerated() {
            seen += number
            if seen >= rank { return min(Self.middle(bucket), Double(longest)) }
        }
        return Double(longest)
    }

    private static func bucket(_ value: UInt64) -> Int {
        let shift = max(0, 63 - value.leadingZeroBitCount - bits)
        return shift << bits + Int(value >> UInt64(shift))
    }

    private static func middle(_ bucket: Int) -> Double {
        let shift = max(0, bucket >> bits - 1)
        let low = UInt64(bucket - shift << bits) << UInt64(shift)
        return Double(low) + (Double(UInt64(1) << UInt64(shift)) - 1) / 2
    }
}
