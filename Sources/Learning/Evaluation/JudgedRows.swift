/// Predictions of rows, beside what is true of them.
public struct JudgedRows: Sendable {
    /// What is predicted.
    public enum Kind: Sendable, Equatable {
        /// One of two classes: the predictions are probabilities of class 1, the truth is 0 or 1.
        case twoClasses
        /// One of several classes: the predictions are the probabilities of each, the truth is a class's number.
        case classes(Int)
        /// A number.
        case numbers
    }

    /// What is predicted.
    public let kind: Kind
    /// The predictions, row by row.
    public let predictions: [Double]
    /// What is true of each row.
    public let truth: [Double]
    /// How much each row counts.
    public let weight: [Double]

    /// Takes predictions.
    public init(_ kind: Kind, predictions: [Double], truth: [Double], weight: [Double]? = nil) {
        (self.kind, self.predictions, self.truth) = (kind, predictions, truth)
        self.weight = weight ?? Array(repeating: 1, count: truth.count)
        precondition(
            predictions.count == truth.count * kind.width && self.weight.count == truth.count, "a row has one truth")
    }

    /// How many rows there are.
    public var count: Int { truth.count }

    /// Some of the rows.
    public func rows(_ rows: [Int]) -> JudgedRows {
        let width = kind.width
        return JudgedRows(
            kind, predictions: rows.flatMap { predictions[($0 * width)..<(($0 + 1) * width)] },
            truth: rows.map { truth[$0] }, weight: rows.map { weight[$0] })
    }
}

extension JudgedRows.Kind {
    /// How many predictions a row has.
    var width: Int { if case .classes(let count) = self { count } else { 1 } }
}
