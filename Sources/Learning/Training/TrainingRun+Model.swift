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
}
