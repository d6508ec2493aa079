import FileSystem
import Foundation
import Git
import Testing

@Suite("References, logs and HEAD")
struct ReferenceTests {
    @Test("every kind of reference is listed with the commit it stands for")
    func references() throws {
        let test = try TestRepository()
        let first = try test.commit(["file": "1"])
        let second = try test.commit(["file": "2"])
        try test.git("tag", "-a", "heavy", "-m", "t", first.description)
        try test.git("tag", "blob", "HEAD:file")
        try test.git("update-ref", "refs/remotes/origin/main", first.description)
        try test.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
        try test.write(path("file"), "3")
        try test.git("stash", "-q")
        try test.git("pack-refs", "--all")
        let references = try test.open().references()
        let named = Dictionary(uniqueKeysWithValues: references.map { ($0.name, $0.commit) })
        #expect(
            named == [
                "refs/heads/main": second, "refs/tags/heavy": first, "refs/remotes/origin/main": first,
                "refs/remotes/origin/HEAD": first, "refs/stash": try test.id("stash"),
            ])
    }

    @Test("commits that only a log, a stash or another working tree keeps are kept")
    func keptCommits() throws {
        let test = try TestRepository()
        let first = try test.commit(["file": "1"])
        let dropped = try test.commit(["file": "2"])
        try test.git("reset", "-q", "--hard", first.description)
        var stashes: [GitObjectID] = []
        for number in 0..<2 {
            try test.write(path("file"), "stash \(number)")
            try test.git("stash", "-q")
            stashes.append(try test.id("stash"))
        }
        let linked = test.folder.appending("linked")
        try test.git("worktree", "add", "-q", "--detach", linked.string)
        try test.write(path("file"), "linked", in: linked)
        try test.git(["commit", "-q", "-a", "-m", "linked"], in: linked)
        let detached = try #require(GitObjectID(hex: test.git(["rev-parse", "HEAD"], in: linked)))

        let kept = try test.open().keptCommits()
        #expect(kept.isSuperset(of: [first, dropped, detached] + stashes))
        // Seen from the linked working tree, the main one's HEAD is kept as well.
        try test.git("checkout", "-q", "--detach")
        let main = try test.commit(["file": "on no branch"])
        try FileManager.default.removeItem(atPath: test.root.appending(".git/logs").string)
        #expect(try test.open(from: linked).keptCommits().isSuperset(of: [main, detached]))
        // A working tree whose disk is not there keeps its commits too.
        try FileManager.default.removeItem(atPath: linked.string)
        #expect(try test.open().linkedWorktrees() == [])
        #expect(try test.open().keptCommits().isSuperset(of: [main, detached]))
    }

    @Test("the log of HEAD gives its commits once, latest first")
    func reflog() throws {
        let test = try TestRepository()
        let first = try test.commit(["file": "1"])
        let second = try test.commit(["file": "2"])
        try test.git("reset", "-q", "--hard", first.description)
        try test.git("reset", "-q", "--hard", second.description)
        let repository = try test.open()
        #expect(try repository.reflogCommits() == [second, first])
        #expect(try repository.reflogCommits(of: "refs/heads/main") == [second, first])
        #expect(try repository.reflogCommits(of: "refs/heads/none") == [])
    }

    @Test("a detached HEAD is known for one")
    func detached() throws {
        let test = try TestRepository()
        let commit = try test.commit(["file": "1"])
        try test.git("checkout", "-q", "--detach")
        #expect(try test.open().head() == .detached(commit))
    }

    @Test("branches are made where asked, once, under valid names")
    func createBranch() throws {
        let test = try TestRepository()
        let first = try test.commit(["file": "1"])
        try test.commit(["file": "2"])
        let repository = try test.open()
        try repository.createBranch("topic/one", at: first)
        #expect(try test.id("topic/one") == first)
        #expect(try repository.branchExists("topic/one"))
        #expect(try !repository.branchExists("topic"))
        #expect(try !repository.branchExists("not a name"))
        #expect(throws: GitError.branchExists("topic/one")) { try repository.createBranch("topic/one", at: first) }
        #expect(throws: GitError.invalidBranchName("a b")) { try repository.createBranch("a b", at: first) }
        #expect(try test.git("reflog", "show", "--format=%gn", "topic/one") == "Ada")
    }

    @Test("moving HEAD moves the branch, leaves files and index, and is logged")
    func moveHead() throws {
        let test = try TestRepository()
        let first = try test.commit(["file": "1"])
        let second = try test.commit(["file": "2"])
        let repository = try test.open()
        try repository.moveHead(to: first, expecting: second, reason: "undo: back one")
        #expect(try test.id("main") == first)
        #expect(try test.status == "M  file")
        #expect(try test.git("reflog", "-1", "--format=%gs") == "undo: back one")
        #expect(try test.git("reflog", "show", "-1", "--format=%gs", "main") == "undo: back one")
        #expect(throws: GitError.headMoved(expected: second, found: first)) {
            try repository.moveHead(to: second, expecting: second, reason: "late")
        }
        #expect(try test.id("main") == first)
    }

    @Test("moving a detached HEAD leaves every branch")
    func moveDetachedHead() throws {
        let test = try TestRepository()
        let first = try test.commit(["file": "1"])
        let second = try test.commit(["file": "2"])
        try test.git("checkout", "-q", "--detach")
        let repository = try test.open()
        try repository.moveHead(to: first, expecting: second, reason: "undo")
        #expect(try repository.head() == .detached(first))
        #expect(try test.id("main") == second)
    }

    @Test("moving HEAD to nothing makes the branch unborn again")
    func moveToUnborn() throws {
        let test = try TestRepository()
        let first = try test.commit(["file": "1"])
        let repository = try test.open()
        try repository.moveHead(to: nil, expecting: first, reason: "undo")
        #expect(try repository.head() == .unborn(branch: "main"))
        #expect(try test.status == "A  file")
        try repository.commitIndex(message: "again", author: ada, committer: ada)
        #expect(try test.git("log", "--format=%s") == "again")
    }

    @Test("a locked branch is an error that names the lock, and nothing moves")
    func locked() throws {
        let test = try TestRepository()
        let first = try test.commit(["file": "1"])
        let second = try test.commit(["file": "2"])
        try test.write(path(".git/refs/heads/main.lock"), "")
        let error = #expect(throws: GitError.self) {
            try test.open().moveHead(to: first, expecting: second, reason: "undo")
        }
        guard case .locked(let text)? = error else {
            Issue.record("expected a lock, got \(String(describing: error))")
            return
        }
        #expect(text.contains("main.lock"))
        #expect(try test.id("main") == second)
    }
}
