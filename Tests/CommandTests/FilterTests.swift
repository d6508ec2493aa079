import FileSystem
import Foundation
import SystemPackage
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A repository whose files in `d` are tracked, with the real git.
private final class TrackedFolder {
    let folder: CommandFolder

    init() throws {
        folder = try CommandFolder()
        try folder.run("vintage", "init")
        for (key, words) in [("process", "filter-process")] {
            try folder.run("git", "config", "filter.vintage.\(key)", "'\(Playground.binary)' \(words)")
        }
        try folder.run("vintage", "track", "d/**")
        try folder.run("git", "add", ".gitattributes")
        try folder.run("git", "commit", "-q", "-m", "attributes")
    }

    func commit(_ message: String) throws -> String {
        try folder.run("git", "add", "-A")
        try folder.run("git", "commit", "-q", "--allow-empty", "-m", message)
        return try folder.run("git", "rev-parse", "HEAD").trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Puts a text into git as the content of a path, as somebody else's commit would bring it.
    func plant(_ text: String, at path: String) throws {
        try folder.write(text, to: "planted")
        let id = try folder.run("git", "hash-object", "-w", "--no-filters", "planted")
            .trimmingCharacters(in: .whitespacesAndNewlines)
        try folder.path("planted").remove()
        try folder.run("git", "update-index", "--add", "--cacheinfo", "100644,\(id),\(path)")
    }

    /// A whole store, a whole repository, and the content of every pointer that git has.
    func check(_ what: Comment) throws {
        try folder.run("git", "fsck", "--no-progress", "--no-dangling")
        let report = try folder.run("vintage", "fsck", "--data")
        #expect(!report.contains("not in this store"), what)
    }
}

@Suite("Tracked files") struct FilterTests {
    @Test("random files of every size and name come back byte for byte, as git adds and checks them out")
    func roundTrip() throws {
        let tracked = try TrackedFolder()
        let folder = tracked.folder
        var random = SplitMix(seed: 11)
        let borders = [
            0, 1, 2, 511, 512, 513, 32_767, 65_515, 65_516, 65_517, 131_072, 262_144, 300_000, 1 << 20, 4_456_448,
        ]
        var names: [[UInt8]] = [
            Array("two words".utf8), Array("line\nbreak".utf8), [0x66, 0xff, 0xfe], Array("-leading".utf8),
            Array("quo\"te'".utf8), Array("[a]*?".utf8), Array("über".utf8), Array("#hash".utf8), Array("=".utf8),
        ]
        names += (0..<60).map { Array("file-\($0)".utf8) }
        var versions: [(commit: String, files: [[UInt8]: [UInt8]])] = []
        for round in 0..<4 {
            var files = versions.last?.files ?? [:]
            for (index, name) in names.enumerated() where round == 0 || index % 3 == round % 3 {
                let size =
                    switch index % 4 {
                    case 0: borders[(index / 4 + round) % borders.count]
                    case 1: borders[(index / 4 + round) % borders.count] + 1
                    default: Int.random(in: 0..<50_000, using: &random)
                    }
                // Half of them repeat what they hold, so that they compress and share pieces.
                let piece = random.bytes(index % 2 == 0 ? max(1, size) : 4_000)
                var bytes: [UInt8] = []
                while bytes.count < size { bytes += piece.prefix(size - bytes.count) }
                files[name] = bytes
            }
            if round == 2 { for name in names.prefix(20) { files[name] = nil } }
            try folder.path("d").removeAll()
            try folder.path("d").makeDirectories()
            for (name, bytes) in files {
                try folder.path("d").appending(bytes: name).replaceContents(with: bytes, isDurable: false)
            }
            versions.append((try tracked.commit("round \(round)"), files))
            #expect(try folder.run("git", "status", "--porcelain") == "")
        }
        for version in versions.reversed() + versions {
            try folder.run("git", "checkout", "-q", "-f", version.commit)
            var found: [[UInt8]: [UInt8]] = [:]
            for name in try Directory(folder.path("d")).listing() {
                found[Array(name)] = try folder.path("d").appending(bytes: name).contents()
            }
            #expect(found == version.files)
        }
        try folder.path("d").removeAll()
        try folder.run("git", "checkout", "-q", "--", "d")
        #expect(try folder.run("git", "status", "--porcelain") == "")
        try tracked.check("after all rounds")
    }

    @Test("a kill of git or of its filter, in the middle of add or checkout, loses nothing that git names")
    func kills() throws {
        let tracked = try TrackedFolder()
        let folder = tracked.folder
        var random = SplitMix(seed: 23)
        for number in 0..<80 { try folder.write("first \(number)", to: "d/\(number % 8)/\(number).csv") }
        var commits = [(id: try tracked.commit("first"), files: try folder.files("d"))]
        var killed = 0
        for round in 0..<60 {
            let isAdding = round % 2 == 0
            let target = commits.randomElement(using: &random)!
            let words: [String]
            if isAdding {
                for _ in 0..<40 {
                    let number = Int.random(in: 0..<80, using: &random)
                    let bytes = random.bytes(Int.random(in: 1..<(number % 10 == 0 ? 400_000 : 30_000), using: &random))
                    try folder.path("d/\(number % 8)/\(number).csv").replaceContents(with: bytes, isDurable: false)
                }
                words = ["git", "add", "-A"]
            } else {
                try folder.path("d").removeAll()
                words = ["git", "checkout", "-q", "-f", target.id]
            }
            let running = try folder.start(words)
            usleep(UInt32.random(in: 0..<(isAdding ? 120_000 : 60_000), using: &random))
            let filters = try children(of: running.process, in: folder)
            let victims = [[running.process], filters, [running.process] + filters][round / 2 % 3]
            for process in victims { kill(process, SIGKILL) }
            let (status, output) = try running.wait()
            // A filter without git ends by itself.
            for process in filters { while kill(process, 0) == 0, !isZombie(process) { usleep(2_000) } }
            if status != 0 { killed += 1 }
            _ = try folder.removeStaleGitLocks()
            try tracked.check("round \(round), \(words), status \(status): \(output)")
            if isAdding {
                let files = try folder.files("d")
                commits.append((try tracked.commit("round \(round)"), files))
                #expect(try folder.run("git", "status", "--porcelain") == "")
            } else {
                try folder.run("git", "checkout", "-q", "-f", target.id)
                #expect(try folder.files("d") == target.files, "round \(round)")
                try folder.run("git", "checkout", "-q", "-f", "main")
            }
        }
        #expect(killed > 5, "too few of the kills met a command at work")
        try folder.run("vintage", "gc", "--grace", "0s")
        try tracked.check("after the clean-up")
        for commit in commits {
            try folder.run("git", "checkout", "-q", "-f", commit.id)
            #expect(try folder.files("d") == commit.files)
        }
    }

