import Learning
import ObjectStore
import TextFormats

/// What making a model smaller has changed: how right it is, overall and slice by slice, how large, and how fast.
public struct CompressionReport: Sendable {
    /// One of the two models.
    public struct Side: Sendable {
        /// How good it is on the rows that judge.
        public let report: PartReport
        /// How many bytes the files have that predictions need.
        public let bytes: Int
        /// The median time for one row whose preprocessing is done, in nanoseconds.
        public let rowLatency: Double
        /// The rows a second in batches of 256, on one thread.
        public let rowsPerSecond: Double
    }

    /// A slice of the rows, and how much worse the smaller model is there.
    public struct SliceLoss: Sendable {
        /// The column.
        public let column: String
        /// The value, or the range.
        public let value: String
        /// How many rows it has.
        public let rows: Int
        /// As ``CompressionReport/loss`` is.
        public let loss: Double
    }

    /// What was done: `quantize` or `prune`.
    public let method: String
    /// How, by name.
    public let options: [(name: String, value: String)]
    /// What messages call the model that was made smaller.
    public let source: String
    /// Its snapshot; `nil` for working files.
    public let input: Snapshot.Input?
    /// What messages call the rows.
    public let data: String
    /// The model as it was.
    public let before: Side
    /// The smaller one.
    public let after: Side

    /// The metric that decides: the AUC of two classes, the accuracy of more, the gain of rankings, the error of numbers.
    public let metric: Metric
    /// How much worse the smaller model is, below 0 if it is better: by how much the AUC or the accuracy is lower, or
    /// the share by which the error is higher; `nil` where the rows do not tell.
    public let loss: Double?
    /// The slices with at least ``leastRows`` rows, the worst first.
    public let sliceLosses: [SliceLoss]

    /// How many rows a slice has at least to be counted among ``sliceLosses``.
    public static let leastRows = 100

    init(
        method: String, options: [(name: String, value: String)], source: DataPlace, data: String, before: Side,
        after: Side
    ) {
        (self.method, self.options) = (method, options)
        (self.source, input, self.data) = (source.name, source.input, data)
        (self.before, self.after) = (before, after)
        let measured = Set(before.report.metrics.map(\.metric))
        let metric = Metric.deciding.first(where: measured.contains) ?? .accuracy
        self.metric = metric
        loss = Self.loss(metric, before.report.metrics, after.report.metrics)
        var losses: [SliceLoss] = []
        for (old, new) in zip(before.report.slices, after.report.slices) {
            for (oldSlice, newSlice) in zip(old.slices, new.slices) where oldSlice.count >= Self.leastRows {
                guard let loss = Self.loss(metric, oldSlice.metrics, newSlice.metrics) else { continue }
                losses.append(
                    SliceLoss(column: old.column, value: oldSlice.value, rows: oldSlice.count, loss: loss))
            }
        }
        sliceLosses = losses.sorted { $0.loss > $1.loss }
    }

    private static func loss(_ metric: Metric, _ before: [MeasuredMetric], _ after: [MeasuredMetric]) -> Double? {
        guard let old = before.first(where: { $0.metric == metric })?.value,
            let new = after.first(where: { $0.metric == metric })?.value
        else { return nil }
        if metric != .rmse { return old - new }
        return old > 0 ? new / old - 1 : new > 0 ? .infinity : 0
    }

    /// For scripts, and as the artifact's `compression.json`.
    package var json: JSONObject {
        var object = JSONObject()
        object["format"] = .string("vintage-compression")
        object["version"] = .integer(1)
        var described = JSONObject()
        for (name, value) in options { described[name] = .string(value) }
        object["method"] = .string(method)
        object["options"] = .object(described)
        object["source"] = .string(input.map { "\($0.artifact)@\($0.snapshot)" } ?? source)
        object["data"] = .string(data)
        object["part"] = .string(before.report.part.rawValue)
        object["before"] = .object(Self.json(before))
        object["after"] = .object(Self.json(after))
        object["metric"] = .string(metric.rawValue)
        object["loss"] = loss.map { JSON($0) } ?? .null
        object["slices"] = JSON(sliceLosses) { slice in
            var object = JSONObject()
            object["column"] = .string(slice.column)
            object["value"] = .string(slice.value)
            object["rows"] = JSON(slice.rows)
            object["loss"] = JSON(slice.loss)
            return .object(object)
        }
        return object
    }

    private static func json(_ side: Side) -> JSONObject {
        var object = side.report.json
        object["bytes"] = JSON(side.bytes)
        object["row_latency_ns"] = JSON(side.rowLatency)
        object["rows_per_second"] = JSON(side.rowsPerSecond)
        return object
    }
}
