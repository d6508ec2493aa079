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
        /// A number that means something beside those of its group only.
        case scores
    }

    /// What is predicted.
    public let kind: Kind
    /// The predictions, row by row.
    public let predictions: [Double]
    /// What is true of each row.
    public let truth: [Double]
    /// How much each row counts.
    public let weight: [Double]
    /// Which rows are ranked among each other; `nil` if none are.
    public let groups: RowGroups?
    /// How many places of a ranking count.
    public let cutoff: Int

    /// Takes predictions.
    ///
    /// - Parameters:
    ///   - groups: which rows are ranked among each other: by their predictions, the truth being how relevant they are.
    ///   - cutoff: how many places of a ranking count.
    public init(
        _ kind: Kind, predictions: [Double], truth: [Double], weight: [Double]? = nil, groups: RowGroups? = nil,
        cutoff: Int = 10
    ) {
        (self.groups, self.cutoff) = (groups, cutoff)
        (self.kind, self.predictions, self.truth) = (kind, predictions, truth)
        self.weight = weight ?? Array(repeating: 1, count: truth.count)
        precondition(
            predictions.count == truth.count * kind.width && self.weight.count == truth.count, "a row has one truth")
    }

    /// How many rows there are.
    public var count: Int { truth.count }

    /// The same rows, not ranked among each other.
    public var withoutGroups: JudgedRows { JudgedRows(kind, predictions: predictions, truth: truth, weight: weight) }

    /// Some of the rows.
    public func rows(_ rows: [Int]) -> JudgedRows {
        let width = kind.width
        return JudgedRows(
            kind, predictions: rows.flatMap { predictions[($0 * width)..<(($0 + 1) * width)] },
            truth: rows.map { truth[$0] }, weight: rows.map { weight[$0] }, groups: groups?.rows(rows), cutoff: cutoff)
    }
}

extension JudgedRows.Kind {
    /// How many predictions a row has.
    var width: Int { if case .classes(let count) = self { count } else { 1 } }
}
