import Features
import FileSystem
import Foundation
import OnlineStore
import SystemPackage
import Tables
import Testing
import TextFormats
import TrainingSets

@Suite("Comparing what an online store answers with the join")
struct VerificationTests {
    private static let definitions = """
        entities:
          account: {keys: {account: string}}
        sources:
          payments: {path: data/payments.csv, event_time: time}
        views:
          facts:
            entity: account
            source: payments
            ttl: 30d
            windows: [7d]
            features: {amount: , n: count(), total: sum(amount)}
        """
    /// Noon of 10 January 2026.
    private static let now: Int64 = 1_768_046_400_000_000
    private static let day: Int64 = 86_400_000_000

    /// Payments of three accounts in a store.
    private final class World {
        let folder = FilePath(NSTemporaryDirectory()).appending("verify-tests-\(UUID().uuidString)")
        let scratch: ScratchStorage
        let storage: any OnlineStorage
        let definitions: Definitions

        init(_ kind: StorageKind, definitions: String = VerificationTests.definitions) throws {
            scratch = try ScratchStorage(kind)
            storage = try scratch.open()
            self.definitions = try Definitions(files: [(try RelativePath("features/a.yaml"), Array(definitions.utf8))])
            try folder.makeDirectories()
            var text = "account,time,amount\n"
            for day in 1...9 {
                for (number, account) in ["a", "b", "c"].enumerated() {
                    text += "\(account),2026-01-0\(day)T0\(number):00:00Z,\(100 * number + day)\n"
                }
            }
            try folder.appending("payments.csv").replaceContents(with: Array(text.utf8))
        }

        deinit { try? folder.removeAll() }

        private var files: Files { Files(folder: folder) }

        func fill() throws {
            _ = try Materializer(storage, definitions, files, threads: 1).materialize(
                ["facts"], until: nil, now: now, history: 5 * day)
        }

        func push(_ account: String, _ amount: Int64, at time: String = "2026-01-09T12:00:00Z") throws {
            var row = JSONObject()
            row["account"] = .string(account)
            row["time"] = .string(time)
            row["amount"] = .integer(amount)
            _ = try Pusher(storage, definitions).push([.object(row)], to: "payments", now: now)
        }

        func verify(pairs: Int = 60, seed: UInt64 = 1) throws -> OnlineVerification.Result {
            try OnlineVerification(storage, definitions, files, threads: 1).verify(
                "facts", pairs: pairs, now: now, seed: seed)
        }

        /// Where the rows of an account are.
        func key(_ account: String) throws -> OnlineKey {
            let mark = try JSON(parsing: try storage.mark("view:facts") ?? [])
            let space = try #require(mark["space"].string)
            let length = withUnsafeBytes(of: UInt64(account.utf8.count).littleEndian) { Array($0) }
            return OnlineKey(space: space, entity: [2] + length + Array(account.utf8))
        }

        /// Has an account have other bytes.
        func plant(_ bytes: [UInt8]?, for account: String) throws {
            try storage.update([key(account)], marks: []) { _ in [bytes] }
        }

        func bytes(_ account: String) throws -> [UInt8] {
            let found = try storage.values(of: [key(account)])[0]
            return try #require(found)
        }
    }

