import FileSystem
import ObjectStore
import SystemPackage
import Testing

@Suite struct GarbageTests {
    private static let never = Int64.max

    @Test("what roots reach stays, what they do not goes, and a dry run says the same and does nothing")
    func keepsAndRemoves() throws {
        let scratch = try ScratchStore()
        let store = scratch.store
        let kept = try store.snapshot(["a": "kept"])
        let gone = try store.snapshot(["a": "gone"], time: 1)
        let before = try scratch.files().sorted { displayed($0) < displayed($1) }
        let bytes = try scratch.packBytes()
        let dry = try store.collectGarbage(roots: [kept], keepingSnapshotsSince: Self.never, dryRun: true)
        #expect(try scratch.files().sorted { displayed($0) < displayed($1) } == before)
        let report = try store.collectGarbage(roots: [kept], keepingSnapshotsSince: Self.never, dryRun: false)
        #expect(report == dry)
        #expect(report.objects == 3)
        #expect(report.keptObjects == 3)
        #expect(report.packsDeleted == 1)
        #expect(bytes - (try scratch.packBytes()) == report.freedBytes)
        #expect(report.freedBytes == Int64(report.bytes) + 16)
        #expect(try store.text("a", in: kept) == "kept")
        #expect(!store.contains(gone, kind: .snapshot))
        let check = try scratch.reopened().verify(roots: store.roots([kept]), readsData: true)
        #expect(check.problems == [])
        #expect(check.notes == [])
        let again = try store.collectGarbage(roots: [kept], keepingSnapshotsSince: Self.never, dryRun: false)
        #expect(again.objects == 0)
        #expect(again.freedBytes == 0)
    }

