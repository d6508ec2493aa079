import FileSystem
import Foundation
import GRDB
import SystemPackage

#if canImport(GRDBSQLite)
    import GRDBSQLite
#else
    import SQLite3
#endif

/// An online store in one file: SQLite with a write-ahead log, for many readers and a writer at a time, in any number of
/// processes.
///
///     let storage = try SQLiteStorage("online.db")
///     try storage.update([key], marks: []) { _ in [[1, 2, 3]] }
///     try storage.values(of: [key])  // [[1, 2, 3]]
public final class SQLiteStorage: OnlineStorage {
    /// What messages call it: where it is.
    public let name: String
    private let pool: DatabasePool

    /// How long a writer waits for another one.
    private static let patience = 30.0
    /// What this program takes a file for its own by; the number means nothing else.
    private static let applicationID = 0x5669_6e74
    private static let formatVersion = 1
    private static let entitiesAtOnce = 4096
    /// The most that a connection keeps of the file; there are up to nine.
    private static let cachedKibibytes = 32 << 10

    /// Opens a store, and makes it if there is none.
    public init(_ path: FilePath) throws(OnlineStoreError) {
        name = path.string
        var configuration = Configuration()
        configuration.busyMode = .timeout(Self.patience)
        configuration.maximumReaderCount = 8
        configuration.prepareDatabase { database in
            // A commit is on the disk before it is answered, so that an acknowledged write survives a power cut.
            try database.execute(sql: "PRAGMA synchronous = FULL")
            // Entities are asked for in no order: what SQLite keeps unless told, 2 MB, holds hardly two questions in a row.
            try database.execute(sql: "PRAGMA cache_size = -\(Self.cachedKibibytes)")
            // The log and its index stay when the last one closes: a full disk has no room to make them for a reader.
            var isOn: CInt = 1
            sqlite3_file_control(database.sqliteConnection, nil, SQLITE_FCNTL_PERSIST_WAL, &isOn)
        }
        pool = try Self.guarding(path.string) {
            let pool = try DatabasePool(path: path.string, configuration: configuration)
            try pool.write { database in try Self.prepare(database, path.string) }
            return pool
        }
    }

    private static func prepare(_ database: Database, _ name: String) throws {
        let application = try Int.fetchOne(database, sql: "PRAGMA application_id") ?? 0
        let version = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
        if application == applicationID {
            guard version == formatVersion else {
                throw OnlineStoreError.damaged(store: name, what: "format \(version), not \(formatVersion)")
            }
            return
        }
        let tables = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master") ?? 0
        guard application == 0, version == 0, tables == 0 else {
            throw OnlineStoreError.damaged(store: name, what: "the database of another program")
        }
        try database.execute(
            sql: """
                CREATE TABLE spaces (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
                CREATE TABLE entries (
                    space INTEGER NOT NULL, entity BLOB NOT NULL, value BLOB NOT NULL, PRIMARY KEY (space, entity)
                ) WITHOUT ROWID;
                CREATE TABLE marks (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
                PRAGMA application_id = \(applicationID);
                PRAGMA user_version = \(formatVersion);
                """)
    }

    /// Reads rows and marks in one transaction.
    public func read(
        _ keys: [OnlineKey], marks: [String]
    ) throws(OnlineStoreError) -> (values: [[UInt8]?], marks: [[UInt8]?]) {
        if keys.isEmpty, marks.isEmpty { return ([], []) }
        return try Self.guarding(name) {
            try pool.read { database in
                let statement = try database.cachedStatement(sql: "SELECT value FROM marks WHERE name = ?")
                let found = try marks.map { name in
                    try Row.fetchOne(statement, arguments: [name]).map { Self.bytes($0) }
                }
                return (keys.isEmpty ? [] : try Self.values(of: keys, database), found)
            }
        }
    }

    /// Changes rows in one transaction, with the marks.
    public func update(
        _ keys: [OnlineKey], marks: [OnlineMark],
        _ change: ([[UInt8]?]) throws(OnlineStoreError) -> [[UInt8]?]
    ) throws(OnlineStoreError) {
        try Self.guarding(name) {
            // Immediate: nobody writes between the reading and the writing.
            try pool.writeWithoutTransaction { database in
                try database.inTransaction(.immediate) {
                    let old = keys.isEmpty ? [] : try Self.values(of: keys, database)
                    let new = try change(old)
                    precondition(new.count == keys.count, "each key has a new value")
                    try Self.write(keys, new, unless: old, database)
                    let statement = try database.cachedStatement(
                        sql: "INSERT OR REPLACE INTO marks (name, value) VALUES (?, ?)")
                    for mark in marks { try statement.execute(arguments: [mark.name, Data(mark.value)]) }
                    return .commit
                }
            }
        }
    }

