import Features
import PointInTime

import protocol Workspace.ErrorWithExitStatus
import enum Workspace.ExitStatus

/// Why a training set could not be made.
public enum TrainingSetError: Error {
    /// Nothing that is stored is where a source's path leads.
    case noFiles(source: String, path: String, state: String)
    /// A row has no time. Rows are counted from 1, without a CSV file's line of names.
    case noTime(column: String, what: String, table: String, row: Int)
    /// A row to be labelled has no time. Rows are counted from 1, without a CSV file's line of names.
    case noLabelTime(column: String, table: String, row: Int)
    /// The label's time is not known: the service has no label, and no column is named.
    case noTimeColumn(service: String)
    /// A column holds no moments.
    case notMoments(column: String, type: String, table: String)
    /// A column's values do not fit a key.
    case wrongKeyType(column: String, type: String, expected: String, table: String)
    /// A column's type is one that expressions do not take, or a value of it is out of range.
    case unsuitable(column: String, type: String, table: String)
    /// Two files of one source, or a file and what is declared, disagree on a column.
    case typesDiffer(column: String, type: String, table: String, other: String, otherType: String)
    /// A column of the spine and a feature have one name.
    case columnTaken(String, table: String)
    /// A row has a value that does not fit.
    case evaluation(ExpressionEvaluationError, expression: String, table: String, row: Int)
    /// The engine refuses what it is given.
    case join(PointInTimeError, view: String)
    /// The texts of a column are too many bytes for memory in one piece.
    case tooManyBytes(column: String)
    /// A view's vectors were made by more than one version of their model.
    case mixedVectors(view: String, model: String, versions: [MadeVectors])
    /// A view's column does not hold the vectors that its embedding declares.
    case notVectors(view: String, column: String, type: String, dimension: Int, table: String)
    /// The guard found something that must not be.
    case blocked([String])
    /// Something is asked for that goes with git only, or a revision is no commit.
    case noState(String, reason: String)
    /// The command was given values that cannot be used.
    case misuse(String)

    /// The vectors that one version of a model made.
    public struct MadeVectors: Sendable, Equatable {
        /// The version, as rows or their lineage name it; `nil` if nothing does.
        public let version: String?
        /// How many rows have one.
        public let count: Int
        /// The table of the first of them.
        public let table: String
        /// Its row there, from 1.
        public let row: Int
    }
}

extension TrainingSetError.MadeVectors: CustomStringConvertible {
    /// As messages tell it.
    public var description: String {
        let name = version.map { $0.isSnapshotName ? String($0.prefix(12)) : "'\($0)'" } ?? "no known version"
        return "\(name) in \(count) row\(count == 1 ? "" : "s") (first in row \(row) of \(table))"
    }
}

extension TrainingSetError: CustomStringConvertible {
    /// One line for people: what, where, and what to do next.
    public var description: String {
        switch self {
        case .noFiles(let source, let path, let state):
            "the source '\(source)' reads \(path), but \(state) has no such table; store it with 'vintage add', or change "
                + "the path"
        case .noTime(let column, let what, let table, let row):
            "row \(row) of \(table) has no \(what) in the column '\(column)'; give it one, or leave such rows out by the "
                + "source's 'where'"
        case .noLabelTime(let column, let table, let row):
            "row \(row) of \(table) has no time in the column '\(column)', so that nothing says what was known then; give it "
                + "one, or take the row out"
        case .noTimeColumn(let service):
            "the service '\(service)' has no label that names the time; name the spine's column with --time"
        case .notMoments(let column, let type, let table):
            "the column '\(column)' of \(table) is a \(type), which tells no moment, or holds one that is out of range; use "
                + "a timestamp, or derive one"
        case .wrongKeyType(let column, let type, let expected, let table):
            "the column '\(column)' of \(table) is a \(type), but the key it is compared with is a \(expected); change the "
                + "entity's key, or the column"
        case .unsuitable(let column, let type, let table):
            "the column '\(column)' of \(table) is a \(type), with a value or of a type that expressions do not take; use "
                + "another column"
        case .typesDiffer(let column, let type, let table, let other, let otherType):
            "the column '\(column)' is a \(type) in \(table) and a \(otherType) in \(other); declare it under the source's "
                + "'columns', or write both alike"
        case .columnTaken(let name, let table):
            "\(table) has a column '\(name)', as has the service; give the feature an 'as' or a 'prefix'"
        case .evaluation(let error, let expression, let table, let row):
            "row \(row) of \(table), in '\(expression)': \(Self.problem(error))"
        case .join(let error, let view): "the view '\(view)': \(error)"
        case .tooManyBytes(let column):
            "the texts of '\(column)' have more than 2 GiB, which cannot be one piece of memory; leave it out"
        case .mixedVectors(let view, let model, let versions):
            "the view '\(view)' has vectors of \(versions.count) versions of \(model), which cannot be compared: "
                + versions.map(\.description).joined(separator: ", ")
                + "; make the vectors anew by one version, or leave rows out by the source's 'where'"
        case .notVectors(let view, let column, let type, let dimension, let table):
            "the column '\(column)' of \(table) is a \(type), but the view '\(view)' declares an embedding of \(dimension) "
                + "numbers; store a fixed-size list of that many float32, or correct 'dimension'"
        case .blocked(let findings):
            "no output is written: \(findings.joined(separator: "; "))"
        case .noState(let revision, let reason): "'\(revision)': \(reason)"
        case .misuse(let message): message
        }
    }

    private static func problem(_ error: ExpressionEvaluationError) -> String {
        let text = error.description
        guard let colon = text.firstIndex(of: ":") else { return text }
        return String(text[colon...].dropFirst(2))
    }
}

extension TrainingSetError: ErrorWithExitStatus {
    /// What the data has wrong is found; what was asked wrongly is misuse.
    public var exitStatus: ExitStatus {
        switch self {
        case .noTime, .noLabelTime, .evaluation, .blocked, .tooManyBytes, .mixedVectors: .found
        case .join(.sumTooLarge, _): .found
        default: .misused
        }
    }
}
