import Synchronization

/// Gradient-boosted trees, as XGBoost has made them.
///
/// They take the columns of numbers, a missing one as what is no number, and then the categories' codes as numbers.
package final class TreeModel: Sendable {
    /// The model as XGBoost writes it in JSON; Python's xgboost reads it too.
    package let bytes: [UInt8]
    /// How many outputs a row has.
    package let outputs: Int
    /// How many numbers a row has.
    package let inputs: Int
    // XGBoost's boosters are not for several threads at once.
    private let booster: Mutex<TreeBooster>

    /// Takes a model that XGBoost has written.
    ///
    /// - Throws: ``LearningError/trees(_:)`` if it is none, ``LearningError/noTreeLibrary(reason:)``.
    package init(_ bytes: [UInt8], inputs: Int, outputs: Int, workers: Int) throws(LearningError) {
        (self.bytes, self.outputs, self.inputs) = (bytes, outputs, inputs)
        let booster = try TreeBooster([], [("nthread", "\(workers)")])
        try booster.load(bytes)
        guard try booster.featureCount() == inputs else {
            throw .trees("it does not take the \(inputs) columns that the preprocessing makes")
        }
        self.booster = Mutex(booster)
    }

    /// What comes out for rows of data, before it becomes a probability: rows × outputs.
    package func margins(_ matrix: FeatureMatrix) throws(LearningError) -> [Float] {
        if matrix.count == 0 { return [] }
        let rows = try TreeBooster.Rows(matrix.codesAsNumbers)
        let margins = try booster.withLock { (booster) throws(LearningError) in try booster.margins(rows) }
        guard margins.count == matrix.count * outputs else { throw .trees("it has not \(outputs) outputs") }
        return margins
    }
}

extension FeatureMatrix {
    /// The rows with the codes as numbers behind the others; the code of a missing value is what is no number.
    var codesAsNumbers: FeatureMatrix {
        if tables == 0 { return self }
        var values: [Float] = []
        values.reserveCapacity(count * (width + tables))
        for row in 0..<count {
            values.append(contentsOf: numbers[(row * width)..<((row + 1) * width)])
            for code in codes[(row * tables)..<((row + 1) * tables)] {
                values.append(code == Vocabulary.missing ? .nan : Float(code))
            }
        }
        return FeatureMatrix(count: count, width: width + tables, numbers: values, tables: 0, codes: [])
    }
}
