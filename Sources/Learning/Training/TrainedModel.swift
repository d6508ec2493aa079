import FileSystem
import SystemPackage
import TextFormats

/// How good a model is on the rows of a part.
public struct PartReport: Sendable {
    /// What the rows were for.
    public let part: RowPart
    /// How many there are.
    public let rows: Int
    /// How good the predictions are; with intervals for rows that were not learned from.
    public let metrics: [MeasuredMetric]
    /// How far probabilities can be believed; of two classes, for rows that were not learned from.
    public let calibration: Calibration?
    /// How good they are for the values of some columns.
    public let slices: [SliceTable]
}

/// A model, and what is known of it.
public struct TrainedModel: Sendable {
    /// The model.
    public let model: Model
    /// How good it is, the training first.
    public let reports: [PartReport]
    /// What each epoch came to.
    public let history: [EpochRecord]
    /// The epoch whose weights were kept, from 1.
    public let best: Int
    /// How long it took to find the weights or to grow the trees: from rows that are preprocessed and in memory, to the
    /// model before it is judged.
    public let duration: Duration
    let data: String

    /// Takes a model that something has become of after its training.
    package init(
        _ model: Model, reports: [PartReport], history: [EpochRecord] = [], best: Int = 0, duration: Duration = .zero,
        data: String
    ) {
        (self.model, self.reports, self.history, self.best) = (model, reports, history, best)
        (self.duration, self.data) = (duration, data)
    }

    // MARK: Files

    /// The model as a folder's files.
    package var files: [(name: String, bytes: [UInt8])] {
        var files = model.files
        files.append((Model.FileName.metrics, JSON.object(metricsJSON).fileBytes))
        if !history.isEmpty { files.append((Model.FileName.curves, Array(curves.utf8))) }
        return files
    }

    /// Checks that a folder may be written, before any work is done for it.
    ///
    /// - Throws: ``LearningError/misuse(_:)`` if it holds what no training wrote.
    public static func check(_ folder: FilePath) throws {
        try OutputFolder.check(folder, known: Model.FileName.all, maker: "training")
    }

    /// Writes the model as a folder, which is there as a whole or as it was.
    ///
    /// - Throws: ``LearningError/misuse(_:)`` as ``check(_:)`` does, `FileError`.
    public func write(to folder: FilePath) throws {
        try Self.check(folder)
        try OutputFolder.write(files, to: folder)
    }

    /// The losses, epoch by epoch, as a table.
    private var curves: String {
        var text = "epoch,step,learning_rate,training_loss,validation_loss\n"
        for record in history {
            let validation = record.validationLoss.map { "\($0)" } ?? ""
            text += "\(record.epoch),\(record.step),\(record.learningRate),\(record.trainingLoss),\(validation)\n"
        }
        return text
    }

    /// How good the model is, for scripts.
    package var metricsJSON: JSONObject {
        var object = JSONObject()
        object["format"] = .string("vintage-metrics")
        object["version"] = .integer(1)
        object["label"] = .string(model.label)
        if case .classes(let names) = model.coding { object["classes"] = JSON(names) { .string($0) } }
        object["epochs"] = JSON(history.count)
        object["best_epoch"] = JSON(best)
        var parts = JSONObject()
        for report in reports { parts[report.part.rawValue] = .object(report.json) }
        object["parts"] = .object(parts)
        return object
    }

    /// The metrics of the part that counts most: the test, else the validation, else the training.
    public var headline: PartReport? {
        reports.max { $0.part.order < $1.part.order }
    }
}

extension JSON {
    /// A file with the value alone.
    package var fileBytes: [UInt8] { Array((text + "\n").utf8) }
}

extension PartReport {
    package var json: JSONObject {
        var object = JSONObject()
        object["rows"] = JSON(rows)
        object["metrics"] = .object(metrics.json)
        if let calibration {
            var described = JSONObject()
            described["error"] = JSON(calibration.error)
            described["bins"] = JSON(calibration.bins) { bin in
                var object = JSONObject()
                object["low"] = JSON(bin.low)
                object["high"] = JSON(bin.high)
                object["rows"] = JSON(bin.count)
                object["predicted"] = JSON(bin.predicted)
                object["observed"] = JSON(bin.observed)
                return .object(object)
            }
            object["calibration"] = .object(described)
        }
        if !slices.isEmpty {
            object["slices"] = JSON(slices) { table in
                var object = JSONObject()
                object["column"] = .string(table.column)
                object["values_left_out"] = JSON(table.leftOut)
                object["slices"] = JSON(table.slices) { slice in
                    var object = JSONObject()
                    object["value"] = .string(slice.value)
                    object["rows"] = JSON(slice.count)
                    object["metrics"] = .object(slice.metrics.json)
                    return .object(object)
                }
                return .object(object)
            }
        }
        return object
    }
}

extension [MeasuredMetric] {
    /// Each metric by name, with its interval where there is one.
    package var json: JSONObject {
        var object = JSONObject()
        for measured in self {
            var described = JSONObject()
            described["value"] = JSON(measured.value)
            if let interval = measured.interval {
                described["low"] = JSON(interval.lowerBound)
                described["high"] = JSON(interval.upperBound)
            }
            object[measured.metric.rawValue] = .object(described)
        }
        return object
    }
}
