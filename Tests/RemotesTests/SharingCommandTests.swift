import FileSystem
import Foundation
import ObjectStore
import Remotes
import SystemPackage
import Testing
import Workspace

@Suite("The commands that share data")
struct SharingCommandTests {
    private func write(_ text: String, _ path: FilePath) throws {
        try path.removingLastComponent().makeDirectories()
        try path.replaceContents(with: Array(text.utf8), isDurable: false)
    }

    /// A project in git with one artifact and a remote `store`, and a bare repository to share the code.
    private func shared(_ project: TestProject) throws -> FilePath {
        let root = project.folder.appending("one")
        try root.makeDirectories()
        try CommandLineRun.git("init", "-q", "--bare", "-b", "main", "code.git", in: project.folder)
        try CommandLineRun.git("init", "-q", "-b", "main", in: root)
        try CommandLineRun.git("remote", "add", "origin", "../code.git", in: root)
        try CommandLineRun.vintage("init", in: root)
        try write("a,b\n1,2\n", root.appending("data/flights/2013.csv"))
        try CommandLineRun.vintage("add", "data/flights", in: root)
        try CommandLineRun.vintage("remote", "add", "store", "../remote", in: root)
        try CommandLineRun.git("add", "vintage.yaml", in: root)
        try CommandLineRun.vintage("commit", "-m", "Flights", in: root)
        return root
    }

    @Test("two clones work together: push, clone, change, push, pull")
    func twoClones() throws {
        let project = try TestProject()
        let one = try shared(project)
        #expect(try CommandLineRun.vintage("push", "--dry-run", in: one).output.hasPrefix("Would send 3 objects"))
        let pushed = try CommandLineRun.vintage("push", in: one)
        #expect(pushed.output.contains("Sent 3 objects"))
        #expect(pushed.output.contains("data/flights on main"))
        try CommandLineRun.git("push", "-q", "origin", "main", in: one)

        let cloned = try CommandLineRun.vintage("clone", "code.git", "two", in: project.folder)
        #expect(cloned.output.contains("1 artifact from store"))
        let two = project.folder.appending("two")
        let file = "data/flights/2013.csv"
        #expect(try two.appending(file).contents() == one.appending(file).contents())
        #expect(try CommandLineRun.vintage("status", "--json", in: two).output.contains("\"clean\": true"))

        try write("a,b\n1,2\n3,4\n", two.appending(file))
        try CommandLineRun.vintage("commit", "-m", "More", in: two)
        try CommandLineRun.vintage("push", in: two)
        try CommandLineRun.git("push", "-q", "origin", "main", in: two)
        try CommandLineRun.git("pull", "-q", "origin", "main", in: one)
        let pulled = try CommandLineRun.vintage("pull", in: one)
        #expect(pulled.output.contains("Received"))
        #expect(try one.appending(file).contents() == Array("a,b\n1,2\n3,4\n".utf8))
        #expect(try CommandLineRun.vintage("push", in: one).output == "store has everything already.\n")
    }

    @Test("a push that lost the race ends with status 1, and succeeds once the other version is merged")
    func lostRace() throws {
        let project = try TestProject()
        let one = try shared(project)
        try CommandLineRun.vintage("push", in: one)
        try CommandLineRun.git("push", "-q", "origin", "main", in: one)
        try CommandLineRun.vintage("clone", "code.git", "two", in: project.folder)
        let two = project.folder.appending("two")
        try write("x\n", one.appending("data/flights/one.csv"))
        try write("y\n", two.appending("data/flights/two.csv"))
        for root in [one, two] { try CommandLineRun.vintage("commit", "-m", "Change", in: root) }
        try CommandLineRun.vintage("push", in: one)
        try CommandLineRun.git("push", "-q", "origin", "main", in: one)
        let refused = try CommandLineRun.vintage("push", in: two, expecting: 1)
        #expect(refused.errors.contains("others have pushed"))
        #expect(refused.errors.split(separator: "\n").count == 1)
        try CommandLineRun.git("fetch", "-q", "origin", in: two)
        try CommandLineRun.vintage("fetch", "--revision", "origin/main", in: two)
        try CommandLineRun.vintage("merge", "origin/main", in: two)
        try CommandLineRun.vintage("push", in: two)
        #expect(try two.appending("data/flights/one.csv").contents() == Array("x\n".utf8))
    }

