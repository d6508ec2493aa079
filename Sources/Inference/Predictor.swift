import Learning
import Tables

/// Predicts with a model, whatever its format.
///
///     let predictor = try Predictor(Model(DataPlace("models/late@v3", path, in: workspace)))
///     let predictions = try predictor.predict(batch, table: "flights.parquet")
///
/// Threads may use one predictor at once.
public struct Predictor: Sendable {
    /// The model.
    public let model: Model
    /// What computes.
    package let engine: any Engine

    /// Prepares a model's answers. XGBoost is not needed for trees.
    ///
    /// - Throws: ``InferenceError`` for trees that are damaged, or not the model's.
    public init(_ model: Model) throws(InferenceError) {
        self.model = model
        switch model.engine {
        case .network(let network): engine = NetworkEngine(network: network)
        case .quantized(let network): engine = QuantizedEngine(network: network)
        case .trees(let trees): engine = try TreeEngine(trees, loss: model.loss)
        }
    }

    /// What the model says of a table's rows, in the units of the label: a number for each, or the probability of the second
    /// of two classes, or the probability of each class, row by row.
    ///
    /// - Parameters:
    ///   - table: what messages call the table.
    ///   - workers: how many threads share the work.
    /// - Throws: `LearningError` for a column that is not there or of a type that the model does not take.
    public func predict(_ batch: RecordBatch, table: String, workers: Int = 1) throws(LearningError) -> [Double] {
        predict(try model.preprocessing.matrix(of: batch, table: table), workers: workers)
    }

    /// The same of rows whose preprocessing is done.
    package func predict(_ matrix: FeatureMatrix, workers: Int = 1) -> [Double] {
        var outputs = engine.outputs(of: matrix, workers: workers)
        return outputs.withUnsafeMutableBufferPointer { model.predictions(of: $0) }
    }
}

/// Computes a model's outputs. There is one for each format.
package protocol Engine: Sendable {
    /// What comes out for rows, before it becomes a probability or gets the label's unit: rows × outputs.
    func outputs(of matrix: FeatureMatrix, workers: Int) -> [Float]
}

/// Linear models and perceptrons.
struct NetworkEngine: Engine {
    let network: PackedNetwork

    init(network: Network) { self.network = PackedNetwork(network) }

    func outputs(of matrix: FeatureMatrix, workers: Int) -> [Float] { network.outputs(of: matrix, workers: workers) }
}

/// The same in whole numbers.
struct QuantizedEngine: Engine {
    let network: QuantizedNetwork

    func outputs(of matrix: FeatureMatrix, workers: Int) -> [Float] { network.outputs(of: matrix, workers: workers) }
}

/// Trees.
struct TreeEngine: Engine {
    let trees: TreeEnsemble

    /// Takes a model's trees.
    init(_ model: TreeModel, loss: Loss) throws(InferenceError) {
        do throws(TreeModelError) {
            trees =
                switch model.encoding {
                case .xgboost: try TreeEnsemble(parsing: model.bytes)
                case .binned: try TreeEnsemble(BinnedTrees(parsing: model.bytes, file: model.file).model)
                }
        } catch {
            throw .trees(file: model.file, error)
        }
        func failure(_ reason: String) -> InferenceError { .unfitting(file: model.file, reason: reason) }
        guard trees.columns == model.inputs else {
            throw failure("it takes \(trees.columns) columns, and the preprocessing makes \(model.inputs)")
        }
        guard trees.outputs == model.outputs else {
            throw failure("it has \(trees.outputs) outputs, and the label needs \(model.outputs)")
        }
        guard trees.objective == loss.treeObjective else {
            throw failure("its objective is '\(trees.objective)', and the model's loss '\(loss.rawValue)'")
        }
    }

    func outputs(of matrix: FeatureMatrix, workers: Int) -> [Float] {
        trees.margins(matrix.codesAsNumbers.numbers, workers: workers)
    }
}
