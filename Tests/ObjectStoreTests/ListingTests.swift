import ObjectStore
import Synchronization
import Testing

/// Objects in memory, so that listings of any size can be made and counted.
private final class MemoryObjects: TreeSource {
    private let objects = Mutex<[ObjectID: [UInt8]]>([:])

    var count: Int { objects.withLock { $0.count } }
    var bytes: Int { objects.withLock { $0.values.reduce(0) { $0 + $1.count } } }

    func put(_ bytes: [UInt8]) -> ObjectID {
        let id = ObjectID(of: bytes)
        objects.withLock { $0[id] = bytes }
        return id
    }

    func object(_ id: ObjectID) -> [UInt8]? { objects.withLock { $0[id] } }

    func treeNode(_ id: ObjectID, level: UInt8) throws(StoreError) -> TreeNode {
        guard let bytes = object(id), let node = try? TreeNode(decoding: bytes) else { throw .missing(id, .tree) }
        return node
    }

    func tree(_ entries: some Sequence<TreeEntry>) throws -> TreeReference {
        var builder = TreeBuilder()
        for entry in entries { try builder.append(entry) { (node) throws(StoreError) in self.put(node) } }
        return try builder.finish { (node) throws(StoreError) in self.put(node) }
    }

    func file(_ chunks: some Sequence<Manifest.Entry>) throws -> FileReference {
        var builder = ManifestBuilder()
        for chunk in chunks { try builder.append(chunk) { (node) throws(StoreError) in self.put(node) } }
        return try builder.finish { (node) throws(StoreError) in self.put(node) }
    }
}

private func entry(_ name: String, _ number: UInt64) -> TreeEntry {
    let id = ObjectID(of: Array("\(number)".utf8))
    return TreeEntry(
        name: Array(name.utf8), node: .file(FileReference(id: id, size: 1 + number % 9, level: 0), isExecutable: false))
}

private func sorted(_ names: some Sequence<String>) -> [String] {
    names.sorted { Array($0.utf8).lexicographicallyPrecedes($1.utf8) }
}

