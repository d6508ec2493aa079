import FileSystem
import Foundation
import SystemPackage
import Testing

import Git

/// Repositories that libgit2 1.5 alone cannot read, and what it does not tell of them.
@Suite("What libgit2 lacks")
struct LimitTests {
    /// A repository with five commits of one file on `main`, and one more on `side` that follows the second.
    private static func original() throws -> TestRepository {
        let test = try TestRepository()
        for number in 1...5 { try test.commit(["file": "\(number)"]) }
        try test.git("branch", "side", "HEAD~3")
        try test.git("switch", "-q", "side")
        try test.commit(["other": "1"])
        try test.git("switch", "-q", "main")
        try test.git("config", "uploadpack.allowFilter", "true")
        try test.git("config", "uploadpack.allowAnySHA1InWant", "true")
        return test
    }

    private static func clone(_ test: TestRepository, _ options: String...) throws -> FilePath {
        let place = test.folder.appending("clone")
        try test.git(["clone", "-q"] + options + ["file://\(test.root)", place.string], in: test.folder)
        return place
    }

    // MARK: Shallow clones

    @Test("the history of a shallow clone ends where the clone does, in git's order", arguments: [1, 3])
    func shallowHistory(_ depth: Int) throws {
        let test = try Self.original()
        let place = try Self.clone(test, "--depth", "\(depth)", "--no-single-branch")
        let repository = try test.open(from: place)
        let tips = try ["main", "origin/side"].map { try repository.resolve($0) }
        for firstParentOnly in [false, true] {
            var found: [String] = []
            var parents: [[GitObjectID]] = []
            try repository.history(from: tips, firstParentOnly: firstParentOnly) { commit in
                found.append("\(commit.id)")
                parents.append(commit.parents)
                return true
            }
            let options = firstParentOnly ? ["--first-parent"] : []
            let listed = try test.git(["rev-list", "--date-order"] + options + tips.map { "\($0)" }, in: place)
            #expect(found == listed.split(separator: "\n").map(String.init))
            // No commit names one that is not here.
            #expect(parents.joined().allSatisfy { (try? repository.commit($0)) != nil })
        }
        #expect(try repository.isShallow())
        #expect(try !test.open().isShallow())
    }

    @Test("a revision before the oldest commit of a shallow clone says what it is, and a wrong name what that is")
    func cutOff() throws {
        let test = try Self.original()
        let repository = try test.open(from: Self.clone(test, "--depth", "2"))
        #expect(try repository.resolve("HEAD~1") == test.id("main~1"))
        #expect(throws: GitError.cutOff("HEAD~2")) { try repository.resolve("HEAD~2") }
        #expect(throws: GitError.unknownRevision("wrong~2", nearest: nil)) { try repository.resolve("wrong~2") }
    }

    @Test("common ancestors are found as far as a shallow clone holds them")
    func shallowMergeBase() throws {
        let test = try Self.original()
        let place = try Self.clone(test, "--depth", "2", "--no-single-branch")
        let repository = try test.open(from: place)
        let (main, side) = (try test.id("main"), try test.id("side"))
        let parent = try test.id("main~1")
        #expect(try repository.mergeBase(main, parent) == parent)
        #expect(try repository.isAncestor(parent, of: main))
        #expect(try !repository.isAncestor(main, of: parent))
        #expect(try repository.mergeBase(main, side) == nil)
        #expect(try !repository.isAncestor(side, of: main))
        try test.git(["fetch", "-q", "--unshallow"], in: place)
        #expect(try repository.mergeBase(main, side) == test.id("main~3"))
    }

    // MARK: Partial clones

    @Test("what a partial clone has left out is fetched, once", arguments: ["blob:none", "tree:0"])
    func partial(_ filter: String) throws {
        let test = try Self.original()
        let place = try Self.clone(test, "--filter=\(filter)", "--no-checkout")
        let repository = try test.open(from: place)
        let old = try repository.resolve("HEAD~3")
        let missing = try test.git(["rev-parse", "\(old):file"])
        func isHere() throws -> Bool {
            try test.git(["cat-file", "--batch-check", "--batch-all-objects"], in: place).contains(missing)
        }
        #expect(try !isHere())
        #expect(try repository.contents(of: path("file"), at: old) == Array("2".utf8))
        #expect(try isHere())
        // From now on the original is not needed.
        try test.git(["remote", "set-url", "origin", "file:///nowhere"], in: place)
        #expect(try test.open(from: place).contents(of: path("file"), at: old) == Array("2".utf8))
    }

