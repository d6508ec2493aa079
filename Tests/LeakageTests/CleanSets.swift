import Leakage
import Tables
import Testing

/// Honest training sets, in which nothing may be found: neither violation nor warning.
@Suite("Clean training sets")
struct CleanSets {
    enum Kind: String, CaseIterable, Sendable {
        case honestJoin, embargo, corrections, strongFeature, sparseFeatures, correlatedNulls, noise, numericLabel
        case purgedSplit, groupedSplit, settledRate, constantsOfUsers, plannedTime, knownAtOnce, rareLabel, purgedFold
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let kind: Kind
        let seed: UInt64
        var testDescription: String { "\(kind.rawValue) \(seed)" }
    }

    static let cases = Kind.allCases.flatMap { kind in (1...3).map { Case(kind: kind, seed: $0 * 101) } }

    typealias Columns = [(name: String, column: Column)]

    @Test("nothing is found in an honest training set", arguments: cases)
    func clean(_ clean: Case) throws {
        let report = try Self.report(clean.kind, clean.seed)
        #expect(report.findings.isEmpty, "\(report.lines.joined(separator: "\n"))")
    }

    private static func numbers(_ world: inout World, _ value: (World.Label, inout SeededData) -> Double?) -> Column {
        var random = world.random
        let values = world.labels.map { value($0, &random) }
        world.random = random
        return Column(values, .float64)
    }

