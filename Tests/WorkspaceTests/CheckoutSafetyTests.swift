import FileSystem
import ObjectStore
import SystemPackage
import Testing
import Workspace

/// What `body` refused to destroy; `nil` if it refused nothing.
func unstoredWork(_ body: () throws -> Void) throws -> [RelativePath]? {
    do {
        try body()
        return nil
    } catch WorkspaceError.unstoredWork(let paths) {
        return paths.sorted()
    }
}

@Suite("Checkout destroys nothing that is not stored")
struct CheckoutSafetyTests {
    /// A workspace with two versions of `d`, the second one on disk.
    private struct TwoVersions {
        let test: TestWorkspace
        let workspace: Workspace
        let first: String
        let second: String

        init(_ first: FileTree, _ second: FileTree) throws {
            test = try TestWorkspace()
            workspace = test.workspace
            try first.write(to: test.path("d"))
            self.first = try workspace.add([at("d")]).artifacts[0].snapshot.description
            try second.write(to: test.path("d"))
            self.second = try workspace.add([at("d")]).artifacts[0].snapshot.description
        }

        func tree() throws -> FileTree { try test.tree("d") }
    }

    @Test("changed files stop it, all of them are named, and nothing is touched")
    func refusesAndNames() throws {
        let versions = try TwoVersions(
            FileTree(files: ["a": "1", "b": "1", "sub/c": "1", "same": "0"]),
            FileTree(files: ["a": "2", "b": "2", "sub/c": "2", "same": "0"]))
        try versions.test.write("mine", to: "d/a")
        try versions.test.write("mine too", to: "d/sub/c")
        let before = try versions.tree()
        let lock = try versions.workspace.lock()
        let refused = try unstoredWork { try versions.workspace.checkout(versions.first) }
        #expect(refused == [at("d/a"), at("d/sub/c")])
        #expect(try versions.tree() == before)
        #expect(try versions.workspace.lock() == lock)
    }

    @Test("a change of a file that both versions hold alike is kept")
    func keepsIndependentChanges() throws {
        let versions = try TwoVersions(
            FileTree(files: ["a": "1", "same": "0"]), FileTree(files: ["a": "2", "same": "0"]))
        try versions.test.write("mine", to: "d/same")
        try versions.test.write("new", to: "d/new")
        let report = try versions.workspace.checkout(versions.first)
        #expect(report.kept.sorted() == [at("d/new"), at("d/same")])
        #expect(try versions.tree() == FileTree(files: ["a": "1", "same": "mine", "new": "new"]))
        #expect(try versions.workspace.status().artifacts[0].changes.changes.map(\.path) == [at("new"), at("same")])
    }

    @Test("with force they give way, and undo brings them back")
    func forceAndUndo() throws {
        let first = FileTree(files: ["a": "1", "sub/c": "1"])
        let versions = try TwoVersions(first, FileTree(files: ["a": "2", "e/f": "2"]))
        try versions.test.write("mine", to: "d/a")
        try versions.test.write("new", to: "d/sub")
        try File(reading: versions.test.path("d/a")).setExecutable(true)
        let before = try versions.tree()
        let lock = try versions.workspace.lock()
        try versions.workspace.checkout(versions.first, force: true)
        #expect(try versions.tree() == first)
        _ = try versions.workspace.undo()
        #expect(try versions.tree() == before)
        #expect(try versions.workspace.lock() == lock)
    }

    @Test("restore makes paths what the version holds, and undo brings the change back")
    func restoreAndUndo() throws {
        let versions = try TwoVersions(
            FileTree(files: ["a": "1", "b": "1"]), FileTree(files: ["a": "2", "b": "2", "sub/c": "2"]))
        try versions.test.write("mine", to: "d/a")
        try versions.test.write("mine", to: "d/b")
        try versions.test.path("d/sub").removeAll()
        let before = try versions.tree()
        try versions.workspace.restore([at("d/a"), at("d/sub")])
        #expect(try versions.tree() == FileTree(files: ["a": "2", "b": "mine", "sub/c": "2"]))
        _ = try versions.workspace.undo()
        #expect(try versions.tree() == before)
        try versions.workspace.restore([at("d/b")], source: versions.first)
        #expect(try versions.tree() == FileTree(files: ["a": "mine", "b": "1"]))
    }

