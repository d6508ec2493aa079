import FileSystem
import ObjectStore
import SystemPackage
import Testing

@Suite struct JournalTests {
    private let texts = (0..<20).map { number in
        Array("content \(number) ".utf8) + Array(repeating: UInt8(number), count: 700)
    }

    /// Stores the texts through a writer that goes away without an end.
    private func abandon(_ scratch: ScratchStore, finishingAfter finished: Int? = nil) throws -> [ObjectID] {
        let writer = try scratch.store.makeWriter(keepsJournal: true)
        var ids: [ObjectID] = []
        for (number, text) in texts.enumerated() {
            ids.append(try writer.put(text, kind: .chunk))
            try writer.persist()
            if number == finished { try writer.finish() }
        }
        return ids
    }

    private func journals(_ scratch: ScratchStore) throws -> [FilePath] {
        let folder = scratch.path.appending("tmp")
        return try Directory(folder).listing().map { folder.appending(bytes: $0) }
    }

    @Test(
        "what a writer had persisted when it vanished is there for whoever opens the store next", arguments: [nil, 7])
    func adoption(finished: Int?) throws {
        let scratch = try ScratchStore()
        let ids = try abandon(scratch, finishingAfter: finished)
        #expect(try journals(scratch).count == 1)
        let store = try scratch.reopened()
        for (id, text) in zip(ids, texts) { #expect(try store.read(id, kind: .chunk) == text) }
        #expect(try journals(scratch).isEmpty)
        #expect(try scratch.reopened().verify(roots: [], readsData: true).isClean)
    }

    @Test("a store that is open already sees it too, when it misses something")
    func adoptionByReader() throws {
        let scratch = try ScratchStore()
        let reader = try scratch.reopened()
        let ids = try abandon(scratch)
        #expect(try reader.read(ids[3], kind: .chunk) == texts[3])
    }

    @Test("a journal cut off anywhere yields its whole records and never anything else")
    func truncation() throws {
        let scratch = try ScratchStore()
        let ids = try abandon(scratch)
        let journal = try #require(try journals(scratch).first)
        let bytes = try journal.contents()
        try journal.remove()
        var random = SampleBytes(seed: 3)
        var last = 0
        for length in [0, 1, 15, 16, 17, 60]
            + (0..<40).map({ _ in Int.random(in: 0...bytes.count, using: &random) }).sorted()
            + [bytes.count]
        {
            let copy = try ScratchStore()
            let place = copy.path.appending("tmp").appending("journal-cut")
            try place.replaceContents(with: Array(bytes.prefix(length)))
            let store = try copy.reopened()
            let there = ids.map { store.contains($0, kind: .chunk) }
            let count = there.count { $0 }
            // The first so many, and never fewer of a longer journal.
            #expect(there == ids.indices.map { $0 < count })
            #expect(count >= last)
            last = count
            for index in 0..<count { #expect(try store.read(ids[index], kind: .chunk) == texts[index]) }
            #expect(try journals(copy).isEmpty)
            #expect(try store.verify(roots: [], readsData: true).isClean)
        }
        #expect(last == ids.count)
    }

    @Test("a byte flipped in a journal ends it there")
    func damage() throws {
        let scratch = try ScratchStore()
        let ids = try abandon(scratch)
        let journal = try #require(try journals(scratch).first)
        let bytes = try journal.contents()
        try journal.remove()
        var random = SampleBytes(seed: 4)
        for _ in 0..<60 {
            var flipped = bytes
            flipped[Int.random(in: 0..<bytes.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            let copy = try ScratchStore()
            try copy.path.appending("tmp").appending("journal-flipped").replaceContents(with: flipped)
            let store = try copy.reopened()
            for (id, text) in zip(ids, texts) where store.contains(id, kind: .chunk) {
                #expect(try store.read(id, kind: .chunk) == text)
            }
            #expect(ids.count { !store.contains($0, kind: .chunk) } >= 1)
            #expect(try store.verify(roots: [], readsData: true).isClean)
        }
    }

    @Test("the journal of a writer that lives is left alone, and nothing is cleaned up beside it")
    func living() throws {
        let scratch = try ScratchStore()
        let writer = try scratch.store.makeWriter(keepsJournal: true)
        let id = try writer.put(texts[0], kind: .chunk)
        try writer.persist()
        let other = try scratch.reopened()
        #expect(!other.contains(id, kind: .chunk))
        #expect(try other.hasLiveJournals())
        #expect(throws: StoreError.self) {
            try other.collectGarbage(roots: [], keepingSnapshotsSince: .max, dryRun: false)
        }
        try writer.finish()
        #expect(try other.read(id, kind: .chunk) == texts[0])
        #expect(try !other.hasLiveJournals())
    }

    @Test("the clean-up keeps contents that are named, whole, and passes over names that nothing fits")
    func namedContents() throws {
        let scratch = try ScratchStore(parameters: ChunkingParameters(minimum: 64, average: 64, maximum: 64))
        var random = SampleBytes(seed: 9)
        let large = (0..<30_000).map { _ in UInt8.random(in: 0...255, using: &random) }
        // A writer keeps the clean-up away for as long as it lives.
        func stored() throws -> [FileReference] {
            let writer = try scratch.store.makeWriter()
            defer { withExtendedLifetime(writer) {} }
            let files = [
                try writer.put(file: large, pieces: 64), try writer.put(file: Array("small".utf8)),
                try writer.put(file: Array("gone".utf8)),
            ]
            try writer.finish()
            return files
        }
        let files = try stored()
        let (kept, small, gone) = (files[0], files[1], files[2])
        #expect(kept.level > 0)
        let names = [
            kept, small, FileReference(id: ObjectID(of: [1]), size: 9, level: 0),
            FileReference(id: kept.id, size: 5, level: kept.level + 1), FileReference(id: gone.id, size: 4, level: 2),
            FileReference(id: small.id, size: .max, level: 0),
        ]
        let store = scratch.store
        let report = try store.collectGarbage(roots: [], keepingSnapshotsSince: .max, dryRun: false) { () in names }
        #expect(report.objects == 1)
        #expect(try store.contents(of: kept) == large)
        #expect(try store.contents(of: small) == Array("small".utf8))
        #expect(!store.contains(gone.id, kind: .chunk))
        let check = try store.verify(
            roots: [], contents: names.map { Store.NamedContent(name: "file", content: $0) }, readsData: true)
        #expect(check.isClean)
        #expect(check.notes == [.absentContents(3)])
    }

    @Test("damage in a named content is told with its name")
    func damagedContent() throws {
        let scratch = try ScratchStore()
        let writer = try scratch.store.makeWriter()
        let content = try writer.put(file: Array("precious".utf8))
        try writer.finish()
        try scratch.damage(content.id, .chunk)
        let report = try scratch.reopened().verify(
            roots: [], contents: [Store.NamedContent(name: "a.csv", content: content)], readsData: true)
        #expect(report.problems.contains { $0.description.contains("it touches a.csv") })
    }

    @Test("reading ahead gives the bytes that reading gives, of every size", arguments: [1, 2, 4])
    func readAhead(workers: Int) throws {
        let scratch = try ScratchStore()
        let writer = try scratch.store.makeWriter()
        var random = SampleBytes(seed: 17)
        for size in [0, 1, 70_000, 1 << 20, (1 << 20) + 1, 7_000_000] {
            let bytes = (0..<size).map { _ in UInt8.random(in: 0...255, using: &random) }
            var rest = bytes[...]
            let file = try Archiver(writer: writer).archive { (space) throws(StoreError) in
                let part = rest.prefix(space.count)
                space.copyBytes(from: part)
                rest = rest.dropFirst(part.count)
                return part.count
            }
            try writer.finish()
            #expect(file.size == UInt64(size))
            var read: [UInt8] = []
            try scratch.store.readAhead(file, workers: workers) { (piece) throws(StoreError) in read += piece }
            #expect(read == bytes)
        }
    }
}