    /// Calls `body` with the entities of a space, some at a time.
    public func forEachEntity(
        in space: String, _ body: ([[UInt8]]) throws(OnlineStoreError) -> Void
    ) throws(OnlineStoreError) {
        var last: [UInt8]?
        while true {
            let entities = try Self.guarding(name) {
                try pool.read { database -> [[UInt8]] in
                    guard let number = try Self.number(of: space, database) else { return [] }
                    let condition = last == nil ? "" : "AND entity > ?"
                    let statement = try database.cachedStatement(
                        sql: """
                            SELECT entity FROM entries WHERE space = ? \(condition) ORDER BY entity
                            LIMIT \(Self.entitiesAtOnce)
                            """)
                    let arguments: StatementArguments = last.map { [number, Data($0)] } ?? [number]
                    return try Row.fetchAll(statement, arguments: arguments).map { Self.bytes($0) }
                }
            }
            if entities.isEmpty { return }
            last = entities.last
            try body(entities)
        }
    }

    /// Removes all rows of a space.
    public func removeAll(in space: String) throws(OnlineStoreError) {
        try Self.guarding(name) {
            try pool.write { database in
                guard let number = try Self.number(of: space, database) else { return }
                try database.execute(sql: "DELETE FROM entries WHERE space = ?", arguments: [number])
            }
        }
    }

    // MARK: Rows

    private static func values(of keys: [OnlineKey], _ database: Database) throws -> [[UInt8]?] {
        let statement = try database.cachedStatement(
            sql: "SELECT value FROM entries WHERE space = ? AND entity = ?")
        var numbers: [String: Int64?] = [:]
        return try keys.map { key in
            if numbers[key.space] == nil { numbers[key.space] = .some(try number(of: key.space, database)) }
            guard case .some(.some(let number)) = numbers[key.space] else { return nil }
            return try Row.fetchOne(statement, arguments: [number, Data(key.entity)]).map { bytes($0) }
        }
    }

    private static func write(
        _ keys: [OnlineKey], _ values: [[UInt8]?], unless old: [[UInt8]?], _ database: Database
    ) throws {
        let insertion = try database.cachedStatement(
            sql: "INSERT OR REPLACE INTO entries (space, entity, value) VALUES (?, ?, ?)")
        let deletion = try database.cachedStatement(sql: "DELETE FROM entries WHERE space = ? AND entity = ?")
        var numbers: [String: Int64] = [:]
        for ((key, value), old) in zip(zip(keys, values), old) where value != old {
            let number = try numbers[key.space] ?? makeNumber(of: key.space, database)
            numbers[key.space] = number
            if let value {
                try insertion.execute(arguments: [number, Data(key.entity), Data(value)])
            } else {
                try deletion.execute(arguments: [number, Data(key.entity)])
            }
        }
    }

    private static func number(of space: String, _ database: Database) throws -> Int64? {
        let statement = try database.cachedStatement(sql: "SELECT number FROM spaces WHERE name = ?")
        return try Int64.fetchOne(statement, arguments: [space])
    }

    private static func makeNumber(of space: String, _ database: Database) throws -> Int64 {
        if let number = try number(of: space, database) { return number }
        try database.execute(sql: "INSERT INTO spaces (name) VALUES (?)", arguments: [space])
        return database.lastInsertedRowID
    }

    private static func bytes(_ row: Row) -> [UInt8] {
        (try? row.withUnsafeData(atIndex: 0) { $0.map { Array($0) } }) ?? []
    }

    /// Has errors of SQLite told as those of an online store.
    private static func guarding<Result>(
        _ name: String, _ body: () throws -> Result
    ) throws(OnlineStoreError) -> Result {
        do {
            return try body()
        } catch let error as OnlineStoreError {
            throw error
        } catch let error as DatabaseError {
            let reason = error.message ?? "error \(error.extendedResultCode.rawValue)"
            switch error.resultCode {
            case .SQLITE_BUSY, .SQLITE_LOCKED: throw .busy(store: name)
            case .SQLITE_CORRUPT, .SQLITE_NOTADB: throw .damaged(store: name, what: "no sound database (\(reason))")
            case .SQLITE_FULL, .SQLITE_IOERR:
                let advice = "free some space, or look at the disk and the limit on the size of files, and try again"
                throw .refused(store: name, reason: "\(reason); \(advice)")
            case .SQLITE_READONLY: throw .refused(store: name, reason: reason)
            default: throw .unavailable(store: name, reason: reason)
            }
        } catch {
            throw .unavailable(store: name, reason: "\(error)")
        }
    }
}