    @Test("history, lineage and tags keep what they name")
    func historyAndTags() throws {
        let scratch = try ScratchStore()
        let store = scratch.store
        let parent = try store.snapshot(["a": "parent"])
        let input = try store.snapshot(["a": "input"])
        let tagged = try store.snapshot(["a": "tagged"])
        try store.setTag(artifact: try RelativePath("data"), name: "v1", snapshot: tagged, replacing: false)
        let writer = try store.makeWriter()
        let root = Node.file(try writer.put(file: [1, 2, 3]), isExecutable: false)
        let tip = try writer.put(snapshot: root, parents: [parent], inputs: [input])
        try writer.finish()
        _ = consume writer
        let report = try store.collectGarbage(roots: [tip], keepingSnapshotsSince: Self.never, dryRun: false)
        #expect(report.objects == 0)
        for id in [parent, input, tagged, tip] { #expect(store.contains(id, kind: .snapshot)) }
        #expect(try store.text("a", in: input) == "input")
    }

    @Test("a young snapshot stays with all it reaches, an old one goes")
    func grace() throws {
        let scratch = try ScratchStore()
        let store = scratch.store
        let old = try store.snapshot(["a": "old"])
        let shared = try store.snapshot(["a": "reached"])
        try scratch.age(to: 1_000)
        let young = try store.snapshot(["a": "young"], parents: [shared])
        let report = try store.collectGarbage(roots: [], keepingSnapshotsSince: 1_001, dryRun: false)
        #expect(report.objects == 3)
        #expect(!store.contains(old, kind: .snapshot))
        #expect(try store.text("a", in: young) == "young")
        #expect(try store.text("a", in: shared) == "reached")
        // At the very second, a snapshot is still young.
        try scratch.age(to: 2_000)
        #expect(try store.collectGarbage(roots: [], keepingSnapshotsSince: 2_000, dryRun: true).objects == 0)
        #expect(try store.collectGarbage(roots: [], keepingSnapshotsSince: 2_001, dryRun: true).objects == 6)
    }

    @Test("a pack that is half dead is rewritten, keeps its age, and one that is mostly alive is not touched")
    func rewriting() throws {
        var random = SampleBytes(seed: 41)
        for (keptSize, isRewritten) in [(1_000, true), (100_000, false)] {
            let scratch = try ScratchStore()
            let writer = try scratch.store.makeWriter()
            let kept = try writer.put(
                snapshot: .file(try writer.put(file: random.random(keptSize)), isExecutable: false))
            let gone = try writer.put(
                snapshot: .file(try writer.put(file: random.random(50_000)), isExecutable: false))
            try writer.finish()
            _ = consume writer
            try scratch.age(to: 1_234)
            let old = try scratch.packs()
            let bytes = try scratch.packBytes()
            let dry = try scratch.store.collectGarbage(
                roots: [kept], keepingSnapshotsSince: Self.never, dryRun: true)
            let report = try scratch.store.collectGarbage(
                roots: [kept], keepingSnapshotsSince: Self.never, dryRun: false)
            #expect(report == dry)
            #expect(report.objects == 2)
            #expect(report.packsRewritten == (isRewritten ? 1 : 0))
            #expect(report.packsWritten == report.packsRewritten)
            #expect(bytes - (try scratch.packBytes()) == report.freedBytes)
            #expect((report.freedBytes > 50_000) == isRewritten)
            #expect((try scratch.packs() == old) == !isRewritten)
            #expect(try scratch.packs()[0].status()?.modified == 1_234_000_000_000)
            #expect(!scratch.store.contains(gone, kind: .snapshot))
            let check = try scratch.reopened().verify(roots: scratch.store.roots([kept]), readsData: true)
            #expect(check.problems == [])
        }
    }

    @Test("eight small packs become one that is as young as the youngest, and seven stay")
    func mergingPacks() throws {
        for count in [7, 8, 20] {
            let scratch = try ScratchStore()
            let ids = try (0..<count).map { try scratch.store.snapshot(["a": "\($0)"]) }
            for (number, pack) in try scratch.packs().enumerated() {
                try File(reading: pack).setModified(Int64(1_000 + number) * 1_000_000_000)
            }
            let dry = try scratch.store.collectGarbage(roots: ids, keepingSnapshotsSince: Self.never, dryRun: true)
            let report = try scratch.store.collectGarbage(
                roots: ids, keepingSnapshotsSince: Self.never, dryRun: false)
            #expect(report == dry)
            #expect(try scratch.packs().count == (count < 8 ? count : 1))
            #expect(try scratch.indexes().count == 1)
            if count >= 8 {
                #expect(try scratch.packs()[0].status()?.modified == Int64(1_000 + count - 1) * 1_000_000_000)
            }
            for (number, id) in ids.enumerated() { #expect(try scratch.store.text("a", in: id) == "\(number)") }
            let check = try scratch.reopened().verify(roots: scratch.store.roots(ids), readsData: true)
            #expect(check.problems == [])
            #expect(check.notes == [])
        }
    }

    @Test("a pack that no index names is noted, and indexed by the next clean-up")
    func orphanedPack() throws {
        let scratch = try ScratchStore()
        let ids = try (0..<2).map { try scratch.store.snapshot(["a": "\($0)"]) }
        for index in try scratch.indexes() { try index.remove() }
        let store = try scratch.reopened()
        let notes = try store.verify(roots: [], readsData: true).notes
        #expect(notes.count == 2)
        #expect(notes.allSatisfy { if case .unindexedPack = $0 { true } else { false } })
        #expect(throws: StoreError.missing(ids[0], .snapshot)) { try store.snapshot(ids[0]) }
        let dry = try store.collectGarbage(roots: [ids[0]], keepingSnapshotsSince: Self.never, dryRun: true)
        #expect(try scratch.indexes().isEmpty)
        let report = try store.collectGarbage(roots: [ids[0]], keepingSnapshotsSince: Self.never, dryRun: false)
        #expect(report == dry)
        #expect(report.objects == 3)
        #expect(try store.text("a", in: ids[0]) == "0")
        #expect(try scratch.reopened().verify(roots: store.roots([ids[0]]), readsData: true).problems == [])
    }

    @Test("second copies of objects go, and the first stays readable")
    func duplicates() throws {
        let scratch = try ScratchStore()
        // Two writers that do not see each other's objects store them twice.
        let (one, two) = (try scratch.reopened(), try scratch.reopened())
        let (first, second) = (try one.makeWriter(), try two.makeWriter())
        for writer in [first, second] {
            let file = try writer.put(file: Array("same".utf8))
            _ = try writer.put(snapshot: .file(file, isExecutable: false))
        }
        let root = try second.put(snapshot: .file(.empty, isExecutable: false), time: 9)
        let same = try first.put(
            snapshot: .file(try first.put(file: Array("same".utf8)), isExecutable: false))
        try first.finish()
        try second.finish()
        _ = (consume first, consume second)
        let report = try scratch.reopened().collectGarbage(
            roots: [root, same], keepingSnapshotsSince: Self.never, dryRun: false)
        #expect(report.objects == 0)
        #expect(report.keptObjects == 3)
        let store = try scratch.reopened()
        #expect(try store.verify(roots: store.roots([root, same]), readsData: true).problems == [])
    }

    @Test("left-over temporary files go")
    func temporaryFiles() throws {
        let scratch = try ScratchStore()
        let id = try scratch.store.snapshot(["a": "1"])
        try scratch.store.setTag(artifact: try RelativePath("data"), name: "v", snapshot: id, replacing: false)
        for place in ["tmp/.vintage-tmp-1-a", "tmp/other", ".vintage-tmp-1-b", "tags/data/.vintage-tmp-1-c"] {
            try File(creating: scratch.path.appending(bytes: Array(place.utf8))).write([1, 2, 3])
        }
        for dryRun in [true, false] {
            let report = try scratch.store.collectGarbage(
                roots: [id], keepingSnapshotsSince: Self.never, dryRun: dryRun)
            #expect(report.temporaryFiles == 4)
            #expect(report.temporaryBytes == 12)
        }
        #expect(try scratch.store.verify(roots: [], readsData: false).notes == [])
        #expect(try scratch.store.tags().count == 1)
    }

    @Test("a clean-up does not run beside a writer, nor a writer beside a clean-up")
    func busy() throws {
        let scratch = try ScratchStore()
        let id = try scratch.store.snapshot(["a": "1"])
        do {
            let writer = try scratch.reopened().makeWriter()
            #expect(throws: StoreError.busy(displayed(scratch.path))) {
                try scratch.store.collectGarbage(roots: [id], keepingSnapshotsSince: Self.never, dryRun: false)
            }
            try writer.finish()
        }
        _ = try scratch.store.collectGarbage(
            roots: [id], keepingSnapshotsSince: Self.never, dryRun: false, waits: true)
    }

    @Test("nothing is removed while a root, its tree or its manifest is missing or damaged")
    func refusal() throws {
        func attempt(_ kind: ObjectKind?, _ harm: (ScratchStore, ObjectID) throws -> Void) throws {
            let scratch = try ScratchStore()
            var random = SampleBytes(seed: 42)
            func put(_ bytes: [UInt8]) throws -> [ObjectKind: ObjectID] {
                let writer = try scratch.store.makeWriter(packSize: 1)  // a pack for each object
                let file = try writer.put(file: bytes, pieces: 100)
                let folder = try writer.put(folder: ["a": .file(file, isExecutable: false)])
                let id = try writer.put(snapshot: .directory(folder))
                try writer.finish()
                return [.manifest: file.id, .tree: folder.id, .snapshot: id]
            }
            let kept = try put(random.random(1_000))
            _ = try put(random.random(1_000))
            try scratch.age()
            let root = try #require(kept[.snapshot])
            try harm(scratch, kind.flatMap { kept[$0] } ?? ObjectID(of: [1]))
            let files = try scratch.packs().count
            let roots = kind == nil ? [root, ObjectID(of: [1])] : [root]
            for dryRun in [true, false] {
                #expect {
                    let store = try scratch.reopened()
                    _ = try store.collectGarbage(roots: roots, keepingSnapshotsSince: Self.never, dryRun: dryRun)
                } throws: { error in
                    if case StoreError.refusedCleanUp = error { true } else { false }
                }
            }
            #expect(try scratch.packs().count == files)
        }
        try attempt(nil) { _, _ in }
        for kind in [ObjectKind.snapshot, .tree, .manifest] {
            // The pack holds the object and nothing else.
            try attempt(kind) { scratch, id in try #require(try scratch.place(of: id, kind)).pack.remove() }
            try attempt(kind) { scratch, id in try scratch.damage(id, kind) }
        }
    }

    @Test("a live object that is damaged is not copied, and nothing is removed")
    func damagedChunk() throws {
        let scratch = try ScratchStore()
        var random = SampleBytes(seed: 43)
        let writer = try scratch.store.makeWriter()
        let file = try writer.put(file: random.random(1_000))
        let kept = try writer.put(snapshot: .file(file, isExecutable: false))
        _ = try writer.put(snapshot: .file(try writer.put(file: random.random(50_000)), isExecutable: false))
        try writer.finish()
        _ = consume writer
        let pack = try scratch.packs()[0]
        try scratch.damage(file.id, .chunk)
        let bytes = try pack.contents()
        #expect(throws: StoreError.self) {
            try scratch.reopened().collectGarbage(roots: [kept], keepingSnapshotsSince: Self.never, dryRun: false)
        }
        #expect(try pack.contents() == bytes)
    }

