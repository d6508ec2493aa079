import FileSystem
import Foundation
import Git
import SystemPackage
import Testing

@Suite("The index and ignore rules")
struct IndexTests {
    @Test("files of any name are staged, and git finds them unchanged")
    func stagesHostileNames() throws {
        let test = try TestRepository()
        let paths = try hostileNames.map { try path("some folder").appending(RelativePath(bytes: $0)) }
        for path in paths { try test.write(path, "content") }
        let repository = try test.open()
        try repository.stage(paths)
        let listed = try test.run(["ls-files", "-z"]).bytes.split(separator: 0).map { Array($0) }
        #expect(Set(listed) == Set(paths.map(\.bytes)))
        #expect(try test.git("diff", "--name-only") == "")
        #expect(try test.git("ls-files", "--others") == "")
        for path in paths {
            #expect(try repository.stagedContents(of: path) == Array("content".utf8), "\(path)")
            #expect(try repository.hasTrackedFiles(at: path), "\(path)")
        }
    }

    @Test("a file that is gone leaves the index when it is staged")
    func stagesRemoval() throws {
        let test = try TestRepository()
        try test.commit(["a": "1", "folder/b": "2", "c": "3"])
        try test.git("rm", "-q", "--cached", "c")
        for name in ["a", "folder"] { try FileManager.default.removeItem(atPath: test.root.appending(name).string) }
        let repository = try test.open()
        try repository.stage([path("a"), path("folder/b"), path("never/was")])
        #expect(try test.git("ls-files") == "")
    }

