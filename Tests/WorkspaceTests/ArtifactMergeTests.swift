import FileSystem
import Git
import ObjectStore
import SystemPackage
import Testing
import Workspace

@Suite("Merges take both sides' changes and lose nothing")
struct ArtifactMergeTests {
    /// A workspace with two branches, `main` checked out and `side`.
    private struct Branches {
        let test: TestWorkspace
        let workspace: Workspace
        let main: String

        /// - Parameters:
        ///   - base: what `d` holds before the branches part.
        ///   - change: changes the working files for a side; called with `true` for ours.
        init(_ base: FileTree, _ change: (TestWorkspace, _ isOurs: Bool) throws -> Void) throws {
            test = try TestWorkspace(usesGit: true)
            workspace = test.workspace
            try base.write(to: test.path("d"))
            try test.write("code\n", to: "code.txt")
            try test.scratch.git("add", "code.txt")
            try workspace.add([at("d")])
            try workspace.commit(message: "base")
            main = try #require(try workspace.repository?.head().branchName)
            try workspace.checkout(newBranch: "side")
            try change(test, false)
            try workspace.commit(message: "side")
            try workspace.checkout(main)
            try change(test, true)
            try workspace.commit(message: "main")
        }

        init(_ base: [String: String], ours: [String: String], theirs: [String: String]) throws {
            try self.init(FileTree(files: base)) { test, isOurs in
                try FileTree(files: isOurs ? ours : theirs).write(to: test.path("d"))
            }
        }
    }

