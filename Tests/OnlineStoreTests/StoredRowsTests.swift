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

        static let text = """
            entities:
              account: {keys: {account: string}}
            sources:
              payments: {path: data/payments.csv, event_time: time}
            views:
              first: {entity: account, source: payments, features: [amount]}
              second: {entity: account, source: payments, features: {double: 2 * amount}}
            """

        init(_ kind: StorageKind) throws {
            scratch = try ScratchStorage(kind)
            storage = try scratch.open()
            definitions = try Definitions(files: [(try RelativePath("features/a.yaml"), Array(Self.text.utf8))])
            try folder.makeDirectories()
            let rows = "account,time,amount\na,2026-01-01T00:00:00Z,1\nb,2026-01-01T00:00:00Z,2\n"
            try folder.appending("payments.csv").replaceContents(with: Array(rows.utf8))
        }

        deinit { try? folder.removeAll() }

        @discardableResult
        func fill(
            _ changed: String? = nil, now: Int64 = StoredRowsTests.now, history: Int64 = day, forgetsLost: Bool = false
        ) throws -> [Materializer.Outcome] {
            let text = changed.map { Self.text.replacing("2 * amount", with: $0) } ?? Self.text
            let definitions = try Definitions(files: [(try RelativePath("features/a.yaml"), Array(text.utf8))])
            return try Materializer(storage, definitions, Files(folder: folder), threads: 1).materialize(
                ["first", "second"], until: nil, now: now, history: history, forgetsLost: forgetsLost)
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

        func ask(_ account: String, _ feature: String, at moment: Int64 = now) throws -> Cell {
            let time = Column([moment], .timestamp(.microsecond, zone: "UTC"))
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

    @Test(
        "are left as they are by a fill that has none better, and answer from no earlier moment than the view",
        arguments: StorageKind.allCases)
    func unchanged(kind: StorageKind) throws {
        let world = try World(kind)
        #expect(try world.fill().map(\.written) == [2, 2])
        let (hour, later) = (Self.day / 24, Self.now + Self.day / 24)
        #expect(try world.fill(now: later).map(\.written) == [0, 0])
        #expect(try world.ask("a", "first.amount", at: later) == .integer(1))
        #expect(throws: OnlineReadError.tooEarly(view: "first", horizon: later - Self.day)) {
            try world.ask("a", "first.amount", at: later - Self.day - 1)
        }
        // Earlier moments take other rows, or might.
        #expect(try world.fill(now: later, history: Self.day + 2 * hour).map(\.written) == [2, 2])
        #expect(try world.ask("a", "first.amount", at: Self.now - Self.day - hour) == .integer(1))
        // What was damaged is no better for being otherwise the same.
        let key = try world.key("a", of: "first")
        var bytes = try #require(try world.storage.values(of: [key])[0])
        bytes[bytes.count - 1] ^= 1
        try world.storage.update([key], marks: []) { [bytes] _ in [bytes] }
        #expect(try world.fill(now: later + hour).map(\.written) == [1, 0])
        #expect(try world.ask("a", "first.amount", at: later) == .integer(1))
    }

    @Test(
        "of pushes that the journal has lost are told of by the next fill, answer on, and are taken away if one wants that",
        arguments: StorageKind.allCases)
    func lostJournal(kind: StorageKind) throws {
        let world = try World(kind)
        try world.fill()
        try world.push("a", 5)
        try world.push("c", 6)
        #expect(try world.fill().map(\.lostRows) == [0, 0])
        try world.storage.removeAll(in: "push:payments")
        for _ in 0..<2 {
            let found = try world.fill()
            #expect(found.map(\.lostRows) == [2, 2])
            #expect(found.map(\.keepsLostRows) == [true, true])
            #expect(try world.ask("a", "first.amount") == .integer(5))
            #expect(try world.ask("c", "second.double") == .integer(12))
        }
        // A push after the loss is none of those.
        try world.push("b", 7)
        #expect(try world.fill().map(\.lostRows) == [2, 2])
        let taken = try world.fill(forgetsLost: true)
        #expect(taken.map(\.lostRows) == [2, 2])
        #expect(taken.map(\.keepsLostRows) == [false, false])
        #expect(try world.ask("a", "first.amount") == .integer(1))
        #expect(try world.ask("b", "first.amount") == .integer(7))
        #expect(try world.ask("c", "second.double") == .null)
        #expect(try world.fill().map(\.lostRows) == [0, 0])
    }

    @Test(
        "of pushes that the journal has lost are told of where another definition does not have them",
        arguments: StorageKind.allCases)
    func lostByDefinition(kind: StorageKind) throws {
        let world = try World(kind)
        try world.fill()
        try world.push("a", 5)
        try world.storage.removeAll(in: "push:payments")
        let found = try world.fill("3 * amount")
        #expect(found.map(\.lostRows) == [1, 1])
        #expect(found.map(\.keepsLostRows) == [true, false])
        #expect(try world.fill("3 * amount").map(\.lostRows) == [1, 0])
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