    @Test("links and executable files keep their kind")
    func modes() throws {
        let test = try TestRepository()
        try test.write(path("run"), "x")
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o755], ofItemAtPath: test.root.appending("run").string)
        try FileManager.default.createSymbolicLink(
            atPath: test.root.appending("link").string, withDestinationPath: "nowhere")
        let repository = try test.open()
        try repository.stage([path("run"), path("link")])
        let modes = try test.git("ls-files", "--format=%(objectmode) %(path)").split(separator: "\n").map(String.init)
        #expect(modes == ["120000 link", "100755 run"])
        #expect(try repository.stagedContents(of: path("link")) == Array("nowhere".utf8))
        try repository.stageContents(path("run"), Array("changed".utf8))
        #expect(try test.git("ls-files", "--format=%(objectmode)", "run") == "100755")
    }

    @Test("a folder, and a name that git forbids, are refused and nothing is staged")
    func refused() throws {
        let test = try TestRepository()
        try test.write(path("good"), "x")
        try test.write(path("folder/file"), "x")
        let repository = try test.open()
        for bad in ["folder", ".git/config"] {
            #expect(throws: GitError.self, "\(bad)") { try repository.stage([path("good"), path(bad)]) }
        }
        for bad in [".git/x", "a/.GIT/b", "a/.git"] {
            #expect(throws: GitError.self, "\(bad)") { try repository.stageContents(path(bad), []) }
        }
        #expect(try test.git("ls-files") == "")
        #expect(try !repository.hasTrackedFiles(at: path("good")))
    }

    @Test("bytes are staged without a file, and match a file of the same bytes")
    func stageContents() throws {
        let test = try TestRepository()
        try test.commit(["other": "1"])
        let repository = try test.open()
        let bytes = Array("line\r\n\0end".utf8)
        try repository.stageContents(path("sub/lock"), bytes)
        #expect(try repository.stagedContents(of: path("sub/lock")) == bytes)
        #expect(try test.run(["show", ":sub/lock"]).bytes == bytes)
        #expect(try test.status == "AD sub/lock")
        try test.write(path("sub/lock"), "line\r\n\0end")
        #expect(try test.status == "A  sub/lock")
    }

    @Test("unstaging takes a file or a whole folder out and leaves the files")
    func unstage() throws {
        let test = try TestRepository()
        try test.commit(["a": "1", "d/x": "1", "d/e/y": "1", "d.txt": "1", "dd/z": "1"])
        let repository = try test.open()
        try repository.unstage(path("d"))
        #expect(try test.git("ls-files").split(separator: "\n") == ["a", "d.txt", "dd/z"])
        try repository.unstage(path("a"))
        #expect(try test.git("ls-files").split(separator: "\n") == ["d.txt", "dd/z"])
        try repository.unstage(path("missing"))
        #expect(try test.read(path("d/e/y")) == "1")
    }

    @Test("a folder is tracked if anything below it is, and not if only its neighbours are")
    func hasTrackedFiles() throws {
        let test = try TestRepository()
        try test.commit(["d/e/x": "1", "f.txt": "1"])
        try test.write(path("new/file"), "untracked")
        let repository = try test.open()
        for (name, isTracked) in [
            ("d", true), ("d/e", true), ("d/e/x", true), ("f.txt", true), ("f", false), ("d/e/x/y", false),
            ("new", false),
            ("d/", false),
        ] where !name.hasSuffix("/") {
            #expect(try repository.hasTrackedFiles(at: path(name)) == isTracked, "\(name)")
        }
        #expect(try repository.hasTrackedFiles(at: .root))
    }

    @Test("changes staged by git while the repository is open are seen")
    func seesOthers() throws {
        let test = try TestRepository()
        try test.commit(["a": "1"])
        let repository = try test.open()
        #expect(try !repository.hasStagedChanges())
        try test.write(path("a"), "22")
        #expect(try !repository.hasStagedChanges())
        try test.git("add", "a")
        #expect(try repository.hasStagedChanges())
        #expect(try repository.stagedContents(of: path("a")) == Array("22".utf8))
        try test.git("commit", "-q", "-m", "second")
        #expect(try !repository.hasStagedChanges())
        try test.git("rm", "-q", "a")
        #expect(try repository.hasStagedChanges())
    }

    @Test("before the first commit, anything in the index is a change")
    func unbornChanges() throws {
        let test = try TestRepository()
        let repository = try test.open()
        #expect(try !repository.hasStagedChanges())
        try repository.stageContents(path("a"), [1])
        #expect(try repository.hasStagedChanges())
    }

    @Test("a locked index is an error that names the lock, and is forgotten when the lock goes")
    func locked() throws {
        let test = try TestRepository()
        try test.write(path("a"), "1")
        try test.write(path(".git/index.lock"), "")
        let repository = try test.open()
        let error = #expect(throws: GitError.self) { try repository.stage([path("a")]) }
        guard case .locked(let text)? = error else {
            Issue.record("expected a lock, got \(String(describing: error))")
            return
        }
        #expect(text.contains("index.lock"))
        #expect(try !repository.hasTrackedFiles(at: path("a")))
        try FileManager.default.removeItem(atPath: test.root.appending(".git/index.lock").string)
        try repository.stage([path("a")])
        #expect(try test.git("ls-files") == "a")
    }

    @Test("ignore rules with negation, folders and anchors agree with git check-ignore")
    func ignoring() throws {
        let test = try TestRepository()
        try test.write(
            path(".gitignore"),
            "*.log\n!keep.log\n/data/*\n!/data/keep\nbuild/\n!build/kept\nsub/**/deep\n#c\n\\#hash\ntrail  \n/root.txt\n"
        )
        try test.write(path("nested/.gitignore"), "!a.l*\nlocal\n")
        try test.write(path(".git/info/exclude"), "excluded\n")
        let repository = try test.open()
        let names = [
            "a.log", "keep.log", "x/a.log", "x/keep.log", "data", "data/a", "data/keep", "data/keep/x",
            "data/drop/keep",
            "x/data/a", "build", "build/kept", "build/other", "x/build/kept", "sub/deep", "sub/a/b/deep",
            "sub/a/deep/x",
            "nested/a.log", "nested/b.log", "nested/local", "local", "#hash", "#c", "trail", "root.txt", "x/root.txt",
            "excluded", "a/excluded/b", "plain",
        ]
        for name in names {
            let place = test.root.appending(name).string
            for isDirectory in [false, true] {
                // git looks at the disk to tell a folder from a file.
                let isMade = isDirectory && !FileManager.default.fileExists(atPath: place)
                if isMade { try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true) }
                let expected = try test.run(["check-ignore", "-q", "--no-index", name]).status == 0
                #expect(try repository.isIgnored(path(name), isDirectory: isDirectory) == expected, "\(name)")
                if isMade { try FileManager.default.removeItem(atPath: place) }
            }
        }
        #expect(try !repository.isIgnored(.root, isDirectory: true))
    }

    @Test("random ignore rules agree with git check-ignore")
    func randomIgnoring() throws {
        var generator = SplitMix(seed: 7)
        let words = ["a", "b", "ab", "*", "a*", "**", "?"]
        let names = ["a", "b", "ab", "aa", "c"]
        for _ in 0..<12 {
            let test = try TestRepository()
            let rules = (0..<4).map { _ -> String in
                let parts = (0..<Int.random(in: 1...3, using: &generator)).map { _ in
                    words.randomElement(using: &generator)!
                }
                return (Bool.random(using: &generator) ? "!" : "") + (Bool.random(using: &generator) ? "/" : "")
                    + parts.joined(separator: "/") + (Bool.random(using: &generator) ? "/" : "")
            }
            try test.write(
                path(".gitignore"),
                (["*"].filter { _ in Bool.random(using: &generator) } + rules)
                    .joined(separator: "\n") + "\n")
            let repository = try test.open()
            let asked = (0..<40).map { _ in
                (0..<Int.random(in: 1...3, using: &generator)).map { _ in names.randomElement(using: &generator)! }
                    .joined(separator: "/")
            }
            let ignored = Set(
                try test.run(["check-ignore", "--no-index"] + asked).text.split(separator: "\n").map(String.init))
            for name in asked {
                #expect(
                    try repository.isIgnored(path(name), isDirectory: false) == ignored.contains(name),
                    "\(name) under \(rules)")
            }
        }
    }
}

/// A small generator with a seed, so that a failure can be had again.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
        return word ^ (word >> 31)
    }
}
