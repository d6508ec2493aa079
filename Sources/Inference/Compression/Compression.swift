import FileSystem
import Learning
import SystemPackage
import Tables
import TextFormats

/// Makes models smaller, and judges what has become of them on the same rows.
///
///     let compression = try Compression(of: place, data: rows, workers: 2)
///     let smaller = try compression.quantize(Quantization(.int8, activations: .dynamic))
///     smaller.report.loss      // 0.0003 of the AUC
///     try smaller.write(to: folder)
public struct Compression {
    private let source: DataPlace
    private let data: DataPlace
    private let model: Model
    private let run: TrainingRun
    private let workers: Int

    /// Loads a model and rows.
    ///
    /// - Parameters:
    ///   - source: where the model is.
    ///   - data: the rows, parted as the training's were; where nothing parts them, all judge.
    /// - Throws: ``InferenceError``, `LearningError`, `TableError`.
    public init(
        of source: DataPlace, data: DataPlace, options: TableOptions = TableOptions(), workers: Int
    ) throws {
        (self.source, self.data, self.workers) = (source, data, workers)
        model = try Model(source)
        run = try TrainingRun(of: model, data, options: options, workers: workers)
    }

    /// The kind of the model.
    public var kind: ModelKind { model.kind }

    /// Keeps the model's numbers in fewer bits.
    ///
    /// - Throws: ``InferenceError/misuse(_:)``, `LearningError` for what the model cannot become.
    public func quantize(_ quantization: Quantization) throws -> CompressedModel {
        var options = [("format", quantization.format.rawValue)]
        guard case .trees(let trees) = model.engine else {
            if let activations = quantization.activations { options.append(("activations", activations.rawValue)) }
            var calibration: FeatureMatrix?
            if quantization.activations == .calibrated {
                calibration = try run.matrix(of: .train)
                if calibration == nil {
                    throw InferenceError.misuse(
                        "\(data.name) has no rows of the training to calibrate with; name what the model was trained with"
                    )
                }
            }
            return try judged(model.quantized(quantization, calibration: calibration), "quantize", options)
        }
        guard quantization == Quantization(.int8), model.quantization == nil else {
            throw InferenceError.misuse(
                model.quantization == nil
                    ? "trees are put into bins of 8 bits; say 'int8', and nothing of activations"
                    : "\(source.name) is in few bits already; name the version that was trained")
        }
        let rows = try run.matrix(of: .train) ?? run.matrix(of: run.judge)
        guard let rows else { throw InferenceError.misuse("\(data.name) has no rows") }
        let known: XGBoostModel
        do throws(TreeModelError) {
            known = try XGBoostModel(parsing: trees.bytes)
        } catch {
            throw InferenceError.trees(file: trees.file, error)
        }
        // What computes checks that the trees are the model's.
        _ = try Predictor(model)
        let binned = try BinnedTrees(known, rows: rows.codesAsNumbers)
        let smaller = TreeModel(
            binned.tensors, as: .binned, file: trees.file, inputs: trees.inputs, outputs: trees.outputs)
        return try judged(model.replacing(.trees(smaller), quantization), "quantize", options)
    }

    /// Takes a part of the model out, and trains it further if that is wanted.
    ///
    /// - Throws: `LearningError` for what the model does not have.
    public func prune(_ pruning: Pruning) throws -> CompressedModel {
        var rounds = 0
        if case .trees = model.engine, let engine = try Predictor(model).engine as? TreeEngine {
            rounds = engine.trees.treeCount / engine.trees.outputs
        }
        let (pruned, history, best) = try model.pruned(pruning, by: run, rounds: rounds)
        return try judged(
            pruned, "prune",
            [
                ("unit", pruning.unit.rawValue), ("share", "\(pruning.share)"),
                ("epochs", "\(pruning.epochs)"),
            ], history: history, best: best)
    }

    /// Judges a smaller model beside the one that it came from.
    private func judged(
        _ smaller: Model, _ method: String, _ options: [(String, String)], history: [EpochRecord] = [], best: Int = 0
    ) throws -> CompressedModel {
        let (old, new) = (try Predictor(model), try Predictor(smaller))
        let reports = try run.parts.map { part in try run.report(on: part) { new.predict($0, workers: workers) } }
        let before = try run.report(on: run.judge) { old.predict($0, workers: workers) }
        guard let after = reports.last, let rows = try run.matrix(of: run.judge), rows.count > 0 else {
            throw InferenceError.misuse("\(data.name) has no rows")
        }
        let speeds = SpeedComparison(old, new, rows)
        func side(_ model: Model, _ report: PartReport, _ speed: SpeedComparison.Speed) -> CompressionReport.Side {
            CompressionReport.Side(
                report: report, bytes: model.files.reduce(0) { $0 + $1.bytes.count }, rowLatency: speed.rowLatency,
                rowsPerSecond: speed.rowsPerSecond)
        }
        return CompressedModel(
            trained: TrainedModel(smaller, reports: reports, history: history, best: best, data: data.name),
            report: CompressionReport(
                method: method, options: options, source: source, data: data.name,
                before: side(model, before, speeds.old),
                after: side(smaller, after, speeds.new)))
    }
}

/// A smaller model, and what is known of it.
public struct CompressedModel: Sendable {
    /// The model with its metrics.
    public let trained: TrainedModel
    /// What has changed.
    public let report: CompressionReport

    /// Writes the model as a folder, which is there as a whole or as it was.
    ///
    /// - Throws: `LearningError/misuse(_:)` if the folder holds something else, `FileError`.
    public func write(to folder: FilePath) throws {
        try TrainedModel.check(folder)
        try OutputFolder.write(
            trained.files + [(Model.FileName.compression, JSON.object(report.json).fileBytes)], to: folder)
    }
}
