/// Why a join could not be made: the columns given do not fit together.
public enum PointInTimeError: Error, Equatable, CustomStringConvertible {
    /// Columns that describe the same rows differ in length.
    case lengthsDiffer(column: String, expected: Int, found: Int)
    /// A span of time that must not be negative is.
    case negative(what: String, value: Int64)
    /// A table has more rows than row numbers reach.
    case tooManyRows(limit: Int)
    /// The columns of a key are not those that its coder was made for.
    case keyColumnsDiffer(expected: [KeyColumn.Kind], found: [KeyColumn.Kind])
    /// The columns of a batch are not those that its windows were prepared for.
    case windowColumnsDiffer(expected: [WindowColumn.Kind], found: [WindowColumn.Kind])
    /// An aggregation cannot be made of its column.
    case impossible(Aggregation, reason: String)
    /// A sum of whole numbers exceeds 64 bits.
    case sumTooLarge(label: Int)

    /// What is wrong and what to do, in one line.
    public var description: String {
        switch self {
        case .lengthsDiffer(let column, let expected, let found):
            "column '\(column)' has \(found) rows where the others have \(expected): pass columns of the same rows"
        case .negative(let what, let value):
            "the \(what) is \(value): it must be zero or more"
        case .tooManyRows(let limit):
            "a table has more than \(limit) rows, which is the most that one join takes: split it by entity"
        case .keyColumnsDiffer(let expected, let found):
            "the key's columns are \(found), where \(expected) are expected: cast them to the spine's types"
        case .windowColumnsDiffer(let expected, let found):
            "the windows' columns are \(found), where \(expected) are expected: pass those that were declared"
        case .impossible(let aggregation, let reason):
            "\(aggregation.function) over \(aggregation.window) of column \(aggregation.column ?? -1): \(reason)"
        case .sumTooLarge(let label):
            "the sum of whole numbers for label row \(label) exceeds 64 bits: sum them as floating-point numbers"
        }
    }
}
