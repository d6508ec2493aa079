import FileSystem
import Foundation
import SystemPackage
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Trainings that are killed, and go on.
@Suite(.serialized) struct TrainingTests {
    private static let settings = """
        label: late
        features: [a, b, carrier]
        hidden: [64, 32]
        dropout: 0.1
        epochs: 300
        batch_size: 32
        split: {by: random, fractions: [0.8, 0.2]}

        """

    private func folder() throws -> CommandFolder {
        let folder = try CommandFolder()
        try folder.run("vintage", "init")
        var random = SplitMix(seed: 3)
        var text = "a,b,carrier,late\n"
        for _ in 0..<4000 {
            let (a, b) = (Int(random.next() % 2000) - 1000, Int(random.next() % 2000) - 1000)
            text += "\(a),\(b),\(["AA", "B6", "UA"][Int(random.next() % 3)]),\(a * b > 0)\n"
        }
        try folder.write(text, to: "d.csv")
        try folder.write(Self.settings, to: "train.yaml")
        return folder
    }

    private static let words = ["train", "--data", "d.csv", "--config", "train.yaml", "-o", "models/m"]

    @Test("a training that is killed again and again ends with the bytes of one that is not")
    func kills() throws {
        let whole = try folder()
        #expect(try whole.vintage(Self.words).wait().status == 0)
        let expected = try whole.files("models/m")
        #expect(expected.count == 5)

        let folder = try folder()
        let cache = folder.path(".vintage/cache/training")
        func checkpoint() -> [UInt8]? {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: cache.string)) ?? []
            guard let name = names.first(where: { $0.hasSuffix(".safetensors") }) else { return nil }
            return try? cache.appending(name).contents()
        }
        var (kills, continued) = (0, false)
        while true {
            let before = checkpoint()
            let running = try folder.vintage(Self.words)
            if kills < 5 {
                // As soon as it has come further than the last one.
                for _ in 0..<10_000 where checkpoint() == before { usleep(500) }
                running.signal(SIGKILL)
            }
            let (status, output) = try running.wait()
            if status == 0 {
                continued = output.contains("Went on after epoch")
                break
            }
            #expect(status == 128 + SIGKILL, "\(output)")
            #expect(try folder.path("models/m").status() == nil)
            kills += 1
            if status != 128 + SIGKILL { break }
        }
        #expect(kills == 5)
        #expect(continued)
        #expect(try folder.files("models/m") == expected)
        #expect(checkpoint() == nil)
        try folder.run("vintage", "fsck", "--data")
    }

    @Test("a training set of an artifact's version is read in the store, and named as an input")
    func versions() throws {
        let folder = try folder()
        try folder.run("vintage", "add", "d.csv")
        try folder.run("vintage", "tag", "d.csv@v1")
        try folder.write("a,b\n1,2\n", to: "d.csv")
        try folder.write(Self.settings.replacing("epochs: 300", with: "epochs: 1"), to: "train.yaml")
        // The working file has no label; the lock's version has.
        try folder.run("vintage", "train", "--data", "d.csv", "--config", "train.yaml", "-o", "models/a")
        try folder.run("vintage", "train", "--data", "d.csv@v1", "--config", "train.yaml", "-o", "models/b")
        #expect(try folder.files("models/a") == folder.files("models/b"))
        let shown = try folder.run("vintage", "show", "models/b", "--json")
        #expect(shown.contains("\"d.csv\""))
        try folder.run("vintage", "add", "d.csv")
        let output = try folder.run(
            "vintage", "train", "--data", "d.csv", "--config", "train.yaml", "-o", "models/c", expecting: 2)
        #expect(output.contains("has no column 'late'"))
    }
}