    @Test("remotes are added, listed, changed and removed, from any folder of the workspace")
    func remotes() throws {
        let project = try TestProject()
        let root = project.folder.appending("w")
        try CommandLineRun.vintage("init", "--no-git", "w", in: project.folder)
        let inner = root.appending("data/deep")
        try inner.makeDirectories()
        try CommandLineRun.vintage("remote", "add", "store", "../../../shared", in: inner)
        try CommandLineRun.vintage("remote", "add", "backup", "/mnt/backup", "--default", in: root)
        let text = try String(decoding: root.appending("vintage.yaml").contents(), as: UTF8.self)
        #expect(text.contains("  store: ../shared\n"))
        let listed = try CommandLineRun.vintage("remote", "list", in: inner).output
        #expect(listed.contains("backup  /mnt/backup  vintage.yaml  default"))
        try CommandLineRun.vintage("remote", "set", "store", "--default", in: root)
        let changed = try CommandLineRun.vintage("remote", "list", in: root).output
        #expect(changed.contains("../shared    vintage.yaml  default"))
        try CommandLineRun.vintage("remote", "set", "store", "/mnt/new", in: root)
        let json = try CommandLineRun.vintage("remote", "list", "--json", in: root).output
        #expect(json.contains("\"url\": \"/mnt/new\""))
        try CommandLineRun.vintage("remote", "remove", "backup", in: root)
        let twice = try CommandLineRun.vintage("remote", "add", "store", "/elsewhere", in: root, expecting: 2)
        #expect(twice.errors.contains("there is a remote 'store' already"))
        let misspelt = try CommandLineRun.vintage("remote", "remove", "stroe", in: root, expecting: 2)
        #expect(misspelt.errors.contains("did you mean 'store'?"))
        let bucket = try CommandLineRun.vintage("remote", "add", "b", "gs://bucket/x", in: root, expecting: 2)
        #expect(bucket.errors.contains("no place that this version knows"))
        try CommandLineRun.vintage("remote", "remove", "store", in: root)
        #expect(try CommandLineRun.vintage("push", in: root, expecting: 2).errors.contains("there is no remote"))
    }

    @Test("what is neither a remote nor an artifact is wrong use, with the nearest name")
    func misspelt() throws {
        let project = try TestProject()
        let root = try shared(project)
        let outcome = try CommandLineRun.vintage("push", "stroe", in: root, expecting: 2)
        #expect(outcome.errors.contains("did you mean 'store'?"))
    }

    @Test("a remote that is gone is a failure of the environment")
    func gone() throws {
        let project = try TestProject()
        let root = try shared(project)
        try CommandLineRun.vintage("remote", "set", "store", "../missing/remote", in: root)
        #expect(try CommandLineRun.vintage("push", in: root, expecting: 3).errors.contains("there is no folder"))
    }

    @Test("files that git tracks as pointers go along with the artifacts")
    func trackedFiles() throws {
        let project = try TestProject()
        let one = try shared(project)
        var generator = SplitMix(seed: 10)
        let bytes = randomBytes(300_000, using: &generator)
        try CommandLineRun.vintage("track", "*.bin", in: one)
        try one.appending("model.bin").replaceContents(with: bytes)
        try CommandLineRun.git("add", ".", in: one)
        try CommandLineRun.git("commit", "-q", "-m", "Model", in: one)
        try CommandLineRun.vintage("push", in: one)
        try CommandLineRun.git("push", "-q", "origin", "main", in: one)
        try CommandLineRun.vintage("clone", "code.git", "two", in: project.folder)
        let two = project.folder.appending("two")
        #expect(try two.appending("model.bin").contents() == bytes)
        #expect(try CommandLineRun.vintage("fetch", "model.bin", in: two).output == "Everything is here already.\n")
    }

