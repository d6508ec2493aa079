import FileSystem
import Foundation
import Git
import Testing

@Suite("Merging")
struct MergeTests {
    /// A repository on `main` and a branch `side`, both changed since they parted.
    private func parted(
        base: [String: String], ours: [String: String], theirs: [String: String]
    ) throws -> (test: TestRepository, repository: Repository, ours: GitObjectID, theirs: GitObjectID) {
        let test = try TestRepository()
        try test.commit(base)
        try test.git("checkout", "-q", "-b", "side")
        let theirs = try test.commit(theirs)
        try test.git("checkout", "-q", "main")
        let ours = try test.commit(ours)
        return (test, try test.open(), ours, theirs)
    }

    @Test("a merge without conflict is staged, and git sees it in progress")
    func clean() throws {
        let (test, repository, ours, theirs) = try parted(
            base: ["a": "1\n2\n3\n4\n5\n6\n7\n", "gone": "x"], ours: ["a": "one\n2\n3\n4\n5\n6\n7\n"],
            theirs: ["a": "1\n2\n3\n4\n5\n6\nseven\n", "new/b": "b"])
        try test.git("checkout", "-q", "side")
        try test.git("rm", "-q", "gone")
        try test.git("commit", "-q", "--amend", "--no-edit")
        try test.git("checkout", "-q", "main")
        let amended = try test.id("side")
        #expect(try repository.startMerge(with: amended, named: "side") == [])
        #expect(try test.read(path("a")) == "one\n2\n3\n4\n5\n6\nseven\n")
        #expect(try test.read(path("gone")) == nil)
        #expect(try repository.mergeHead() == amended)
        #expect(try repository.mergeMessage() == "Merge branch 'side'\n")
        #expect(try test.git("status").contains("All conflicts fixed but you are still merging"))
        #expect(try test.git("diff", "--name-only") == "")
        try test.git("commit", "-q", "--no-edit")
        #expect(try repository.commit(test.id("HEAD")).parents == [ours, amended])
        #expect(try test.git("log", "-1", "--format=%s") == "Merge branch 'side'")
        #expect(try test.git("fsck", "--strict") == "")
        #expect(theirs != amended)
    }

    @Test("a conflict is marked in the file, unmerged in the index, and named in the message")
    func conflict() throws {
        let (test, repository, ours, theirs) = try parted(
            base: ["a": "base\n", "b": "b"], ours: ["a": "ours\n"], theirs: ["a": "theirs\n", "b": "theirs b"])
        #expect(try repository.startMerge(with: theirs, named: "side") == [path("a")])
        #expect(try test.read(path("a")) == "<<<<<<< HEAD\nours\n=======\ntheirs\n>>>>>>> side\n")
        #expect(try test.status == "UU a\nM  b")
        #expect(try repository.conflictedPaths() == [path("a")])
        #expect(try test.read(path(".git/MERGE_MSG"))?.contains("# Conflicts:\n#\ta\n") == true)
        #expect(try repository.mergeMessage() == "Merge branch 'side'\n")
        try test.write(path("a"), "both\n")
        try repository.stage([path("a")])
        let merge = try repository.commitIndex(message: "m", author: ada, committer: ada, extraParents: [theirs])
        #expect(try repository.commit(merge).parents == [ours, theirs])
        #expect(try test.status == "")
    }

    @Test("deleting on one side and changing on the other is a conflict")
    func deleteAndChange() throws {
        let (test, repository, _, _) = try parted(
            base: ["a": "base\n", "b": "b"], ours: ["a": "changed\n"], theirs: ["b": "c"])
        try test.git("checkout", "-q", "side")
        try test.git("rm", "-q", "a")
        try test.git("commit", "-q", "-m", "drop")
        try test.git("checkout", "-q", "main")
        #expect(try repository.startMerge(with: test.id("side"), named: "side") == [path("a")])
        #expect(try test.status == "UD a\nM  b")
        #expect(try test.read(path("a")) == "changed\n")
    }

    @Test("excluded files and folders stay ours, whatever the other side did, local changes included")
    func excluding() throws {
        let (test, repository, _, theirs) = try parted(
            base: ["lock": "base", "code": "base", "kept/x": "base"],
            ours: ["lock": "ours", "kept/y": "ours"],
            theirs: ["lock": "theirs", "code": "theirs", "kept/x": "theirs", "kept/z": "theirs"])
        try test.write(path("lock"), "local")
        let excluded = [try path("lock"), try path("kept")]
        #expect(try repository.startMerge(with: theirs, named: "side", excluding: excluded) == [])
        #expect(try test.read(path("lock")) == "local")
        #expect(try test.git("show", ":lock") == "ours")
        #expect(try test.read(path("kept/x")) == "base")
        #expect(try test.read(path("kept/z")) == nil)
        #expect(try test.read(path("code")) == "theirs")
        #expect(try test.status == "M  code\n M lock")
    }

