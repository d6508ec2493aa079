import FileSystem
import ObjectStore
import SystemPackage
import Testing

@Suite struct DamageTests {
    /// A small store with everything in it: files of one and of many chunks, links, folders, history, tags.
    private struct Sample {
        let scratch: ScratchStore
        let roots: [Store.Root]
        let objects: [(id: ObjectID, kind: ObjectKind, bytes: [UInt8])]

        init(seed: UInt64) throws {
            var random = SampleBytes(seed: seed)
            scratch = try ScratchStore()
            var last: [ObjectID] = []
            for version in 0..<4 {
                let writer = try scratch.store.makeWriter(packSize: 6_000)
                var entries: [String: Node] = [:]
                for number in 0..<6 {
                    let bytes = number % 2 == 0 ? random.rows(500) : random.random(300)
                    entries["file \(number)"] = .file(try writer.put(file: bytes), isExecutable: number == 1)
                }
                entries["large"] = .file(try writer.put(file: random.rows(9_000), pieces: 700), isExecutable: false)
                entries["link"] = .link(try writer.put(file: Array("target \(version)".utf8)))
                entries["empty"] = .file(.empty, isExecutable: false)
                let below = try writer.put(folder: entries)
                let root = try writer.put(folder: [
                    "below": .directory(below), "none": .directory(try writer.put(folder: [:])),
                ])
                last = [
                    try writer.put(snapshot: .directory(root), of: "data/é", time: Int64(version), parents: last)
                ]
                try writer.finish()
            }
            roots = [Store.Root(name: "data/é", snapshot: last[0])]
            try scratch.store.setTag(
                artifact: try RelativePath("data/é"), name: "release/1", snapshot: last[0], replacing: false)
            var objects: [(id: ObjectID, kind: ObjectKind, bytes: [UInt8])] = []
            for index in scratch.store.currentIndexes() {
                for position in 0..<index.count {
                    let key = try #require(index.entry(at: position)).header.key
                    objects.append((key.id, key.kind, try scratch.store.read(key.id, kind: key.kind)))
                }
            }
            self.objects = objects
        }

        /// Whether a check sees that something is wrong; opening may refuse as well.
        func isDetected() -> Bool {
            do {
                let store = try Store(opening: scratch.path, skipsDamagedIndexes: true)
                return try !store.verify(roots: roots, readsData: true).isClean
            } catch {
                return true
            }
        }

        /// Whether everything that can be read is what was stored.
        func yieldsRightBytesOrErrors() -> Bool {
            guard let store = try? Store(opening: scratch.path, skipsDamagedIndexes: true) else { return true }
            for object in objects {
                if let bytes = try? store.read(object.id, kind: object.kind), bytes != object.bytes { return false }
            }
            if let tags = try? store.tags() {
                if tags.map(\.snapshot) != roots.map(\.snapshot) { return false }
            }
            return true
        }
    }

    @Test("a flipped bit or byte anywhere in a store is detected and yields no wrong bytes", arguments: [31, 32])
    func flips(_ seed: UInt64) throws {
        var random = SampleBytes(seed: seed)
        let sample = try Sample(seed: seed)
        #expect(!sample.isDetected())
        let files = try sample.scratch.files()
        #expect(files.contains { $0.extension == "pack" } && files.contains { $0.extension == "index" })
        #expect(files.count > 10)
        for round in 0..<600 {
            // Each file is as likely as another, the small ones too.
            let path = files[Int(random.next() % UInt64(files.count))]
            let good = try path.contents()
            let place = Int(random.next() % UInt64(good.count))
            var bad = good
            bad[place] ^= round % 2 == 0 ? 1 << UInt8(random.next() % 8) : UInt8(1 + random.next() % 255)
            try sample.scratch.overwrite(path, bad)
            let name = path.lastComponent?.string ?? ""
            #expect(sample.isDetected(), "byte \(place) of \(name): \(good[place]) to \(bad[place])")
            #expect(sample.yieldsRightBytesOrErrors(), "byte \(place) of \(name): \(good[place]) to \(bad[place])")
            try sample.scratch.overwrite(path, good)
        }
        #expect(!sample.isDetected())
    }

    @Test("a file cut short, made longer, emptied or removed is detected")
    func lengths() throws {
        let sample = try Sample(seed: 33)
        for path in try sample.scratch.files() {
            let good = try path.contents()
            let name = path.lastComponent?.string ?? ""
            for bad in [Array(good.dropLast()), good + [0], Array(good.prefix(good.count / 2)), []] {
                try sample.scratch.overwrite(path, bad)
                #expect(sample.isDetected(), "\(name) of \(good.count) bytes with \(bad.count)")
                #expect(sample.yieldsRightBytesOrErrors(), "\(name) of \(good.count) bytes with \(bad.count)")
            }
            try path.remove()
            // A tag that is gone is a tag that was removed.
            if path.removingLastComponent().removingLastComponent().lastComponent != "tags" {
                #expect(sample.isDetected(), "\(name) is gone")
            }
            try sample.scratch.overwrite(path, good)
        }
        #expect(!sample.isDetected())
    }
}
