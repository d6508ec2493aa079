import FileSystem
import ObjectStore
import SystemPackage
import Testing
import Workspace

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Overwrites a file in place.
private func overwrite(_ path: FilePath, _ bytes: [UInt8]) throws {
    let file = try File(openingOrCreating: path)
    try bytes.withUnsafeBytes { try file.write($0, at: 0) }
}

@Suite("What the stat cache says is true")
struct StatCacheTests {
    private func isModified(_ workspace: Workspace, _ artifact: String = "d") throws -> Bool {
        try !workspace.status([at(artifact)]).artifacts[0].isClean
    }

    @Test("a change of the same size right after add is seen, however soon")
    func changeAfterAdd() throws {
        let test = try TestWorkspace()
        try test.path("d").makeDirectories()
        for round in 0..<60 {
            try test.write("content \(100 + round)", to: "d/f")
            try test.workspace.add([at("d")])
            try overwrite(test.path("d/f"), Array("CONTENT \(100 + round)".utf8))
            #expect(try isModified(test.workspace), "round \(round)")
        }
    }

    @Test("a change of the same size right after checkout is seen, even with the time set back")
    func changeAfterCheckout() throws {
        let test = try TestWorkspace()
        try FileTree(files: ["f": "one", "g": "two"]).write(to: test.path("d"))
        try test.workspace.add([at("d")])
        for round in 0..<60 {
            try test.path("d/f").remove()
            try test.workspace.checkout(force: true)
            let time = try #require(try test.path("d/f").status()).modified
            try overwrite(test.path("d/f"), Array("ONE".utf8))
            if round % 2 == 1 { try File(reading: test.path("d/f")).setModified(time) }
            #expect(try isModified(test.workspace), "round \(round)")
            try test.workspace.restore([at("d/f")])
            #expect(try !isModified(test.workspace), "round \(round)")
        }
    }

    @Test(
        "a change is seen though the file's time is set back to what it was",
        arguments: [-1_000_000_000, 0, 90_000_000_000])
    func timeSetBack(offset: Int64) throws {
        let test = try TestWorkspace()
        try test.path("d").makeDirectories()
        for round in 0..<20 {
            try test.write("content \(100 + round)", to: "d/f")
            let time = fileSystemClock() + offset
            try File(reading: test.path("d/f")).setModified(time)
            try test.workspace.add([at("d")])
            try overwrite(test.path("d/f"), Array("CONTENT \(100 + round)".utf8))
            try File(reading: test.path("d/f")).setModified(time)
            #expect(try isModified(test.workspace), "round \(round)")
        }
    }

    @Test("a file that another of the same size and time replaced is seen")
    func replacedByRename() throws {
        let test = try TestWorkspace()
        try FileTree(files: ["f": "one"]).write(to: test.path("d"))
        try test.write("two", to: "other")
        let time = fileSystemClock() - 60_000_000_000
        for path in ["d/f", "other"] { try File(reading: test.path(path)).setModified(time) }
        try test.workspace.add([at("d")])
        #expect(try !isModified(test.workspace))
        try test.path("other").rename(to: test.path("d/f"))
        #expect(try isModified(test.workspace))
        #expect(try test.workspace.diff(nil, nil).first?.changes.map(\.path) == [at("f")])
    }

    @Test("a flipped executable bit is seen, and so is its way back")
    func executableBit() throws {
        let test = try TestWorkspace()
        try FileTree(files: ["f": "one"]).write(to: test.path("d"))
        try test.workspace.add([at("d")])
        for _ in 0..<10 {
            try File(reading: test.path("d/f")).setExecutable(true)
            #expect(try isModified(test.workspace))
            try File(reading: test.path("d/f")).setExecutable(false)
            #expect(try !isModified(test.workspace))
        }
    }

    @Test("a cache that is damaged anywhere changes no answer")
    func damagedCache() throws {
        let test = try TestWorkspace()
        var generator = HostileTreeGenerator(seed: 5)
        var tree = FileTree()
        while tree.files.count < 8 { tree = generator.tree() }
        try tree.write(to: test.path("d"))
        let snapshot = try test.workspace.add([at("d")]).artifacts[0].snapshot
        let folder = test.path(".vintage/cache")
        let cache = folder.appending(bytes: try #require(try Directory(folder).listing().first))
        let intact = try cache.contents()
        var random = SplitMix(seed: 9)
        for round in 0..<100 {
            var damaged = intact
            if round % 10 == 0 {
                damaged.removeLast(Int.random(in: 1...damaged.count, using: &random))
            } else {
                damaged[Int.random(in: 0..<damaged.count, using: &random)] ^=
                    1 << UInt8.random(in: 0..<8, using: &random)
            }
            try cache.replaceContents(with: damaged, isDurable: false)
            #expect(try !isModified(test.workspace), "round \(round)")
            #expect(try test.workspace.add([at("d")]).artifacts[0].snapshot == snapshot, "round \(round)")
        }
        try cache.replaceContents(with: Array(intact.reversed()), isDurable: false)
        try test.path("d").removeAll()
        try test.workspace.checkout()
        #expect(try test.tree("d") == tree)
    }

    @Test("status and add of a folder that has not changed read no byte of its files")
    func cleanFolderIsNotRead() throws {
        let test = try TestWorkspace()
        var tree = FileTree()
        for number in 0..<2000 { tree[at("\(number % 20)/\(number).csv")] = .text("row \(number)\n") }
        try tree.write(to: test.path("d"))
        let first = ByteMeter()
        try test.workspace.add([at("d")], meter: first)
        #expect(first.count == UInt64(tree.files.values.reduce(0) { $0 + size($1) }))
        let again = ByteMeter()
        #expect(try test.workspace.status(meter: again).artifacts[0].isClean)
        try test.workspace.add([at("d")], meter: again)
        #expect(again.count == 0)
        try test.path("d").removeAll()
        try test.workspace.checkout()
        #expect(try test.workspace.status(meter: again).artifacts[0].isClean)
        #expect(again.count == 0, "a checkout says what it has written")
        try test.write("row X\n", to: "d/7/7.csv")
        #expect(try isModified(test.workspace))
        _ = try test.workspace.status(meter: again)
        #expect(again.count <= 6)
    }

    private func size(_ item: FileItem) -> Int {
        if case .file(let bytes, _) = item { return bytes.count }
        return 0
    }

    @Test("content that the store has lost sight of is stored again, whatever the cache knows")
    func cacheOutlivesContent() throws {
        let test = try TestWorkspace()
        try FileTree(files: ["f": "one", "sub/g": "two"]).write(to: test.path("d"))
        // The cache learns the content from a look that stores nothing.
        try test.workspace.add([at("d")])
        try test.write("three", to: "d/sub/h")
        #expect(try isModified(test.workspace))
        let added = try test.workspace.add([at("d")]).artifacts[0]
        #expect(try test.tree(of: added.snapshot) == test.tree("d"))
        // A store made anew knows nothing of it.
        try test.path(".vintage/store").removeAll()
        _ = try Store.create(at: test.path(".vintage/store"))
        try test.path("vintage.lock").remove()
        try test.path(".vintage/operations").removeAll()
        let reopened = try Workspace.open(from: test.root)
        let again = try reopened.add([at("d")]).artifacts[0]
        #expect(try test.tree("d") == FileTree(files: ["f": "one", "sub/g": "two", "sub/h": "three"]))
        #expect(try reopened.verify(readsData: true).problems.isEmpty)
        #expect(try reopened.store.snapshot(again.snapshot).root == added.root)
    }
}
