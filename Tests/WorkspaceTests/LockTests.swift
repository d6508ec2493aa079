import FileSystem
import ObjectStore
import Testing
import Workspace

@Suite("The lock")
struct LockTests {
    private static let one = ObjectID(of: Array("one".utf8))
    private static let two = ObjectID(of: Array("two".utf8))

    private static func text(_ lines: String...) -> [UInt8] {
        Array((["# vintage lock 1"] + lines).map { $0 + "\n" }.joined().utf8)
    }

    private static func lock(_ paths: String...) throws -> Lock {
        var lock = Lock()
        for path in paths { try lock.set(one, for: RelativePath(path)) }
        return lock
    }

    @Test("a lock is written sorted, one line an artifact")
    func encoding() throws {
        var lock = Lock()
        try lock.set(Self.two, for: RelativePath("models/delay"))
        try lock.set(Self.one, for: RelativePath("data/odd\nname"))
        #expect(lock.encoded() == Self.text(#"\#(Self.one) "data/odd\nname""#, "\(Self.two) models/delay"))
    }

    @Test("lines in any order, blank lines and line ends of Windows are accepted")
    func leniency() throws {
        let expected = try Self.lock("a", "b", "c")
        #expect(try Lock(parsing: Self.text("\(Self.one) c", "\(Self.one) a", "", "\(Self.one) b")) == expected)
        let windows = String(decoding: expected.encoded(), as: UTF8.self).replacing("\n", with: "\r\n")
        #expect(try Lock(parsing: Array(windows.utf8)) == expected)
        #expect(try Lock(parsing: expected.encoded().dropLast()) == expected)
    }

    @Test("an empty file and a header alone are an empty lock")
    func empty() throws {
        #expect(try Lock(parsing: []) == Lock())
        #expect(try Lock(parsing: Self.text()) == Lock())
        #expect(Lock().encoded() == Self.text())
    }