    // MARK: Against a model

    /// A random graph of snapshots, and what each reaches.
    private struct Model {
        let scratch: ScratchStore
        /// All objects with the bytes they were stored with.
        var all: [ObjectKey: [UInt8]] = [:]
        var snapshots: [ObjectID] = []
        var reached: [ObjectID: Set<ObjectKey>] = [:]

        init(_ random: inout SampleBytes) throws {
            scratch = try ScratchStore()
            let chunks = (0..<30).map { _ in random.random(50 + Int(random.next() % 400)) }
            var folders: [(node: Node, keys: Set<ObjectKey>)] = []
            for _ in 0..<8 {
                let writer = try scratch.reopened().makeWriter(packSize: 500 + random.next() % 4_000)
                for _ in 0..<3 {
                    var keys: Set<ObjectKey> = []
                    var entries: [String: Node] = [:]
                    for number in 0..<1 + random.next() % 4 {
                        var builder = ManifestBuilder()
                        var nodes: [[UInt8]] = []
                        let collect = { (node: [UInt8]) throws(StoreError) -> ObjectID in
                            nodes.append(node)
                            return try writer.put(node, kind: .manifest)
                        }
                        for _ in 0..<random.next() % 4 {
                            let chunk = chunks[Int(random.next() % UInt64(chunks.count))]
                            let id = try writer.put(chunk, kind: .chunk)
                            try builder.append(Manifest.Entry(id: id, size: UInt64(chunk.count)), collect)
                            keys.insert(remember(chunk, .chunk))
                        }
                        entries["f\(number)"] = .file(try builder.finish(collect), isExecutable: false)
                        for node in nodes { keys.insert(remember(node, .manifest)) }
                    }
                    if let below = folders.randomElement(using: &random), random.next() % 2 == 0 {
                        entries["below"] = below.node
                        keys.formUnion(below.keys)
                    }
                    let tree = try writer.put(folder: entries)
                    let listing = entries.sorted { $0.key < $1.key }
                        .map { TreeEntry(name: Array($0.key.utf8), node: $0.value) }
                    keys.insert(remember(TreeNode(.leaf(listing)).encoded(), .tree))
                    folders.append((.directory(tree), keys))
                    var related: [[ObjectID]] = [[], []]
                    for kind in 0..<2 where random.next() % 2 == 0 {
                        if let id = snapshots.randomElement(using: &random) { related[kind].append(id) }
                    }
                    let id = try writer.put(
                        snapshot: .directory(tree), time: Int64(snapshots.count), parents: related[0],
                        inputs: related[1])
                    for id in related.joined() { keys.formUnion(reached[id] ?? []) }
                    let snapshot = Snapshot(
                        artifact: try RelativePath("data"), root: .directory(tree), time: Int64(snapshots.count),
                        parents: related[0],
                        inputs: try related[1].map { .init(artifact: try RelativePath("data"), snapshot: $0) })
                    keys.insert(remember(snapshot.encoded(), .snapshot))
                    reached[id] = keys
                    snapshots.append(id)
                }
                try writer.finish()
            }
        }

