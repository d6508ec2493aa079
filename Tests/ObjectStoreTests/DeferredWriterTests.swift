import FileSystem
import ObjectStore
import SystemPackage
import Testing

@Suite("A writer that compresses later") struct DeferredWriterTests {
    private let texts = (0..<200).map { number in
        Array("content \(number) ".utf8) + Array(repeating: UInt8(number), count: 700 + number)
    }

    private func journals(_ scratch: ScratchStore) throws -> [FilePath] {
        let folder = scratch.path.appending("tmp")
        return try Directory(folder).listing().filter { $0.starts(with: "journal".utf8) }
            .map { folder.appending(bytes: $0) }
    }

    @Test("what it finished is in the store, compressed, and no journal is left", arguments: [1, 5000, 1 << 20])
    func finishing(journalSize: UInt64) throws {
        let scratch = try ScratchStore()
        let writer = DeferredWriter(try scratch.store.makeWriter(), journalSize: journalSize)
        let ids = try texts.map { try writer.put($0, kind: .chunk) }
        #expect(writer.hasUnfinished)
        try writer.finish()
        #expect(!writer.hasUnfinished)
        #expect(try journals(scratch).isEmpty)
        let store = try scratch.reopened()
        for (id, text) in zip(ids, texts) { #expect(try store.read(id, kind: .chunk) == text) }
        #expect(try store.verify(roots: [], readsData: true).isClean)
        let raw = texts.reduce(0) { $0 + $1.count }
        #expect(try scratch.packBytes() < Int64(raw) / 4)
    }

    @Test("it takes more after it finished")
    func goingOn() throws {
        let scratch = try ScratchStore()
        let writer = DeferredWriter(try scratch.store.makeWriter())
        let first = try writer.put(texts[0], kind: .chunk)
        try writer.finish()
        let second = try writer.put(texts[1], kind: .chunk)
        try writer.finish()
        let store = try scratch.reopened()
        #expect(try store.read(first, kind: .chunk) == texts[0])
        #expect(try store.read(second, kind: .chunk) == texts[1])
    }

    @Test("what it had persisted when it vanished is there, compressed, for whoever opens the store next")
    func vanishing() async throws {
        let scratch = try ScratchStore()
        var ids: [ObjectID] = []
        do {
            let writer = DeferredWriter(try scratch.store.makeWriter())
            for text in texts {
                ids.append(try writer.put(text, kind: .chunk))
                try writer.persist()
            }
            let other = try scratch.reopened()
            #expect(try other.hasLiveJournals())
            #expect(!other.contains(ids[3], kind: .chunk))
        }
        let store = try scratch.reopened()
        // Its last pieces may still be on their way through its queue, which holds the lock.
        while try store.hasLiveJournals() { await Task.yield() }
        for (id, text) in zip(ids, texts) { #expect(try store.read(id, kind: .chunk) == text) }
        #expect(try journals(scratch).isEmpty)
        #expect(try store.verify(roots: [], readsData: true).isClean)
        let raw = texts.reduce(0) { $0 + $1.count }
        #expect(try scratch.packBytes() < Int64(raw) / 4)
    }

    @Test("a content that many put at once is stored once")
    func together() async throws {
        let scratch = try ScratchStore()
        let writer = DeferredWriter(try scratch.store.makeWriter(), journalSize: 20_000, mostHeld: 5000)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask { for text in texts { _ = try writer.put(text, kind: .chunk) } }
            }
            try await group.waitForAll()
        }
        try writer.finish()
        let report = try scratch.reopened().verify(roots: [], readsData: true)
        #expect(report.isClean)
        #expect(report.records == texts.count)
    }
}
