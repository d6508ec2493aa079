import FileSystem
import Foundation
import OnlineStore
import SystemPackage
import Testing

/// The stores that have to behave alike.
enum StorageKind: String, CaseIterable {
    case sqlite, redis
}

/// A store of its own for a test.
final class ScratchStorage {
    private let folder: FilePath
    private let server: RedisServer?
    private let kind: StorageKind

    init(_ kind: StorageKind) throws {
        self.kind = kind
        folder = FilePath(NSTemporaryDirectory()).appending("online-tests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
        server = kind == .redis ? try RedisServer() : nil
    }

    deinit { try? FileManager.default.removeItem(atPath: folder.string) }

    /// Opens the store once more, as another process would.
    func open() throws -> any OnlineStorage {
        switch kind {
        case .sqlite: try SQLiteStorage(folder.appending("online.db"))
        case .redis: try RedisStorage(RedisAddress("redis://127.0.0.1:\(try #require(server).port)"), project: "p")
        }
    }
}

private func key(_ entity: String, in space: String = "weather") -> OnlineKey {
    OnlineKey(space: space, entity: Array(entity.utf8))
}

extension OnlineStorage {
    fileprivate func write(_ rows: [OnlineKey: String]) throws {
        let keys = Array(rows.keys)
        try update(keys, marks: []) { _ in keys.map { Array(rows[$0]!.utf8) } }
    }

    fileprivate func text(_ key: OnlineKey) throws -> String? {
        try values(of: [key])[0].map { String(decoding: $0, as: UTF8.self) }
    }
}

@Suite("Online stores behave alike")
struct StorageTests {
    @Test(
        "rows come back in the order of the keys, with nothing for those that are not there",
        arguments: StorageKind.allCases)
    func reading(kind: StorageKind) throws {
        let scratch = try ScratchStorage(kind)
        defer { withExtendedLifetime(scratch) {} }
        let storage = try scratch.open()
        try storage.write([key("JFK"): "one", key("LGA"): "two", key("JFK", in: "planes"): "three"])
        let keys = [key("LGA"), key("EWR"), key("JFK", in: "planes"), key("JFK"), key("LGA")]
        let found = try storage.values(of: keys).map { $0.map { String(decoding: $0, as: UTF8.self) } }
        #expect(found == ["two", nil, "three", "one", "two"])
        #expect(try storage.values(of: []).isEmpty)
    }

    @Test("keys and values hold any bytes, none and a million among them", arguments: StorageKind.allCases)
    func bytes(kind: StorageKind) throws {
        let scratch = try ScratchStorage(kind)
        defer { withExtendedLifetime(scratch) {} }
        let storage = try scratch.open()
        let entities: [[UInt8]] = [[], [0], [0xff, 0, 0x7d, 0x0a], Array("*?[{}]\\\"'".utf8), Array(0...255)]
        let values: [[UInt8]] = [[], [0], Array(0...255), Array(repeating: 0, count: 1 << 20), [13, 10]]
        let keys = entities.map { OnlineKey(space: "a*b [c]:é", entity: $0) }
        try storage.update(keys, marks: []) { _ in values }
        #expect(try storage.values(of: keys) == values)
        var found: Set<[UInt8]> = []
        try storage.forEachEntity(in: "a*b [c]:é") { found.formUnion($0) }
        #expect(found == Set(entities))
        try storage.forEachEntity(in: "aXb [c]:é") { #expect($0.isEmpty) }
    }

    @Test("what is written is there for the next process", arguments: StorageKind.allCases)
    func reopening(kind: StorageKind) throws {
        let scratch = try ScratchStorage(kind)
        try scratch.open().update([key("JFK")], marks: [OnlineMark("until", [1])]) { _ in [[7]] }
        let other = try scratch.open()
        #expect(try other.values(of: [key("JFK")]) == [[7]])
        #expect(try other.mark("until") == [1])
        #expect(try other.mark("since") == nil)
    }

    @Test("a row that becomes nothing is removed", arguments: StorageKind.allCases)
    func removal(kind: StorageKind) throws {
        let scratch = try ScratchStorage(kind)
        defer { withExtendedLifetime(scratch) {} }
        let storage = try scratch.open()
        try storage.write([key("JFK"): "one", key("LGA"): "two"])
        try storage.update([key("JFK"), key("LGA"), key("EWR")], marks: []) { old in
            #expect(old == [Array("one".utf8), Array("two".utf8), nil])
            return [nil, Array("2".utf8), nil]
        }
        #expect(try storage.text(key("JFK")) == nil)
        #expect(try storage.text(key("LGA")) == "2")
    }

    @Test("an update that is given up changes nothing", arguments: StorageKind.allCases)
    func givingUp(kind: StorageKind) throws {
        let scratch = try ScratchStorage(kind)
        defer { withExtendedLifetime(scratch) {} }
        let storage = try scratch.open()
        try storage.write([key("JFK"): "one"])
        let error = OnlineStoreError.damaged(store: "x", what: "y")
        #expect(throws: error) {
            try storage.update([key("JFK")], marks: [OnlineMark("until", [1])]) { _ throws(OnlineStoreError) in
                throw error
            }
        }
        #expect(try storage.text(key("JFK")) == "one")
        #expect(try storage.mark("until") == nil)
        try storage.write([key("JFK"): "two"])
        #expect(try storage.text(key("JFK")) == "two")
    }