        private mutating func remember(_ bytes: [UInt8], _ kind: ObjectKind) -> ObjectKey {
            let key = ObjectKey(ObjectID(of: bytes), kind)
            all[key] = bytes
            return key
        }
    }

    @Test("over random histories, exactly what the model reaches stays, clean-up after clean-up", arguments: 0..<12)
    func model(_ seed: UInt64) throws {
        var random = SampleBytes(seed: seed + 100)
        let model = try Model(&random)
        let scratch = model.scratch
        // Some packs are young, and so are the snapshots in them.
        try scratch.age(to: 1_000)
        for pack in try scratch.packs() where random.next() % 5 == 0 && seed % 2 == 0 {
            try File(reading: pack).setModified(3_000_000_000_000)
        }
        var roots = model.snapshots.shuffled(using: &random).prefix(6).map { $0 }
        while true {
            // A pack that was merged is as young as its youngest part.
            let kept = roots + (try Self.snapshots(scratch, since: 2_000))
            let expected = kept.reduce(into: Set<ObjectKey>()) { $0.formUnion(model.reached[$1] ?? []) }
            let store = try scratch.reopened()
            let bytes = try scratch.packBytes()
            let dry = try store.collectGarbage(roots: roots, keepingSnapshotsSince: 2_000, dryRun: true)
            #expect(try scratch.packBytes() == bytes)
            let report = try store.collectGarbage(roots: roots, keepingSnapshotsSince: 2_000, dryRun: false)
            #expect(report == dry)
            #expect(report.keptObjects == expected.count)
            #expect(bytes - (try scratch.packBytes()) == report.freedBytes)
            let after = try scratch.reopened()
            for (key, bytes) in model.all {
                #expect(after.contains(key.id, kind: key.kind) == expected.contains(key))
                if expected.contains(key) { #expect(try after.read(key.id, kind: key.kind) == bytes) }
            }
            let check = try after.verify(roots: after.roots(kept), readsData: true)
            #expect(check.problems == [])
            #expect(check.notes == [])
            if roots.isEmpty { break }
            roots.removeLast(min(2, roots.count))
        }
    }

    /// The snapshots in packs of a time.
    private static func snapshots(_ scratch: ScratchStore, since cutoff: Int64) throws -> [ObjectID] {
        var found: [ObjectID] = []
        for index in try scratch.reopened().currentIndexes() {
            for position in 0..<index.count {
                let entry = try #require(index.entry(at: position))
                let pack = index.packs[Int(entry.pack)].id.description
                let path = scratch.path.appending("packs").appending(String(pack.prefix(2))).appending(pack + ".pack")
                guard entry.header.key.kind == .snapshot, let status = try path.status() else { continue }
                if status.modified >= cutoff * 1_000_000_000 { found.append(entry.header.key.id) }
            }
        }
        return found
    }

    @Test("a clean-up that was killed at any point leaves a store that opens, lacks nothing, and cleans up")
    func killed() throws {
        var random = SampleBytes(seed: 44)
        let model = try Model(&random)
        let scratch = model.scratch
        try scratch.age()
        let roots = model.snapshots.indices.filter { $0 % 2 == 0 }.map { model.snapshots[$0] }
        let expected = roots.reduce(into: Set<ObjectKey>()) { $0.formUnion(model.reached[$1] ?? []) }
        var before: [FilePath: [UInt8]] = [:]
        for path in try scratch.files() { before[path] = try path.contents() }
        _ = try scratch.store.collectGarbage(roots: roots, keepingSnapshotsSince: Self.never, dryRun: false)
        var after: [FilePath: [UInt8]] = [:]
        for path in try scratch.files() { after[path] = try path.contents() }
        let isNew = { (path: FilePath) in before[path] == nil }
        let newPacks = after.keys.filter { isNew($0) && $0.extension == "pack" }
        let newIndexes = after.keys.filter { isNew($0) && $0.extension == "index" }
        let oldPacks = before.keys.filter { after[$0] == nil && $0.extension == "pack" }
        let oldIndexes = before.keys.filter { after[$0] == nil && $0.extension == "index" }
        #expect(!newPacks.isEmpty)
        #expect(!newIndexes.isEmpty)
        #expect(oldPacks.count > 7)
        #expect(oldIndexes.count > 1)
        // The files at each point: what is new comes first, then old indexes go, then old packs.
        var stages: [[FilePath: [UInt8]]] = [before]
        for path in newPacks + newIndexes {
            stages.append(stages.last!.merging([path: after[path]!]) { first, _ in first })
        }
        for path in oldIndexes + oldPacks {
            var stage = stages.last!
            stage[path] = nil
            stages.append(stage)
        }
        #expect(stages.last == after)
        for stage in stages {
            for path in try scratch.files() { try path.remove() }
            for (path, bytes) in stage {
                try path.removingLastComponent().makeDirectories()
                try scratch.overwrite(path, bytes)
            }
            try scratch.age()
            let store = try scratch.reopened()
            for key in expected { #expect(try store.read(key.id, kind: key.kind) == model.all[key]) }
            #expect(try store.verify(roots: store.roots(roots), readsData: true).problems == [])
            _ = try store.collectGarbage(roots: roots, keepingSnapshotsSince: Self.never, dryRun: false)
            let cleaned = try scratch.reopened()
            for key in model.all.keys { #expect(cleaned.contains(key.id, kind: key.kind) == expected.contains(key)) }
            let check = try cleaned.verify(roots: cleaned.roots(roots), readsData: true)
            #expect(check.problems == [])
            #expect(check.notes == [])
        }
    }
}