    @Test("what is no lock is refused with the line and the reason")
    func refusals() throws {
        func error(_ lines: String...) -> LockError? {
            do throws(LockError) {
                _ = try Lock(parsing: Array(lines.map { $0 + "\n" }.joined().utf8))
                return nil
            } catch {
                return error
            }
        }
        let header = "# vintage lock 1"
        let one = Self.one
        #expect(error("\(one) a") == .isNoLock)
        #expect(error("") == .isNoLock)
        #expect(error("# vintage lock 2") == .unknownVersion("2"))
        #expect(error("# vintage lock 1 ") == .unknownVersion("1 "))
        #expect(error(header, "\(one)") == .malformedLine(line: 2))
        #expect(error(header, "\(one) ") == .malformedLine(line: 2))
        #expect(error(header, #"\#(one) "a"#) == .malformedLine(line: 2))
        #expect(error(header, "# a comment") == .invalidSnapshot(line: 2))
        #expect(error(header, "\(one)0 a") == .invalidSnapshot(line: 2))
        #expect(error(header, "\(one)".uppercased() + " a") == .invalidSnapshot(line: 2))
        #expect(
            error(header, "\(one) b", "", "\(one) a", "\(Self.two) b")
                == .duplicatePath(line: 5, earlier: 2, try RelativePath("b")))
        #expect(
            error(header, "\(one) a/b/c", "\(one) a!", "\(one) a")
                == .invalidArtifact(line: 2, .isInside(try RelativePath("a/b/c"), artifact: try RelativePath("a"))))
    }

    @Test(
        "a path that could write elsewhere is refused",
        arguments: ["/etc/passwd", "..", "a/../../b", "./a", "a//b", "a/", #""a\000b""#])
    func hostilePaths(path: String) {
        do throws(LockError) {
            _ = try Lock(parsing: Self.text("\(Self.one) \(path)"))
            Issue.record("accepted")
        } catch {
            guard case .invalidPath(line: 2, _) = error else {
                Issue.record(error)
                return
            }
        }
    }

    @Test(
        "a path of git's or Vintage's own is refused",
        arguments: [
            ".git", "a/.GIT/config", ".vintage", ".Vintage/objects", "vintage.lock", "vintage.yaml", "Vintage.Lock",
            ".gitignore", "data/.gitignore", ".gitattributes", ".vintageignore",
        ])
    func reservedPaths(path: String) throws {
        let path = try RelativePath(path)
        #expect(throws: ArtifactPathError.self) { try path.checkIsArtifactPath() }
        var lock = Lock()
        #expect(throws: ArtifactPathError.self) { try lock.set(Self.one, for: path) }
        #expect(throws: LockError.self) { try Lock(parsing: Self.text("\(Self.one) \(path)")) }
    }

    @Test(
        "a path that only looks like one of git's is accepted",
        arguments: [".gitx", "a.git", "data/vintage.lock", "data/vintage.yaml", ".gi", "git"])
    func ordinaryPaths(path: String) throws {
        try RelativePath(path).checkIsArtifactPath()
    }

    @Test("the root cannot be an artifact")
    func root() {
        var lock = Lock()
        #expect(throws: ArtifactPathError.isRoot) { try lock.set(Self.one, for: .root) }
    }

    @Test("conflict markers are told as an unfinished merge", arguments: ["<<<<<<< HEAD", "=======", ">>>>>>> main"])
    func conflictMarkers(marker: String) {
        #expect(throws: LockError.isConflicted(line: 3)) {
            try Lock(parsing: Self.text("\(Self.one) a", marker, "\(Self.two) b"))
        }
        #expect(LockError.isConflicted(line: 3).description.contains("line 3: an unfinished merge"))
        #expect(throws: LockError.isConflicted(line: 1)) { try Lock(parsing: Array(marker.utf8)) }
    }

    @Test("an artifact may not lie inside another, whichever comes first")
    func nesting() throws {
        var lock = try Self.lock("data/flights", "data/flights-old")
        let inside = try RelativePath("data/flights/2013")
        let around = try RelativePath("data")
        let flights = try RelativePath("data/flights")
        #expect(throws: ArtifactPathError.isInside(inside, artifact: flights)) { try lock.set(Self.one, for: inside) }
        #expect(throws: ArtifactPathError.holds(around, artifact: flights)) { try lock.set(Self.one, for: around) }
        #expect(throws: ArtifactPathError.isInside(inside, artifact: flights)) {
            try Lock([inside, flights].map { Lock.Entry(path: $0, snapshot: Self.one) })
        }
        #expect(try lock == Self.lock("data/flights-old", "data/flights"))
    }

    @Test("set, remove and look up agree with a dictionary")
    func againstDictionary() throws {
        var generator = SplitMix(seed: 3)
        var lock = Lock()
        var model: [RelativePath: ObjectID] = [:]
        let names = ["a", "b", "a-", "a.b", "\u{1}", "é"]
        for step in 0..<4_000 {
            let depth = Int.random(in: 1...3, using: &generator)
            let path = try RelativePath(
                (0..<depth).map { _ in names.randomElement(using: &generator)! }.joined(separator: "/"))
            if Int.random(in: 0..<3, using: &generator) == 0 {
                #expect(lock.remove(path) == model.removeValue(forKey: path))
            } else {
                let snapshot = ObjectID(of: Array("\(step)".utf8))
                let isNested = model.keys.contains { $0 != path && ($0.contains(path) || path.contains($0)) }
                do throws(ArtifactPathError) {
                    try lock.set(snapshot, for: path)
                    #expect(!isNested)
                    model[path] = snapshot
                } catch {
                    #expect(isNested)
                }
            }
            #expect(lock[path] == model[path])
            #expect(lock.artifact(containing: path) == model.keys.first { $0.contains(path) })
            #expect(lock.artifacts(inside: path).map(\.path) == model.keys.filter(path.contains).sorted())
            #expect(lock.checkInvariants())
        }
        #expect(lock.entries.map(\.path) == model.keys.sorted())
        #expect(lock.artifacts(inside: .root).count == model.count)
        #expect(try Lock(parsing: lock.encoded()) == lock)
        #expect(try Lock(lock.entries.shuffled()) == lock)
    }

    @Test("an artifact of any name comes back from the text")
    func roundTripOfNames() throws {
        var generator = SplitMix(seed: 4)
        var entries: [RelativePath: ObjectID] = [:]
        for index in 0..<500 {
            let name =
                [UInt8(ascii: "x")]
                + (0..<4).map { _ in UInt8.random(in: 1...255, using: &generator) }.filter { $0 != UInt8(ascii: "/") }
            entries[try RelativePath(bytes: name)] = ObjectID(of: Array("\(index)".utf8))
        }
        let lock = try Lock(entries.map { Lock.Entry(path: $0.key, snapshot: $0.value) })
        #expect(try Lock(parsing: lock.encoded()) == lock)
    }
}