    private static func report(_ kind: Kind, _ seed: UInt64) throws -> LeakageReport {
        var world = World(seed)
        switch kind {
        case .honestJoin: return try world.judge(World.definitions())
        case .embargo:
            let gap = 2 * World.day
            let join = Join(
                isCurrent: { $0.happened <= $1 - gap && $0.known <= $1 - gap && $1 - $0.happened <= 10 * World.day },
                isInWindow: { $0.known < $1 - gap && $0.happened >= $1 - gap - $2 && $0.happened < $1 - gap })
            return try world.judge(PlantedValueLeaks.embargoed, join)
        case .corrections:
            for event in world.events.prefix(400) {
                var restated = event
                restated.known += Int64(1 + world.random.below(9)) * World.day
                restated.amount = event.amount.map { $0 + 1 }
                restated.score += 1_000_000
                world.events.append(restated)
            }
            return try world.judge(
                World.definitions(source: "availability: known\n    event_key: [id]"), Join(versions: true))
        case .strongFeature:
            // An AUC of about 0.8 to 0.9 each, as good honest features have.
            let extras: Columns = [
                ("a", numbers(&world) { label, random in label.tendency + random.normal() / 2 }),
                ("b", numbers(&world) { label, random in label.tendency }),
                ("c", numbers(&world) { label, random in (label.churned ? 1.3 : 0) + random.normal() }),
            ]
            return try world.judge(World.definitions(extras: ["a", "b", "c"]), extras: extras)
        case .sparseFeatures:
            let extras: Columns = [
                ("a", numbers(&world) { label, random in random.chance(0.03) ? label.tendency : nil }),
                ("b", numbers(&world) { _, random in random.chance(0.1) ? random.normal() : nil }),
                ("c", numbers(&world) { _, random in random.chance(0.5) ? 1 : nil }),
                ("d", numbers(&world) { _, _ in nil }),
            ]
            return try world.judge(World.definitions(extras: ["a", "b", "c", "d"]), extras: extras)
        case .correlatedNulls:
            // Columns that are missing together, by user, by time, and a little more often where the label is true.
            var random = world.random
            let absent = world.labels.map { $0.user % 3 == 0 || random.chance(0.1) }
            let columns = (0..<3).map { _ in
                Column(absent.map { $0 ? nil : random.normal() }, .float64)
            }
            let late = Column(
                world.labels.map { $0.at < World.start + 25 * World.day ? nil : random.normal() }, .float64)
            let leaning = Column(
                world.labels.map { random.chance($0.churned ? 0.35 : 0.2) ? nil : random.normal() }, .float64)
            return try world.judge(
                World.definitions(extras: ["a", "b", "c", "d", "e"]),
                extras: [("a", columns[0]), ("b", columns[1]), ("c", columns[2]), ("d", late), ("e", leaning)])
        case .noise:
            let names = (0..<40).map { "x\($0)" }
            let extras = names.map { name in (name, numbers(&world) { _, random in random.normal() }) }
            return try world.judge(World.definitions(extras: names), extras: extras)
        case .numericLabel:
            let label = numbers(&world) { label, random in label.tendency + random.normal() / 2 }
            let extras: Columns = [
                ("a", numbers(&world) { label, random in label.tendency }),
                ("b", numbers(&world) { label, random in label.tendency * 3 + random.normal() }),
                ("c", numbers(&world) { label, random in random.chance(0.4) ? nil : label.tendency }),
            ]
            let set = JudgedSet(
                plan: try World.plan(World.definitions(extras: ["a", "b", "c"])),
                table: GuardTable(
                    RecordBatch(Join().columns(world).map { $0.name == "churned" ? ($0.name, label) : $0 } + extras),
                    name: "train"), sources: ["events": world.source])
            return try LeakageGuard(today: "2026-06-01").check(set)
        case .purgedSplit:
            let cut = World.start + 45 * World.day
            let sides = world.labels.map { $0.at <= cut - 3 * World.day ? "train" : $0.at < cut ? "purged" : "test" }
            return try world.judge(
                World.definitions(), others: [("part", Column(strings: sides))], split: .column("part"))
        case .purgedFold:
            let (from, until, gap) = (World.start + 20 * World.day, World.start + 30 * World.day, 3 * World.day)
            let sides = world.labels.map { label -> String? in
                if label.at >= from, label.at < until { return "test" }
                return label.at <= from - gap || label.at >= until + gap + World.day ? "train" : nil
            }
            return try world.judge(
                World.definitions(), others: [("part", Column(strings: sides))], split: .column("part"))
        case .groupedSplit:
            let sides = world.labels.map { $0.user % 4 == 0 ? "test" : "train" }
            return try world.judge(
                World.definitions(), others: [("part", Column(strings: sides))], split: .column("part"))
        case .settledRate:
            let world = world
            let rate = PlantedStatisticLeaks.means(world) { group, row in
                PlantedStatisticLeaks.rate(
                    world, group.filter { world.labels[$0].at + 3 * World.day <= world.labels[row].at })
            }
            return try world.judge(World.definitions(extras: ["rate"]), extras: [("rate", rate)])
        case .constantsOfUsers:
            let world = world
            let extras: Columns = [
                ("seats", Column(world.labels.map { Double(100 + $0.user * 7 % 50) }, .float64)),
                ("city", Column(strings: world.labels.map { "city-\($0.user % 5)" })),
                ("joined", Column(world.labels.map { World.start - Int64($0.user) * World.day }, World.moments)),
            ]
            return try world.judge(World.definitions(extras: ["seats", "city", "joined"]), extras: extras)
        case .plannedTime:
            let world = World(seed, longestDelay: 0)
            let source = try world.source.replacing(
                "known", named: "scheduled_end",
                with: Column(world.events.map { $0.happened + 3 * World.hour }, World.moments))
            let set = JudgedSet(
                plan: try World.plan(World.definitions(source: "")),
                table: GuardTable(RecordBatch(Join().columns(world)), name: "train"), sources: ["events": source])
            return try LeakageGuard(today: "2026-06-01").check(set)
        case .knownAtOnce:
            let world = World(seed, longestDelay: 0)
            return try world.judge(World.definitions(source: "availability: {lag: 0s}"))
        case .rareLabel:
            for index in world.labels.indices { world.labels[index].churned = world.random.chance(0.04) }
            let extras: Columns = [
                ("a", numbers(&world) { label, random in (label.churned ? 1 : 0) + random.normal() }),
                ("b", numbers(&world) { _, random in random.chance(0.3) ? nil : random.normal() }),
            ]
            return try world.judge(World.definitions(extras: ["a", "b"]), extras: extras)
        }
    }
}