    @Test("what cannot be fetched is an error, and so is what is nowhere")
    func partialWithoutRemote() throws {
        let test = try Self.original()
        let place = try Self.clone(test, "--filter=blob:none", "--no-checkout")
        let repository = try test.open(from: place)
        let old = try repository.resolve("HEAD~3")
        let wrong = try #require(GitObjectID(hex: String(repeating: "12", count: 20)))
        #expect(throws: GitError.unknownRevision(wrong.description, nearest: nil)) { try repository.commit(wrong) }
        try test.git(["remote", "set-url", "origin", "file:///nowhere"], in: place)
        #expect(throws: GitError.self) { try repository.contents(of: path("file"), at: old) }
    }

    // MARK: Owners, indexes, working trees

    @Test("a repository of another user is opened where git opens it", .enabled(if: getuid() == 0))
    func trusted() throws {
        let test = try TestRepository()
        try test.commit(["file": "1"])
        for place in [test.root, test.root.appending(".git")] { chown(place.string, 12345, 12345) }
        #expect(throws: GitError.untrustedOwner(test.root)) { try test.open() }
        for value in ["*", test.root.string] {
            try test.git(["config", "--global", "safe.directory", value], in: test.folder)
            #expect(try test.open().workingDirectory == test.root)
        }
        // As in git, an empty value takes back those before it.
        try test.git(["config", "--global", "--add", "safe.directory", ""], in: test.folder)
        #expect(throws: GitError.untrustedOwner(test.root)) { try test.open() }
    }

    @Test("an index in two files, and one without the files left out, are refused with the way out")
    func indexes() throws {
        let test = try TestRepository()
        try test.commit(["kept/file": "1", "left/file": "1"])
        try test.git("update-index", "--split-index")
        let split = #expect(throws: GitError.self) { try test.open().stagedContents(of: path("kept/file")) }
        #expect(split?.description.contains("--no-split-index") == true)
        try test.git("update-index", "--no-split-index")
        try test.git("sparse-checkout", "set", "--cone", "--sparse-index", "kept")
        let sparse = #expect(throws: GitError.self) { try test.open().stagedContents(of: path("kept/file")) }
        #expect(sparse?.description.contains("--no-sparse-index") == true)
        try test.git("sparse-checkout", "reapply", "--no-sparse-index")
        #expect(try test.open().isLeftOut(path("left/file")))
        #expect(try !test.open().isLeftOut(path("kept/file")))
        #expect(try !test.open().isLeftOut(path("nothing")))
    }

    @Test("a file that changed in the second in which it was added stays changed for git when the index is written")
    func racyIndex() throws {
        let test = try TestRepository()
        // The times are set, so that the test needs no luck; of the inode's own time git is to take no notice.
        try test.git("config", "core.trustctime", "false")
        let second = Int(Date.now.timeIntervalSince1970) - 100
        func set(_ place: FilePath, _ nanoseconds: Int) {
            let time = timespec(tv_sec: second, tv_nsec: nanoseconds)
            #expect(utimensat(AT_FDCWD, place.string, [time, time], 0) == 0)
        }
        for name in ["changed", "same"] {
            try test.write(path(name), "first")
            set(test.root.appending(name), 100_000_000)
        }
        try test.git("add", "-A")
        try test.git("commit", "-q", "-m", "1")
        try test.write(path("changed"), "later")
        set(test.root.appending("changed"), 300_000_000)
        set(test.root.appending(".git/index"), 500_000_000)
        try test.write(path("other"), "1")
        try test.open().stage([path("other")])
        #expect(try test.git("diff", "--name-only") == "changed")
        try test.git("add", "changed")
        #expect(try test.git("show", ":changed") == "later")
        // What has not changed costs git nothing.
        #expect(try !test.git("ls-files", "--debug", "same").contains("size: 0"))
    }

    @Test("a linked working tree knows the main one, where there is one")
    func mainWorkingTree() throws {
        let test = try TestRepository()
        try test.commit(["file": "1"])
        func linked(from place: FilePath, _ name: String) throws -> Repository {
            let linked = test.folder.appending(name)
            try test.git(["worktree", "add", "-q", "--detach", linked.string], in: place)
            return try test.open(from: linked)
        }
        #expect(try test.open().mainWorkingDirectory() == test.root)
        #expect(try linked(from: test.root, "a").mainWorkingDirectory() == test.root)
        try test.git(["clone", "-q", "--bare", test.root.string, "bare.git"], in: test.folder)
        #expect(try linked(from: test.folder.appending("bare.git"), "b").mainWorkingDirectory() == nil)
        let file = "protocol.file.allow=always"
        try test.git(["-c", file, "submodule", "--quiet", "add", test.root.string, "deep/module"])
        let module = test.root.appending("deep/module")
        #expect(try linked(from: module, "c").mainWorkingDirectory() == module)
        try test.git(["init", "-q", "--separate-git-dir=apart.git", "apart"], in: test.folder)
        let apart = test.folder.appending("apart")
        try test.git(["commit", "-q", "--allow-empty", "-m", "1"], in: apart)
        #expect(try linked(from: apart, "d").mainWorkingDirectory() == nil)
    }
}
