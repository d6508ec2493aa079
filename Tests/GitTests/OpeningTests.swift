import FileSystem
import Foundation
import Git
import SystemPackage
import Testing

@Suite("Opening a repository")
struct OpeningTests {
    @Test("a folder deep inside finds the repository above it")
    func findsAbove() throws {
        let test = try TestRepository()
        try test.write(path("a/b/c/file"), "x")
        let repository = try test.open(from: test.root.appending("a/b/c"))
        #expect(repository.workingDirectory == test.root)
        #expect(repository.gitDirectory == test.root.appending(".git"))
        #expect(repository.commonDirectory == test.root.appending(".git"))
        #expect(!repository.isBare && !repository.isLinkedWorktree)
    }

    @Test("a folder outside any repository finds none")
    func findsNone() throws {
        let test = try TestRepository()
        #expect(try Repository.discover(from: test.folder, environment: GitEnvironment(test.variables)) == nil)
    }

    @Test("the search does not climb past a ceiling")
    func ceiling() throws {
        let test = try TestRepository()
        try test.write(path("a/b/file"), "x")
        let more = test.variables.merging(["GIT_CEILING_DIRECTORIES": test.root.appending("a").string]) { $1 }
        let found = try Repository.discover(from: test.root.appending("a/b"), environment: GitEnvironment(more))
        #expect(found == nil)
    }

    @Test("GIT_DIR alone makes the current folder the working tree, as in git")
    func gitDirectory() throws {
        let test = try TestRepository()
        let elsewhere = test.folder.appending("elsewhere")
        try FileManager.default.createDirectory(atPath: elsewhere.string, withIntermediateDirectories: true)
        let more = ["GIT_DIR": test.root.appending(".git").string]
        let repository = try test.open(from: elsewhere, adding: more)
        #expect(repository.workingDirectory == elsewhere)
        #expect(try test.git(["rev-parse", "--show-toplevel"], in: elsewhere, adding: more) == elsewhere.string)
    }

    @Test("GIT_WORK_TREE says where the files are, and staging reads them there")
    func workTree() throws {
        let test = try TestRepository()
        let elsewhere = test.folder.appending("elsewhere")
        try FileManager.default.createDirectory(atPath: elsewhere.string, withIntermediateDirectories: true)
        try test.write(path("file"), "there", in: elsewhere)
        let more = ["GIT_DIR": test.root.appending(".git").string, "GIT_WORK_TREE": elsewhere.string]
        let repository = try test.open(from: test.folder, adding: more)
        #expect(repository.workingDirectory == elsewhere)
        try repository.stage([path("file")])
        #expect(try test.git("show", ":file") == "there")
    }

    @Test("GIT_DIR that names no repository is an error that names the place")
    func wrongGitDirectory() throws {
        let test = try TestRepository()
        let wrong = test.folder.appending("nowhere")
        #expect(throws: GitError.notARepository(wrong)) { try test.open(adding: ["GIT_DIR": wrong.string]) }
    }

    @Test("GIT_INDEX_FILE names the index, relative to the working tree")
    func indexFile() throws {
        let test = try TestRepository()
        try test.write(path("sub/file"), "x")
        let repository = try test.open(from: test.root.appending("sub"), adding: ["GIT_INDEX_FILE": ".git/other"])
        try repository.stage([path("sub/file")])
        #expect(try test.git(["ls-files"], adding: ["GIT_INDEX_FILE": ".git/other"]) == "sub/file")
        #expect(try test.git("ls-files") == "")
    }

    @Test("a bare repository has no working tree, and staging says so")
    func bare() throws {
        let test = try TestRepository(bare: true)
        let repository = try test.open()
        #expect(repository.isBare && repository.workingDirectory == nil)
        #expect(throws: GitError.bareRepository) { try repository.stage([path("file")]) }
        #expect(throws: GitError.bareRepository) { try repository.isIgnored(path("file"), isDirectory: false) }
        #expect(throws: GitError.bareRepository) { try repository.checkout(.branch("main")) }
    }

    @Test("a linked working tree has its own git directory and shares the rest")
    func linkedWorktree() throws {
        let test = try TestRepository()
        try test.commit(["file": "1"])
        let linked = test.folder.appending("linked")
        try test.git("worktree", "add", "-q", "-b", "side", linked.string)
        let repository = try test.open(from: linked)
        #expect(repository.isLinkedWorktree)
        #expect(repository.workingDirectory == linked)
        #expect(repository.commonDirectory == test.root.appending(".git"))
        #expect(repository.gitDirectory == test.root.appending(".git/worktrees/linked"))
        #expect(try repository.head() == .branch("side", test.id("main")))
        #expect(try test.open().linkedWorktrees() == [linked])
    }

    @Test("a repository of SHA-256 names is refused in words")
    func sha256() throws {
        let test = try TestRepository(options: ["--object-format=sha256"])
        let error = #expect(throws: GitError.self) { try test.open() }
        guard case .unsupported(let sentence)? = error else {
            Issue.record("expected an unsupported repository, got \(String(describing: error))")
            return
        }
        #expect(sentence.contains("SHA-256"))
    }

    @Test("configuration of one working tree is read")
    func worktreeConfiguration() throws {
        let test = try TestRepository()
        try test.git("config", "extensions.worktreeConfig", "true")
        try test.git("config", "--worktree", "user.name", "Grace")
        let repository = try test.open()
        #expect(try repository.configValue("user.name") == "Grace")
        try repository.setConfigValue("vintage.test", to: "1")
        #expect(try test.git("config", "--local", "vintage.test") == "1")
    }

    @Test("a repository of another user is refused with its place", .enabled(if: getuid() == 0))
    func otherOwner() throws {
        let test = try TestRepository()
        for place in [test.root, test.root.appending(".git")] { chown(place.string, 12345, 12345) }
        let error = #expect(throws: GitError.self) { try test.open() }
        #expect(error == .untrustedOwner(test.root))
        #expect(try test.run(["status"]).status != 0)
    }

    @Test("a new repository is on the branch asked for, else on the configured one")
    func initialize() throws {
        let test = try TestRepository()
        let environment = GitEnvironment(test.variables)
        let named = test.folder.appending("deep/named")
        let repository = try Repository.initialize(at: named, branch: "trunk", environment: environment)
        #expect(try repository.head() == .unborn(branch: "trunk"))
        #expect(try test.git(["symbolic-ref", "HEAD"], in: named) == "refs/heads/trunk")
        let plain = try Repository.initialize(at: test.folder.appending("plain"), environment: environment)
        #expect(try plain.head() == .unborn(branch: "main"))
        #expect(try test.git(["status", "--porcelain"], in: named) == "")
        #expect(throws: GitError.invalidBranchName("a..b")) {
            try Repository.initialize(at: named, branch: "a..b", environment: environment)
        }
    }

    @Test("initializing again leaves a repository as it is")
    func reinitialize() throws {
        let test = try TestRepository()
        let commit = try test.commit(["file": "1"])
        let repository = try Repository.initialize(at: test.root, environment: GitEnvironment(test.variables))
        #expect(try repository.head() == .branch("main", commit))
        #expect(try test.status == "")
    }
}
