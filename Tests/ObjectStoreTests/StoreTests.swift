import Dispatch
import FileSystem
import ObjectStore
import Synchronization
import Testing

@Suite struct StoreTests {
    @Test("a store is found again, and not made twice")
    func openAndCreate() throws {
        let scratch = try ScratchStore(parameters: try ChunkingParameters(minimum: 512, average: 1024, maximum: 2048))
        #expect(try scratch.reopened().parameters == scratch.store.parameters)
        #expect(throws: StoreError.storeExists(displayed(scratch.path))) { try Store.create(at: scratch.path) }
        let nowhere = scratch.folder.appending("nowhere")
        #expect(throws: StoreError.noStore(displayed(nowhere))) { try Store(opening: nowhere) }
    }

    @Test("an object is stored once, in whatever order and kind it is put")
    func putTwice() throws {
        let scratch = try ScratchStore()
        let writer = try scratch.store.makeWriter()
        let id = try writer.put(Array("hello".utf8), kind: .chunk)
        #expect(id.description == "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824")
        #expect(try writer.put(Array("hello".utf8), kind: .chunk) == id)
        try writer.put(Array("hello".utf8), kind: .manifest)
        #expect(writer.statistics.objects == 2)
        #expect(!(try scratch.reopened().contains(id, kind: .chunk)))
        try writer.finish()
        let other = try scratch.reopened()
        #expect(try other.read(id, kind: .chunk) == Array("hello".utf8))
        #expect(other.contains(id, kind: .manifest))
        #expect(throws: StoreError.missing(id, .tree)) { try other.read(id, kind: .tree) }
    }

    @Test("eight writers at once store everything, with the same objects and with different ones")
    func manyWriters() throws {
        let scratch = try ScratchStore()
        let path = scratch.path
        let failures = Mutex<[String]>([])
        let ids = Mutex<[ObjectID: [UInt8]]>([:])
        DispatchQueue.concurrentPerform(iterations: 8) { number in
            do {
                let store = try Store(opening: path)
                for round in 0..<6 {
                    let writer = try store.makeWriter(packSize: 20_000)
                    for object in 0..<60 {
                        var random = SampleBytes(
                            seed: UInt64(object % 2 == 0 ? object : object + 1_000 * number + round))
                        let bytes = random.rows(200 + object)
                        let id = try writer.put(bytes, kind: .chunk)
                        ids.withLock { $0[id] = bytes }
                    }
                    try writer.finish()
                }
            } catch {
                failures.withLock { $0.append("\(error)") }
            }
        }
        #expect(failures.withLock { $0 } == [])
        let store = try scratch.reopened()
        for (id, bytes) in ids.withLock({ $0 }) { #expect(try store.read(id, kind: .chunk) == bytes) }
        let report = try store.verify(roots: [], readsData: true)
        #expect(report.problems == [])
        #expect(report.notes == [])
    }

    @Test("many small packs are found through few indexes")
    func indexMerging() throws {
        let scratch = try ScratchStore()
        var ids: [ObjectID] = []
        for number in 0..<150 {
            let writer = try scratch.store.makeWriter()
            ids.append(try writer.put(Array("object \(number)".utf8), kind: .chunk))
            try writer.finish()
        }
        #expect(try scratch.packs().count == 150)
        #expect(try scratch.indexes().count < 25)
        let store = try scratch.reopened()
        for (number, id) in ids.enumerated() {
            #expect(try store.read(id, kind: .chunk) == Array("object \(number)".utf8))
        }
        #expect(try store.verify(roots: [], readsData: true).problems == [])
    }

    @Test("a store that is open sees what others add")
    func refresh() throws {
        let scratch = try ScratchStore()
        let reader = try scratch.reopened()
        let id = try scratch.store.snapshot(["a": "one"])
        #expect(try reader.text("a", in: id) == "one")
    }

    @Test("snapshots are found by the start of their id")
    func prefixes() throws {
        let scratch = try ScratchStore()
        let ids = try (0..<40).map { try scratch.store.snapshot(["a": "\($0)"]) }.sorted()
        for id in ids { #expect(scratch.store.snapshots(withHexPrefix: id.short) == [id]) }
        #expect(scratch.store.snapshots(withHexPrefix: "").count == 2)
        let first = String(ids[0].description.prefix(1))
        let sharing = ids.filter { $0.description.hasPrefix(first) }
        #expect(scratch.store.snapshots(withHexPrefix: first).count == min(2, sharing.count))
    }

    @Test("a writer that is given up leaves nothing behind")
    func abandonedWriter() throws {
        let scratch = try ScratchStore()
        do {
            let writer = try scratch.store.makeWriter()
            try writer.put(Array("lost".utf8), kind: .chunk)
        }
        #expect(try Directory(scratch.path.appending("tmp")).listing().isEmpty)
        #expect(try scratch.packs().isEmpty)
    }
}
