import FileSystem
import Foundation
import Git
import SystemPackage
import Testing

@Suite("Checking out")
struct CheckoutTests {
    /// A repository on `main` with a branch `side` that changes `file`, adds `new/file` and drops `old`.
    private func twoBranches() throws -> (test: TestRepository, main: GitObjectID, side: GitObjectID) {
        let test = try TestRepository()
        let main = try test.commit(["file": "main", "same": "same", "old": "old", "lock": "lock main"])
        try test.git("checkout", "-q", "-b", "side")
        try test.git("rm", "-q", "old")
        let side = try test.commit(["file": "side!", "new/file": "new", "lock": "lock side"])
        try test.git("checkout", "-q", "main")
        return (test, main, side)
    }

    @Test("a branch's files come, HEAD is on it, and the log says what git's would")
    func branch() throws {
        let (test, main, side) = try twoBranches()
        let repository = try test.open()
        try repository.checkout(.branch("side"))
        #expect(try repository.head() == .branch("side", side))
        #expect(try test.read(path("file")) == "side!")
        #expect(try test.read(path("new/file")) == "new")
        #expect(try test.read(path("old")) == nil)
        #expect(try test.status == "")
        #expect(try test.git("reflog", "-1", "--format=%gs") == "checkout: moving from main to side")
        #expect(try test.git("rev-parse", "--abbrev-ref", "@{-1}") == "main")
        try repository.checkout(.detached(main))
        #expect(try repository.head() == .detached(main))
        #expect(try test.git("reflog", "-1", "--format=%gs") == "checkout: moving from side to \(main)")
        #expect(!FileManager.default.fileExists(atPath: test.root.appending("new").string))
        try repository.checkout(.branch("main"))
        #expect(try test.git("reflog", "-1", "--format=%gs") == "checkout: moving from \(main) to main")
        #expect(try test.status == "")
    }

    @Test("local changes that the target does not touch are carried along, staged or not")
    func carries() throws {
        let (test, _, _) = try twoBranches()
        try test.write(path("same"), "edited")
        try test.write(path("added"), "added")
        try test.git("add", "added")
        try test.write(path("loose"), "untracked")
        try test.open().checkout(.branch("side"))
        #expect(try test.status == "A  added\n M same\n?? loose")
        #expect(try test.read(path("same")) == "edited")
    }