    /// Rows with some bytes changed, wherever these are, and a checksum that fits the key that they will lie under.
    private static func rows(
        _ rows: [UInt8], _ old: [UInt8], becoming new: [UInt8], at key: OnlineKey
    ) throws -> [UInt8] {
        var bytes = Array(rows.dropLast(4))
        var changes = 0
        for start in 0...bytes.count - old.count where Array(bytes[start..<start + old.count]) == old {
            bytes.replaceSubrange(start..<start + old.count, with: new)
            changes += 1
        }
        #expect(changes > 0)
        // CRC-32C, bit by bit.
        var sum = UInt32.max
        for byte in Array(key.space.utf8) + [0] + key.entity + bytes {
            sum ^= UInt32(byte)
            for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0x82f6_3b78 : sum >> 1 }
        }
        return bytes + withUnsafeBytes(of: (~sum).littleEndian) { Array($0) }
    }

    private static func bytes(_ number: Int64) -> [UInt8] { withUnsafeBytes(of: number.littleEndian) { Array($0) } }

    @Test("finds nothing in a store that was filled, nor once rows were pushed", arguments: StorageKind.allCases)
    func sound(kind: StorageKind) throws {
        let world = try World(kind)
        try world.fill()
        let filled = try world.verify()
        #expect(filled.differences == [])
        #expect((filled.entities, filled.pairs, filled.values, filled.skipped) == (3, 60, 180, 0))
        #expect(filled.pushedRows == 0)
        try world.push("a", 7)
        try world.push("d", 8)
        let pushed = try world.verify()
        #expect(pushed.differences == [])
        #expect((pushed.entities, pushed.pushedRows) == (4, 2))
    }

    @Test("lists a wrong value with both values and the rows that they are of", arguments: StorageKind.allCases)
    func wrongValue(kind: StorageKind) throws {
        let world = try World(kind)
        try world.fill()
        // The payment of 9 January was 109.
        try world.plant(
            Self.rows(world.bytes("b"), Self.bytes(109), becoming: Self.bytes(112), at: world.key("b")), for: "b")
        let result = try world.verify()
        #expect(result.differences.allSatisfy { $0.entity == "account=b" })
        let last = try #require(
            result.differences.first { $0.feature == "amount" && $0.moment >= Self.now - Self.day })
        #expect(last.online.value == "112")
        #expect(last.offline.value == "109")
        let row = RowSource.file(path: "data/payments.csv", row: 26, artifact: "", snapshot: "")
        #expect((last.online.sources, last.offline.sources) == ([row], [row]))
        let total = try #require(
            result.differences.first { $0.feature == "total_7d" && $0.moment >= Self.now - Self.day })
        #expect(total.online.value.flatMap { Int($0) } == total.offline.value.flatMap { Int($0) }.map { $0 + 3 })
        #expect(total.online.sources == total.offline.sources)
        #expect(total.offline.sources.first == row)
        #expect(!result.differences.contains { $0.feature == "n_7d" })
    }

    @Test("finds an entity that the store lost, and one that only the store has", arguments: StorageKind.allCases)
    func entities(kind: StorageKind) throws {
        let world = try World(kind)
        try world.fill()
        let (ofA, ofZ) = (Array("aaaaaaaaa".utf8), Array("zzzzzzzzz".utf8))
        let strange = try Self.rows(world.bytes("a"), ofA, becoming: ofZ, at: world.key("z"))
        try world.plant(nil, for: "a")
        try world.plant(strange, for: "z")
        let result = try world.verify()
        #expect(result.entities == 4)
        let lost = try #require(result.differences.first { $0.entity == "account=a" && $0.feature == "amount" })
        #expect(lost.online.value == nil)
        #expect(lost.online.sources == [])
        #expect(lost.offline.value != nil)
        let only = try #require(result.differences.first { $0.entity == "account=z" && $0.feature == "amount" })
        #expect(only.online.value != nil)
        #expect(only.offline.value == nil)
        #expect(only.offline.sources == [])
    }

    @Test("names the push of a value that no journal knows", arguments: StorageKind.allCases)
    func lostPush(kind: StorageKind) throws {
        let world = try World(kind)
        try world.fill()
        try world.push("a", 7)
        #expect(try world.verify().differences == [])
        try world.storage.removeAll(in: "push:payments")
        let result = try world.verify()
        let difference = try #require(result.differences.first { $0.feature == "amount" })
        #expect(difference.entity == "account=a")
        #expect(difference.online.value == "7")
        #expect(difference.offline.value == "9")
        guard case .push? = difference.online.sources.first else {
            Issue.record("\(difference.online.sources)")
            return
        }
    }

    @Test("says which entity's rows are damaged", arguments: StorageKind.allCases)
    func damage(kind: StorageKind) throws {
        let world = try World(kind)
        try world.fill()
        var bytes = try world.bytes("b")
        bytes[bytes.count / 2] ^= 1
        try world.plant(bytes, for: "b")
        let error = #expect(throws: OnlineStoreError.self) { try world.verify() }
        #expect(error?.description.contains("account=b") == true)
    }

    @Test("is refused where the store was not filled, or by other definitions")
    func refusals() throws {
        let world = try World(.sqlite)
        #expect(throws: OnlineReadError.notMaterialized(view: "facts")) { try world.verify() }
        try world.fill()
        let other = try World(.sqlite, definitions: Self.definitions.replacing("7d", with: "8d"))
        let verification = OnlineVerification(
            world.storage, other.definitions, Files(folder: world.folder), threads: 1)
        #expect(throws: OnlineReadError.definitionChanged(view: "facts")) {
            try verification.verify("facts", pairs: 10, now: Self.now, seed: 1)
        }
    }

    @Test("draws the same by the same seed, and others by another")
    func seeds() throws {
        let world = try World(.sqlite)
        try world.fill()
        for account in ["a", "b", "c"] { try world.plant(nil, for: account) }
        func moments(_ seed: UInt64) throws -> [String] {
            try world.verify(pairs: 20, seed: seed).differences.map { "\($0.entity) \($0.moment)" }
        }
        #expect(try moments(1) == moments(1))
        #expect(try moments(1) != moments(2))
        let drawn = try (0..<20).compactMap { try world.verify(pairs: 1, seed: $0).differences.first?.entity }
        #expect(Set(drawn).count == 3)
    }

    @Test("takes what is pushed meanwhile for no difference", arguments: StorageKind.allCases)
    func meanwhile(kind: StorageKind) async throws {
        let world = try World(kind)
        try world.fill()
        let (definitions, other) = (world.definitions, try world.scratch.open())
        let pushes = Task.detached {
            let pusher = Pusher(other, definitions)
            for number in 0..<300 {
                var row = JSONObject()
                row["account"] = .string(["a", "b", "c"][number % 3])
                row["time"] = .string("2026-01-09T12:00:00Z")
                row["amount"] = .integer(Int64(number))
                _ = try pusher.push([.object(row)], to: "payments", now: Self.now)
            }
        }
        for seed in 0..<10 {
            let result = try world.verify(seed: UInt64(seed))
            #expect(result.differences == [])
            #expect(result.pairs + result.skipped == 60)
        }
        try await pushes.value
        let result = try world.verify()
        #expect(result.differences == [])
        #expect((result.pairs, result.pushedRows) == (60, 300))
    }
}
