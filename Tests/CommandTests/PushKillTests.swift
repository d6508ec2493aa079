import FileSystem
import Foundation
import SystemPackage
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A workspace whose online store takes rows of payments.
struct PushedPayments {
    let folder: CommandFolder
    /// The options that name the store.
    let store: [String]

    init(_ folder: CommandFolder, store: [String] = []) throws {
        (self.folder, self.store) = (folder, store)
        try folder.run("vintage", "init")
        try folder.write(
            """
            entities:
              account: {keys: {account: string}}
            sources:
              payments: {path: data/payments.csv, event_time: time}
            views:
              last: {entity: account, source: payments, features: [amount]}
              sums: {entity: account, source: payments, windows: [9d], features: {n: count(), total: sum(amount)}}
            services:
              all: {features: [last, sums]}

            """, to: "features/a.yaml")
        try addPayment(of: "x")
        try fill()
    }

    /// Has the files hold one row more.
    func addPayment(of account: String) throws {
        let old = try folder.text("data/payments.csv") ?? "account,time,amount\n"
        try folder.write(old + "\(account),2026-01-01T00:00:00Z,1\n", to: "data/payments.csv")
        try folder.run("vintage", "add", "data")
    }

    var filling: [String] { ["features", "materialize", "--until", "2026-01-05", "--history", "4d"] + store }

    func fill() throws {
        let (status, output) = try folder.vintage(filling).wait()
        #expect(status == 0, "\(output)")
    }

    /// Begins to push rows whose amounts count up from 0.
    func push(_ count: Int, to account: String, before: String = "") throws -> CommandFolder.Running {
        var text = ""
        for amount in 0..<count {
            text += #"{"account": "\#(account)", "time": "2026-01-02T00:00:00Z", "amount": \#(amount)}"# + "\n"
        }
        try folder.write(text, to: "rows.jsonl")
        let words = ([Playground.binary, "features", "push", "payments"] + store).joined(separator: " ")
        return try folder.start(["sh", "-c", "\(before) exec \(words) <rows.jsonl"])
    }

    /// The last amount of an account, the number of its payments and their sum, as text.
    func answer(_ account: String) throws -> [String] {
        let words = ["features", "get", "--entities", "account=\(account)", "--at", "2026-01-04"] + store
        let (status, output) = try folder.vintage(words).wait()
        try #require(status == 0, "\(output)")
        return output.split(separator: "\n").dropFirst().map { line in
            let words = line.split(separator: " ")
            return words[1] == "not_found" || words[1] == "null" ? "" : String(words[1])
        }
    }

    /// What is answered once the first rows of a push are in.
    static func answer(ofFirst count: Int) -> [String] {
        count == 0 ? ["", "0", ""] : ["\(count - 1)", "\(count)", "\(count * (count - 1) / 2)"]
    }

    /// Expects that the store answers what the join over the files and the journal yields.
    func expectSound() throws {
        let words = ["features", "verify", "--online", "--sample", "500"] + store
        let (status, output) = try folder.vintage(words).wait()
        #expect(status == 0, "\(output)")
        #expect(output.contains("last: 500 values compared"), "\(output)")
    }
}

