import protocol Workspace.ErrorWithExitStatus
import enum Workspace.ExitStatus

/// Why rows were not pushed, or what was pushed cannot be used.
public enum PushError: Error, Equatable {
    /// No view of the source is in the store yet, so that nobody knows what its columns hold.
    case notMaterialized(source: String)
    /// A view of the source was defined otherwise when the store was filled.
    case definitionChanged(view: String)
    /// A row is no object.
    case notAnObject(row: Int)
    /// A row has a column that the source does not have.
    case unknownColumn(String, row: Int, source: String, nearest: String?)
    /// A row has no value where every row needs one.
    case missing(column: String, row: Int)
    /// A row has a value that the column cannot hold.
    case wrongType(column: String, row: Int, expected: String)
    /// Values that were pushed are none of the type that the column has now.
    case typeChanged(source: String, column: String, pushed: String, now: String)
    /// A row has a vector that was not made by the version of the model that made the view's others: `made`, empty if it does
    /// not say, and `expected`, empty if nothing says it and `nil` if there are none.
    case otherModel(view: String, row: Int?, made: String, expected: String?, isDeclared: Bool)
    /// The texts of a column have more bytes than can be held.
    case tooManyBytes(source: String, column: String)
}

extension PushError: CustomStringConvertible {
    /// One line for people.
    public var description: String {
        switch self {
        case .notMaterialized(let source):
            "no view of the source '\(source)' is in the online store; fill it first with 'vintage features materialize'"
        case .definitionChanged(let view): OnlineReadError.definitionChanged(view: view).description
        case .notAnObject(let row): "row \(row) is no object of columns and their values"
        case .unknownColumn(let column, let row, let source, let nearest):
            "row \(row) has a column '\(column)', which the source '\(source)' does not have"
                + (nearest.map { "; did you mean '\($0)'?" } ?? "")
        case .missing(let column, let row): "row \(row) has no '\(column)', which every row needs"
        case .wrongType(let column, let row, let expected): "in row \(row) '\(column)' is no \(expected)"
        case .typeChanged(let source, let column, let pushed, let now):
            "rows were pushed to the source '\(source)' whose '\(column)' is \(pushed), but in its files it is \(now); "
                + "give the files the type that was pushed, or declare the column's type"
        case .otherModel(let view, let row, let made, let expected, let isDeclared):
            (row.map { "row \($0)" } ?? "a row that was pushed before") + " has a vector "
                + (made.isEmpty ? "that does not say which version of its model made it" : "made by \(made)")
                + ", and the view '\(view)' "
                + (expected.map { $0.isEmpty ? "has vectors of which nothing says it" : "has those of \($0)" }
                    ?? "has none yet that it could be compared with")
                + "; "
                + (!isDeclared
                    ? "declare the column that says it with 'made_by', and fill the store"
                    : expected == nil
                        ? "bring vectors into the source's files, and fill the store"
                        : "push vectors of the same version, or leave others out by the source's 'where'")
        case .tooManyBytes(let source, let column):
            "the texts of '\(column)' that were pushed to the source '\(source)' take more than 2 GiB; "
                + "bring them into the source's files and fill the store"
        }
    }
}

extension PushError: ErrorWithExitStatus {
    /// What was given is wrong; vectors of two versions are found.
    public var exitStatus: ExitStatus {
        if case .otherModel = self { .found } else { .misused }
    }
}