@Suite struct ListingTests {
    @Test(
        "a listing holds its entries in order, finds each, and knows what they add up to",
        arguments: [0, 1, 63, 64, 65, 1_024, 5_000])
    func oracle(_ count: Int) throws {
        var random = SampleBytes(seed: UInt64(count))
        let names = sorted(Set((0..<count).map { _ in "n\(random.next() % 1_000_000)" }))
        let entries = names.map { entry($0, random.next() % 100) }
        let objects = MemoryObjects()
        let tree = try objects.tree(entries)
        #expect(try objects.entries(of: tree) == entries)
        #expect(tree.fileCount == UInt64(entries.count))
        #expect(tree.size == entries.reduce(0) { $0 + $1.node.size })
        let known = Dictionary(entries.map { ($0.name, $0.node) }, uniquingKeysWith: { first, _ in first })
        for _ in 0..<500 {
            let name = Array("n\(random.next() % 1_000_000)".utf8)
            #expect(try objects.entry(name, in: tree) == known[name])
        }
        for entry in entries { #expect(try objects.entry(entry.name, in: tree) == entry.node) }
    }

    @Test("equal entries make equal listings, whatever was listed before")
    func canonical() throws {
        var random = SampleBytes(seed: 7)
        var names = Set((0..<3_000).map { "file \($0)" })
        let objects = MemoryObjects()
        let first = try objects.tree(sorted(names).map { entry($0, 1) })
        // Add and remove at random, then return to the first names.
        let original = names
        for _ in 0..<5 {
            for _ in 0..<500 { names.insert("other \(random.next() % 10_000)") }
            for name in names.shuffled(using: &random).prefix(400) { names.remove(name) }
            _ = try objects.tree(sorted(names).map { entry($0, 1) })
        }
        #expect(try objects.tree(sorted(original).map { entry($0, 1) }) == first)
    }

    @Test("one changed, added or removed entry among a million writes kilobytes")
    func localEdits() throws {
        let names = (0..<1_000_000).map { number in
            let digits = "\(number)"
            return "part-" + String(repeating: "0", count: 7 - digits.utf8.count) + digits
        }
        let objects = MemoryObjects()
        let tree = try objects.tree(names.lazy.map { entry($0, 1) })
        #expect(tree.fileCount == 1_000_000)
        func growth(_ edited: some Sequence<TreeEntry>) throws -> (objects: Int, bytes: Int) {
            let (count, bytes) = (objects.count, objects.bytes)
            _ = try objects.tree(edited)
            return (objects.count - count, objects.bytes - bytes)
        }
        let place = 456_789
        let changed = try growth(names.indices.lazy.map { entry(names[$0], $0 == place ? 2 : 1) })
        let removed = try growth(names.indices.lazy.filter { $0 != place }.map { entry(names[$0], 1) })
        let added = try growth(
            names.indices.lazy.flatMap { number in
                number == place ? [entry(names[number], 1), entry(names[number] + "+", 1)] : [entry(names[number], 1)]
            })
        for growth in [changed, removed, added] {
            #expect((1...12).contains(growth.objects))
            #expect(growth.bytes < 250_000)
        }
    }

    @Test("differences are those of a comparison name by name")
    func differences() throws {
        var random = SampleBytes(seed: 9)
        for round in 0..<30 {
            let count = [0, 3, 200, 3_000][round % 4]
            var left: [String: UInt64] = [:]
            for _ in 0..<count { left["n\(random.next() % 20_000)"] = random.next() % 50 }
            var right = left
            for _ in 0..<random.next() % 40 { right["n\(random.next() % 20_000)"] = random.next() % 50 }
            for name in left.keys.shuffled(using: &random).prefix(Int(random.next() % 20)) { right[name] = nil }
            let objects = MemoryObjects()
            let a = try objects.tree(sorted(left.keys).map { entry($0, left[$0]!) })
            let b = try objects.tree(sorted(right.keys).map { entry($0, right[$0]!) })
            var found: [String] = []
            try objects.forEachDifference(a, b) { (name, before, after) throws(StoreError) in
                let name = String(decoding: name, as: UTF8.self)
                found.append(name)
                #expect(before == left[name].map { entry(name, $0).node })
                #expect(after == right[name].map { entry(name, $0).node })
            }
            let expected = Set(left.keys).union(right.keys).filter { left[$0] != right[$0] }
            #expect(found == sorted(expected))
        }
    }

    @Test("against nothing, every entry is a difference")
    func differenceToNothing() throws {
        let objects = MemoryObjects()
        let tree = try objects.tree((0..<300).map { entry("n\($0 + 1_000)", 1) })
        var count = (left: 0, right: 0)
        try objects.forEachDifference(tree, nil) { (_, before, after) throws(StoreError) in
            if before != nil && after == nil { count.left += 1 }
        }
        try objects.forEachDifference(nil, tree) { (_, before, after) throws(StoreError) in
            if before == nil && after != nil { count.right += 1 }
        }
        #expect(count == (300, 300))
    }

    @Test("one changed chunk of a terabyte's list writes kilobytes")
    func manifestEdits() throws {
        // Sixteen million chunks would be a terabyte; a million show the same.
        let objects = MemoryObjects()
        func chunk(_ number: UInt64) -> Manifest.Entry {
            var generator = SampleBytes(seed: number)
            let id = withUnsafeBytes(of: (generator.next(), generator.next(), generator.next(), generator.next())) {
                ObjectID(loading: $0)
            }
            return Manifest.Entry(id: id, size: 65_536)
        }
        let file = try objects.file((0..<1_000_000).lazy.map(chunk))
        #expect(file.size == 65_536_000_000)
        #expect(file.level >= 2)
        let before = (objects.count, objects.bytes)
        let changed = try objects.file((0..<1_000_000).lazy.map { chunk($0 == 345_678 ? 9_999_999 : $0) })
        #expect(changed.id != file.id)
        #expect((1...12).contains(objects.count - before.0))
        #expect(objects.bytes - before.1 < 250_000)
    }

    @Test("a file of one chunk is that chunk, and one of none is nothing")
    func smallFiles() throws {
        let objects = MemoryObjects()
        let chunk = Manifest.Entry(id: ObjectID(of: [1]), size: 1)
        #expect(try objects.file([chunk]) == FileReference(id: chunk.id, size: 1, level: 0))
        #expect(try objects.file([]) == .empty)
        #expect(objects.count == 0)
    }

    @Test("the leaves of a manifest are its chunks in order")
    func manifestOrder() throws {
        var random = SampleBytes(seed: 11)
        for count in [2, 64, 1_023, 1_024, 1_025, 20_000] {
            let objects = MemoryObjects()
            let chunks = (0..<count).map { _ in
                Manifest.Entry(id: ObjectID(of: random.random(4)), size: 1 + random.next() % 1_000)
            }
            let file = try objects.file(chunks)
            func expand(_ id: ObjectID, _ level: UInt8) throws -> [Manifest.Entry] {
                let manifest = try Manifest(decoding: try #require(objects.object(id)))
                #expect(manifest.level == level)
                if level == 1 { return manifest.entries }
                return try manifest.entries.flatMap { try expand($0.id, level - 1) }
            }
            #expect(try expand(file.id, file.level) == chunks)
        }
    }
}
