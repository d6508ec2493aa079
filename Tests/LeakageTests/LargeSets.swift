import Foundation
import Leakage
import SystemPackage
import Tables
import Testing

/// Sets and sources of which only a part is looked at.
@Suite("Large sets")
struct LargeSets {
    /// Calls `body` with the events as a Parquet file in the order of time, of which a few row groups may be read at once.
    private func withFile(_ world: inout World, _ body: (World, GuardTable, LeakageSettings) throws -> Void) throws {
        world.events.sort { ($0.happened, $0.id) < ($1.happened, $1.id) }
        let events = world.events
        let file = FilePath(NSTemporaryDirectory()).appending("vintage-guard-\(UUID().uuidString).parquet")
        defer { try? FileManager.default.removeItem(atPath: file.string) }
        let batch = RecordBatch([
            ("user", Column(strings: events.map { World.name($0.user) })),
            ("happened", Column(events.map { $0.happened }, World.moments)),
            ("known", Column(events.map { $0.known }, World.moments)),
            ("amount", Column(events.map { $0.amount }, .float64)),
            ("score", Column(events.map { $0.score }, .int64)),
            ("kind", Column(strings: events.map { $0.kind })),
            ("id", Column(events.map { Int64($0.id) }, .int64)),
        ])
        let writer = try TableWriter(.file(file), batch.schema, .parquet, TableWriteOptions(rowGroupSize: 50))
        try writer.write(batch)
        try writer.finish()
        var settings = LeakageSettings()
        settings.readRows = 400
        try body(world, GuardTable([try TableReader(.file(file))], name: "events"), settings)
    }

    private func judge(
        _ world: World, _ source: GuardTable, _ settings: LeakageSettings, _ definitions: String, _ join: Join
    ) throws -> LeakageReport {
        let set = JudgedSet(
            plan: try World.plan(definitions), table: GuardTable(RecordBatch(join.columns(world)), name: "train"),
            spine: GuardTable(RecordBatch(world.spine), name: "spine"), sources: ["events": source])
        return try LeakageGuard(settings, today: "2026-06-01").check(set)
    }

    @Test("of a large source in the order of time a part is read, and the report says so", arguments: [1, 2, 3])
    func honest(_ seed: UInt64) throws {
        var world = World(seed)
        try withFile(&world) { world, source, settings in
            let report = try judge(world, source, settings, World.definitions(), Join())
            #expect(report.findings.isEmpty, "\(report.lines.joined(separator: "\n"))")
            let notes = report.notes.filter { $0.hasSuffix("of 'events' that are next to each other in time.") }
            #expect(notes.count == 2)
            for note in notes {
                let rows = Int(note.split(separator: "'")[2].split(separator: " ")[0])
                #expect(try #require(rows) > 20, "\(note)")
            }
        }
    }

    @Test("of values that may be of any age those are recomputed that the part tells")
    func withoutTimeToLive() throws {
        var world = World(4)
        try withFile(&world) { world, source, settings in
            let definitions = World.definitions(latest: "embargo: 0s")
            let join = Join(isCurrent: { $0.happened <= $1 && $0.known <= $1 })
            let report = try judge(world, source, settings, definitions, join)
            #expect(report.findings.isEmpty, "\(report.lines.joined(separator: "\n"))")
            #expect(report.notes.contains { $0.hasPrefix("Of 'latest' ") && !$0.hasPrefix("Of 'latest' 0 ") })
        }
    }

    /// A few labels in a thousand, as that of this case, may not be among those that the part is enough for.
    static let frequent = PlantedValueLeaks.cases.filter { $0.name != "a TTL counted from availability" }

    @Test("a planted leak in values is caught where only a part of the source is read", arguments: frequent)
    func caught(_ planted: PlantedValueLeaks.Case) throws {
        var world = World(7)
        let join = planted.make(&world)
        try withFile(&world) { world, source, settings in
            let report = try judge(world, source, settings, planted.definitions, join)
            let found = Set(report.violations.filter { $0.rule == planted.rule }.compactMap(\.subject))
            #expect(Set(planted.columns).isSubset(of: found), "\(report.lines.joined(separator: "\n"))")
        }
    }

