import FileSystem
import Splits
import SystemPackage
import Tables

import struct Workspace.TimeSpan
import class Workspace.Workspace
import func Workspace.nearestName

/// The name that was probably meant.
func nearest(_ name: String, _ names: [String]) -> String? { nearestName(to: name, among: names) }

/// Trains a model from a table: preprocessing, training and judging.
///
///     let run = try TrainingRun(place, configuration, workers: 2)
///     let trained = try run.train(checkpoint: checkpoint) { epoch in … }
///     try trained.write(to: folder)
///
/// The same table, settings and seed give the same files, byte for byte, however many threads work and however often
/// the training was ended in the middle.
public struct TrainingRun {
    /// The settings.
    public let configuration: TrainingConfiguration
    let data: TrainingData
    let coding: TargetCoding
    let loss: Loss
    let preprocessing: Preprocessing
    let workers: Int

    /// Reads the table and learns the preprocessing.
    ///
    /// - Throws: ``LearningError``, `TableError`, `SplitError`.
    public init(
        _ place: DataPlace, _ configuration: TrainingConfiguration, options: TableOptions = TableOptions(),
        workers: Int = availableCores
    ) throws {
        self.configuration = configuration
        self.workers = workers
        data = try TrainingData(place, configuration, options, workers: workers)
        guard let training = data[.train], let label = training.batch[configuration.label] else {
            throw LearningError.noRows(part: "training", table: place.name)
        }
        for part in data.parts { try Self.checkLabels(part, configuration.label) }
        (coding, loss) = try Self.coding(label, configuration, table: training.table)
        preprocessing = try Preprocessing(
            learning: training.batch, numbers: data.numbers, categories: data.categories,
            rows: Array(0..<Int32(training.batch.count)), configuration.preprocessing, table: training.table)
    }

    init(
        _ configuration: TrainingConfiguration, _ data: TrainingData, coding: TargetCoding, loss: Loss,
        preprocessing: Preprocessing, workers: Int
    ) throws(LearningError) {
        (self.configuration, self.data, self.coding, self.loss) = (configuration, data, coding, loss)
        (self.preprocessing, self.workers) = (preprocessing, workers)
        for part in data.parts { try Self.checkLabels(part, configuration.label) }
    }

    private static func checkLabels(_ part: TrainingData.Part, _ name: String) throws(LearningError) {
        guard let label = part.batch[name], label.nullCount > 0 else { return }
        let first = part.rows.indices.first { label.isNull(at: $0) } ?? 0
        throw .missingLabels(
            column: name, count: label.nullCount, first: Int(part.rows[first]) + 1, table: part.table)
    }

    /// How the label is written as numbers, and what is made small.
    private static func coding(
        _ label: Column, _ configuration: TrainingConfiguration, table: String
    ) throws(LearningError) -> (TargetCoding, Loss) {
        let isForClasses: Bool =
            switch configuration.model {
            case .linear: false
            case .logistic: true
            case .mlp, .trees: configuration.loss?.isForClasses ?? !(label.type.isNumeric || label.type.isDecimal)
            }
        if isForClasses {
            let coding = try TargetCoding(
                classesOf: label, positive: configuration.positive, table: table, name: configuration.label)
            let standard: Loss = coding.outputs > 1 ? .softmax : .logistic
            let loss = configuration.loss ?? standard
            if configuration.ranking != nil, coding.outputs > 1 {
                throw .misuse("'group' ranks rows by one number; this label has \(coding.outputs) classes")
            }
            if (loss == .softmax) != (coding.outputs > 1) {
                throw .misuse(
                    "the loss '\(loss.rawValue)' does not go with this label's classes; use '\(standard.rawValue)'")
            }
            return (coding, loss)
        }
        let loss = configuration.loss ?? .squaredError
        if configuration.positive != nil {
            throw .misuse("'positive' goes with a label of two classes, not with numbers")
        }
        guard let values = label.numbers() else {
            throw .unsuitableLabel(
                column: configuration.label, reason: "\(label.type) is no number; use the model 'logistic' or 'mlp'",
                table: table)
        }
        if configuration.ranking != nil,
            let row = values.firstIndex(where: { !($0 >= 0 && $0 <= Ranking.largestLabel) })
        {
            throw .unsuitableLabel(
                column: configuration.label,
                reason: "where rows are ranked it says how relevant they are, from 0 to 31, and one is \(values[row])",
                table: table)
        }
        if loss == .poisson {
            if values.contains(where: { $0 < 0 }) {
                throw .unsuitableLabel(
                    column: configuration.label, reason: "'poisson' is for counts, and a value is negative",
                    table: table)
            }
            return (.number(shift: 0, scale: 1), loss)
        }
        if configuration.model == .trees { return (.number(shift: 0, scale: 1), loss) }
        let known = values.filter(\.isFinite)
        let mean = known.reduce(0, +) / Double(max(1, known.count))
        let variance = known.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(max(1, known.count))
        let deviation = variance.squareRoot()
        return (.number(shift: mean, scale: deviation > 0 ? deviation : 1), loss)
    }