    @Test("every file in the way is named, and nothing is touched")
    func refuses() throws {
        let (test, main, _) = try twoBranches()
        try test.write(path("file"), "edited")
        try test.write(path("old"), "edited")
        try test.write(path("new/file"), "untracked in the way")
        let repository = try test.open()
        #expect(throws: GitError.wouldOverwrite([try path("file"), try path("new/file"), try path("old")])) {
            try repository.checkout(.branch("side"))
        }
        #expect(try repository.head() == .branch("main", main))
        #expect(try test.read(path("file")) == "edited")
        #expect(try test.read(path("new/file")) == "untracked in the way")
        #expect(try test.read(path("lock")) == "lock main")
        #expect(try test.run(["checkout", "side"]).status != 0)
    }

    @Test("an ignored file in the way is not overwritten")
    func ignored() throws {
        let (test, _, _) = try twoBranches()
        try test.write(path(".git/info/exclude"), "new\n")
        try test.write(path("new/file"), "data that git does not hold")
        #expect(throws: GitError.wouldOverwrite([try path("new/file")])) { try test.open().checkout(.branch("side")) }
        #expect(try test.read(path("new/file")) == "data that git does not hold")
    }

    @Test("an ignored folder where the target has a file is not removed")
    func ignoredFolder() throws {
        let (test, _, _) = try twoBranches()
        try test.git("checkout", "-q", "-b", "third")
        try test.commit(["data": "a file"])
        try test.git("checkout", "-q", "main")
        try test.write(path(".git/info/exclude"), "data\n")
        try test.write(path("data/deep/file"), "precious")
        #expect(throws: GitError.self) { try test.open().checkout(.branch("third")) }
        #expect(try test.read(path("data/deep/file")) == "precious")
        #expect(try test.git("rev-parse", "--abbrev-ref", "HEAD") == "main")
    }

    @Test("a change that is only staged is not lost")
    func stagedOnly() throws {
        let (test, _, _) = try twoBranches()
        try test.write(path("file"), "staged")
        try test.git("add", "file")
        try test.write(path("file"), "main")
        #expect(throws: GitError.wouldOverwrite([try path("file")])) { try test.open().checkout(.branch("side")) }
        #expect(try test.git("show", ":file") == "staged")
    }

    @Test("a skipped file keeps its local content and gets the target's in the index")
    func skips() throws {
        let (test, _, side) = try twoBranches()
        try test.write(path("lock"), "local lock")
        try test.git("add", "lock")
        let repository = try test.open()
        #expect(throws: GitError.wouldOverwrite([try path("lock")])) { try repository.checkout(.branch("side")) }
        try repository.checkout(.branch("side"), skipping: [path("lock")])
        #expect(try repository.head() == .branch("side", side))
        #expect(try test.read(path("lock")) == "local lock")
        #expect(try test.git("show", ":lock") == "lock side")
        #expect(try test.read(path("file")) == "side!")
        #expect(try test.status == " M lock")
    }

    @Test("a skipped file without local changes is checked out like any other")
    func skipsOnlyChanges() throws {
        let (test, _, _) = try twoBranches()
        try test.open().checkout(.branch("side"), skipping: [path("lock")])
        #expect(try test.read(path("lock")) == "lock side")
        #expect(try test.status == "")
    }

    @Test("an unknown branch, one in use elsewhere, and a merge in progress are refused")
    func refusals() throws {
        let (test, _, side) = try twoBranches()
        let repository = try test.open()
        #expect(throws: GitError.unknownRevision("none", nearest: nil)) { try repository.checkout(.branch("none")) }
        #expect(throws: GitError.unknownRevision("sido", nearest: "side")) { try repository.checkout(.branch("sido")) }
        let linked = test.folder.appending("linked")
        try test.git("worktree", "add", "-q", linked.string, "side")
        #expect(throws: GitError.branchInUse("side")) { try repository.checkout(.branch("side")) }
        try repository.checkout(.detached(side))
        try repository.checkout(.branch("main"))
        try test.git("merge", "-q", "--no-commit", "--no-ff", "side")
        #expect(throws: GitError.mergeInProgress) { try repository.checkout(.detached(side)) }
    }

    @Test("from an unborn branch, files in the way still stop the checkout")
    func unborn() throws {
        let (test, _, side) = try twoBranches()
        try test.git("checkout", "-q", "--orphan", "fresh")
        try test.git("rm", "-q", "-r", "-f", ".")
        try test.write(path("file"), "untracked")
        let repository = try test.open()
        #expect(throws: GitError.wouldOverwrite([try path("file")])) { try repository.checkout(.branch("side")) }
        try FileManager.default.removeItem(atPath: test.root.appending("file").string)
        try repository.checkout(.branch("side"))
        #expect(try repository.head() == .branch("side", side))
        #expect(try test.status == "")
    }

    @Test("a fast-forward moves the branch and its files, and only forward")
    func fastForward() throws {
        let (test, main, side) = try twoBranches()
        let repository = try test.open()
        try repository.fastForward(to: side, named: "side")
        #expect(try test.id("main") == side)
        #expect(try test.status == "")
        #expect(try test.git("reflog", "-1", "--format=%gs") == "merge side: Fast-forward")
        #expect(throws: GitError.self) { try repository.fastForward(to: main, named: "back") }
        #expect(try test.id("main") == side)
    }

    @Test("checking out in a linked working tree leaves the main one")
    func linked() throws {
        let (test, main, side) = try twoBranches()
        let linked = test.folder.appending("linked")
        try test.git("worktree", "add", "-q", "--detach", linked.string)
        let repository = try test.open(from: linked)
        try repository.checkout(.branch("side"))
        #expect(try repository.head() == .branch("side", side))
        #expect(try test.open().head() == .branch("main", main))
        #expect(try test.git(["status", "--porcelain"], in: linked) == "")
        #expect(try test.status == "")
    }
}