    @Test("a clone without older versions is sound, can be cleaned up, and gets them when asked for")
    func withoutHistory() throws {
        let project = try TestProject()
        let one = try shared(project)
        try write("second\n", one.appending("data/flights/2013.csv"))
        try CommandLineRun.vintage("commit", "-m", "Second", in: one)
        try CommandLineRun.vintage("push", in: one)
        try CommandLineRun.git("push", "-q", "origin", "main", in: one)
        try CommandLineRun.vintage("clone", "code.git", "two", in: project.folder)
        let two = project.folder.appending("two")
        let checked = try CommandLineRun.vintage("fsck", "--data", in: two).output
        #expect(checked.contains("1 versions that locks name are not in this store; 'vintage fetch' brings them"))
        #expect(checked.contains("sound"))
        try CommandLineRun.vintage("gc", "--grace", "0s", in: two)
        try CommandLineRun.vintage("fetch", "--history", in: two)
        #expect(try !CommandLineRun.vintage("fsck", "--data", in: two).output.contains("versions"))
        #expect(
            try CommandLineRun.vintage("cat", "HEAD~1:data/flights/2013.csv", in: two).output == "a,b\n1,2\n")
        // Without a remote what is missing is lost, and told.
        try CommandLineRun.vintage("remote", "remove", "store", in: two)
        #expect(try CommandLineRun.vintage("fsck", in: two).output.contains("sound"))
    }

    @Test("eight clones push at once, and nothing is lost")
    func eightPushers() throws {
        let project = try TestProject()
        let one = try shared(project)
        try CommandLineRun.vintage("push", in: one)
        try CommandLineRun.git("push", "-q", "origin", "main", in: one)
        var generator = SplitMix(seed: 8)
        let roots = try (0..<8).map { number in
            let root = project.folder.appending("clone\(number)")
            try CommandLineRun.vintage("clone", "code.git", "clone\(number)", in: project.folder)
            let bytes = randomBytes(400_000, using: &generator)
            try root.appending("own\(number)").replaceContents(with: bytes, isDurable: false)
            try CommandLineRun.vintage("add", "own\(number)", in: root)
            try CommandLineRun.vintage("commit", "-m", "Own", in: root)
            return root
        }
        let processes = roots.map { CommandLineRun.process(CommandLineRun.binary, ["push"], in: $0) }
        for process in processes {
            process.standardOutput = FileHandle.nullDevice
            try process.run()
        }
        for process in processes { process.waitUntilExit() }
        #expect(processes.allSatisfy { $0.terminationStatus == 0 })
        let remote = project.remote
        try checkIsWhole(try remote.objects)
        let refs = try RefLog(remote: remote).read().refs
        let reader = try project.workspace("reader")
        for (number, root) in roots.enumerated() {
            let artifact = try RelativePath("own\(number)")
            let id = try #require(refs[RefKey(.head, artifact, "main")])
            _ = try reader.fetch(from: remote, named: "r", .snapshots([id]))
            #expect(try reader.contents(id)[.root] == root.appending("own\(number)").contents())
        }
    }

    @Test("a push or pull that is killed at any moment leaves both sides whole")
    func kills() throws {
        let project = try TestProject()
        let one = try shared(project)
        var generator = SplitMix(seed: 9)
        var pushKills = 0
        var pullKills = 0
        let two = project.folder.appending("two")
        try CommandLineRun.vintage("push", in: one)
        try CommandLineRun.git("push", "-q", "origin", "main", in: one)
        try CommandLineRun.vintage("clone", "code.git", "two", in: project.folder)
        var folder = RandomFolder()
        for round in 0..<30 {
            folder.edit(&generator, largest: 2_000_000)
            for (name, bytes) in folder.files {
                let path = one.appending("data/flights").appending(name)
                try path.removingLastComponent().makeDirectories()
                try path.replaceContents(with: bytes, isDurable: false)
            }
            try CommandLineRun.vintage("commit", "-m", "Round \(round)", in: one)
            pushKills += try kill(["push"], in: one, after: Double.random(in: 0.002...0.06, using: &generator))
            try checkIsWhole(try project.remote.objects)
            if round % 3 != 2 { continue }
            try CommandLineRun.vintage("push", in: one)
            try CommandLineRun.git("push", "-q", "origin", "main", in: one)
            try CommandLineRun.git("pull", "-q", "origin", "main", in: two)
            for _ in 0..<3 {
                pullKills += try kill(["fetch"], in: two, after: Double.random(in: 0.002...0.05, using: &generator))
                let store = try Workspace.open(from: two).store
                #expect(try store.verify(roots: [], readsData: true).isClean)
            }
            try CommandLineRun.vintage("pull", in: two)
            for (name, bytes) in folder.files {
                #expect(try two.appending("data/flights").appending(name).contents() == bytes)
            }
            #expect(try CommandLineRun.vintage("fsck", "--data", in: two).output.contains("sound"))
        }
        // Enough of them were hit while they worked for this to mean something.
        #expect(pushKills + pullKills >= 20)
    }

    /// Starts the command and kills it.
    ///
    /// - Returns: 1 if it was still at work.
    private func kill(_ arguments: [String], in folder: FilePath, after seconds: Double) throws -> Int {
        let process = CommandLineRun.process(CommandLineRun.binary, arguments, in: folder)
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        Thread.sleep(forTimeInterval: seconds)
        let isAtWork = process.isRunning
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        return isAtWork && process.terminationReason == .uncaughtSignal ? 1 : 0
    }
}
