import FileSystem
import ObjectStore
import Testing

@Suite struct EncodingTests {
    private static func id(_ random: inout SampleBytes) -> ObjectID { ObjectID(of: random.random(8)) }

    private static func node(_ random: inout SampleBytes) -> Node {
        switch random.next() % 4 {
        case 0: .file(FileReference(id: id(&random), size: random.next() % 4096, level: 0), isExecutable: true)
        case 1:
            .file(
                FileReference(id: id(&random), size: 1 << 40, level: UInt8(1 + random.next() % 3)), isExecutable: false)
        case 2: .link(FileReference(id: id(&random), size: 1 + random.next() % 100, level: 0))
        default:
            .directory(
                TreeReference(id: id(&random), level: 1, size: random.next() >> 1, fileCount: random.next() >> 1))
        }
    }

    private static func leaf(_ random: inout SampleBytes) -> [UInt8] {
        let names = Set((0..<random.next() % 20).map { _ in "name \(random.next() % 1000)" }).sorted()
        return TreeNode(.leaf(names.map { TreeEntry(name: Array($0.utf8), node: node(&random)) })).encoded()
    }

    private static func inner(_ random: inout SampleBytes) -> [UInt8] {
        let names = Set((0..<1 + random.next() % 20).map { _ in "name \(random.next() % 1000)" }).sorted()
        let children = names.map { TreeNode.Child(firstName: Array($0.utf8), id: id(&random)) }
        return TreeNode(.inner(level: 2, children)).encoded()
    }

    private static func manifest(_ random: inout SampleBytes) -> [UInt8] {
        let entries = (0..<1 + random.next() % 20).map { _ in
            Manifest.Entry(id: id(&random), size: 1 + random.next() % 70_000)
        }
        return Manifest(level: 1, entries: entries).encoded()
    }

    private static func snapshot(_ random: inout SampleBytes) -> Snapshot {
        var provenance = Snapshot.Provenance()
        provenance.author = "Änne <a@b>"
        provenance.message = "line\nline"
        provenance.parameters = ["seed": "\(random.next())", "é": "", "a": "b"]
        return Snapshot(
            artifact: RelativePath(unchecked: Array("data/é".utf8)), root: node(&random),
            time: Int64(bitPattern: random.next()), offsetMinutes: -90, parents: [id(&random), id(&random)],
            inputs: [.init(artifact: RelativePath(unchecked: [0x61, 0xff]), snapshot: id(&random))],
            provenance: provenance)
    }

    /// The encoding of what the bytes decode to, as any kind; `nil` if they are refused.
    private static func reencoded(_ bytes: [UInt8]) -> [UInt8]? {
        if let value = try? TreeNode(decoding: bytes) { return value.encoded() }
        if let value = try? Manifest(decoding: bytes) { return value.encoded() }
        if let value = try? Snapshot(decoding: bytes) { return value.encoded() }
        return nil
    }

    @Test("what is encoded decodes to itself")
    func roundTrip() throws {
        var random = SampleBytes(seed: 1)
        for _ in 0..<200 {
            for bytes in [Self.leaf(&random), Self.inner(&random), Self.manifest(&random)] {
                #expect(Self.reencoded(bytes) == bytes)
            }
            let snapshot = Self.snapshot(&random)
            #expect(try Snapshot(decoding: snapshot.encoded()) == snapshot)
        }
    }

    @Test("changed bytes are refused or are the one encoding of something else")
    func canonical() throws {
        var random = SampleBytes(seed: 2)
        for _ in 0..<20_000 {
            var bytes =
                switch random.next() % 4 {
                case 0: Self.leaf(&random)
                case 1: Self.inner(&random)
                case 2: Self.manifest(&random)
                default: Self.snapshot(&random).encoded()
                }
            switch random.next() % 4 {
            case 0: bytes[Int(random.next() % UInt64(bytes.count))] ^= 1 << UInt8(random.next() % 8)
            case 1: bytes.removeLast(Int(random.next() % UInt64(bytes.count)))
            case 2: bytes += random.random(1 + Int(random.next() % 3))
            default:
                bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: Int(random.next() % UInt64(bytes.count)))
            }
            if let again = Self.reencoded(bytes) { #expect(again == bytes) }
        }
    }