    // MARK: Training

    /// Where trainings in a workspace are written down while they go on.
    public static func checkpoints(of workspace: Workspace) -> FilePath { workspace.caches.appending("training") }

    /// Takes away what trainings have written down that were ended in the middle, and not taken up again for longer than
    /// the grace period of garbage.
    ///
    /// - Parameters:
    ///   - grace: how long it is kept; by default what the settings say.
    ///   - dryRun: whether only to say what would go.
    /// - Returns: how many trainings there were, and how many bytes they took.
    public static func collectGarbage(
        in workspace: Workspace, grace: TimeSpan? = nil, dryRun: Bool = false
    ) throws(FileError) -> (count: Int, bytes: UInt64) {
        let age = (grace ?? workspace.configuration.gcGracePeriod).seconds
        return try Checkpoint.removeAbandoned(
            in: checkpoints(of: workspace), before: fileSystemClock() - age * 1_000_000_000, dryRun: dryRun)
    }

    /// Takes away what ``train(checkpoint:key:resumed:progress:)`` has written down, once its model is safe.
    public static func removeCheckpoint(_ path: FilePath) throws(FileError) {
        try Checkpoint(path: path, key: "").remove()
    }

    /// The version of XGBoost that is there.
    ///
    /// - Throws: ``LearningError/noTreeLibrary(reason:)``.
    public static func treeLibraryVersion() throws(LearningError) -> String { try TreeBooster.version() }

    /// Trains, and judges what came of it.
    ///
    /// - Parameters:
    ///   - checkpoint: where it is written down after each epoch how far the training is, and read where it was left.
    ///   - key: what tells the training from others: a digest of the table, the settings and the program's version.
    ///   - resumed: called with the epochs that were made already, if there are some.
    ///   - progress: called after each epoch; what it throws ends the training.
    /// - Throws: ``LearningError``, `FileError` of the checkpoint.
    public func train(
        checkpoint path: FilePath? = nil, key: String = "", resumed: (Int) -> Void = { _ in },
        progress: (EpochRecord) throws -> Void = { _ in }
    ) throws -> TrainedModel {
        var sets: [RowPart: (set: LearningSet, own: [Double])] = [:]
        for part in data.parts { sets[part.part] = try learningSet(part) }
        guard let training = sets[.train] else { throw LearningError.noRows(part: "training", table: data.name) }
        let checkpoint = path.map { Checkpoint(path: $0, key: key) }
        let start = ContinuousClock.now
        let (engine, history, best) =
            configuration.model == .trees
            ? try grow(training.set, sets[.validation]?.set, checkpoint, resumed, progress)
            : try fit(training.set, sets[.validation]?.set, checkpoint, resumed, progress)
        let duration = start.duration(to: .now)
        let model = Model(
            kind: configuration.model, label: configuration.label, coding: coding, loss: loss,
            preprocessing: preprocessing, engine: engine, settings: .object(configuration.record))
        var reports: [PartReport] = []
        for part in data.parts {
            guard let (set, own) = sets[part.part] else { continue }
            let predictions = try model.predict(set.matrix, workers: workers)
            reports.append(try judge(part, set, own, predictions: predictions))
        }
        return TrainedModel(
            model, reports: reports, history: history, best: best, duration: duration, data: data.name)
    }

    /// Finds a network's weights.
    private func fit(
        _ training: LearningSet, _ validation: LearningSet?, _ checkpoint: Checkpoint?, _ resumed: (Int) -> Void,
        _ progress: (EpochRecord) throws -> Void
    ) throws -> (Model.Engine, [EpochRecord], Int) {
        let network = Network(architecture)
        let trainer = Trainer(network, settings, training: training, validation: validation, workers: workers)
        if try checkpoint?.resume(trainer) == true { resumed(trainer.history.count) }
        while !trainer.isFinished {
            try trainer.runEpoch()
            if let record = trainer.history.last { try progress(record) }
            if !trainer.isFinished { try checkpoint?.save(trainer) }
        }
        trainer.finish()
        return (.network(network), trainer.history, trainer.best?.epoch ?? 0)
    }

    /// Grows trees.
    private func grow(
        _ training: LearningSet, _ validation: LearningSet?, _ checkpoint: Checkpoint?, _ resumed: (Int) -> Void,
        _ progress: (EpochRecord) throws -> Void
    ) throws -> (Model.Engine, [EpochRecord], Int) {
        let mean = training.target.reduce(0.0) { $0 + Double($1) } / Double(max(1, training.target.count))
        let trainer = try TreeTrainer(
            configuration.trees, settings, training: training, validation: validation,
            base: loss == .ndcg ? 0 : loss == .poisson ? max(mean, 1e-6) : mean, outputs: coding.outputs,
            cutoff: configuration.ranking?.cutoff ?? 1, workers: workers)
        if try checkpoint?.resume(trainer) == true { resumed(trainer.history.count) }
        while !trainer.isFinished {
            try trainer.runRound()
            if let record = trainer.history.last { try progress(record) }
            if !trainer.isFinished, trainer.isAtCheckpoint { try checkpoint?.save(trainer) }
        }
        let inputs = training.matrix.width + training.matrix.tables
        let model = TreeModel(
            try trainer.finish(), file: Model.FileName.trees, inputs: inputs, outputs: coding.outputs)
        return (.trees(model), trainer.history, trainer.best?.epoch ?? 0)
    }

