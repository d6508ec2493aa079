import Features
import FileSystem
import Foundation
import SystemPackage
import Tables
import Testing
import TrainingSets

import enum Tables.TableFormat

/// A temporary folder of tables.
final class Playground: SourceCatalog, Sendable {
    let folder: FilePath

    init() throws {
        folder = FilePath(NSTemporaryDirectory()).appending("vintage-training-\(UUID().uuidString)")
        try folder.makeDirectories()
    }

    deinit { try? folder.removeAll() }

    func write(_ text: String, _ name: String) throws {
        try folder.appending(name).replaceContents(with: Array(text.utf8))
    }

    /// Writes a table that is there as CSV as Parquet too, in row groups of a few rows.
    func writeParquet(_ name: String, from csv: String, _ types: [String: ColumnType], rowGroupSize: Int) throws {
        let options = TableOptions(naiveTimestamps: .kept, types: types)
        let batch = try TableReader(.file(folder.appending(csv)), options).read()
        let writer = try TableWriter(
            .file(folder.appending(name)), batch.schema, .parquet, TableWriteOptions(rowGroupSize: rowGroupSize))
        try writer.write(batch)
        try writer.finish()
    }

    /// The files of the folder whose names begin as the source's does.
    func files(of source: FeatureSource) throws -> [SourceFile] {
        let names = try Directory(folder).listing().map { String(decoding: $0, as: UTF8.self) }.sorted()
        let wanted = names.filter { $0.hasPrefix(source.name) }
        return try wanted.map { name in
            SourceFile(path: try RelativePath("data/\(name)"), input: nil, table: .file(folder.appending(name)))
        }
    }

    /// The training set of the service of a world whose files are written.
    func build(_ definitions: String, threads: Int, batchSize: Int = 1 << 20) throws -> TrainingSet {
        let definitions = try Definitions(files: [(try RelativePath("features/a.yaml"), Array(definitions.utf8))])
        let plan = try definitions.plan(forService: "service")
        let spine = try SpineTable(.file(folder.appending("spine.csv")), for: plan, threads: threads)
        return try TrainingSetBuilder(plan, spine: spine, sources: self, threads: threads, batchSize: batchSize).build()
    }
}

extension TrainingSet {
    /// The features of a row.
    func features(ofRow row: Int) -> [Cell] {
        plan.columnNames.map { table[$0]?.cell(at: row) ?? .null }
    }
}

@Suite("A training set, against the design's sentences")
struct TrainingSetOracleTests {
    static let types: [String: ColumnType] = [
        "name": .string, "number": .int64, "g": .string, "e": .int64, "p": .string, "r": .boolean, "w": .int64,
        "v": .int64, "x": .float64, "s": .string,
    ]

    /// Equal, but for the last digits of what is computed in another order.
    private static func isEqual(_ left: Cell, _ right: Cell) -> Bool {
        if case .number(let a) = left, case .number(let b) = right { return abs(a - b) <= 1e-9 }
        return left == right
    }

    @Test("gives each label what a row-by-row computation gives", arguments: 0..<12)
    func randomWorlds(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let playground = try Playground()
        for number in 0..<100 {
            let world = RandomWorld.random(using: &generator)
            let oracle = RowOracle(world: world)
            try playground.write(world.sourceText, "rows.csv")
            try playground.write(world.spineText, "spine.csv")
            if number % 2 == 0 {
                // The times come out of the CSV as they go into the definitions' types.
                var types = Self.types
                (types["t"], types["k"]) = (.timestamp(.microsecond, zone: nil), .timestamp(.microsecond, zone: "UTC"))
                try playground.writeParquet(
                    "rows.parquet", from: "rows.csv", types, rowGroupSize: Int.random(in: 1...30, using: &generator))
                try playground.folder.appending("rows.csv").remove()
            }
            let build = {
                try playground.build(
                    world.definitions, threads: number % 3 + 1, batchSize: number % 5 == 0 ? 3 : 1 << 20)
            }
            if let row = oracle.rowWithoutTime {
                let error = #expect(throws: TrainingSetError.self) { try build() }
                #expect(error?.description.hasPrefix("row \(row) of ") ?? false, "\(String(describing: error))")
            } else {
                let set = try build()
                #expect(set.table.count == world.labels.count)
                for (row, label) in world.labels.enumerated() {
                    #expect(set.table["row"]?.cell(at: row) == .integer(Int64(row)))
                    let (found, expected) = (set.features(ofRow: row), oracle.features(of: label))
                    #expect(found.count == expected.count)
                    for (place, name) in set.plan.columnNames.enumerated()
                    where !Self.isEqual(found[place], expected[place]) {
                        Issue.record(
                            "\(seed), world \(number), label \(row), \(name): \(found[place]), not \(expected[place])")
                    }
                }
            }
            for name in ["rows.csv", "rows.parquet"] { try? playground.folder.appending(name).remove() }
        }
    }

    @Test("does not change when facts are added that become known after the last label")
    func futureFacts() throws {
        var generator = SeededGenerator(seed: 99)
        let playground = try Playground()
        for _ in 0..<50 {
            var world = RandomWorld.random(using: &generator)
            world.availability = .column
            world.rows.removeAll { $0.local == nil }
            guard let last = world.labels.map(\.time).max() else { continue }
            try playground.write(world.sourceText, "rows.csv")
            try playground.write(world.spineText, "spine.csv")
            let before = try playground.build(world.definitions, threads: 1)
            for row in world.rows {
                var later = row
                later.known = last + Int.random(in: 1...600, using: &generator)
                later.value = 7
                world.rows.insert(later, at: Int.random(in: 0...world.rows.count, using: &generator))
            }
            try playground.write(world.sourceText, "rows.csv")
            let after = try playground.build(world.definitions, threads: 2)
            for row in world.labels.indices { #expect(before.features(ofRow: row) == after.features(ofRow: row)) }
        }
    }
}
