import FileSystem
import Foundation
import SystemPackage
import Testing

@Suite("Many processes in one workspace")
struct ConcurrencyTests {
    private func workspace() throws -> CommandFolder {
        let folder = try CommandFolder()
        try folder.run("vintage", "init")
        return folder
    }

    /// Waits for all and expects each to end well.
    private func finish(_ running: [CommandFolder.Running], allowing statuses: Set<Int32> = [0]) throws {
        for process in running {
            let (status, output) = try process.wait()
            #expect(statuses.contains(status), "\(output)")
        }
    }

    @Test("eight processes add different artifacts at once, and all are in the lock")
    func differentArtifacts() throws {
        let folder = try workspace()
        var random = SplitMix(seed: 8)
        for round in 0..<6 {
            var expected: [String: [UInt8]] = [:]
            for number in 0..<8 {
                let shared = Array("shared by all in round \(round)".utf8)
                try folder.path("a\(number)").makeDirectories()
                try folder.path("a\(number)/shared").replaceContents(with: shared, isDurable: false)
                expected["a\(number)"] = random.bytes(30_000)
                try folder.path("a\(number)/own").replaceContents(with: expected["a\(number)"]!, isDurable: false)
            }
            try finish(try (0..<8).map { try folder.vintage(["add", "a\($0)"]) })
            let listed = try folder.run("vintage", "status", "--json")
            for number in 0..<8 { #expect(listed.contains("\"a\(number)\""), "round \(round)") }
            for number in 0..<8 { try folder.path("a\(number)").removeAll() }
            try folder.run("vintage", "checkout")
            for (name, bytes) in expected { #expect(try folder.files(name)["own"] == bytes, "round \(round)") }
        }
        try folder.run("vintage", "commit", "-m", "all")
        try folder.run("vintage", "fsck", "--data")
        try folder.run("git", "fsck")
    }

    @Test("eight processes add the same artifact at once")
    func sameArtifact() throws {
        let folder = try workspace()
        var random = SplitMix(seed: 9)
        for round in 0..<6 {
            let bytes = random.bytes(300_000)
            try folder.path("d").makeDirectories()
            try folder.path("d/large").replaceContents(with: bytes, isDurable: false)
            for number in 0..<30 { try folder.write("\(round) \(number)", to: "d/\(number)") }
            let expected = try folder.files("d")
            try finish(try (0..<8).map { _ in try folder.vintage(["add", "d"]) })
            try folder.path("d").removeAll()
            try folder.run("vintage", "checkout")
            #expect(try folder.files("d") == expected, "round \(round)")
        }
        try folder.run("vintage", "fsck", "--data")
    }

    @Test("processes add while another cleans up, and nothing that was added goes")
    func addersBesideCleanUp() throws {
        let folder = try workspace()
        var random = SplitMix(seed: 10)
        for number in 0..<4 { try folder.write("first", to: "a\(number)/f") }
        try folder.run("vintage", "add", "a0", "a1", "a2", "a3")
        for round in 0..<12 {
            for number in 0..<4 {
                try folder.path("a\(number)/f").replaceContents(with: random.bytes(20_000), isDurable: false)
            }
            let adders = try (0..<4).map { try folder.vintage(["add", "a\($0)"]) }
            // A clean-up gives up while others write, and says so.
            let collectors = try (0..<3).map { _ in try folder.vintage(["gc", "--grace", "0s"]) }
            try finish(adders)
            try finish(collectors, allowing: [0, 3])
            #expect(try folder.run("vintage", "status", "--json").contains("\"a3\""), "round \(round)")
        }
        try folder.run("vintage", "commit", "-m", "all")
        let expected = try (0..<4).map { try folder.files("a\($0)") }
        for number in 0..<4 { try folder.path("a\(number)").removeAll() }
        try folder.run("vintage", "gc", "--grace", "0s")
        try folder.run("vintage", "checkout")
        for number in 0..<4 { #expect(try folder.files("a\(number)") == expected[number]) }
        try folder.run("vintage", "fsck", "--data")
    }

    @Test("processes read while another cleans up, and read the right bytes")
    func readersBesideCleanUp() throws {
        let folder = try workspace()
        var texts: [String] = []
        var ids: [String] = []
        for number in 0..<10 {
            // Versions that half of the time nothing names later: their packs are rewritten.
            texts.append(String(repeating: "version \(number)\n", count: 300))
            try folder.write(texts[number], to: "d/f")
            try folder.write("filler \(number)", to: "d/g")
            try folder.run("vintage", "add", "d")
            if number % 2 == 0 {
                try folder.run("vintage", "commit", "-m", "version \(number)")
                ids.append(try folder.run("git", "rev-parse", "HEAD").trimmingCharacters(in: .whitespacesAndNewlines))
            }
        }
        for _ in 0..<10 {
            let collector = try folder.vintage(["gc", "--grace", "0s"])
            let readers = try ids.map { try folder.vintage(["cat", "\($0):d/f"]) }
            for (position, reader) in readers.enumerated() {
                let (status, output) = try reader.wait()
                #expect(status == 0 && output == texts[position * 2])
            }
            try finish([collector], allowing: [0, 3])
            try folder.write("another \(ids.count)", to: "d/g")
            try folder.run("vintage", "add", "d")
        }
        try folder.run("vintage", "fsck", "--data")
    }
}
