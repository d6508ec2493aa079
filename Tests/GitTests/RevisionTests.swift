import FileSystem
import Foundation
import Git
import Testing

@Suite("Revisions and what they hold")
struct RevisionTests {
    @Test("revisions resolve to the commits git resolves them to")
    func resolves() throws {
        let test = try TestRepository()
        for number in 0..<4 { try test.commit(["file": "\(number)"], "commit \(number)") }
        try test.git("branch", "side/one", "HEAD~1")
        try test.git("tag", "light", "HEAD~2")
        try test.git("tag", "-a", "heavy", "-m", "tag", "HEAD~3")
        let repository = try test.open()
        let short = try test.git("rev-parse", "--short=8", "HEAD~2")
        for revision in [
            "HEAD", "@", "HEAD~2", "HEAD^", "main", "side/one", "light", "heavy", "main@{1}", "@{2}", short,
        ] {
            #expect(try repository.resolve(revision) == test.id("\(revision)^{commit}"), "\(revision)")
        }
    }

    @Test("an unknown revision suggests the nearest name")
    func suggests() throws {
        let test = try TestRepository()
        try test.commit(["file": "1"])
        try test.git("branch", "feature/weather")
        let repository = try test.open()
        #expect(throws: GitError.unknownRevision("mian~1", nearest: "main")) { try repository.resolve("mian~1") }
        #expect(throws: GitError.unknownRevision("feature/wether", nearest: "feature/weather")) {
            try repository.resolve("feature/wether")
        }
        #expect(throws: GitError.unknownRevision("xyzzy", nearest: nil)) { try repository.resolve("xyzzy") }
        #expect(throws: GitError.unknownRevision("main~9", nearest: nil)) { try repository.resolve("main~9") }
        for odd in ["", "..", "-x", "a\0b", "main..main", "@{", "^"] {
            let error = #expect(throws: GitError.self) { try repository.resolve(odd) }
            guard case .unknownRevision? = error else {
                Issue.record("'\(odd)' gave \(String(describing: error))")
                continue
            }
        }
    }

    @Test("an unborn branch resolves to nothing")
    func unborn() throws {
        let repository = try TestRepository()
        let opened = try repository.open()
        #expect(try opened.head() == .unborn(branch: "main"))
        #expect(throws: GitError.unknownRevision("HEAD", nearest: nil)) { try opened.resolve("HEAD") }
    }

    @Test("a tag of a file is no commit")
    func noCommit() throws {
        let test = try TestRepository()
        try test.commit(["file": "1"])
        try test.git("tag", "blob", "HEAD:file")
        #expect(throws: GitError.notACommit("blob")) { try test.open().resolve("blob") }
    }

    @Test("an abbreviated id of two commits is ambiguous")
    func ambiguous() throws {
        let test = try TestRepository()
        try test.write(path("seed"), "x")
        try test.git("add", "-A")
        let tree = try test.git("write-tree")
        // Sixteen ids per first digit at most are needed for two that begin alike in four digits somewhere.
        var seen: [String: GitObjectID] = [:]
        let repository = try test.open()
        try repository.commitIndex(message: "first", author: ada, committer: ada)
        #expect(try test.git("rev-parse", "HEAD^{tree}") == tree)
        var shared: String?
        for number in 0..<2000 where shared == nil {
            let at = GitSignature(name: "Ada", email: "a@b", seconds: Int64(number), offsetMinutes: 0)
            let commit = try repository.commitIndex(message: "\(number)", author: at, committer: at)
            let prefix = String(commit.description.prefix(4))
            if seen.updateValue(commit, forKey: prefix) != nil { shared = prefix }
        }
        let prefix = try #require(shared)
        #expect(throws: GitError.ambiguousRevision(prefix)) { try repository.resolve(prefix) }
    }

    @Test("a commit reads as git shows it")
    func commit() throws {
        let test = try TestRepository()
        let first = try test.commit(["file": "1"], "first")
        try test.git(
            ["commit", "-q", "--allow-empty", "-m", "Title here\n\nBody line.", "--author", "Bob B <bob@example.com>"],
            adding: [
                "GIT_AUTHOR_DATE": "2013-06-01T12:00:00+0200", "GIT_COMMITTER_DATE": "2014-01-01T00:00:00-0330",
            ])
        let commit = try test.open().commit(test.id("HEAD"))
        #expect(commit.parents == [first])
        #expect(commit.tree == (try test.id("HEAD^{tree}")))
        #expect(commit.message == "Title here\n\nBody line.\n")
        #expect(commit.summary == "Title here")
        #expect(
            commit.author
                == GitSignature(name: "Bob B", email: "bob@example.com", seconds: 1_370_080_800, offsetMinutes: 120))
        #expect(
            commit.committer
                == GitSignature(name: "Ada", email: "ada@example.com", seconds: 1_388_547_000, offsetMinutes: -210))
    }

    @Test("a file of any name is read at any commit without checking it out")
    func contents() throws {
        let test = try TestRepository()
        let names = try hostileNames.map { try RelativePath(bytes: $0) }
        let folder = try path("a folder/b")
        for (number, name) in names.enumerated() { try test.write(folder.appending(name), "old \(number)") }
        try test.git("add", "-A")
        try test.git("commit", "-q", "-m", "old")
        let old = try test.id("HEAD")
        for name in names { try test.write(folder.appending(name), "new") }
        try test.git("commit", "-q", "-a", "-m", "new")
        let (repository, new) = (try test.open(), try test.id("HEAD"))
        for (number, name) in names.enumerated() {
            let file = folder.appending(name)
            #expect(try repository.contents(of: file, at: old) == Array("old \(number)".utf8), "\(file)")
            #expect(try repository.contents(of: file, at: new) == Array("new".utf8), "\(file)")
        }
        #expect(try repository.contents(of: folder, at: new) == nil)
        #expect(try repository.contents(of: path("none"), at: new) == nil)
        #expect(try repository.contents(of: folder.appending(names[0]).appending(path("x")), at: new) == nil)
        #expect(try repository.fileID(of: folder.appending(names[0]), at: new)?.description.count == 40)
    }

    @Test("a commit that is not there is unknown")
    func missingCommit() throws {
        let test = try TestRepository()
        let id = try #require(GitObjectID(hex: "0123456789012345678901234567890123456789"))
        #expect(throws: GitError.unknownRevision(id.description, nearest: nil)) {
            try test.open().contents(of: path("x"), at: id)
        }
    }

    @Test("merge bases and ancestry agree with git")
    func ancestry() throws {
        let test = try TestRepository()
        let base = try test.commit(["file": "1"])
        let left = try test.commit(["left": "1"])
        try test.git("checkout", "-q", "-b", "right", base.description)
        let right = try test.commit(["right": "1"])
        try test.git("checkout", "-q", "--orphan", "lonely")
        let lonely = try test.commit(["lonely": "1"])
        let repository = try test.open()
        #expect(try repository.mergeBase(left, right) == base)
        #expect(try repository.mergeBase(left, lonely) == nil)
        #expect(try repository.isAncestor(base, of: left))
        #expect(try repository.isAncestor(left, of: left))
        #expect(try !repository.isAncestor(left, of: base))
        #expect(try !repository.isAncestor(left, of: right))
    }

    @Test("history is newest first, can stop early, and can follow first parents only")
    func history() throws {
        let test = try TestRepository()
        var second = 1_370_000_000
        func commit(_ name: String) throws {
            second += 60
            try test.write(path(name), name)
            try test.git("add", "-A")
            try test.git(["commit", "-q", "-m", name], adding: ["GIT_COMMITTER_DATE": "\(second) +0000"])
        }
        for name in ["a", "b"] { try commit(name) }
        try test.git("checkout", "-q", "-b", "side")
        try commit("c")
        try test.git("checkout", "-q", "main")
        try commit("d")
        try test.git(
            ["merge", "-q", "--no-ff", "-m", "m", "side"], adding: ["GIT_COMMITTER_DATE": "\(second + 60) +0000"])
        let (repository, head) = (try test.open(), try test.id("HEAD"))
        func listed(_ firstParentOnly: Bool) throws -> [String] {
            var summaries: [String] = []
            try repository.history(from: [head], firstParentOnly: firstParentOnly) { commit in
                summaries.append(commit.summary)
                return true
            }
            return summaries
        }
        #expect(try listed(false) == ["m", "d", "c", "b", "a"])
        #expect(try listed(true) == ["m", "d", "b", "a"])
        #expect(try listed(false) == test.git("log", "--format=%s").split(separator: "\n").map(String.init))
        var seen = 0
        try repository.history(from: [head]) { _ in
            seen += 1
            return seen < 2
        }
        #expect(seen == 2)
    }

    @Test("ids read and print as hexadecimal, and order as their bytes")
    func ids() throws {
        let hex = "00ff10203040506070809a0b0c0d0e0ff1f2f3f4"
        let id = try #require(GitObjectID(hex: hex))
        #expect(id.description == hex)
        #expect(GitObjectID(hex: hex.uppercased()) == id)
        #expect(GitObjectID(bytes: id.bytes) == id)
        #expect(id.short == "00ff102")
        #expect(GitObjectID(hex: String(hex.dropLast())) == nil)
        #expect(GitObjectID(hex: String(hex.dropLast()) + "g") == nil)
        #expect(GitObjectID(bytes: [1, 2, 3]) == nil)
        let greater = try #require(GitObjectID(hex: "01" + hex.dropFirst(2)))
        #expect(id < greater && !(greater < id))
    }
}
