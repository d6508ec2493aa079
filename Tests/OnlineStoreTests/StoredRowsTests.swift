import Features
import FileSystem
import Foundation
import OnlineStore
import SystemPackage
import Tables
import Testing
import TextFormats
import TrainingSets

/// What lies under a key is read only if it was written for it, whatever else keeps the store's own order.
@Suite("Rows in an online store")
struct StoredRowsTests {
    private static let now: Int64 = 1_768_046_400_000_000
    private static let day: Int64 = 86_400_000_000

    /// Payments of two accounts in a store.
    private final class World {
        let folder = FilePath(NSTemporaryDirectory()).appending("stored-tests-\(UUID().uuidString)")
        let scratch: ScratchStorage
        let storage: any OnlineStorage
        let definitions: Definitions

        init(_ kind: StorageKind) throws {
            scratch = try ScratchStorage(kind)
            storage = try scratch.open()
            let text = """
                entities:
                  account: {keys: {account: string}}
                sources:
                  payments: {path: data/payments.csv, event_time: time}
                views:
                  first: {entity: account, source: payments, features: [amount]}
                  second: {entity: account, source: payments, features: {double: 2 * amount}}
                """
            definitions = try Definitions(files: [(try RelativePath("features/a.yaml"), Array(text.utf8))])
            try folder.makeDirectories()
            let rows = "account,time,amount\na,2026-01-01T00:00:00Z,1\nb,2026-01-01T00:00:00Z,2\n"
            try folder.appending("payments.csv").replaceContents(with: Array(rows.utf8))
        }

        deinit { try? folder.removeAll() }

        func fill() throws {
            _ = try Materializer(storage, definitions, Files(folder: folder), threads: 1).materialize(
                ["first", "second"], until: nil, now: now, history: day)
        }

        func push(_ account: String, _ amount: Int64) throws {
            var row = JSONObject()
            row["account"] = .string(account)
            row["time"] = .string("2026-01-02T00:00:00Z")
            row["amount"] = .integer(amount)
            _ = try Pusher(storage, definitions).push([.object(row)], to: "payments", now: now)
        }

        func key(_ account: String, of view: String) throws -> OnlineKey {
            let mark = try JSON(parsing: try storage.mark("view:\(view)") ?? [])
            let length = withUnsafeBytes(of: UInt64(account.utf8.count).littleEndian) { Array($0) }
            return OnlineKey(
                space: try #require(mark["space"].string), entity: [2] + length + Array(account.utf8))
        }

        /// Has what lies under one key lie under another.
        func copy(_ source: OnlineKey, to target: OnlineKey) throws {
            let bytes = try storage.values(of: [source])[0]
            try storage.update([target], marks: []) { _ in [bytes] }
        }

        func ask(_ account: String, _ feature: String) throws -> Cell {
            let time = Column([now], .timestamp(.microsecond, zone: "UTC"))
            let spine = try SpineTable(
                RecordBatch([("account", Column(strings: [account])), ("at", time)]), name: "accounts", time: "at")
            let plan = try definitions.plan(forFeatures: [feature])
            return try OnlineFeatures(storage, definitions).answer(plan, at: spine).features[0].values.cell(at: 0)
        }
    }

    @Test(
        "under the key of another entity or view are an error that names it, and no values",
        arguments: StorageKind.allCases)
    func foreign(kind: StorageKind) throws {
        let world = try World(kind)
        try world.fill()
        #expect(try world.ask("b", "first.amount") == .integer(2))
        try world.copy(try world.key("a", of: "first"), to: try world.key("b", of: "first"))
        let entity = #expect(throws: OnlineStoreError.self) { try world.ask("b", "first.amount") }
        let words = "under account=b in the view 'first' bytes that were changed or are another entity's"
        #expect(entity?.description.contains(words) == true)
        #expect(entity?.exitStatus == .found)
        try world.copy(try world.key("b", of: "second"), to: try world.key("a", of: "first"))
        let view = #expect(throws: OnlineStoreError.self) { try world.ask("a", "first.amount") }
        #expect(view?.description.contains("under account=a in the view 'first'") == true)
        // A push that would go to them is refused, and changes nothing.
        #expect(throws: OnlineStoreError.self) { try world.push("b", 9) }
        #expect(throws: OnlineStoreError.self) { try world.ask("b", "first.amount") }
        // An entity that the store does not know has no rows of another either.
        try world.copy(try world.key("b", of: "second"), to: try world.key("c", of: "second"))
        #expect(throws: OnlineStoreError.self) { try world.ask("c", "second.double") }
        #expect(try world.ask("b", "second.double") == .integer(4))
    }

    @Test("are written anew by the next fill that reads their files", arguments: StorageKind.allCases)
    func healed(kind: StorageKind) throws {
        let world = try World(kind)
        try world.fill()
        try world.copy(try world.key("a", of: "first"), to: try world.key("b", of: "first"))
        #expect(throws: OnlineStoreError.self) { try world.ask("b", "first.amount") }
        try world.fill()
        #expect(try world.ask("b", "first.amount") == .integer(2))
    }

    @Test("that were pushed are read under the name of their push alone", arguments: StorageKind.allCases)
    func pushes(kind: StorageKind) throws {
        let world = try World(kind)
        try world.fill()
        try world.push("a", 5)
        try world.push("b", 6)
        var entries: [[UInt8]] = []
        try world.storage.forEachEntity(in: "push:payments") { entries += $0 }
        let keys = Set(entries).map { OnlineKey(space: "push:payments", entity: $0) }
        try #require(keys.count == 2)
        try world.copy(keys[0], to: keys[1])
        let error = #expect(throws: OnlineStoreError.self) { try world.fill() }
        #expect(error?.description.contains("rows that were pushed to the source 'payments'") == true)
    }
}
