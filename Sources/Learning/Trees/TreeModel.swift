/// Gradient-boosted trees.
///
/// They take the columns of numbers, a missing one as what is no number, and then the categories' codes as numbers.
package final class TreeModel: Sendable {
    /// How trees are written.
    package enum Encoding: Sendable {
        /// As XGBoost writes them in JSON; Python's xgboost reads it too.
        case xgboost
        /// As tensors, with bins for thresholds; the module `Inference` reads and writes them.
        case binned
    }

    /// The file.
    package let bytes: [UInt8]
    /// How it is written.
    package let encoding: Encoding
    /// What messages call the file that it was read from.
    package let file: String
    /// How many outputs a row has.
    package let outputs: Int
    /// How many numbers a row has.
    package let inputs: Int

    /// Takes a model, unseen: whoever uses it checks it.
    package init(_ bytes: [UInt8], as encoding: Encoding = .xgboost, file: String, inputs: Int, outputs: Int) {
        (self.bytes, self.encoding, self.file) = (bytes, encoding, file)
        (self.outputs, self.inputs) = (outputs, inputs)
    }

    /// What XGBoost itself says of rows of data, before it becomes a probability, to judge what it has trained: rows × outputs.
    ///
    /// - Throws: ``LearningError/trees(_:)``, ``LearningError/noTreeLibrary(reason:)``.
    package func margins(_ matrix: FeatureMatrix, workers: Int) throws(LearningError) -> [Float] {
        if matrix.count == 0 { return [] }
        let booster = try TreeBooster([], [("nthread", "\(workers)")])
        try booster.load(bytes)
        guard try booster.featureCount() == inputs else {
            throw .trees("it does not take the \(inputs) columns that the preprocessing makes")
        }
        let margins = try booster.margins(TreeBooster.Rows(matrix.codesAsNumbers, workers: workers))
        guard margins.count == matrix.count * outputs else { throw .trees("it has not \(outputs) outputs") }
        return margins
    }
}

extension FeatureMatrix {
    /// The rows with the codes as numbers behind the others; the code of a missing value is what is no number.
    package var codesAsNumbers: FeatureMatrix {
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