    @Test("an ignored file stays where it is, in a folder that stays or one that goes")
    func ignoredFilesStay() throws {
        let versions = try TwoVersions(
            FileTree(files: ["a": "1"]), FileTree(files: ["a": "2", "sub/c": "2", ".vintageignore": "*.tmp\n"]))
        try versions.test.write("keep", to: "d/x.tmp")
        try versions.test.write("keep", to: "d/sub/y.tmp")
        #expect(try versions.workspace.status().artifacts[0].isClean)
        try versions.workspace.checkout(versions.first)
        #expect(try versions.tree() == FileTree(files: ["a": "1", "x.tmp": "keep", "sub/y.tmp": "keep"]))
    }

    @Test("rules in a folder above the artifact count too, and a folder of that name is no file of rules")
    func rulesAboveArtifact() throws {
        let test = try TestWorkspace()
        try test.write("*.tmp\n", to: "data/.vintageignore")
        try test.write("/data/d/root.csv\n", to: ".vintageignore")
        try FileTree(files: ["a": "1", "x.tmp": "1", "root.csv": "1", ".vintageignore/f": "1"]).write(
            to: test.path("data/d"))
        let added = try test.workspace.add([at("data/d")]).artifacts[0]
        #expect(try test.tree(of: added.snapshot) == FileTree(files: ["a": "1", ".vintageignore/f": "1"]))
    }

    @Test("an ignored file where the version has one stops it before anything is touched")
    func ignoredFileInTheWay() throws {
        let versions = try TwoVersions(
            FileTree(files: ["a": "1", "x.tmp": "1"]), FileTree(files: ["a": "2", ".vintageignore": "*.tmp\n"]))
        try versions.test.write("mine", to: "d/x.tmp")
        let before = try versions.tree()
        #expect(try unstoredWork { try versions.workspace.checkout(versions.first) } == [at("d/x.tmp")])
        #expect(try versions.tree() == before)
    }

    @Test("an ignored file in a folder that a file replaces stops it before anything is touched")
    func ignoredFileInReplacedFolder() throws {
        let versions = try TwoVersions(
            FileTree(files: ["a": "1", "sub": "1"]),
            FileTree(files: ["a": "2", "sub/deep/c": "2", ".vintageignore": "*.tmp\n"]))
        try versions.test.write("mine", to: "d/sub/deep/y.tmp")
        let before = try versions.tree()
        #expect(try unstoredWork { try versions.workspace.checkout(versions.first) } == [at("d/sub/deep/y.tmp")])
        #expect(try versions.tree() == before)
    }

    @Test("an ignored link where the version has a folder is not written through")
    func ignoredLinkInTheWay() throws {
        let versions = try TwoVersions(
            FileTree(files: ["a": "1", "out/f": "1"]), FileTree(files: ["a": "2", ".vintageignore": "/out\n"]))
        try versions.test.path("outside").makeDirectories()
        try Directory(versions.test.path("d")).makeLink(Array("out".utf8), to: Array("../outside".utf8))
        #expect(try unstoredWork { try versions.workspace.checkout(versions.first) } == [at("d/out")])
        #expect(try versions.test.tree("outside").files.isEmpty)
    }

    @Test("a file where the version has a folder, and the other way round", arguments: [true, false])
    func fileAgainstFolder(isStored: Bool) throws {
        let folder = FileTree(files: ["x/in": "folder", "a": "1"])
        let file = FileTree(files: ["x": "file", "a": "1"])
        let versions = try TwoVersions(folder, file)
        let workspace = versions.workspace
        if isStored {
            try workspace.checkout(versions.first)
            #expect(try versions.tree() == folder)
            try workspace.checkout(versions.second)
            #expect(try versions.tree() == file)
            return
        }
        try versions.test.write("mine", to: "d/x")
        #expect(try unstoredWork { try workspace.checkout(versions.first) } == [at("d/x")])
        #expect(try versions.test.text("d/x") == "mine")
        try workspace.checkout(versions.first, force: true)
        #expect(try versions.tree() == folder)
        // A new file in the folder is in neither version, and the folder has to go.
        try versions.test.write("my new one", to: "d/x/new")
        #expect(try unstoredWork { try workspace.checkout(versions.second) } == [at("d/x/new")])
        #expect(try versions.test.text("d/x/new") == "my new one")
        try workspace.checkout(versions.second, force: true)
        #expect(try versions.tree() == file)
        _ = try workspace.undo()
        #expect(try versions.test.text("d/x/new") == "my new one")
    }

