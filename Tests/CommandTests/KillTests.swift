import FileSystem
import Foundation
import SystemPackage
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Kills commands at random moments, and looks at what is left.
private final class KilledWork {
    let folder: CommandFolder
    private var random: SplitMix
    /// How long a command takes that is not killed, in microseconds, by name.
    private var durations: [String: Double] = [:]
    private(set) var kills = 0
    private(set) var rounds = 0
    private(set) var signal: Int32
    /// Each commit, and what `d` and `e` held.
    private var commits: [(id: String, d: [String: [UInt8]], e: [String: [UInt8]])] = []

    init(seed: UInt64, signal: Int32 = SIGKILL) throws {
        folder = try CommandFolder()
        random = SplitMix(seed: seed)
        self.signal = signal
        try folder.run("vintage", "init")
        try folder.write("code\n", to: "code.txt")
        try folder.run("git", "add", "code.txt")
        for number in 0..<24 { try folder.write("first \(number)", to: "d/\(number % 4)/\(number).csv") }
        try folder.path("d/large.bin").replaceContents(with: random.bytes(400_000))
        try folder.write("alone", to: "e")
        try folder.run("vintage", "add", "d", "e")
        try commit("first")
        for number in 0..<3 {
            try change()
            try commit("more \(number)")
        }
    }

    private func commit(_ message: String) throws {
        try folder.run("vintage", "commit", "-m", message)
        try noteCommit()
    }

    private func noteCommit() throws {
        let id = try folder.run("git", "rev-parse", "HEAD").trimmingCharacters(in: .whitespacesAndNewlines)
        commits.append((id, try folder.files("d"), try folder.files("e")))
    }

    private func change() throws {
        for _ in 0..<6 {
            let number = Int.random(in: 0..<40, using: &random)
            try folder.write("text \(random.next())", to: "d/\(number % 4)/\(number).csv")
        }
        let gone = Int.random(in: 0..<24, using: &random)
        try folder.path("d/\(gone % 4)/\(gone).csv").remove()
        if Bool.random(using: &random) {
            var large = try folder.path("d/large.bin").contents()
            let place = Int.random(in: 0..<large.count, using: &random)
            large.insert(contentsOf: random.bytes(1000), at: place)
            try folder.path("d/large.bin").replaceContents(with: large, isDurable: false)
        }
    }

    /// Starts a command, kills it at a random moment, and checks that nothing is lost.
    ///
    /// - Returns: whether it was killed before its end.
    private func kill(_ words: [String]) throws -> Bool {
        rounds += 1
        let usual = durations[words[0]] ?? 30_000
        let delay = Double.random(in: 0...(usual * 1.2), using: &random)
        let clock = ContinuousClock()
        let start = clock.now
        let running = try folder.vintage(words)
        usleep(UInt32(delay))
        running.signal(signal)
        let (status, output) = try running.wait()
        let wasKilled = status == 128 + signal
        if wasKilled {
            kills += 1
        } else {
            #expect(status == 0 || words[0] == "gc", "\(words): \(output)")
            let taken = Double((clock.now - start).components.attoseconds) / 1e12
            durations[words[0]] = (usual * 3 + min(taken, 500_000)) / 4
        }
        try check(words)
        return wasKilled
    }

    private func check(_ words: [String]) throws {
        try folder.run("vintage", "fsck", "--data")
        let stale = try folder.removeStaleGitLocks()
        #expect(stale <= 2, "more locks of git than one operation holds")
        try folder.run("git", "fsck", "--no-progress")
        let commit = commits.randomElement(using: &random)!
        let name = commit.d.keys.sorted().randomElement(using: &random)!
        let found = try folder.run("vintage", "cat", "\(commit.id):d/\(name)")
        if name != "large.bin" {
            #expect(found == String(decoding: commit.d[name]!, as: UTF8.self), "after killing \(words)")
        }
    }

    /// Runs a command again that was killed; what it says to do first is done.
    private func rerun(_ words: [String]) throws {
        for _ in 0..<3 {
            let (status, output) = try folder.vintage(words).wait()
            if status == 0 { return }
            if output.contains("vintage undo") {
                try folder.run("vintage", "undo")
            } else if output.contains("vintage merge --abort") {
                try folder.run("vintage", "merge", "--abort")
            } else {
                Issue.record("\(words) again: status \(status)\n\(output)")
                return
            }
        }
        Issue.record("\(words) does not come to an end")
    }

