import FileSystem
import Foundation
import Git
import SystemPackage
import Testing

@Suite("Commits, identities and hooks")
struct CommitTests {
    @Test("a first commit and one after it are what git would have written")
    func commits() throws {
        let test = try TestRepository()
        let repository = try test.open()
        try test.write(path("file"), "1")
        try repository.stage([path("file")])
        let first = try repository.commitIndex(message: "First  \n\n\n\nbody", author: ada, committer: ada)
        #expect(try repository.head() == .branch("main", first))
        try test.write(path("file"), "22")
        try repository.stage([path("file")])
        var later = ada
        later.seconds += 5
        let second = try repository.commitIndex(message: "Second", author: ada, committer: later)
        #expect(try repository.commit(second).parents == [first])
        #expect(try test.git("log", "--format=%H %s").split(separator: "\n") == ["\(second) Second", "\(first) First"])
        #expect(try test.run(["cat-file", "commit", first.description]).text.hasSuffix("\n\nFirst\n\nbody"))
        #expect(try test.status == "")
        #expect(try test.git("fsck", "--strict") == "")
        #expect(
            try test.git("reflog", "--format=%gs|%gn|%ge|%gd", "--date=raw").split(separator: "\n") == [
                "commit: Second|Ada|ada@example.com|HEAD@{1370044805 +0200}",
                "commit (initial): First|Ada|ada@example.com|HEAD@{1370044800 +0200}",
            ])
        #expect(try test.git("reflog", "show", "-1", "--format=%gs", "main") == "commit: Second")
    }

    @Test("where all commits are to be signed, a commit is signed as git does it", arguments: ["true", "yes", "1"])
    func signed(flag: String) throws {
        let test = try TestRepository()
        let parent = try test.commit(["file": "1"])
        let key = test.folder.appending("key").string
        try #require(try test.run(program: "ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]).status == 0)
        let allowed = test.folder.appending("allowed").string
        let publicKey = try String(contentsOfFile: key + ".pub", encoding: .utf8)
        try "ada@example.com \(publicKey)".write(toFile: allowed, atomically: true, encoding: .utf8)
        for (name, value) in [
            ("gpg.format", "ssh"), ("user.signingKey", key), ("gpg.ssh.allowedSignersFile", allowed),
            ("commit.gpgSign", flag),
        ] { try test.git("config", name, value) }
        let repository = try test.open()
        try repository.stageContents(path("file"), Array("2".utf8))
        var author = ada
        author.offsetMinutes = -570
        let commit = try repository.commitIndex(message: "Signed\n\nbody", author: author, committer: ada)
        #expect(
            try test.git("log", "-1", "--format=%G? %GS|%an|%aI|%cI|%P|%s|%b").split(separator: "\n") == [
                "G ada@example.com|Ada|2013-05-31T14:30:00-09:30|2013-06-01T02:00:00+02:00|\(parent)|Signed|body"
            ])
        #expect(try test.id("main") == commit)
        #expect(try test.git("fsck", "--strict") == "")
    }

    @Test("a commit that cannot be signed is not made")
    func unsigned() throws {
        let test = try TestRepository()
        let parent = try test.commit(["file": "1"])
        for (name, value) in [
            ("gpg.format", "ssh"), ("user.signingKey", "/nowhere"), ("commit.gpgSign", "true"),
        ] { try test.git("config", name, value) }
        let repository = try test.open()
        try repository.stageContents(path("file"), Array("2".utf8))
        #expect(throws: GitError.notSigned) {
            try repository.commitIndex(message: "Signed", author: ada, committer: ada)
        }
        #expect(try test.id("main") == parent)
    }

    @Test("a commit on a detached HEAD moves HEAD only")
    func detached() throws {
        let test = try TestRepository()
        let first = try test.commit(["file": "1"])
        try test.git("checkout", "-q", "--detach")
        let repository = try test.open()
        try repository.stageContents(path("file"), Array("2".utf8))
        let second = try repository.commitIndex(message: "Detached", author: ada, committer: ada)
        #expect(try repository.head() == .detached(second))
        #expect(try test.id("main") == first)
    }

    @Test("a commit in a linked working tree moves that tree's branch only")
    func linked() throws {
        let test = try TestRepository()
        let first = try test.commit(["file": "1"])
        let linked = test.folder.appending("linked")
        try test.git("worktree", "add", "-q", "-b", "side", linked.string)
        try test.write(path("file"), "22", in: linked)
        let repository = try test.open(from: linked)
        try repository.stage([path("file")])
        let second = try repository.commitIndex(message: "Side", author: ada, committer: ada)
        #expect(try test.id("side") == second)
        #expect(try test.id("main") == first)
        #expect(try test.git(["status", "--porcelain"], in: linked) == "")
        #expect(try test.git(["reflog", "-1", "--format=%gs"], in: linked) == "commit: Side")
        #expect(try test.status == "")
    }

    @Test("a commit with another parent is a merge and ends the merge in progress")
    func merge() throws {
        let test = try TestRepository()
        let base = try test.commit(["file": "1"])
        let ours = try test.commit(["ours": "1"])
        try test.git("checkout", "-q", "-b", "side", base.description)
        let theirs = try test.commit(["theirs": "1"])
        try test.git("checkout", "-q", "main")
        try test.git("merge", "-q", "--no-commit", "side")
        let repository = try test.open()
        #expect(try repository.mergeHead() == theirs)
        #expect(try repository.mergeMessage() == "Merge branch 'side'\n")
        let merge = try repository.commitIndex(message: "Both", author: ada, committer: ada, extraParents: [theirs])
        #expect(try repository.commit(merge).parents == [ours, theirs])
        #expect(try repository.mergeHead() == nil)
        #expect(try repository.mergeMessage() == nil)
        #expect(try test.git("status").contains("nothing to commit"))
        #expect(try test.git("reflog", "-1", "--format=%gs") == "commit (merge): Both")
    }

    @Test("an empty message and unresolved conflicts are refused")
    func refused() throws {
        let test = try TestRepository()
        let base = try test.commit(["file": "1"])
        try test.commit(["file": "2"])
        try test.git("checkout", "-q", "-b", "side", base.description)
        try test.commit(["file": "3"])
        let repository = try test.open()
        #expect(throws: GitError.emptyMessage) {
            try repository.commitIndex(message: " \n\n", author: ada, committer: ada)
        }
        _ = try test.run(["merge", "main"])
        #expect(throws: GitError.conflicts([try path("file")])) {
            try repository.commitIndex(message: "m", author: ada, committer: ada)
        }
        let conflict = try #require(try repository.conflict(at: path("file")))
        let sides = [conflict.ancestor, conflict.ours, conflict.theirs]
        #expect(sides == ["1", "3", "2"].map { Array($0.utf8) })
        #expect(try repository.stagedContents(of: path("file")) == nil)
        #expect(try repository.conflict(at: path("other")) == nil)
        #expect(try repository.hasTrackedFiles(at: path("file")))
        try repository.stage([path("file")])
        #expect(try repository.conflictedPaths() == [])
    }

    @Test("the identity comes from the variables first, then from the configuration")
    func identity() throws {
        let test = try TestRepository()
        let plain = try test.open().defaultSignature(.committer, seconds: 1_370_044_800)
        #expect(plain == GitSignature(name: "Ada", email: "ada@example.com", seconds: 1_370_044_800, offsetMinutes: 0))
        let more = [
            "GIT_AUTHOR_NAME": "Grace", "GIT_AUTHOR_EMAIL": "grace@example.com", "GIT_COMMITTER_NAME": "Joan",
            "GIT_COMMITTER_DATE": "@1400000000 +0530",
        ]
        let repository = try test.open(adding: more)
        #expect(try repository.defaultSignature(.author, seconds: 1).name == "Grace")
        #expect(try repository.defaultSignature(.author, seconds: 1).email == "grace@example.com")
        let committer = try repository.defaultSignature(.committer)
        #expect(
            committer
                == GitSignature(name: "Joan", email: "ada@example.com", seconds: 1_400_000_000, offsetMinutes: 330))
        try test.git("config", "author.name", "Mary")
        #expect(try test.open().defaultSignature(.author).name == "Mary")
        #expect(try test.open().defaultSignature(.committer).name == "Ada")
    }

    @Test("without an identity the error says which commands to run")
    func noIdentity() throws {
        let test = try TestRepository()
        try "".write(toFile: test.folder.appending("gitconfig").string, atomically: true, encoding: .utf8)
        let repository = try test.open()
        #expect(throws: GitError.noIdentity) { try repository.defaultSignature(.author) }
        #expect(GitError.noIdentity.description.contains("git config --global user.email"))
    }

    @Test(
        "dates are read as git reads them",
        arguments: [
            "@1370044800 +0200", "1370044800 -0330", "2013-06-01T12:00:00+0200", "2013-06-01T12:00:00Z",
            "2013-06-01 12:00:00 +02:00", "2013-06-01T12:00:00.25+0200", "Sat, 01 Jun 2013 12:00:00 +0200",
            "Sat Jun 1 12:00:00 2013 -0700", "06/02/2013 12:00:00 +0000", "02.06.2013 12:00 +0000",
            "2013.06.01 12:00:00 +0100", "2013-06-01 12:00:00",
        ])
    func dates(_ date: String) throws {
        let test = try TestRepository()
        try test.git(["commit", "-q", "--allow-empty", "-m", "m"], adding: ["GIT_AUTHOR_DATE": date])
        let expected = try test.open().commit(test.id("HEAD")).author
        let signature = try test.open(adding: ["GIT_AUTHOR_DATE": date]).defaultSignature(.author)
        #expect(signature.seconds == expected.seconds)
        #expect(signature.offsetMinutes == expected.offsetMinutes)
    }

    @Test("a date that git does not read is refused", arguments: ["soon", "June", "12:00", "@x"])
    func badDates(_ date: String) throws {
        let test = try TestRepository()
        #expect(throws: GitError.invalidDate(variable: "GIT_AUTHOR_DATE", value: date)) {
            try test.open(adding: ["GIT_AUTHOR_DATE": date]).defaultSignature(.author)
        }
        #expect(
            try test.run(["commit", "-q", "--allow-empty", "-m", "m"], adding: ["GIT_AUTHOR_DATE": date]).status != 0)
    }

    @Test("a hook gets its arguments and input, runs at the root, and its status comes back")
    func hooks() throws {
        let test = try TestRepository()
        try test.hook(
            "custom", "#!/bin/sh\ncat > got\necho \"$1|$2|$PWD|$GIT_INDEX_FILE|${GIT_DIR-unset}\" >> got\nexit 3\n")
        try test.write(path("sub/file"), "x")
        let repository = try test.open(from: test.root.appending("sub"))
        let status = try repository.runHook("custom", arguments: ["a b", "*"], input: Array("in\n".utf8))
        #expect(status == 3)
        #expect(try test.read(path("got")) == "in\na b|*|\(test.root)|\(test.root)/.git/index|unset\n")
        #expect(try repository.runHook("none") == nil)
        try test.write(path(".git/hooks/plain"), "#!/bin/sh\n")
        #expect(try repository.runHook("plain") == nil)
    }

    @Test("a hook without a first line is run by the shell, and one ended by a signal says so")
    func oddHooks() throws {
        let test = try TestRepository()
        try test.hook("bare", "exit 4\n")
        try test.hook("killed", "#!/bin/sh\nkill -9 $$\n")
        let repository = try test.open()
        #expect(try repository.runHook("bare") == 4)
        #expect(try repository.runHook("killed") == 137)
    }

    @Test("a hook that reads none of a large input does no harm")
    func unreadInput() throws {
        let test = try TestRepository()
        try test.hook("deaf", "#!/bin/sh\nexit 0\n")
        #expect(try test.open().runHook("deaf", input: Array(repeating: 10, count: 1_000_000)) == 0)
    }

    @Test("core.hooksPath is honoured, relative to the root of the working tree")
    func hooksPath() throws {
        let test = try TestRepository()
        try test.git("config", "core.hooksPath", "my hooks")
        try test.hook("custom", "#!/bin/sh\nexit 7\n", in: test.root.appending("my hooks"))
        try test.write(path("sub/file"), "x")
        #expect(try test.open(from: test.root.appending("sub")).runHook("custom") == 7)
        try test.git("config", "core.hooksPath", "~/home-hooks")
        #expect(try test.open().runHook("custom") == nil)
    }

    @Test("hooks of a linked working tree find its index and repository")
    func linkedHooks() throws {
        let test = try TestRepository()
        try test.commit(["file": "1"])
        let linked = test.folder.appending("linked")
        try test.git("worktree", "add", "-q", "-b", "side", linked.string)
        try test.hook("pre-commit", "#!/bin/sh\ngit rev-parse --abbrev-ref HEAD > branch\ngit add branch\n")
        let repository = try test.open(from: linked)
        try repository.stageContents(path("new"), [10])
        let commit = try repository.commitWithHooks(message: "m", author: ada, committer: ada)
        #expect(try repository.contents(of: path("branch"), at: commit) == Array("side\n".utf8))
        #expect(try repository.contents(of: path("new"), at: commit) == [10])
    }

    @Test("a commit with hooks runs them as git does, in order, and takes what they change")
    func commitWithHooks() throws {
        let test = try TestRepository()
        for (number, name) in ["pre-commit", "prepare-commit-msg", "commit-msg", "post-commit"].enumerated() {
            let change = number == 0 || number == 3 ? "" : "echo \(name) >> \"$1\"\n"
            try test.hook(name, "#!/bin/sh\n\(change)echo \"\(name) $2\" >> ../order\n")
        }
        let repository = try test.open()
        try repository.stageContents(path("a"), [10])
        let commit = try repository.commitWithHooks(message: "Title\n", author: ada, committer: ada)
        #expect(try repository.commit(commit).message == "Title\nprepare-commit-msg\ncommit-msg\n")
        let order = try test.read(path("order"), in: test.folder)
        #expect(order == "pre-commit \nprepare-commit-msg message\ncommit-msg \npost-commit \n")
        // git itself, with the same hooks, does the same.
        try FileManager.default.removeItem(atPath: test.folder.appending("order").string)
        try test.git("commit", "-q", "--allow-empty", "-m", "Title")
        #expect(try test.read(path("order"), in: test.folder) == order)
        #expect(try test.git("log", "-1", "--format=%B") == "Title\nprepare-commit-msg\ncommit-msg\n")
    }

    @Test("a hook that refuses stops the commit", arguments: ["pre-commit", "prepare-commit-msg", "commit-msg"])
    func refusingHook(_ name: String) throws {
        let test = try TestRepository()
        let first = try test.commit(["file": "1"])
        try test.hook(name, "#!/bin/sh\nexit 1\n")
        let repository = try test.open()
        try repository.stageContents(path("file"), [10])
        #expect(throws: GitError.hookRefused(name: name, status: 1)) {
            try repository.commitWithHooks(message: "m", author: ada, committer: ada)
        }
        #expect(try test.id("HEAD") == first)
    }
}
