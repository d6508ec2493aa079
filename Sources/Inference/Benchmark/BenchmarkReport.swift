import Learning
import ObjectStore

/// What a benchmark has found.
public struct BenchmarkReport: Sendable {
    /// A number of rows a call, and of threads that call.
    public struct Shape: Sendable, Hashable {
        /// Rows of a call.
        public let rows: Int
        /// Threads that call at once.
        public let threads: Int
    }

    /// What was found of a version.
    public struct Version: Sendable {
        /// What it was called.
        public let name: String
        /// The snapshot that it was read from.
        public let input: Snapshot.Input?
        /// The kind of model.
        public let kind: ModelKind
        /// How long it takes until it can answer: nanoseconds.
        public let loadTime: Double
        /// How many bytes more the program held while it loaded and answered; `nil` where the system does not tell.
        public let peakMemory: UInt64?
        /// How many bytes its files have that predictions need.
        public let bytes: UInt64
        /// How right its predictions of all the rows are; none where they have no label.
        public let metrics: [MeasuredMetric]
        /// The latencies of single rows, one after the other.
        public internal(set) var rowLatency = LatencyHistogram()
        /// The latencies of the trace's requests, one after the other.
        public internal(set) var requestLatency: LatencyHistogram?
        /// Rows a second.
        public internal(set) var throughput: [(shape: Shape, rowsPerSecond: Double)] = []
        /// The open loops.
        public internal(set) var loads: [(rate: Double, result: LoadResult)] = []
    }

    /// A figure of a version beside the baseline's.
    public struct Comparison: Sendable {
        /// The version.
        public let version: String
        /// What was measured; more of it is worse.
        public let figure: String
        /// How many times as much it is.
        public let ratio: PairedRatio
        /// What that means.
        public let verdict: RegressionVerdict
    }

    /// How right a version is beside the baseline, of the same rows.
    public struct AccuracyLoss: Sendable {
        /// The version.
        public let version: String
        /// What was measured.
        public let metric: Metric
        /// By how much it is worse: the difference, or for errors the share by which they are larger.
        public let value: Double
        /// What 95% of resamples of the rows say.
        public let interval: ClosedRange<Double>
        /// What that means.
        public let verdict: RegressionVerdict
    }

    /// The machine.
    public let machine: MachineDescription
    /// What the rows came from.
    public let data: String
    /// How many rows there were.
    public let rowCount: Int
    /// What was measured.
    public let settings: BenchmarkSettings
    /// The versions.
    public let versions: [Version]
    /// How often everything was measured.
    public let rounds: Int
    /// The version that others are held against.
    public let baseline: String?
    /// By how much they may be slower.
    public let gate: RegressionGate?
    /// Each figure of each other version.
    public let comparisons: [Comparison]
    /// By how much versions may be less right than the baseline.
    public let accuracyGate: AccuracyGate?
    /// How right each other version is; none where the rows have no label, or the labels are not of one kind.
    public let losses: [AccuracyLoss]
    /// What makes the figures say less than they seem to.
    public let warnings: [String]

    /// Whether a version is slower, or less right, than is allowed.
    public var hasRegressed: Bool {
        comparisons.contains { $0.verdict == .regressed } || losses.contains { $0.verdict == .regressed }
    }
}
