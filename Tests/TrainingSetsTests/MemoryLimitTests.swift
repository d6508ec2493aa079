import Features
import FileSystem
import SystemPackage
import Tables
import Testing
import TrainingSets

@Suite("A join in little memory")
struct MemoryLimitTests {
    private func written(_ playground: Playground, _ world: RandomWorld, _ limit: Int?) throws -> [UInt8] {
        let definitions = try Definitions(files: [(try RelativePath("features/a.yaml"), Array(world.definitions.utf8))])
        let plan = try definitions.plan(forService: "service")
        let limit = limit.map { MemoryLimit(bytes: $0, scratch: playground.folder) }
        let spine = try SpineTable(
            .file(playground.folder.appending("spine.parquet")), for: plan, threads: 2, limit: limit)
        let set = try TrainingSetBuilder(plan, spine: spine, sources: playground, threads: 2, limit: limit).build()
        let file = playground.folder.appending("train.parquet")
        try set.write(to: file)
        return try file.contents()
    }

    @Test("gives the same bytes", arguments: 0..<6)
    func sameBytes(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(1000 + seed))
        let spineTypes: [String: ColumnType] = [
            "name": .string, "number": .int64, "g": .string, "at": .timestamp(.microsecond, zone: "UTC"), "row": .int64,
        ]
        var compared = 0
        while compared < 10 {
            let world = RandomWorld.random(using: &generator)
            if RowOracle(world: world).rowWithoutTime != nil || world.labels.isEmpty { continue }
            compared += 1
            let playground = try Playground()
            try playground.write(world.sourceText, "source.csv")
            try playground.write(world.spineText, "spine.csv")
            var types = TrainingSetOracleTests.types
            (types["t"], types["k"]) = (.timestamp(.microsecond, zone: nil), .timestamp(.microsecond, zone: "UTC"))
            try playground.writeParquet("rows.parquet", from: "source.csv", types, rowGroupSize: 7)
            try playground.writeParquet("spine.parquet", from: "spine.csv", spineTypes, rowGroupSize: 7)
            let expected = try written(playground, world, nil)
            // So little that each label is alone, that some are, and that only columns do not fit.
            for limit in [1, 2_000, 50_000] { #expect(try written(playground, world, limit) == expected) }
            let names = try Directory(playground.folder).listing().map { String(decoding: $0, as: UTF8.self) }
            #expect(names.sorted() == ["rows.parquet", "source.csv", "spine.csv", "spine.parquet", "train.parquet"])
        }
    }
}