    private var settings: TrainerSettings {
        var settings = configuration.trainer
        settings.loss = loss
        return settings
    }

    /// The network's shape.
    private var architecture: Architecture {
        let outputs = coding.outputs
        let tables = preprocessing.categories.map { category in
            let rows = category.vocabulary.codeCount
            var dimension = outputs
            if configuration.model == .mlp {
                // Wide enough to tell the values apart, in growing steps.
                let root = Double(rows).squareRoot().squareRoot()
                dimension = configuration.dimension ?? max(2, min(32, Int((4 * root).rounded(.up))))
            }
            return Architecture.Table(name: category.name, rows: rows, dimension: dimension)
        }
        return Architecture(
            numbers: preprocessing.width, tables: tables, hidden: configuration.hidden,
            activation: configuration.activation, outputs: outputs)
    }

    /// A part's rows as the network takes them, and how much each counts without the classes' weights.
    func learningSet(_ part: TrainingData.Part) throws(LearningError) -> (set: LearningSet, own: [Double]) {
        let label = try column(configuration.label, part)
        let target = try coding.target(of: label, name: configuration.label, table: part.table) { Int(part.rows[$0]) }
        var own = [Double](repeating: 1, count: part.batch.count)
        if let name = configuration.weight {
            guard let weights = try column(name, part).numbers() else {
                throw .badWeight(column: name, row: 1, table: part.table)
            }
            if let index = weights.firstIndex(where: { !($0 >= 0 && $0.isFinite) }) {
                throw .badWeight(column: name, row: Int(part.rows[index]) + 1, table: part.table)
            }
            own = weights
        }
        let factors = try classFactors()
        let weight = own.indices.map { Float(own[$0] * (factors.isEmpty ? 1 : factors[Int(target[$0])])) }
        let matrix = try preprocessing.matrix(of: part.batch, table: part.table)
        var groups: RowGroups?
        if let ranking = configuration.ranking {
            groups = try ranking.groups(of: try column(ranking.group, part), table: part.table) { Int(part.rows[$0]) }
        }
        return (LearningSet(matrix: matrix, target: target, weight: weight, groups: groups), own)
    }

    private func column(_ name: String, _ part: TrainingData.Part) throws(LearningError) -> Column {
        guard let column = part.batch[name] else { throw .noRows(part: part.part.title, table: part.table) }
        return column
    }

    /// How much the rows of each class count; empty where all count alike.
    private func classFactors() throws(LearningError) -> [Double] {
        guard configuration.classWeights != .none else { return [] }
        guard case .classes(let names) = coding else {
            throw .misuse("'class_weights' goes with a label of classes, not with numbers")
        }
        switch configuration.classWeights {
        case .none: return []
        case .given(let given):
            if let other = given.keys.sorted().first(where: { !names.contains($0) }) {
                throw .misuse(
                    "'class_weights' names '\(other)'; the classes are \(names.prefix(10).joined(separator: ", "))")
            }
            return names.map { given[$0] ?? 1 }
        case .balanced:
            guard let training = data[.train] else { return [] }
            var counts: [String: Double] = [:]
            for text in TargetCoding.texts(try column(configuration.label, training)) {
                if let text { counts[text, default: 0] += 1 }
            }
            let rows = Double(training.batch.count)
            return names.map { rows / (Double(names.count) * (counts[$0] ?? rows)) }
        }
    }

    // MARK: Judging

    func judge(
        _ part: TrainingData.Part, _ set: LearningSet, _ own: [Double], predictions: [Double]
    ) throws(LearningError) -> PartReport {
        var truth = set.target.map { Double($0) }
        if case .number = coding { truth = try column(configuration.label, part).numbers() ?? truth }
        let rows = JudgedRows(
            loss == .ndcg ? .scores : coding.kind, predictions: predictions, truth: truth, weight: own,
            groups: set.groups, cutoff: configuration.ranking?.cutoff ?? 1)
        // The rows that were learned from say nothing of how certain a judgement is.
        let isJudge = part.part != .train
        let bootstrap = Bootstrap(
            resamples: isJudge ? configuration.resamples : 0, seed: configuration.trainer.seed)
        var slices: [SliceTable] = []
        if isJudge {
            for name in configuration.slices {
                slices.append(
                    SliceTable(name, values: try column(name, part), rows, bootstrap, workers: workers))
            }
        }
        return PartReport(
            part: part.part, rows: rows.count, metrics: bootstrap.measure(rows, workers: workers),
            calibration: isJudge ? Calibration(rows) : nil, slices: slices)
    }
}

extension ColumnType {
    fileprivate var isDecimal: Bool { if case .decimal = self { true } else { false } }
}
