import FileSystem
import ObjectStore
import Testing

@Suite struct TagTests {
    @Test("a tag names a snapshot until it is moved or removed")
    func life() throws {
        let scratch = try ScratchStore()
        let (first, second) = (try scratch.store.snapshot(["a": "1"]), try scratch.store.snapshot(["a": "2"]))
        let data = try RelativePath("data")
        try scratch.store.setTag(artifact: data, name: "v1", snapshot: first, replacing: false)
        try scratch.store.setTag(artifact: data, name: "v1", snapshot: first, replacing: false)
        #expect(throws: StoreError.tagExists("data@v1")) {
            try scratch.store.setTag(artifact: data, name: "v1", snapshot: second, replacing: false)
        }
        #expect(try scratch.reopened().tag(artifact: data, name: "v1") == first)
        try scratch.store.setTag(artifact: data, name: "v1", snapshot: second, replacing: true)
        #expect(try scratch.store.tag(artifact: data, name: "v1") == second)
        #expect(try scratch.store.removeTag(artifact: data, name: "v1"))
        #expect(try !scratch.store.removeTag(artifact: data, name: "v1"))
        #expect(try scratch.store.tag(artifact: data, name: "v1") == nil)
        #expect(try scratch.store.tags().isEmpty)
    }

    @Test("tags of any artifact are listed by artifact and name, and a path is no prefix of another")
    func listing() throws {
        let scratch = try ScratchStore()
        let id = try scratch.store.snapshot(["a": "1"])
        let artifacts: [[UInt8]] = [
            Array("a".utf8), Array("a/b".utf8), Array("a%2Fb".utf8), Array("a b".utf8), Array("a\nb".utf8),
            [0x61, 0xff, 0x2f, 0x80], Array(".hidden".utf8), Array("\"quoted\\".utf8), Array("é".utf8), [],
            Array(String(repeating: "é", count: 120).utf8),
        ]
        for bytes in artifacts {
            for name in ["v2", "v1", "release/1.0", ".x", "a+b"] {
                try scratch.store.setTag(
                    artifact: try RelativePath(bytes: bytes), name: name, snapshot: id, replacing: false)
            }
        }
        let tags = try scratch.reopened().tags()
        let expected = try artifacts.map { try RelativePath(bytes: $0) }.sorted().flatMap { artifact in
            [".x", "a+b", "release/1.0", "v1", "v2"].map { name in "\(artifact)@\(name)" }
        }
        #expect(tags.map { "\($0.artifact)@\($0.name)" } == expected)
        #expect(tags.allSatisfy { $0.snapshot == id })
        for bytes in artifacts {
            for name in ["v2", "v1", "release/1.0", ".x", "a+b"] {
                #expect(try scratch.store.removeTag(artifact: try RelativePath(bytes: bytes), name: name))
            }
        }
        #expect(try scratch.store.tags().isEmpty)
    }

    @Test(
        "a name that could be taken for something else is refused",
        arguments: ["", "/a", "a/", "a//b", "..", "a/../b", ".", "a b", "é", "a\0", "-f", "a@b", "{1}"])
    func names(_ name: String) throws {
        let scratch = try ScratchStore()
        let id = try scratch.store.snapshot(["a": "1"])
        #expect(throws: StoreError.invalidTag(name)) {
            try scratch.store.setTag(artifact: try RelativePath("data"), name: name, snapshot: id, replacing: false)
        }
    }

    @Test("a name too long for a file is refused, the longest is not")
    func longNames() throws {
        let scratch = try ScratchStore()
        let id = try scratch.store.snapshot(["a": "1"])
        let data = try RelativePath("data")
        let longest = String(repeating: "a", count: 255)
        try scratch.store.setTag(artifact: data, name: longest, snapshot: id, replacing: false)
        #expect(try scratch.store.tag(artifact: data, name: longest) == id)
        #expect(throws: StoreError.invalidTag(longest + "a")) {
            try scratch.store.setTag(artifact: data, name: longest + "a", snapshot: id, replacing: false)
        }
    }

    @Test("only a snapshot that is there can be named")
    func missingSnapshot() throws {
        let scratch = try ScratchStore()
        let id = ObjectID(of: [1])
        #expect(throws: StoreError.missing(id, .snapshot)) {
            try scratch.store.setTag(artifact: try RelativePath("data"), name: "v1", snapshot: id, replacing: false)
        }
    }

    @Test("a tag's file under another tag's artifact is not believed")
    func misplaced() throws {
        let scratch = try ScratchStore()
        let id = try scratch.store.snapshot(["a": "1"])
        try scratch.store.setTag(artifact: try RelativePath("one"), name: "v", snapshot: id, replacing: false)
        try scratch.store.setTag(artifact: try RelativePath("two"), name: "v", snapshot: id, replacing: false)
        let tags = scratch.path.appending("tags")
        let stolen = try tags.appending("one").appending("v").contents()
        try scratch.overwrite(tags.appending("two").appending("v"), stolen)
        #expect(throws: StoreError.self) { try scratch.store.tag(artifact: try RelativePath("two"), name: "v") }
        #expect(throws: StoreError.self) { try scratch.store.tags() }
        #expect(try scratch.store.verify(roots: [], readsData: false).problems.count == 1)
    }
}