    private func expect(_ commit: (id: String, d: [String: [UInt8]], e: [String: [UInt8]]), _ what: Comment) throws {
        let (d, e) = (try folder.files("d"), try folder.files("e"))
        #expect(d == commit.d && e == commit.e, what)
        #expect(try folder.run("vintage", "status", "--json").contains("\"clean\": true"), what)
    }

    // MARK: Rounds

    func killAdd() throws {
        try change()
        _ = try kill(["add", "d"])
        try rerun(["add", "d"])
        try folder.run("vintage", "commit", "-m", "added")
        try noteCommit()
    }

    func killCommit() throws {
        try change()
        let before = try folder.files("d")
        _ = try kill(["commit", "-m", "killed"])
        #expect(try folder.files("d") == before)
        try rerun(["commit", "-m", "killed"])
        #expect(try folder.files("d") == before)
        try noteCommit()
        try expect(commits.last!, "commit again")
    }

    func killCheckout() throws {
        let commit = commits.randomElement(using: &random)!
        _ = try kill(["checkout", commit.id])
        // Whatever the moment, each file is one that some version has, whole.
        let known = Set(commits.flatMap { Array($0.d.values) })
        for (name, bytes) in try folder.files("d") where !name.contains(temporaryPrefix) {
            #expect(known.contains(bytes), "torn: \(name)")
        }
        try rerun(["checkout", commit.id])
        try expect(commit, "checkout again")
        #expect(try folder.leftovers().isEmpty)
        #expect(try folder.run("git", "rev-parse", "HEAD").hasPrefix(commit.id))
    }

    func killRestore() throws {
        let head = try folder.run("git", "rev-parse", "HEAD").trimmingCharacters(in: .whitespacesAndNewlines)
        let commit = commits.last { $0.id == head }!
        try change()
        _ = try kill(["restore", "d"])
        try rerun(["restore", "d"])
        try expect(commit, "restore again")
        #expect(try folder.leftovers().isEmpty)
    }

    func killCollection() throws {
        _ = try kill(["gc", "--grace", "0s"])
        try rerun(["gc", "--grace", "0s"])
    }

    func killMerges(_ count: Int) throws {
        let base = commits.last!
        try folder.run("vintage", "checkout", base.id)
        try folder.run("vintage", "checkout", "-b", "side")
        try folder.write("theirs", to: "d/theirs.csv")
        try folder.write("theirs\n", to: "theirs.txt")
        try folder.run("git", "add", "theirs.txt")
        try commit("side")
        try folder.run("vintage", "checkout", base.id)
        try folder.write("ours", to: "d/ours.csv")
        try folder.write("ours\n", to: "ours.txt")
        try folder.run("git", "add", "ours.txt")
        try commit("ours")
        let ours = commits.last!
        var merged = ours.d
        merged["theirs.csv"] = Array("theirs".utf8)
        for round in 0..<count {
            // Every third time the branch is only ahead.
            let start = round % 3 == 2 ? base : ours
            try rerun(["checkout", start.id])
            try expect(start, "before the merge")
            _ = try kill(["merge", "side"])
            try rerun(["merge", "side"])
            var expected = start.d
            expected["theirs.csv"] = Array("theirs".utf8)
            #expect(try folder.files("d") == expected)
            #expect(try folder.text("theirs.txt") == "theirs\n")
            #expect(try folder.run("vintage", "status", "--json").contains("\"clean\": true"))
            #expect(try folder.leftovers().isEmpty)
        }
        try rerun(["checkout", base.id])
    }

    /// Checks every commit, file by file.
    func checkAll() throws {
        for commit in commits {
            try folder.run("vintage", "checkout", commit.id)
            try expect(commit, "at the end")
        }
        try folder.run("vintage", "fsck", "--data")
    }
}

@Suite("A command that is ended at any moment loses nothing")
struct KillTests {
    @Test("kill -9 in add, commit, checkout, restore, gc and merge", arguments: 0..<4)
    func kill(part: Int) throws {
        let work = try KilledWork(seed: UInt64(part))
        for _ in 0..<10 {
            try work.killAdd()
            try work.killCheckout()
            try work.killCommit()
            try work.killRestore()
            try work.killCollection()
        }
        try work.killMerges(9)
        try work.checkAll()
        #expect(work.rounds == 59)
        #expect(work.kills > 0)
    }

    @Test("an interrupt from the keyboard")
    func interrupt() throws {
        let work = try KilledWork(seed: 99, signal: SIGINT)
        for _ in 0..<4 {
            try work.killAdd()
            try work.killCheckout()
            try work.killCommit()
            try work.killCollection()
        }
        try work.killMerges(3)
        try work.checkAll()
    }
}
