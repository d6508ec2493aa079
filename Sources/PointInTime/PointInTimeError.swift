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
        }
    }
}
