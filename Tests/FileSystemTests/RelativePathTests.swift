import FileSystem
import Testing

@Suite("Relative paths")
struct RelativePathTests {
    @Test("names that a file system can hold are kept byte for byte")
    func keepsBytes() throws {
        for name: [UInt8] in [[0xff, 0xfe], Array("a\nb".utf8), Array("...".utf8), Array(" ".utf8), Array("-rf".utf8)] {
            #expect(try RelativePath(bytes: name).bytes == name)
        }
    }

    @Test(
        "what could leave the root or name nothing is refused",
        arguments: ["/", "/a", "a/", "a//b", ".", "..", "a/..", "../a", "a/./b", "a\0b", "x/\0"])
    func refuses(text: String) {
        #expect(throws: InvalidPath.self) { try RelativePath(text) }
    }

    @Test("a component may have 255 bytes and no more")
    func componentLength() throws {
        let longest = String(repeating: "x", count: 255)
        #expect(try RelativePath("a/" + longest).name.count == 255)
        #expect(throws: InvalidPath.self) { try RelativePath("a/\(longest)x/b") }
    }

    @Test("no bytes are the root, which has no component, no name and no parent")
    func root() throws {
        let root = try RelativePath("")
        #expect(root == .root)
        #expect(root.isRoot && root.components.isEmpty && root.name.isEmpty && root.parent == nil)
    }

    @Test("a path is taken apart and put together again")
    func parts() throws {
        let path = try RelativePath("data/flights/2013.csv")
        #expect(path.components.map { String(decoding: $0, as: UTF8.self) } == ["data", "flights", "2013.csv"])
        #expect(Array(path.name) == Array("2013.csv".utf8))
        #expect(try path.parent == RelativePath("data/flights"))
        #expect(try RelativePath("data").parent == .root)
        #expect(try RelativePath("data").appending(RelativePath("flights/2013.csv")) == path)
        #expect(RelativePath.root.appending(path) == path)
        #expect(path.appending(.root) == path)
    }

    @Test("a folder contains itself and what is below it, not its namesakes")
    func contains() throws {
        let folder = try RelativePath("data/a")
        #expect(folder.contains(folder))
        #expect(try folder.contains(RelativePath("data/a/b")))
        #expect(try !folder.contains(RelativePath("data/ab")))
        #expect(try !folder.contains(RelativePath("data")))
        #expect(RelativePath.root.contains(folder) && RelativePath.root.contains(.root))
        #expect(!folder.contains(.root))
    }

    @Test("a path relative to a folder that contains it appends back to itself")
    func relative() throws {
        let folder = try RelativePath("data/a")
        let path = try RelativePath("data/a/b/c")
        #expect(try path.relative(to: folder) == RelativePath("b/c"))
        #expect(folder.relative(to: folder) == .root)
        #expect(path.relative(to: .root) == path)
        #expect(try RelativePath("data/ab").relative(to: folder) == nil)
    }

    @Test("paths are ordered by their components, so a folder's content follows it directly")
    func order() throws {
        let sorted = try ["", "a", "a/b", "a/b/c", "a/z", "a!", "a-b", "a.b", "ab", "b"].map { try RelativePath($0) }
        #expect(sorted.reversed().sorted() == sorted)
    }

    @Test("the order agrees with comparing lists of components")
    func orderAgainstComponents() throws {
        var generator = SplitMix(seed: 2)
        let alphabet: [UInt8] = [1, 0x20, UInt8(ascii: "."), UInt8(ascii: "0"), UInt8(ascii: "a"), 0xff]
        func randomPath() throws -> RelativePath {
            let components = (0..<Int.random(in: 0...3, using: &generator)).map { _ in
                [UInt8(ascii: "x")]
                    + (0..<Int.random(in: 0...2, using: &generator)).map { _ in
                        alphabet.randomElement(using: &generator)!
                    }
            }
            return try RelativePath(bytes: components.joined(separator: [UInt8(ascii: "/")]))
        }
        for _ in 0..<2_000 {
            let (left, right) = (try randomPath(), try randomPath())
            let expected = left.components.lexicographicallyPrecedes(right.components) {
                $0.lexicographicallyPrecedes($1)
            }
            #expect((left < right) == expected, "\(left) and \(right)")
        }
    }
}