    @Test("of many who change a row at once, none loses what another wrote", arguments: StorageKind.allCases)
    func together(kind: StorageKind) async throws {
        let scratch = try ScratchStorage(kind)
        let storages = try (0..<2).map { _ in try scratch.open() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<4 {
                let storage = storages[worker % 2]
                group.addTask {
                    for number in 0..<25 {
                        let own = UInt8(worker * 25 + number)
                        try storage.update([key("sum"), key("own \(own)")], marks: []) { old in
                            [(old[0] ?? []) + [own], [own]]
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        let sum = try #require(try storages[0].values(of: [key("sum")])[0])
        #expect(sum.sorted() == Array(0..<100))
        let own = try storages[1].values(of: (0..<100).map { key("own \($0)") })
        #expect(own == (0..<100).map { [$0] })
    }

    @Test("all entities of a space are told, however many, and removed with it", arguments: StorageKind.allCases)
    func entities(kind: StorageKind) throws {
        let scratch = try ScratchStorage(kind)
        defer { withExtendedLifetime(scratch) {} }
        let storage = try scratch.open()
        let names = (0..<10_000).map { "entity \($0)" }
        for start in stride(from: 0, to: names.count, by: 1000) {
            let keys = names[start..<start + 1000].map { key($0) }
            try storage.update(keys, marks: []) { _ in keys.map { $0.entity } }
        }
        try storage.write([key("JFK", in: "weather2"): "stays"])
        var found: [[UInt8]] = []
        try storage.forEachEntity(in: "weather") { found += $0 }
        #expect(Set(found) == Set(names.map { Array($0.utf8) }))
        try storage.removeAll(in: "weather")
        try storage.removeAll(in: "nowhere")
        #expect(try storage.text(key("entity 77")) == nil)
        #expect(try storage.text(key("JFK", in: "weather2")) == "stays")
    }
}

@Suite("Spaces whose entities are listed")
struct ListedSpaceTests {
    @Test(
        "are told and removed whole, whatever else there is",
        arguments: StorageKind.allCases)
    func listing(kind: StorageKind) throws {
        let scratch = try ScratchStorage(kind)
        defer { withExtendedLifetime(scratch) {} }
        let storage = try scratch.open()
        let names = (0..<3000).map { "push \($0)" }
        for start in stride(from: 0, to: names.count, by: 1000) {
            try storage.write(
                Dictionary(uniqueKeysWithValues: names[start..<start + 1000].map { (key($0, in: "push:rows"), $0) }))
        }
        try storage.write([key("JFK", in: "push:others"): "one", key("JFK", in: "rows"): "two"])
        func told(_ space: String) throws -> Set<String> {
            var found: Set<String> = []
            try storage.forEachEntity(in: space) { found.formUnion($0.map { String(decoding: $0, as: UTF8.self) }) }
            return found
        }
        #expect(try told("push:rows") == Set(names))
        try storage.update([key("push 7", in: "push:rows")], marks: []) { _ in [nil] }
        #expect(try told("push:rows") == Set(names).subtracting(["push 7"]))
        let error = OnlineStoreError.damaged(store: "x", what: "y")
        #expect(throws: error) {
            try storage.update([key("push 8", in: "push:rows")], marks: []) { _ throws(OnlineStoreError) in throw error
            }
        }
        #expect(try told("push:rows").contains("push 8"))
        #expect(try scratch.open().text(key("push 8", in: "push:rows")) == "push 8")
        try storage.removeAll(in: "push:rows")
        #expect(try told("push:rows").isEmpty)
        #expect(try storage.text(key("push 9", in: "push:rows")) == nil)
        #expect(try told("push:others") == ["JFK"])
        #expect(try storage.text(key("JFK", in: "rows")) == "two")
    }

    @Test("are found in Redis without a look through all keys")
    func redis() throws {
        let server = try RedisServer()
        let storage = try RedisStorage(RedisAddress("redis://127.0.0.1:\(server.port)"), project: "p")
        try storage.write([key("one", in: "push:rows"): "1", key("two", in: "rows"): "2"])
        func looksThroughKeys() throws -> Bool {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = ["redis-cli", "-p", "\(server.port)", "info", "commandstats"]
            let output = Pipe()
            process.standardOutput = output
            try process.run()
            let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            return text.contains("cmdstat_scan:") || text.contains("cmdstat_keys:")
        }
        var found: [[UInt8]] = []
        try storage.forEachEntity(in: "push:rows") { found += $0 }
        try storage.forEachEntity(in: "push:none") { found += $0 }
        #expect(found == [Array("one".utf8)])
        #expect(try !looksThroughKeys())
        // Of other spaces no list is kept.
        try storage.forEachEntity(in: "rows") { found += $0 }
        #expect(try looksThroughKeys())
    }
}

@Suite("An online store in a file")
struct SQLiteStorageTests {
    private let path = FilePath(NSTemporaryDirectory()).appending("online-file-\(UUID().uuidString).db")

    @Test("a file that is no database, or another program's, is refused by name")
    func foreignFile() throws {
        defer { try? FileManager.default.removeItem(atPath: path.string) }
        try Array("not a database, but a text that is long enough".utf8 + [UInt8](repeating: 7, count: 4096))
            .withUnsafeBytes { try Data($0).write(to: URL(fileURLWithPath: path.string)) }
        let error = #expect(throws: OnlineStoreError.self) { try SQLiteStorage(path) }
        #expect(error?.description.contains(path.string) == true)
        #expect(error?.description.contains("no sound database") == true)
    }

    @Test("a folder that is not there is an error that names the file")
    func missingFolder() throws {
        let path = path.appending("online.db")
        let error = #expect(throws: OnlineStoreError.self) { try SQLiteStorage(path) }
        #expect(error?.description.contains(path.string) == true)
    }
}

@Suite("An online store in Redis")
struct RedisStorageTests {
    private func open(_ server: RedisServer, password: String? = nil) throws -> RedisStorage {
        var address = try RedisAddress("redis://127.0.0.1:\(server.port)")
        address.password = password
        return try RedisStorage(address, project: "p")
    }

    @Test("a password is needed where the server wants one")
    func password() throws {
        let server = try RedisServer(["--requirepass", "secret word"])
        #expect(throws: OnlineStoreError.self) { try open(server) }
        let wrong = #expect(throws: OnlineStoreError.self) { try open(server, password: "wrong") }
        #expect(wrong?.description.contains("refused") == true)
        #expect(wrong?.description.contains("wrong") == false)
        let storage = try open(server, password: "secret word")
        try storage.write([key("JFK"): "one"])
        #expect(try storage.text(key("JFK")) == "one")
    }

    @Test("a server that was restarted is found again, with all that was acknowledged")
    func restart() throws {
        let server = try RedisServer()
        let storage = try open(server)
        for round in 0..<3 {
            try storage.write([key("JFK"): "round \(round)"])
            server.stop()
            #expect(throws: OnlineStoreError.self) { try storage.text(key("JFK")) }
            try server.start()
            #expect(try storage.text(key("JFK")) == "round \(round)")
        }
    }

    @Test("a server without memory refuses a write, says why, and keeps what it has")
    func full() throws {
        let server = try RedisServer(["--maxmemory", "3mb", "--maxmemory-policy", "noeviction"])
        let storage = try open(server)
        try storage.write([key("JFK"): "one"])
        let large = Array(repeating: UInt8(1), count: 4 << 20)
        _ = try? storage.update([key("large")], marks: []) { _ in [large] }
        let error = #expect(throws: OnlineStoreError.self) { try storage.write([key("JFK"): "two"]) }
        #expect(error?.description.contains("memory") == true)
        #expect(try storage.text(key("JFK")) == "one")
    }

    @Test("no server is an error that names the address and no password")
    func missing() throws {
        var address = try RedisAddress("redis://user:secret@127.0.0.1:1/3")
        #expect(address.password == "secret")
        #expect(address.database == 3)
        address.host = "127.0.0.1"
        let error = #expect(throws: OnlineStoreError.self) { try RedisStorage(address, project: "p") }
        #expect(error?.description.contains("redis://127.0.0.1:1/3") == true)
        #expect(error?.description.contains("secret") == false)
    }

    @Test(
        "an address that is none is refused with the reason",
        arguments: [
            ("localhost:6379", "begin"), ("rediss://x", "TLS"), ("redis://", "no host"), ("redis://x:0", "no port"),
            ("redis://x:y", "no port"), ("redis://x/y", "number"), ("redis://a:%zz@x", "hexadecimal"),
        ])
    func addresses(text: String, reason: String) throws {
        let error = #expect(throws: OnlineStoreError.self) { try RedisAddress(text) }
        #expect(error?.description.contains(reason) == true)
    }
}
