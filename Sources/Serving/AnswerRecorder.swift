import FileSystem
import OnlineStore
import Synchronization
import SystemPackage
import Tables

/// Keeps some of the answers that were given, as tables of a folder: what was served, to whom, and when.
///
/// A request is drawn by chance and kept whole. A table of a service has the keys, the moment that was asked for under the name
/// of the label's time, `served_at`, and the features, as `served_` and their names: so it can be joined with what they should
/// have been. It is written as `FOLDER/SERVICE/MOMENT-NUMBER.parquet` once it has many rows, or
/// is old, or the server ends; until then its rows are in memory alone. A file is there when it is whole.
final class AnswerRecorder: Sendable {
    /// The columns change when a view is filled with others.
    private struct Key: Hashable {
        let service: String
        let schema: Schema
    }

    private struct Table {
        var batches: [RecordBatch] = []
        var rows = 0
        let begun = ContinuousClock.now

        mutating func add(_ batch: RecordBatch) {
            batches.append(batch)
            rows += batch.count
        }
    }

    private let folder: FilePath
    private let share: Double
    private let tables = Mutex<[Key: Table]>([:])
    private let counts = Mutex((written: UInt64(0), lost: UInt64(0)))

    /// Rows that were written.
    var written: UInt64 { counts.withLock { $0.written } }
    /// Rows that were not, because that failed or too many waited for it.
    var lost: UInt64 { counts.withLock { $0.lost } }

    /// How many rows a table has at least, unless it is old; and how many may wait to be written, so that a disk that stands
    /// still does not fill memory.
    private static let (manyRows, mostRows) = (100_000, 1_000_000)
    private static let oldest = Duration.seconds(60)

    /// Prepares to keep answers.
    ///
    /// - Parameters:
    ///   - folder: where; it is made if it is not there.
    ///   - share: how many of the requests are kept, from 0 to 1.
    init(_ folder: FilePath, share: Double) { (self.folder, self.share) = (folder, share) }

    /// Keeps an answer in memory, if it is of a service and drawn.
    func keep(_ served: ServedAnswer, at now: Int64) {
        guard case .service(let service) = served.question.features, Double.random(in: 0..<1) < share else { return }
        let batch = served.table(at: now)
        let key = Key(service: service, schema: batch.schema)
        let isKept = tables.withLock { tables in
            let waiting = tables.values.reduce(0) { $0 + $1.rows }
            guard waiting + batch.count <= Self.mostRows else { return false }
            tables[key, default: Table()].add(batch)
            return true
        }
        if !isKept { counts.withLock { $0.lost += UInt64(batch.count) } }
    }

    /// Writes the tables that have many rows or are old, or all. Blocks.
    ///
    /// - Throws: what keeps one from being written; its rows are counted as lost, and the others are written.
    func write(all: Bool) throws {
        let due = tables.withLock { tables in
            let due = tables.filter { _, table in
                all || table.rows >= Self.manyRows || ContinuousClock.now - table.begun >= Self.oldest
            }
            for key in due.keys { tables[key] = nil }
            return due
        }
        var failure: (any Error)?
        for (key, table) in due {
            do {
                try write(key, table)
                counts.withLock { $0.written += UInt64(table.rows) }
            } catch {
                counts.withLock { $0.lost += UInt64(table.rows) }
                failure = error
            }
        }
        if let failure { throw failure }
    }

    private func write(_ key: Key, _ table: Table) throws {
        let folder = folder.appending(key.service)
        try folder.makeDirectories()
        // In the order of time, and of no two servers alike.
        let moment = ColumnType.timestamp(.microsecond, zone: "UTC").text(of: .integer(microsecondsNow()))
            .filter { $0.isNumber || $0 == "T" || $0 == "Z" }
        let name = "\(moment)-\(String(UInt32.random(in: .min ... .max), radix: 36)).parquet"
        let writer = try TableWriter(.file(folder.appending(name)), key.schema, .parquet)
        for batch in table.batches { try writer.write(batch) }
        try writer.finish()
    }
}

extension ServedAnswer {
    /// The answer as rows.
    fileprivate func table(at now: Int64) -> RecordBatch {
        let columns = spine.columns
        var named = zip(columns.schema.fields, columns.columns).map { (name: $0.name, column: $1) }
        var served = "served_at"
        let names = plan.plan.columnNames.map { "served_\($0)" }
        while columns.schema.fields.contains(where: { $0.name == served }) || names.contains(served) {
            served += "_"
        }
        named.append(
            (served, Column([Int64?](repeating: now, count: answer.count), .timestamp(.microsecond, zone: "UTC"))))
        for (name, feature) in zip(names, answer.features) { named.append((name, feature.values)) }
        return RecordBatch(named)
    }
}
