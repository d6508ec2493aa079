import Leakage
import Tables
import Testing

@Suite("Planted leaks in splits and sources")
struct PlantedSplitLeaks {
    static func split(_ world: World, _ sides: [String?]) throws -> LeakageReport {
        try world.judge(
            World.definitions(), others: [("part", Column(strings: sides))], split: .column("part"))
    }

    @Test("a random split shares entities and horizons")
    func random() throws {
        var world = World(31)
        let sides = world.labels.map { _ in world.random.chance(0.3) ? "test" : "train" }
        let rules = Set(try Self.split(world, sides).violations.map(\.rule))
        #expect(rules == [.sharedEntity, .overlappingHorizon])
    }

    @Test("a split by time without a gap has horizons that meet")
    func unpurged() throws {
        let world = World(32)
        let cut = World.start + 45 * World.day
        let report = try Self.split(world, world.labels.map { $0.at < cut ? "train" : "test" })
        #expect(report.violations.map(\.rule) == [.overlappingHorizon])
        let meeting = world.labels.count { label in
            label.at < cut && world.labels.contains { $0.at >= cut && $0.at < label.at + 3 * World.day }
        }
        #expect(report.violations.first?.evidence.contains { $0.name == "rows" && $0.value == "\(meeting)" } == true)
    }

    @Test("a purged split whose gap is an hour too short is caught")
    func shortGap() throws {
        var world = World(33)
        let cut = World.start + 45 * World.day
        world.labels[0].at = cut - 3 * World.day + World.hour
        world.labels[1].at = cut
        let report = try Self.split(
            world,
            world.labels.map {
                $0.at < cut - 3 * World.day + 2 * World.hour ? "train" : $0.at < cut ? "purged" : "test"
            })
        #expect(report.violations.map(\.rule) == [.overlappingHorizon])
    }

    @Test("a fold in the middle must be purged on both sides")
    func middleFold() throws {
        let world = World(34)
        let (from, until) = (World.start + 20 * World.day, World.start + 30 * World.day)
        let report = try Self.split(
            world,
            world.labels.map {
                $0.at >= from && $0.at < until ? "test" : $0.at < from - 3 * World.day || $0.at >= until ? "train" : nil
            })
        #expect(report.violations.map(\.rule) == [.overlappingHorizon])
    }

    @Test("a test row that is in the training set too is caught")
    func duplicates() throws {
        var world = World(35)
        let cut = World.start + 45 * World.day
        let first = try #require(world.labels.firstIndex { $0.at < cut - 4 * World.day })
        world.labels.append(world.labels[first])
        var sides: [String?] = world.labels.map { $0.at < cut - 3 * World.day ? "train" : $0.at < cut ? nil : "test" }
        sides[sides.count - 1] = "test"
        let report = try Self.split(world, sides)
        #expect(report.violations.contains { $0.rule == .duplicateRows })
    }

    @Test("rows of a second file are compared with the first's")
    func files() throws {
        let world = World(36)
        let columns = Join().columns(world)
        let half = columns.map { ($0.name, $0.column.slice(0..<100)) }
        let report = try world.judge(World.definitions(), split: .test(GuardTable(RecordBatch(half), name: "test")))
        #expect(report.violations.first { $0.rule == .duplicateRows }?.evidence.contains { $0.value == "100" } == true)
    }

    @Test("a column of when rows were written wants to be the availability")
    func written() throws {
        let world = World(37, longestDelay: 0)
        let source = try world.source.replacing(
            "known", named: "ingested_at",
            with: Column(
                world.events.map { $0.happened + 3 * World.hour }, World.moments))
        let set = JudgedSet(
            plan: try World.plan(World.definitions(source: "")),
            table: GuardTable(RecordBatch(Join().columns(world)), name: "t"),
            sources: ["events": source])
        let report = try LeakageGuard(today: "2026-06-01").check(set)
        #expect(report.violations.map(\.rule) == [.availabilityUndeclared])
        #expect(report.violations.first?.subject == "events")
    }

    @Test("a later time whose name says nothing is a warning")
    func unnamed() throws {
        let world = World(38, longestDelay: 0)
        let source = try world.source.replacing(
            "known", named: "t2",
            with: Column(
                world.events.map { $0.happened + 3 * World.hour }, World.moments))
        let set = JudgedSet(
            plan: try World.plan(World.definitions(source: "")),
            table: GuardTable(RecordBatch(Join().columns(world)), name: "t"),
            sources: ["events": source])
        let report = try LeakageGuard(today: "2026-06-01").check(set)
        #expect(report.findings.map(\.severity) == [.warning])
        #expect(report.exitStatus == .done)
    }

    @Test("facts that were restated without a time are caught")
    func restated() throws {
        var world = World(39, longestDelay: 0)
        for index in 0..<50 {
            var restated = world.events[index]
            restated.score += 1_000_000
            world.events.append(restated)
        }
        let report = try world.judge(World.definitions(source: "event_key: [id]"), Join(versions: true))
        #expect(report.violations.contains { $0.rule == .availabilityUndeclared && $0.severity == .error })
    }
}

extension GuardTable {
    /// A table in memory with one column for another.
    func replacing(_ old: String, named name: String, with column: Column) throws -> GuardTable {
        var columns: [(name: String, column: Column)] = []
        try forEachBatch(schema.names) { batch in
            for (field, held) in zip(batch.schema.fields, batch.columns) {
                columns.append(field.name == old ? (name, column) : (field.name, held))
            }
        }
        return GuardTable(RecordBatch(columns), name: self.name)
    }
}
