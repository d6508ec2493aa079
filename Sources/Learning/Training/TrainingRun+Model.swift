import Splits
import Tables

extension TrainingRun {
    /// Takes up a model that was trained, with its preprocessing and its settings, to judge it or to learn more.
    ///
    /// Rows are parted as the training's were. Where the table has nothing to part them by, all are to judge by.
    ///
    /// - Throws: ``LearningError``, `TableError`, `SplitError`.
    package init(
        of model: Model, _ place: DataPlace, options: TableOptions = TableOptions(), workers: Int
    ) throws {
        var configuration = try TrainingConfiguration(recorded: model.settings, file: Model.FileName.model)
        configuration.label = model.label
        configuration.features = model.preprocessing.columns
        configuration.categorical = model.preprocessing.categories.map(\.name)
        configuration.exclude = []
        let data = try TrainingData(place, configuration, options, purpose: .judging, workers: workers)
        try self.init(
            configuration, data, coding: model.coding, loss: model.loss, preprocessing: model.preprocessing,
            workers: workers)
    }

    /// The parts that have rows, the training first.
    package var parts: [RowPart] { data.parts.map(\.part) }

    /// The part that judges: the test, else the validation, else the training.
    package var judge: RowPart { parts.last ?? .test }

    /// The rows of a part as the model takes them; `nil` if it has none.
    ///
    /// - Throws: ``LearningError``.
    package func matrix(of part: RowPart) throws(LearningError) -> FeatureMatrix? {
        guard let part = data[part] else { return nil }
        return try preprocessing.matrix(of: part.batch, table: part.table)
    }

    /// How good predictions of a part's rows are, overall and by slice.
    ///
    /// - Parameter predict: what says of rows what a model says of them, in the units of the label.
    /// - Throws: ``LearningError``, what `predict` throws.
    package func report(on part: RowPart, _ predict: (FeatureMatrix) throws -> [Double]) throws -> PartReport {
        guard let part = data[part] else { throw LearningError.noRows(part: part.title, table: data.name) }
        let (set, own) = try learningSet(part)
        return try judge(part, set, own, predictions: predict(set.matrix))
    }

    /// Trains a network further, with a tenth of the learning rate that it was trained with.
    ///
    /// - Parameters:
    ///   - network: the network, whose weights are changed.
    ///   - mask: what each weight is multiplied with after each step; `nil` for nothing.
    /// - Returns: what each epoch came to, and the one whose weights were kept.
    /// - Throws: ``LearningError``.
    package func tune(
        _ network: Network, epochs: Int, mask: FloatBuffer?
    ) throws(LearningError) -> (history: [EpochRecord], best: Int) {
        guard let part = data[.train] else { throw .noRows(part: RowPart.train.title, table: data.name) }
        var settings = configuration.trainer
        settings.loss = loss
        settings.epochs = epochs
        settings.optimizer.learningRate /= 10
        let validation = try data[.validation].map { part throws(LearningError) in try learningSet(part).set }
        let trainer = Trainer(
            network, settings, training: try learningSet(part).set, validation: validation, isTrained: true, mask: mask,
            workers: workers)
        while !trainer.isFinished { try trainer.runEpoch() }
        trainer.finish()
        return (trainer.history, trainer.best?.epoch ?? 0)
    }

    /// Finds the leaves of trees anew, tree by tree, from the rows of the training; their questions stay. Trees that rank stay as they
    /// are.
    ///
    /// - Parameter model: the trees as XGBoost writes them.
    /// - Throws: ``LearningError``, ``LearningError/misuse(_:)`` for trees that rank.
    package func refreshed(_ model: [UInt8], rounds: Int) throws(LearningError) -> [UInt8] {
        guard let part = data[.train] else { throw .noRows(part: RowPart.train.title, table: data.name) }
        if loss == .ndcg {
            // XGBoost would find them by its own objective, which is not the one that such trees were grown by.
            throw .misuse("the leaves of trees that rank are not found anew; leave the training afterwards out")
        }
        let set = try learningSet(part).set
        let rows = try TreeBooster.Rows(
            set.matrix.codesAsNumbers, target: set.target, weight: set.weight, workers: workers)
        let parameters = try configuration.trees.parameters(
            loss, outputs: coding.outputs, seed: configuration.trainer.seed, threads: workers)
        let refreshing = [("process_type", "update"), ("updater", "refresh"), ("refresh_leaf", "1")]
        let booster = try TreeBooster([rows], parameters + refreshing)
        try booster.load(model)
        try booster.set(refreshing)
        for round in 0..<rounds { try booster.update(round: round, rows) }
        return try booster.model()
    }
}