    // MARK: Statistics

    struct Encoding: Sendable, CustomTestStringConvertible {
        let name: String
        /// Of the labels of a category and a place among them.
        let value: @Sendable (_ labels: [Double], _ place: Int) -> Double?
        var testDescription: String { name }
    }

    static let encodings = [
        Encoding(name: "mean") { labels, _ in labels.reduce(0, +) / Double(labels.count) },
        Encoding(name: "others") { labels, place in (labels.reduce(0, +) - labels[place]) / Double(labels.count - 1) },
        Encoding(name: "smoothed") { labels, _ in (labels.reduce(0, +) + 3) / (Double(labels.count) + 10) },
        Encoding(name: "folds") { labels, place in
            let others = labels.indices.filter { $0 % 5 != place % 5 }
            return others.reduce(0) { $0 + labels[$1] } / Double(others.count)
        },
        Encoding(name: "running") { labels, place in
            place == 0 ? nil : labels[..<place].reduce(0, +) / Double(place)
        },
    ]

    /// Judges a set of the labels of some users alone; a user's labels are in the order of time.
    private func judge(_ encoding: Encoding?, users: Int, each: Int) throws -> LeakageReport {
        var random = SeededData(9)
        var (names, times, labels, values): ([String], [Int64], [Bool], [Double?]) = ([], [], [], [])
        for user in 0..<users {
            let share = random.uniform()
            // Users differ in how many labels they have, as smoothing needs.
            let own = (0..<each - user % 7).map { _ in random.chance(share) ? 1.0 : 0 }
            for place in own.indices {
                names.append(World.name(user))
                times.append(World.start + Int64(place) * World.hour)
                labels.append(own[place] == 1)
                values.append(encoding?.value(own, place) ?? (encoding == nil ? random.uniform() : nil))
            }
        }
        let rows = names.indices.shuffled(using: &random).map { Int32($0) }
        let columns: [(name: String, column: Column)] = [
            ("user", Column(strings: names)), ("at", Column(times, World.moments)),
            ("churned", Column(booleans: labels)), ("leak", Column(values, .float64)),
        ]
        let table = RecordBatch(columns.map { ($0.name, $0.column.gather(rows)) })
        return try LeakageGuard(today: "2026-06-01").check(
            JudgedSet(
                plan: try World.plan(World.definitions(horizon: "30d", extras: ["leak"])),
                table: GuardTable(table, name: "train")))
    }

    @Test("an encoding of labels is caught in a set of which only a sample is looked at", arguments: encodings)
    func encoded(_ encoding: Encoding) throws {
        let report = try judge(encoding, users: 1_000, each: 40)
        let leak = report.violations.first { $0.subject == "leak" && $0.rule == .targetEncoding }
        #expect(
            leak?.evidence.contains(.init("form", encoding.name)) ?? false, "\(report.lines.joined(separator: "\n"))")
    }

    @Test(
        "an encoding of a few categories, each too large to be taken whole, is caught", arguments: encodings.prefix(2))
    func encodedLargely(_ encoding: Encoding) throws {
        let report = try judge(encoding, users: 9, each: 30_000)
        let leak = report.violations.first { $0.subject == "leak" && $0.rule == .targetEncoding }
        #expect(
            leak?.evidence.contains(.init("form", encoding.name)) ?? false, "\(report.lines.joined(separator: "\n"))")
    }

    @Test("numbers that have nothing to do with the labels are no encoding of them")
    func notEncoded() throws {
        #expect(try judge(nil, users: 1_000, each: 40).findings.isEmpty)
        #expect(try judge(nil, users: 9, each: 30_000).findings.isEmpty)
    }
}