    @Test("a conflict in an excluded file is none")
    func excludedConflict() throws {
        let (test, repository, _, theirs) = try parted(
            base: ["lock": "base", "a": "base"], ours: ["lock": "ours", "a": "ours"],
            theirs: ["lock": "theirs", "a": "theirs"])
        #expect(try repository.startMerge(with: theirs, excluding: [path("lock")]) == [path("a")])
        #expect(try test.read(path("lock")) == "ours")
        #expect(try repository.conflictedPaths() == [path("a")])
        #expect(try test.read(path("a"))?.contains(">>>>>>> \(theirs)") == true)
        #expect(try repository.mergeMessage() == "Merge commit '\(theirs)'\n")
    }

    @Test("local changes in the way are named all at once, and no merge is begun")
    func refuses() throws {
        let (test, repository, _, theirs) = try parted(
            base: ["a": "base\n", "b": "base\n", "c": "c"], ours: ["a": "ours\n"],
            theirs: ["a": "theirs\n", "b": "theirs\n", "new": "new"])
        try test.write(path("a"), "edited")
        try test.write(path("b"), "edited")
        try test.write(path("new"), "untracked")
        try test.write(path("c"), "not in the way")
        #expect(throws: GitError.wouldOverwrite([try path("a"), try path("b"), try path("new")])) {
            try repository.startMerge(with: theirs)
        }
        #expect(try repository.mergeHead() == nil)
        #expect(try repository.mergeMessage() == nil)
        #expect(try test.status == " M a\n M b\n M c\n?? new")
        #expect(try test.read(path("new")) == "untracked")
    }

    @Test("an ignored file in the way of a merge is not overwritten")
    func ignoredInTheWay() throws {
        let (test, repository, _, theirs) = try parted(
            base: ["a": "base"], ours: ["b": "ours"], theirs: ["data/x": "theirs"])
        try test.write(path(".git/info/exclude"), "data\n")
        try test.write(path("data/x"), "precious")
        #expect(throws: GitError.wouldOverwrite([try path("data/x")])) { try repository.startMerge(with: theirs) }
        #expect(try test.read(path("data/x")) == "precious")
        #expect(try repository.mergeHead() == nil)
    }

    @Test("something staged is in the way, since it would become part of the merge")
    func stagedInTheWay() throws {
        let (test, repository, _, theirs) = try parted(base: ["a": "1"], ours: ["b": "1"], theirs: ["c": "1"])
        try test.write(path("a"), "staged")
        try test.git("add", "a")
        #expect(throws: GitError.wouldOverwrite([try path("a")])) { try repository.startMerge(with: theirs) }
        #expect(try test.run(["merge", "side"]).status != 0)
        #expect(try repository.startMerge(with: theirs, excluding: [path("a")]) == [])
        #expect(try test.status == "M  a\nA  c")
    }

    @Test("nothing to merge, no common ancestor and a second merge are told apart")
    func kinds() throws {
        let (test, repository, ours, theirs) = try parted(base: ["a": "1"], ours: ["b": "1"], theirs: ["c": "1"])
        #expect(throws: GitError.alreadyMerged) { try repository.startMerge(with: ours) }
        try test.git("checkout", "-q", "--orphan", "lonely")
        let lonely = try test.commit(["d": "1"])
        try test.git("checkout", "-q", "main")
        #expect(throws: GitError.unrelatedHistories) { try repository.startMerge(with: lonely) }
        #expect(try repository.startMerge(with: theirs) == [])
        #expect(throws: GitError.mergeInProgress) { try repository.startMerge(with: theirs) }
    }

    @Test("aborting puts back what the merge touched and keeps other local changes")
    func abort() throws {
        let (test, repository, ours, theirs) = try parted(
            base: ["a": "base\n", "b": "base\n", "gone": "x", "mine": "m", "lock": "base"], ours: ["a": "ours\n"],
            theirs: ["a": "theirs\n", "b": "theirs\n", "new/file": "new", "lock": "theirs"])
        try test.write(path("mine"), "edited")
        try test.write(path("loose"), "untracked")
        #expect(try repository.startMerge(with: theirs, excluding: [path("lock")]) == [path("a")])
        try repository.stageContents(path("lock"), Array("merged".utf8))
        try test.write(path("lock"), "merged")
        try repository.abortMerge(excluding: [path("lock")])
        #expect(try repository.mergeHead() == nil)
        #expect(try repository.head().commit == ours)
        #expect(try test.read(path("a")) == "ours\n")
        #expect(try test.read(path("b")) == "base\n")
        #expect(try test.read(path("new/file")) == nil)
        #expect(!FileManager.default.fileExists(atPath: test.root.appending("new").string))
        #expect(try test.status == "M  lock\n M mine\n?? loose")
        #expect(throws: GitError.noMergeInProgress) { try repository.abortMerge() }
    }

    @Test("aborting refuses to lose edits made to a merged file since")
    func abortRefuses() throws {
        let (test, repository, _, theirs) = try parted(
            base: ["a": "base\n"], ours: ["b": "ours\n"], theirs: ["a": "theirs\n"])
        #expect(try repository.startMerge(with: theirs) == [])
        try test.write(path("a"), "edited since")
        #expect(throws: GitError.wouldOverwrite([try path("a")])) { try repository.abortMerge() }
        #expect(try repository.mergeHead() == theirs)
        #expect(try test.read(path("a")) == "edited since")
    }

    @Test("aborting the removal of a file brings it back, and resolved conflicts are undone")
    func abortResolved() throws {
        let (test, repository, _, _) = try parted(
            base: ["a": "base\n", "gone": "x"], ours: ["a": "ours\n"], theirs: ["a": "theirs\n"])
        try test.git("checkout", "-q", "side")
        try test.git("rm", "-q", "gone")
        try test.git("commit", "-q", "-m", "drop")
        try test.git("checkout", "-q", "main")
        #expect(try repository.startMerge(with: test.id("side")) == [path("a")])
        try test.write(path("a"), "resolved")
        try repository.stage([path("a")])
        try repository.abortMerge()
        #expect(try test.read(path("gone")) == "x")
        #expect(try test.read(path("a")) == "ours\n")
        #expect(try test.status == "")
    }

    @Test("a merge of git's own making is seen and can be aborted")
    func abortsGitsMerge() throws {
        let (test, repository, _, theirs) = try parted(
            base: ["a": "base\n", "b": "b"], ours: ["a": "ours\n"], theirs: ["a": "theirs\n", "b": "c"])
        _ = try test.run(["merge", "side"])
        #expect(try repository.mergeHead() == theirs)
        #expect(try repository.conflictedPaths() == [path("a")])
        try repository.abortMerge()
        #expect(try test.status == "")
        #expect(try test.git("status").contains("nothing to commit"))
    }

    @Test("aborting where a file met a folder keeps the folder's other files")
    func abortFolder() throws {
        let (test, repository, _, _) = try parted(
            base: ["data/x": "base\n"], ours: ["data/x": "ours\n"], theirs: ["b": "theirs"])
        try test.git("checkout", "-q", "side")
        try test.git("rm", "-q", "-r", "data")
        try test.commit(["data": "a file"])
        try test.git("checkout", "-q", "main")
        try test.write(path("data/precious"), "untracked")
        let side = try test.id("side")
        if (try? repository.startMerge(with: side, named: "side")) != nil { try repository.abortMerge() }
        #expect(try test.read(path("data/precious")) == "untracked")
        #expect(try test.read(path("data/x")) == "ours\n")
        #expect(try repository.mergeHead() == nil)
        // The same without anything in the way: the merge begins, and aborting it loses nothing added since.
        try FileManager.default.removeItem(atPath: test.root.appending("data/precious").string)
        #expect(try !repository.startMerge(with: side, named: "side").isEmpty)
        try test.write(path("data/precious"), "untracked")
        try repository.abortMerge()
        #expect(try test.read(path("data/precious")) == "untracked")
        #expect(try test.read(path("data/x")) == "ours\n")
    }

    @Test("names of any bytes merge and abort")
    func hostile() throws {
        let test = try TestRepository()
        let paths = try hostileNames.map { try RelativePath(bytes: $0) }
        for path in paths { try test.write(path, "base\n") }
        try test.git("add", "-A")
        try test.git("commit", "-q", "-m", "base")
        try test.git("checkout", "-q", "-b", "side")
        for path in paths { try test.write(path, "theirs\n") }
        try test.git("commit", "-q", "-a", "-m", "theirs")
        try test.git("checkout", "-q", "main")
        try test.write(paths[0], "ours\n")
        try test.git("commit", "-q", "-a", "-m", "ours")
        let repository = try test.open()
        #expect(try repository.startMerge(with: test.id("side"), named: "side") == [paths[0]])
        for path in paths.dropFirst() { #expect(try test.read(path) == "theirs\n", "\(path)") }
        try repository.abortMerge()
        for path in paths.dropFirst() { #expect(try test.read(path) == "base\n", "\(path)") }
        #expect(try test.status == "")
    }
}