    private func children(of process: pid_t, in folder: CommandFolder) throws -> [pid_t] {
        try folder.run("pgrep", "-P", "\(process)", expecting: nil).split(separator: "\n").compactMap { pid_t($0) }
    }

    /// Whether a process has ended and nobody has asked for its status, as of an orphan in a container.
    private func isZombie(_ process: pid_t) -> Bool {
        let status = try? FilePath("/proc/\(process)/stat").contents()
        guard let status, let end = status.lastIndex(of: UInt8(ascii: ")")), end + 2 < status.count else { return true }
        return status[end + 2] == UInt8(ascii: "Z")
    }

    @Test("pointers that do not tell the truth bring nothing, and keep nobody from anything else")
    func hostilePointers() throws {
        let tracked = try TrackedFolder()
        let folder = tracked.folder
        try folder.write("five\n", to: "d/true")
        try folder.path("d/large").replaceContents(with: Array(repeating: 7, count: 3_000_000), isDurable: false)
        let honest = try tracked.commit("honest")
        let small = try folder.run("git", "show", "HEAD:d/true")
        let large = try folder.run("git", "show", "HEAD:d/large")
        let huge = small.replacingOccurrences(of: "size 5", with: "size 9223372036854775807")
        let refused = [
            "size": small.replacingOccurrences(of: "size 5", with: "size 6"), "huge": huge,
            "large-size": large.replacingOccurrences(of: "size 3000000", with: "size 2999999"),
        ]
        for (name, text) in refused {
            #expect(text != small && text != large)
            try tracked.plant(text, at: "d/\(name)")
            let (status, output) = try folder.start(["git", "checkout", "--", "d/\(name)"]).wait()
            #expect(status != 0)
            #expect(output.contains("d/\(name) is refused"), "\(output)")
            #expect(try folder.text("d/\(name)") == nil)
            try folder.run("git", "rm", "-q", "--cached", "d/\(name)")
        }
        // What is not here, and what is no pointer at all, stays the text that it is.
        let passed = [
            "absent": small.replacing(/id [0-9a-f]{8}/, with: "id 00000000"),
            "level": small.replacingOccurrences(of: "level 0", with: "level 3"),
            "too-large": small.replacingOccurrences(of: "size 5", with: "size 9223372036854775808"),
            "negative": small.replacingOccurrences(of: "size 5", with: "size -5"),
            "path": small.replacing(/id [0-9a-f]{64}/, with: "id ../../../../etc/passwd"),
            "more": small + "size 5\n",
        ]
        for (name, text) in passed {
            try tracked.plant(text, at: "d/\(name)")
            try folder.run("git", "checkout", "-q", "--", "d/\(name)")
            #expect(try folder.text("d/\(name)") == text)
        }
        // Added again they stay what they are, so that git sees no change in them.
        for name in passed.keys.sorted() {
            try folder.write(passed[name]!, to: "d/\(name)")
            try folder.run("git", "add", "d/\(name)")
            #expect(try folder.run("git", "show", ":d/\(name)") == passed[name])
        }
        // Warnings come as well where git reads a file again; the status is what says that nothing differs.
        try folder.run("git", "diff", "--quiet", "--no-textconv")
        try folder.run("vintage", "gc", "--grace", "0s")
        let report = try folder.run("vintage", "fsck", "--data")
        #expect(report.contains("2 contents that git has pointers to are not in this store"), "\(report)")
        try folder.run("git", "checkout", "-q", "-f", honest)
        #expect(try folder.text("d/true") == "five\n")
        #expect(try folder.path("d/large").contents() == Array(repeating: 7, count: 3_000_000))
    }

    @Test("medium files are delayed: git asks for them while others are read")
    func delay() throws {
        let tracked = try TrackedFolder()
        let folder = tracked.folder
        var random = SplitMix(seed: 5)
        for number in 0..<100 {
            let bytes = random.bytes(900_000 + number)
            try folder.path("d").makeDirectories()
            try folder.path("d/\(number)").replaceContents(with: bytes, isDurable: false)
        }
        _ = try tracked.commit("medium")
        let before = try folder.files("d")
        try folder.path("d").removeAll()
        let trace = try folder.run("env", "GIT_TRACE_PACKET=1", "git", "checkout", "--", "d")
        #expect(trace.split(separator: "\n").count { $0.contains("< status=delayed") } == 100)
        #expect(try folder.files("d") == before)
        #expect(try folder.run("git", "status", "--porcelain") == "")
    }
}
