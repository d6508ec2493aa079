import FileSystem
import ObjectStore
import Workspace

/// Why a table could not be read or written.
public enum TableError: Error, Equatable {
    /// The libraries that read and write tables could not be loaded.
    case noLibrary(reason: String)
    /// The operating system refused a file operation.
    case file(FileError)
    /// The store could not give the file's bytes, or take them.
    case store(StoreError)
    /// The name does not say whether the file is Parquet or CSV.
    case unknownFormat(table: String)
    /// The file is no table of its format, or is damaged.
    case unreadable(table: String, reason: String)
    /// A line of a CSV file does not fit.
    case badLine(table: String, line: Int, reason: String)
    /// The table has no column of that name.
    case noColumn(String, table: String, nearest: String?)
    /// Two columns of the table have that name, so that it tells none of them.
    case ambiguousColumn(String, table: String)
    /// Two rows have one key, of the values that are given.
    case repeatedKey(String, row: Int, table: String)
    /// The column's type is one that tables do not carry.
    case unsupportedColumn(String, type: String, table: String)
    /// The column's timestamps have no zone, and none is declared.
    case naiveTimestamp(String, table: String)
    /// There is no time zone of that name.
    case noZone(String)
    /// The column's timestamps do not fit the unit.
    case timestampOutOfRange(String, table: String)
    /// The texts of a column are too many bytes for memory in one piece.
    case columnTooLarge(String, table: String)
    /// The table could not be written.
    case unwritable(table: String, reason: String)
}

extension TableError: CustomStringConvertible {
    /// One line for people: what, where, and what to do next.
    public var description: String {
        switch self {
        case .noLibrary(let reason):
            "cannot load the library that reads tables: \(reason); install vintage with 'make install', or run "
                + "'make build' again"
        case .file(let error): error.description
        case .store(let error): error.description
        case .unknownFormat(let table):
            "\(table) is neither .parquet nor .csv; say which with --format"
        case .unreadable(let table, let reason): "cannot read the table \(table): \(reason)"
        case .badLine(let table, let line, let reason): "\(table), line \(line): \(reason)"
        case .noColumn(let column, let table, let nearest):
            "\(table) has no column '\(column)'; "
                + (nearest.map { "did you mean '\($0)'?" } ?? "'vintage table schema' lists its columns")
        case .ambiguousColumn(let column, let table):
            "\(table) has more than one column '\(column)'; rename all but one"
        case .repeatedKey(let key, let row, let table):
            "row \(row + 1) of \(table) is not the first with the key \(key); name more columns with --key, or none to compare "
                + "whole rows"
        case .unsupportedColumn(let column, let type, let table):
            "the column '\(column)' of \(table) is a \(type), which tables do not carry; choose other columns, or "
                + "flatten it"
        case .naiveTimestamp(let column, let table):
            "the timestamps of column '\(column)' in \(table) have no time zone; declare one, such as UTC"
        case .noZone(let zone):
            "there is no time zone '\(zone)'; use a name such as Europe/Berlin, UTC, or an offset such as +02:00"
        case .timestampOutOfRange(let column, let table):
            "a timestamp of column '\(column)' in \(table) is too far away for its unit"
        case .columnTooLarge(let column, let table):
            "the texts of column '\(column)' in \(table) have more than 2 GiB, which cannot be one piece of memory"
        case .unwritable(let table, let reason): "cannot write the table \(table): \(reason)"
        }
    }
}

extension TableError: ErrorWithExitStatus {
    /// Wrong use is told from damage, and damage from an environment that fails.
    public var exitStatus: ExitStatus {
        switch self {
        case .noLibrary, .file, .unwritable: .failed
        case .store(let error): status(of: error)
        case .unreadable, .badLine, .repeatedKey: .found
        default: .misused
        }
    }
}

/// Outside the type, whose property of that name would stand before the function's.
private func status(of error: StoreError) -> ExitStatus { exitStatus(of: error) }