@Suite("Pushing to an online store, killed")
struct PushKillTests {
    @Test("loses no row that was acknowledged, and leaves a beginning of the others", arguments: [false, true])
    func kills(isRedis: Bool) throws {
        let folder = try CommandFolder()
        let server = isRedis ? try RedisProcess(folder) : nil
        defer { server?.stop() }
        let payments = try PushedPayments(folder, store: server.map { ["--store", $0.address] } ?? [])
        var random = SplitMix(seed: isRedis ? 8 : 9)
        let count = 8000
        // How long a push takes that nobody ends.
        let clock = ContinuousClock()
        let start = clock.now
        #expect(try payments.push(count, to: "whole").wait().status == 0)
        let span = UInt32((clock.now - start) / .microseconds(1))
        #expect(try payments.answer("whole") == PushedPayments.answer(ofFirst: count))
        var (kills, partial, expected) = (0, 0, [String: [String]]())
        for round in 0..<36 {
            let account = "r\(round)"
            // Every third time the store is filled meanwhile, with a file that has changed, and that is killed too.
            if round % 3 == 0 { try payments.addPayment(of: "y\(round)") }
            let filling = round % 3 == 0 ? try folder.vintage(payments.filling) : nil
            let pushing = try payments.push(count, to: account)
            usleep(UInt32.random(in: 0...span, using: &random))
            pushing.signal(SIGKILL)
            filling?.signal(SIGKILL)
            _ = try filling?.wait()
            let (status, output) = try pushing.wait()
            let answer = try payments.answer(account)
            let found = Int(answer[1]) ?? -1
            #expect(answer == PushedPayments.answer(ofFirst: found), "round \(round)")
            if status == 128 + SIGKILL { kills += 1 } else { #expect(status == 0 && found == count, "\(output)") }
            if found > 0, found < count { partial += 1 }
            expected[account] = answer
            if round % 6 == 5 {
                // A filling that was killed left the store behind the files.
                try payments.fill()
                try payments.expectSound()
            }
        }
        try payments.fill()
        for (account, answer) in expected { #expect(try payments.answer(account) == answer, "\(account)") }
        try payments.expectSound()
        #expect(kills > 5)
        #expect(partial > 2)
    }
}

/// A `redis-server` for commands.
private final class RedisProcess {
    let address: String
    private let running: CommandFolder.Running

    init(_ folder: CommandFolder) throws {
        for _ in 0..<20 {
            let port = Int.random(in: 20_000...60_000)
            let running = try folder.start(
                ["redis-server", "--port", "\(port)", "--bind", "127.0.0.1", "--save", "", "--dir", folder.base.string])
            for _ in 0..<100 {
                usleep(20_000)
                if try folder.start(["redis-cli", "-p", "\(port)", "ping"]).wait().output.hasPrefix("PONG") {
                    (address, self.running) = ("redis://127.0.0.1:\(port)", running)
                    return
                }
                if kill(running.process, 0) != 0 { break }
            }
            running.signal(SIGKILL)
            _ = try running.wait()
        }
        throw Errno.addressInUse
    }

    func stop() {
        running.signal(SIGKILL)
        _ = try? running.wait()
    }
}

@Suite("Pushing to an online store whose disk is full")
struct PushFullDiskTests {
    /// Expects one line of error and exit status 3.
    private func expectFailure(_ running: CommandFolder.Running, says part: String) throws {
        let (status, output) = try running.wait()
        #expect(status == 3, "\(output)")
        #expect(output.split(separator: "\n").last?.hasPrefix("vintage: the online store ") == true, "\(output)")
        #expect(output.contains(part), "\(output)")
    }

    @Test("is an error, and what was acknowledged stays", .enabled(if: canMount))
    func fullDisk() throws {
        let mount = try MountedFolder(megabytes: 8)
        let folder = try CommandFolder()
        let place = mount.path.appending("online.db").string
        let payments = try PushedPayments(folder, store: ["--store", place])
        #expect(try payments.push(100, to: "first").wait().status == 0)
        var filler = [FilePath]()
        while let file = try? File(creating: mount.path.appending("filler-\(filler.count)")),
            (try? file.write([UInt8](repeating: 1, count: 64 << 10))) != nil
        {
            filler.append(mount.path.appending("filler-\(filler.count)"))
        }
        filler.append(mount.path.appending("filler-\(filler.count)"))
        // A part of the rows may be in before the disk is full; those are a beginning.
        var account = 0
        var failed = false
        while !failed, account < 50 {
            let running = try payments.push(2000, to: "a\(account)")
            let (status, output) = try running.wait()
            if status == 0 {
                #expect(try payments.answer("a\(account)") == PushedPayments.answer(ofFirst: 2000))
                account += 1
                continue
            }
            failed = true
            #expect(status == 3, "\(output)")
            #expect(output.contains("free some space"), "\(output)")
        }
        #expect(failed)
        // It fails in the same way each time, and answers all the while.
        try expectFailure(payments.push(2000, to: "b"), says: "free some space")
        for number in 0..<account { #expect(try payments.answer("a\(number)") == PushedPayments.answer(ofFirst: 2000)) }
        #expect(try payments.answer("first") == PushedPayments.answer(ofFirst: 100))
        for name in ["a\(account)", "b"] {
            let answer = try payments.answer(name)
            #expect(answer == PushedPayments.answer(ofFirst: Int(answer[1]) ?? -1))
        }
        for file in filler { try? file.remove() }
        try payments.expectSound()
        #expect(try payments.push(2000, to: "c").wait().status == 0)
        #expect(try payments.answer("c") == PushedPayments.answer(ofFirst: 2000))
        try payments.fill()
        #expect(try payments.answer("first") == PushedPayments.answer(ofFirst: 100))
        try payments.expectSound()
    }

    @Test("is an error where a limit on the size of files is reached, and what was acknowledged stays")
    func fileSizeLimit() throws {
        let folder = try CommandFolder()
        let payments = try PushedPayments(folder)
        #expect(try payments.push(100, to: "first").wait().status == 0)
        // In blocks of 512 bytes, or of 1024 in some shells.
        try expectFailure(payments.push(20_000, to: "many", before: "ulimit -f 200;"), says: "size of files")
        let answer = try payments.answer("many")
        #expect(answer == PushedPayments.answer(ofFirst: Int(answer[1]) ?? -1))
        #expect(answer[1] != "20000")
        #expect(try payments.answer("first") == PushedPayments.answer(ofFirst: 100))
        try payments.expectSound()
        #expect(try payments.push(2000, to: "later").wait().status == 0)
        #expect(try payments.answer("later") == PushedPayments.answer(ofFirst: 2000))
    }
}
