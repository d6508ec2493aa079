/// What a benchmark measures, and for how long.
public struct BenchmarkSettings: Sendable, Equatable {
    /// How many rows a call has, for throughput.
    public var batchSizes = [1, 16, 256, 4096]
    /// How many threads call at once, for throughput; the last one also answers the open loop.
    public var threads = [1]
    /// How many requests a second come in the open loop; empty for half and nine tenths of what the slowest version can answer.
    public var rates: [Double] = []
    /// For how many seconds they come.
    public var loadSeconds = 1.0
    /// How often everything is measured.
    public var rounds = 15
    /// How often at most, where the rounds do not yet tell a version from the baseline.
    public var mostRounds = 60
    /// How many seconds a round measures one thing of one version.
    public var slice = 0.02
    /// Whether the clock starts after the preprocessing, so that what computes is measured alone.
    public var isPrepared = false
    /// What production sends.
    public var trace: RequestTrace?
    /// What rows are drawn with.
    public var seed: UInt64 = 0

    /// The settings where nothing is said.
    public init() {}
}