    @Test("a link where the version has a folder of the same names is not followed")
    func linkAgainstFolder() throws {
        let folder = FileTree(files: ["x/in": "folder"])
        var link = FileTree(files: ["a": "1"])
        link[at("x")] = .link(Array("../outside".utf8))
        let versions = try TwoVersions(folder, link)
        try FileTree(files: ["in": "outside", "sub/f": "outside"]).write(to: versions.test.path("outside"))
        let outside = try versions.test.tree("outside")
        try versions.workspace.checkout(versions.first)
        #expect(try versions.tree() == folder)
        try versions.workspace.checkout(versions.second)
        #expect(try versions.tree() == link)
        #expect(try versions.test.tree("outside") == outside)
    }

    @Test("a new file where the other version has one stops it")
    func untrackedInTheWay() throws {
        let versions = try TwoVersions(FileTree(files: ["a": "1", "b": "1"]), FileTree(files: ["a": "2"]))
        try versions.test.write("mine", to: "d/b")
        #expect(try unstoredWork { try versions.workspace.checkout(versions.first) } == [at("d/b")])
        #expect(try versions.test.text("d/b") == "mine")
        #expect(try versions.test.text("d/a") == "2")
    }

    @Test("a folder of files beside the artifact's place stops an artifact that is to come back")
    func untrackedFolderInTheWay() throws {
        let test = try TestWorkspace()
        try FileTree(files: ["a": "1"]).write(to: test.path("data/d"))
        try test.workspace.add([at("data/d")])
        try test.workspace.remove([at("data/d")])
        #expect(try test.tree("data/d").isEmpty)
        try test.write("in the way", to: "data/d/a")
        try test.write("beside", to: "data/d/b")
        // What is only beside the artifact stays, and is no reason to stop.
        #expect(try unstoredWork { _ = try test.workspace.undo() } == [at("data/d/a")])
        try test.path("data").removeAll()
        try test.write("a file where the folder should be", to: "data")
        #expect(throws: (any Error).self) { try test.workspace.undo() }
        #expect(try test.text("data") == "a file where the folder should be")
    }

    @Test("removing keeps changed files on disk unless forced, and undo brings all back")
    func removal() throws {
        let versions = try TwoVersions(FileTree(files: ["a": "1"]), FileTree(files: ["a": "2", "b": "2"]))
        try versions.test.write("mine", to: "d/b")
        let before = try versions.tree()
        try versions.workspace.remove([at("d")])
        #expect(try versions.tree() == FileTree(files: ["b": "mine"]))
        #expect(try versions.workspace.lock().entries.isEmpty)
        _ = try versions.workspace.undo()
        #expect(try versions.tree() == before)
        try versions.workspace.remove([at("d")], force: true)
        #expect(try versions.tree().isEmpty)
        _ = try versions.workspace.undo()
        #expect(try versions.tree() == before)
    }

    @Test("what is changed between the look and the writing is not overwritten")
    func changeInBetween() throws {
        // Many rounds of a race: the file that is written last is changed while the others are replaced. Nothing can
        // close the instant between the last look and the renaming, so one loss may be that.
        let names = (0..<300).map { "f\($0)" } + ["z"]
        let versions = try TwoVersions(
            FileTree(files: Dictionary(uniqueKeysWithValues: names.map { ($0, "1") })),
            FileTree(files: Dictionary(uniqueKeysWithValues: names.map { ($0, "2") })))
        let racing = versions.test.path("d/z")
        var losses = 0
        for round in 0..<20 {
            let mine = Array("mine \(round)".utf8)
            let thread = WriterThread {
                pause(milliseconds: round)
                try? racing.replaceContents(with: mine, isDurable: false)
            }
            _ = try unstoredWork { try versions.workspace.checkout(round % 2 == 0 ? versions.first : versions.second) }
            thread.join()
            if try racing.contents() != mine { losses += 1 }
            try versions.workspace.checkout(round % 2 == 0 ? versions.first : versions.second, force: true)
        }
        #expect(losses <= 1)
    }
}
