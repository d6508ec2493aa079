import Features
import FileSystem
import Foundation
import ObjectStore
import OnlineStore
import Synchronization
import SystemPackage
import Tables
import Testing
import TextFormats
import TrainingSets

/// A store that counts the rows that it is asked to write.
private final class CountingStorage: OnlineStorage {
    private let storage: any OnlineStorage
    private let rows = Mutex(0)

    init(_ storage: any OnlineStorage) { self.storage = storage }

    /// How many rows were written since the last question.
    func writtenRows() -> Int {
        rows.withLock { rows in
            defer { rows = 0 }
            return rows
        }
    }

    var name: String { storage.name }

    func read(
        _ keys: [OnlineKey], marks: [String]
    ) throws(OnlineStoreError) -> (values: [[UInt8]?], marks: [[UInt8]?]) {
        try storage.read(keys, marks: marks)
    }

    func update(
        _ keys: [OnlineKey], marks: [OnlineMark], _ change: ([[UInt8]?]) throws(OnlineStoreError) -> [[UInt8]?]
    ) throws(OnlineStoreError) {
        rows.withLock { $0 += keys.count }
        try storage.update(keys, marks: marks, change)
    }

    func forEachEntity(
        in space: String, _ body: ([[UInt8]]) throws(OnlineStoreError) -> Void
    ) throws(OnlineStoreError) {
        try storage.forEachEntity(in: space, body)
    }

    func removeAll(in space: String) throws(OnlineStoreError) { try storage.removeAll(in: space) }
}

/// One file in the object store, for every source.
private final class StoredCatalog: SourceCatalog {
    private let folder = FilePath(NSTemporaryDirectory()).appending("unchanged-filling-\(UUID().uuidString)")
    private let store: Store
    private let file: FileReference

    init(_ text: String) throws {
        try folder.makeDirectories()
        let path = folder.appending("rows.csv")
        try path.replaceContents(with: Array(text.utf8))
        store = try Store.create(at: folder.appending("store"))
        let writer = try store.makeWriter()
        let size = UInt64(text.utf8.count)
        let archived = try Archiver(writer: writer).archive(sizes: [size]) { (_) throws(StoreError) in
            do throws(FileError) {
                return try File(reading: path)
            } catch {
                throw .file(error)
            }
        }
        try writer.finish()
        file = archived[0].file
    }

    deinit { try? folder.removeAll() }

    var online: FilePath { folder.appending("online.db") }

    func files(of source: FeatureSource) throws -> [SourceFile] {
        [SourceFile(path: try RelativePath("data/rows.csv"), input: nil, table: .stored(file, store, name: "rows.csv"))]
    }
}

@Suite("Filling an online store when nothing changed")
struct UnchangedFillingTests {
    private static let now: Int64 = 1_768_046_400_000_000
    private static let sources = """
        entities:
          account: {keys: {account: string}}
        sources:
          rows: {path: data/rows.csv, event_time: time}
        views:
          last: {entity: account, source: rows, features: [amount]}

        """
    private static let another =
        "  sums: {entity: account, source: rows, windows: [30d], features: {total: sum(amount)}}\n"

    private static func read(_ text: String) throws -> Definitions {
        try Definitions(files: [(try RelativePath("features/a.yaml"), Array(text.utf8))])
    }

    private static func rows(_ amounts: [Int64]) -> [JSON] {
        amounts.map { amount in
            var row = JSONObject()
            row["account"] = .string("a")
            row["time"] = .string("2026-01-05T00:00:00Z")
            row["amount"] = .integer(amount)
            return .object(row)
        }
    }

    private static func total(_ storage: any OnlineStorage, _ definitions: Definitions) throws -> Cell {
        let spine = try SpineTable(
            RecordBatch([
                ("account", Column(strings: ["a"])), ("at", Column([now], .timestamp(.microsecond, zone: "UTC"))),
            ]), name: "accounts", time: "at")
        let plan = try definitions.plan(forFeatures: ["sums.total_30d"])
        return try OnlineFeatures(storage, definitions).answer(plan, at: spine).features[0].values.cell(at: 0)
    }

    @Test("writes no row again that was pushed")
    func nothingPushedIsWrittenAgain() throws {
        let catalog = try StoredCatalog("account,time,amount\na,2026-01-01T00:00:00Z,1\n")
        let storage = CountingStorage(try SQLiteStorage(catalog.online))
        let definitions = try Self.read(Self.sources + Self.another)
        let materializer = Materializer(storage, definitions, catalog, threads: 1)
        func fill() throws -> [Materializer.Outcome] {
            try materializer.materialize(["last", "sums"], until: nil, now: Self.now, history: 0)
        }
        _ = try fill()
        _ = try Pusher(storage, definitions).push(Self.rows([2, 3]), to: "rows", now: Self.now)
        #expect(storage.writtenRows() > 0)
        for _ in 0..<2 {
            #expect(try fill().allSatisfy(\.wasCurrent))
            #expect(storage.writtenRows() == 0)
            #expect(try Self.total(storage, definitions) == .integer(6))
        }
    }

    @Test("takes, once, what was pushed by one who did not know a view")
    func pushedWithoutAView() throws {
        let catalog = try StoredCatalog("account,time,amount\na,2026-01-01T00:00:00Z,1\n")
        let storage = CountingStorage(try SQLiteStorage(catalog.online))
        let (old, new) = (try Self.read(Self.sources), try Self.read(Self.sources + Self.another))
        let materializer = Materializer(storage, new, catalog, threads: 1)
        func fill() throws -> [Materializer.Outcome] {
            try materializer.materialize(["last", "sums"], until: nil, now: Self.now, history: 0)
        }
        _ = try fill()
        let outcome = try Pusher(storage, old).push(Self.rows([2, 3]), to: "rows", now: Self.now)
        #expect(outcome.views == ["last"])
        #expect(try Self.total(storage, new) == .integer(1))
        _ = storage.writtenRows()
        #expect(try fill().allSatisfy(\.wasCurrent))
        #expect(try Self.total(storage, new) == .integer(6))
        // The account's sum, and the note of it in the journal.
        #expect(storage.writtenRows() == 2)
        _ = try fill()
        #expect(storage.writtenRows() == 0)
    }

    @Test("looks into files again for rows that are pushed later")
    func laterArrivals() throws {
        let catalog = try StoredCatalog("account,time,amount\na,2026-01-01T00:00:00Z,1\na,2026-01-05T00:00:00Z,2\n")
        let storage = try SQLiteStorage(catalog.online)
        let definitions = try Self.read(Self.sources + Self.another)
        let materializer = Materializer(storage, definitions, catalog, threads: 1)
        func fill() throws {
            _ = try materializer.materialize(["last", "sums"], until: nil, now: Self.now, history: 0)
        }
        try fill()
        let pusher = Pusher(storage, definitions)
        _ = try pusher.push(Self.rows([3]), to: "rows", now: Self.now)
        try fill()
        try fill()
        // The file has this one already: until a filling knows it, it counts twice.
        _ = try pusher.push(Self.rows([2]), to: "rows", now: Self.now)
        #expect(try Self.total(storage, definitions) == .integer(8))
        try fill()
        #expect(try Self.total(storage, definitions) == .integer(6))
    }
}