    @Test("random bytes behind a good start never crash a decoder")
    func randomBytes() throws {
        var random = SampleBytes(seed: 3)
        let starts = ["", "vintage tree 1\n", "vintage manifest 1\n", "vintage snapshot 1\n"]
        for round in 0..<40_000 {
            let bytes = Array(starts[round % 4].utf8) + random.random(Int(random.next() % 120))
            if let again = Self.reencoded(bytes) { #expect(again == bytes) }
        }
    }

    @Test(
        "a name that could leave the artifact or reach the repository is refused",
        arguments: ["", ".", "..", "a/b", "/", "a\0b", ".git", ".GIT", ".Git", ".vintage", ".VINTAGE", "n256"])
    func hostileNames(_ text: String) throws {
        let name = text == "n256" ? [UInt8](repeating: 0x61, count: 256) : Array(text.utf8)
        let node = Node.file(.empty, isExecutable: false)
        #expect(throws: DecodingFailure.self) {
            try TreeNode(decoding: TreeNode(.leaf([TreeEntry(name: name, node: node)])).encoded())
        }
        #expect(throws: DecodingFailure.self) {
            let child = TreeNode.Child(firstName: name, id: .empty)
            return try TreeNode(decoding: TreeNode(.inner(level: 1, [child])).encoded())
        }
    }

    @Test(
        "an artifact's path in a snapshot cannot reach the repository", arguments: [".git/hooks", "a/.vintage", "../a"])
    func hostileArtifact(_ path: String) throws {
        let artifact = RelativePath(unchecked: Array(path.utf8))
        let snapshot = Snapshot(artifact: artifact, root: .file(.empty, isExecutable: false), time: 0)
        #expect(throws: DecodingFailure.self) { try Snapshot(decoding: snapshot.encoded()) }
    }

    @Test("names that only look like the repository's are kept")
    func harmlessNames() throws {
        for name in ["...", ".gitignore", "git", ".git ", "\u{ff}\u{1}"] {
            let entry = TreeEntry(name: Array(name.utf8), node: .file(.empty, isExecutable: false))
            let bytes = TreeNode(.leaf([entry])).encoded()
            #expect(try TreeNode(decoding: bytes).encoded() == bytes)
        }
    }

    @Test("names out of order or twice are refused")
    func order() throws {
        let node = Node.file(.empty, isExecutable: false)
        for names in [["b", "a"], ["a", "a"]] {
            let leaf = TreeNode(.leaf(names.map { TreeEntry(name: Array($0.utf8), node: node) }))
            #expect(throws: DecodingFailure.self) { try TreeNode(decoding: leaf.encoded()) }
        }
    }

    @Test("a count that promises more than there is is refused before memory is taken")
    func hugeCounts() throws {
        for count in [UInt64(1) << 32, UInt64.max, 1 << 62] {
            for start: StaticString in ["vintage tree 1\n", "vintage manifest 1\n"] {
                var encoder = Encoder()
                encoder.append(fixed: start)
                encoder.append(1)
                encoder.append(number: count)
                #expect(Self.reencoded(encoder.bytes) == nil)
            }
            var encoder = Encoder()
            encoder.append(fixed: "vintage snapshot 1\n")
            encoder.append(number: count)
            #expect(Self.reencoded(encoder.bytes) == nil)
        }
    }

    @Test("sizes that add up past any file are refused")
    func hugeSizes() throws {
        let half = Manifest.Entry(id: .empty, size: UInt64(Int64.max))
        #expect(throws: DecodingFailure.self) {
            try Manifest(decoding: Manifest(level: 2, entries: [half, half]).encoded())
        }
        #expect(throws: DecodingFailure.self) {
            try Manifest(decoding: Manifest(level: 1, entries: [Manifest.Entry(id: .empty, size: 0)]).encoded())
        }
    }

    @Test("a chunk larger than any object is refused, so that a reader need not make room for it")
    func hugeChunk() throws {
        let entry = Manifest.Entry(id: .empty, size: UInt64(PackFormat.maximumObjectSize) + 1)
        #expect(throws: DecodingFailure.self) {
            try Manifest(decoding: Manifest(level: 1, entries: [entry]).encoded())
        }
        let file = Node.file(FileReference(id: .empty, size: entry.size, level: 0), isExecutable: false)
        #expect(throws: DecodingFailure.self) {
            try TreeNode(decoding: TreeNode(.leaf([TreeEntry(name: [0x61], node: file)])).encoded())
        }
    }

    @Test("numbers come back, at the edges of their range too")
    func numbers() throws {
        var random = SampleBytes(seed: 4)
        let edges: [UInt64] = [0, 1, 0x7f, 0x80, 0x3fff, 0x4000, 1 << 63, .max]
        for value in edges + (0..<1000).map({ _ in random.next() >> (random.next() % 64) }) {
            var encoder = Encoder()
            encoder.append(number: value)
            encoder.append(signed: Int64(bitPattern: value))
            var decoder = Decoder(encoder.bytes)
            #expect(try decoder.number() == value)
            #expect(try decoder.signed() == Int64(bitPattern: value))
            #expect(decoder.isAtEnd)
        }
    }
}