    @Test("random trees on two branches come out as path by path", arguments: 0..<4)
    func againstModel(part: Int) throws {
        var random = SplitMix(seed: UInt64(part + 70))
        func tree(from base: FileTree) -> FileTree {
            var tree = base
            tree[.root] = .folder
            for _ in 0..<Int.random(in: 1...5, using: &random) {
                let names = ["a", "b", "c"]
                let depth = Int.random(in: 1...2, using: &random)
                let path = at((0..<depth).map { _ in names.randomElement(using: &random)! }.joined(separator: "/"))
                switch Int.random(in: 0..<6, using: &random) {
                case 0: tree.remove(path)
                case 1:
                    if tree[path] == nil, path.parent.map({ tree[$0]?.isFolder != false }) == true {
                        tree[path] = .folder
                    }
                default:
                    tree.remove(path)
                    if let parent = path.parent, tree[parent]?.isFolder == false { tree.remove(parent) }
                    let text = "\(Int.random(in: 0..<3, using: &random))"
                    tree[path] = .file(Array(text.utf8), isExecutable: Int.random(in: 0..<5, using: &random) == 0)
                }
            }
            return tree
        }
        for round in 0..<20 {
            let base = tree(from: FileTree())
            let (ours, theirs) = (tree(from: base), tree(from: base))
            if ours == base || theirs == base || ours == theirs { continue }
            let branches = try Branches(base) { test, isOurs in try (isOurs ? ours : theirs).write(to: test.path("d")) }
            let model = TreeMergeModel(base: base, ours: ours, theirs: theirs)
            let head = try branches.workspace.repository?.head()
            let report = try branches.workspace.merge("side")
            let place: Comment = "part \(part), round \(round)"
            if model.hasConflict {
                guard case .conflicts = report.outcome, !report.conflicts.isEmpty else {
                    Issue.record("no conflict, \(place)")
                    continue
                }
                for conflict in report.conflicts {
                    // Ours stays, theirs can be had.
                    #expect(try branches.test.tree("d").below(conflict.path) == ours.below(conflict.path), place)
                    let other = try branches.test.tree(of: try #require(conflict.theirs))
                    #expect(other == theirs, place)
                }
                _ = try branches.workspace.abortMerge()
                #expect(try branches.test.tree("d") == ours, place)
                #expect(try branches.workspace.repository?.head() == head, place)
                #expect(try branches.workspace.status().isClean, place)
            } else {
                guard case .merged = report.outcome else {
                    Issue.record("not merged, \(place)")
                    continue
                }
                #expect(try branches.test.tree("d") == model.merged, place)
                #expect(try branches.workspace.status().isClean, place)
                #expect(try branches.test.scratch.git("status", "--porcelain").isEmpty, place)
                _ = try branches.workspace.undo()
                #expect(try branches.test.tree("d") == ours, place)
                #expect(try branches.workspace.repository?.head() == head, place)
            }
        }
    }

    @Test("a conflict keeps ours, names the file, and waits until it is decided")
    func conflict() throws {
        let branches = try Branches(
            ["a": "0", "b": "0", "c": "0"], ours: ["a": "ours", "b": "ours", "c": "0"],
            theirs: ["a": "theirs", "b": "0", "c": "theirs"])
        let workspace = branches.workspace
        let report = try workspace.merge("side")
        #expect(report.conflicts.map(\.workspacePath) == [at("d/a")])
        #expect(try branches.test.tree("d") == FileTree(files: ["a": "ours", "b": "ours", "c": "theirs"]))
        #expect(try workspace.status().conflicts == [at("d/a")])
        #expect(throws: WorkspaceError.unresolved([at("d/a")])) { try workspace.commit(message: "no") }
        #expect(throws: WorkspaceError.unresolved([at("d/a")])) { try workspace.continueMerge() }
        #expect(throws: WorkspaceError.mergeInProgress) { try workspace.merge("side") }
        #expect(throws: WorkspaceError.mergeInProgress) { try workspace.checkout("side") }
        try workspace.checkoutConflict([at("d/a")], side: .theirs)
        #expect(try branches.test.text("d/a") == "theirs")
        try workspace.checkoutConflict([at("d/a")], side: .ours)
        #expect(try branches.test.text("d/a") == "ours")
        try branches.test.write("both", to: "d/a")
        try workspace.add([at("d/a")])
        #expect(try workspace.status().conflicts.isEmpty)
        let done = try workspace.continueMerge()
        #expect(done.commit != nil)
        #expect(try workspace.status().isClean)
        let snapshot = try workspace.store.snapshot(try #require(try workspace.lock()[at("d")]))
        #expect(snapshot.parents.count == 2)
        // Both sides are the merge commit's parents, and both versions stay.
        #expect(throws: (any Error).self) { try workspace.continueMerge() }
        guard case .alreadyUpToDate = try workspace.merge("side").outcome else {
            Issue.record("the merge is not part of history")
            return
        }
        _ = try workspace.collectGarbage(grace: .seconds(0))
        for parent in snapshot.parents { _ = try branches.test.tree(of: parent) }
    }

    @Test("an abort leads back to where the merge began, changes made since included in what can be had")
    func abort() throws {
        let branches = try Branches(
            ["a": "0", "b": "0"], ours: ["a": "ours", "b": "0"], theirs: ["a": "theirs", "b": "theirs"])
        let workspace = branches.workspace
        let (lock, head) = (try workspace.lock(), try workspace.repository?.head())
        _ = try workspace.merge("side")
        try branches.test.write("typed during the merge", to: "d/a")
        _ = try workspace.abortMerge()
        #expect(try branches.test.tree("d") == FileTree(files: ["a": "ours", "b": "0"]))
        #expect(try workspace.lock() == lock)
        #expect(try workspace.repository?.head() == head)
        #expect(try workspace.status().isClean)
        #expect(try branches.test.scratch.git("status", "--porcelain").isEmpty)
        #expect(throws: WorkspaceError.noMergeInProgress) { try workspace.abortMerge() }
        _ = try workspace.merge("side")
        #expect(try workspace.status().conflicts == [at("d/a")])
    }

    @Test("changes that are not committed stop a merge before anything is touched")
    func dirty() throws {
        let branches = try Branches(["a": "0"], ours: ["a": "0", "b": "ours"], theirs: ["a": "theirs"])
        try branches.test.write("mine", to: "d/b")
        #expect(throws: WorkspaceError.changedArtifacts([at("d")], before: "merging")) {
            try branches.workspace.merge("side")
        }
        #expect(try branches.test.tree("d") == FileTree(files: ["a": "0", "b": "mine"]))
        #expect(try branches.workspace.repository?.mergeHead() == nil)
    }

    @Test("new artifacts of both sides are tracked and ignored by git afterwards")
    func newArtifacts() throws {
        let branches = try Branches(FileTree(files: ["a": "0"])) { test, isOurs in
            try test.write(isOurs ? "ours" : "theirs", to: isOurs ? "ours/f" : "theirs/f")
            try test.workspace.add([at(isOurs ? "ours" : "theirs")])
        }
        guard case .merged = try branches.workspace.merge("side").outcome else {
            Issue.record("not merged")
            return
        }
        #expect(try branches.workspace.lock().entries.map(\.path) == [at("d"), at("ours"), at("theirs")])
        #expect(try branches.test.text("theirs/f") == "theirs")
        let lines = try #require(try branches.test.text(".gitignore")).split(separator: "\n")
        #expect(lines.sorted() == ["/d", "/ours", "/theirs"])
        #expect(try branches.test.scratch.git("status", "--porcelain").isEmpty)
    }

    @Test("a side's own lines of .gitignore survive the merge")
    func ignoreLines() throws {
        let branches = try Branches(FileTree(files: ["a": "0"])) { test, isOurs in
            let text = try #require(try test.text(".gitignore"))
            try test.write(isOurs ? "*.o\n" + text : text + "build/\n", to: ".gitignore")
            try test.scratch.git("add", ".gitignore")
            try test.write(isOurs ? "ours" : "theirs", to: isOurs ? "ours/f" : "theirs/f")
            try test.workspace.add([at(isOurs ? "ours" : "theirs")])
        }
        _ = try branches.workspace.merge("side")
        let lines = try #require(try branches.test.text(".gitignore")).split(separator: "\n")
        #expect(lines.sorted() == ["*.o", "/d", "/ours", "/theirs", "build/"])
        #expect(try branches.test.scratch.git("status", "--porcelain").isEmpty)
    }

    @Test(
        "an artifact that one side removed and the other changed is a conflict, and nothing is lost",
        arguments: [true, false])
    func removedOnOneSide(isRemovedByUs: Bool) throws {
        let branches = try Branches(FileTree(files: ["a": "0"])) { test, isOurs in
            try test.write("keep", to: "other/f")
            try test.workspace.add([at("other")])
            if isOurs == isRemovedByUs {
                try test.workspace.remove([at("d")])
            } else {
                try test.write("changed", to: "d/a")
            }
        }
        let workspace = branches.workspace
        let report = try workspace.merge("side")
        #expect(report.conflicts.map(\.workspacePath) == [at("d")])
        #expect(try branches.test.text("d/a") == "changed")
        #expect(throws: WorkspaceError.unresolved([at("d")])) { try workspace.continueMerge() }
        try workspace.add([at("d")])
        _ = try workspace.continueMerge()
        #expect(try workspace.status().isClean)
        #expect(try branches.test.text("d/a") == "changed")
    }

    @Test("an artifact that one side removed and the other left alone is gone")
    func removedCleanly() throws {
        let branches = try Branches(FileTree(files: ["a": "0"])) { test, isOurs in
            try test.write(isOurs ? "ours" : "theirs", to: isOurs ? "x/f" : "y/f")
            try test.workspace.add([at(isOurs ? "x" : "y")])
            if !isOurs { try test.workspace.remove([at("d")]) }
        }
        guard case .merged = try branches.workspace.merge("side").outcome else {
            Issue.record("not merged")
            return
        }
        #expect(try branches.workspace.lock().entries.map(\.path) == [at("x"), at("y")])
        #expect(try branches.test.tree("d").isEmpty)
    }

    @Test("a conflict in the code leaves markers, and the data is merged")
    func codeConflict() throws {
        let branches = try Branches(FileTree(files: ["a": "0", "b": "0"])) { test, isOurs in
            try test.write(isOurs ? "ours\n" : "theirs\n", to: "code.txt")
            try test.scratch.git("add", "code.txt")
            try test.write(isOurs ? "ours" : "theirs", to: isOurs ? "d/a" : "d/b")
        }
        let workspace = branches.workspace
        let report = try workspace.merge("side")
        #expect(report.codeConflicts == [at("code.txt")])
        #expect(report.conflicts.isEmpty)
        #expect(try branches.test.tree("d") == FileTree(files: ["a": "ours", "b": "theirs"]))
        #expect(try #require(try branches.test.text("code.txt")).contains("<<<<<<<"))
        #expect(throws: (any Error).self) { try workspace.continueMerge() }
        _ = try workspace.abortMerge()
        #expect(try branches.test.text("code.txt") == "ours\n")
        #expect(try branches.test.tree("d") == FileTree(files: ["a": "ours", "b": "0"]))
        _ = try workspace.merge("side")
        try branches.test.write("both\n", to: "code.txt")
        try branches.test.scratch.git("add", "code.txt")
        #expect(try workspace.continueMerge().commit != nil)
        #expect(try workspace.status().isClean)
        #expect(try branches.test.scratch.git("status", "--porcelain").isEmpty)
    }

    @Test("two tagged versions are merged without git, from where they parted")
    func withoutGit() throws {
        let test = try TestWorkspace()
        let workspace = test.workspace
        try FileTree(files: ["a": "0", "b": "0", "c": "0"]).write(to: test.path("d"))
        try workspace.add([at("d")])
        try workspace.setTag(at("d"), "base")
        for (tag, files) in [
            ("ours", ["a": "ours", "b": "0", "c": "ours"]), ("theirs", ["a": "0", "b": "theirs", "c": "theirs"]),
        ] {
            try workspace.checkout("d@base")
            try FileTree(files: files).write(to: test.path("d"))
            try workspace.add([at("d")])
            try workspace.setTag(at("d"), tag)
        }
        try workspace.checkout("d@ours")
        let report = try workspace.merge("d@theirs")
        #expect(report.conflicts.map(\.path) == [at("c")])
        #expect(try test.tree("d") == FileTree(files: ["a": "ours", "b": "theirs", "c": "ours"]))
        _ = try workspace.abortMerge()
        #expect(try test.tree("d") == FileTree(files: ["a": "ours", "b": "0", "c": "ours"]))
        _ = try workspace.merge("d@theirs")
        try workspace.checkoutConflict([at("d/c")], side: .theirs)
        try workspace.add([at("d/c")])
        _ = try workspace.continueMerge()
        #expect(try test.tree("d") == FileTree(files: ["a": "ours", "b": "theirs", "c": "theirs"]))
        #expect(try workspace.status().isClean)
        guard case .alreadyUpToDate = try workspace.merge("d@base").outcome else {
            Issue.record("the base is no ancestor")
            return
        }
    }

    @Test("a branch that only went ahead is followed, code and data")
    func fastForward() throws {
        let test = try TestWorkspace(usesGit: true)
        let workspace = test.workspace
        try test.write("0", to: "d/a")
        try workspace.add([at("d")])
        try workspace.commit(message: "base")
        let main = try #require(try workspace.repository?.head().branchName)
        try workspace.checkout(newBranch: "side")
        try test.write("1", to: "d/a")
        try test.write("code\n", to: "code.txt")
        try test.scratch.git("add", "code.txt")
        try workspace.commit(message: "side")
        try workspace.checkout(main)
        #expect(try test.text("code.txt") == nil)
        guard case .fastForward = try workspace.merge("side").outcome else {
            Issue.record("no fast-forward")
            return
        }
        #expect(try test.text("d/a") == "1")
        #expect(try test.text("code.txt") == "code\n")
        #expect(try workspace.repository?.head().branchName == main)
        #expect(try workspace.status().isClean)
        _ = try workspace.undo()
        #expect(try test.text("d/a") == "0")
        #expect(try test.text("code.txt") == nil)
    }
}
