import Learning
import Tables

import func Workspace.nearestName

/// Predicts the rows of a table, batch by batch.
///
///     let predictions = try TablePredictor(predictor, reader, keeping: ["carrier", "flight"], workers: 2)
///     try predictions.run(batchSize: 1 << 16) { batch in try writer.write(batch) }
public struct TablePredictor {
    /// The columns that come out.
    public let schema: Schema
    private let predictor: Predictor
    private let reader: TableReader
    private let kept: [String]
    private let workers: Int

    /// Prepares predictions.
    ///
    /// - Parameters:
    ///   - kept: the columns of the table that come out too, before the predictions; all that can be written by
    ///     default.
    /// - Throws: ``InferenceError/misuse(_:)`` if a kept column has a prediction's name; `TableError` if one is not
    ///   there.
    public init(_ predictor: Predictor, _ reader: TableReader, keeping kept: [String]?, workers: Int) throws {
        (self.predictor, self.reader, self.workers) = (predictor, reader, workers)
        self.kept = kept ?? reader.schema.fields.filter { $0.type.isCarried }.map(\.name)
        var fields: [Field] = []
        for name in self.kept {
            guard let field = reader.schema[name] else {
                throw TableError.noColumn(
                    name, table: reader.name, nearest: nearestName(to: name, among: reader.schema.names))
            }
            fields.append(field)
        }
        for (name, type) in Self.columns(predictor.model) {
            if self.kept.contains(name) {
                throw InferenceError.misuse(
                    "\(reader.name) has a column '\(name)', as has what is predicted; choose columns with --columns")
            }
            fields.append(Field(name, type))
        }
        schema = Schema(fields)
    }

    /// The columns that a model adds: the prediction, and for classes the probability of it that decides, or of each.
    private static func columns(_ model: Model) -> [(String, ColumnType)] {
        switch model.coding {
        case .number: [("prediction", .float64)]
        case .classes(let names) where names.count == 2: [("prediction", .string), ("probability", .float64)]
        case .classes(let names):
            [("prediction", .string)] + names.map { ("probability_\($0)", .float64) }
        }
    }

    /// Predicts.
    ///
    /// - Parameter take: gets the rows with their predictions, in order.
    /// - Throws: `LearningError`, `TableError`, what `take` throws.
    /// - Returns: how many rows there were.
    public func run(batchSize: Int = 1 << 16, _ take: (RecordBatch) throws -> Void) throws -> Int {
        var names = kept
        for name in predictor.model.preprocessing.columns where !names.contains(name) { names.append(name) }
        let batches = try reader.batches(names, rows: batchSize, workers: workers)
        var count = 0
        while let batch = try batches.next() {
            let predictions = try predictor.predict(batch, table: reader.name, workers: workers)
            let predicted = columns(predictions, count: batch.count)
            try take(RecordBatch(schema, Array(batch.columns.prefix(kept.count)) + predicted, count: batch.count))
            count += batch.count
        }
        return count
    }

    private func columns(_ predictions: [Double], count: Int) -> [Column] {
        func numbers(_ value: (Int) -> Double) -> Column {
            let buffer = ColumnBuffer(.float64, count: count)
            for row in 0..<count { buffer.set(value(row), at: row) }
            return buffer.finish()
        }
        guard case .classes(let names) = predictor.model.coding else { return [numbers { predictions[$0] }] }
        let texts = names.map { Array($0.utf8) }
        var builder = StringColumnBuilder()
        if names.count == 2 {
            for row in 0..<count { builder.append(texts[predictions[row] >= 0.5 ? 1 : 0]) }
            return [builder.finish(), numbers { predictions[$0] }]
        }
        let width = names.count
        for row in 0..<count {
            let places = 0..<width
            builder.append(texts[places.max { predictions[row * width + $0] < predictions[row * width + $1] } ?? 0])
        }
        return [builder.finish()] + names.indices.map { place in numbers { predictions[$0 * width + place] } }
    }
}
