import Features
import FileSystem
import OnlineStore
import Tables
import Testing
import TextFormats
import TrainingSets

@Suite("Comparing an online store with the join over random worlds")
struct VerificationOfRandomWorldsTests {
    private static let minute: Int64 = 60_000_000

    @Test("finds nothing in what was filled, and the entity whose rows were taken away", arguments: 0..<4)
    func randomWorlds(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(31_000 + seed))
        let playground = try Playground()
        let storage = try SQLiteStorage(playground.folder.appending("online.db"))
        var (values, visible, found) = (0, 0, 0)
        for number in 0..<100 {
            let world = RandomWorld.random(using: &generator)
            guard let first = world.rows.map(\.known).min(), let last = world.rows.map(\.known).max() else { continue }
            try playground.write(world.sourceText, "rows.csv")
            let definitions = try Definitions(files: [
                (try RelativePath("features/a.yaml"), Array(world.definitions.utf8))
            ])
            let until = Bool.random(using: &generator) ? Int64(last - 60) * Self.minute : nil
            let now = Int64(last + 60) * Self.minute
            let history = Int64.random(in: 1...Int64(last - first + 1), using: &generator) * Self.minute
            let materializer = Materializer(storage, definitions, playground, threads: 1)
            // Rows without a time are refused.
            guard (try? materializer.materialize("facts", until: until, now: now, history: history)) != nil else {
                continue
            }
            let verification = OnlineVerification(storage, definitions, playground, threads: 1)
            func verify() throws -> OnlineVerification.Result {
                try verification.verify("facts", pairs: 120, now: now, seed: UInt64(number))
            }
            let result = try verify()
            #expect(result.differences == [], "world \(number)")
            values += result.values
            let mark = try JSON(parsing: try storage.mark("view:facts") ?? [])
            let space = try #require(mark["space"].string)
            var entities: [[UInt8]] = []
            try storage.forEachEntity(in: space) { entities += $0 }
            guard let entity = entities.randomElement(using: &generator) else { continue }
            let plan = try definitions.plan(forView: "facts")
            let service = try definitions.plan(forFeatures: ["facts"])
            let from = (until ?? now) - history
            func answers() throws -> [[Cell]] {
                let spine = try Self.spine(entity, plan, from: from, to: now)
                return try OnlineFeatures(storage, definitions).answer(service, at: spine).features.map { feature in
                    (0..<spine.count).map { feature.values.cell(at: $0) }
                }
            }
            let before = try answers()
            try storage.update([OnlineKey(space: space, entity: entity)], marks: []) { _ in [nil] }
            let changed = try verify().differences
            #expect(Set(changed.map(\.entity)).count <= 1)
            // Rows that are filtered away, or too old, or that say nothing, change no answer.
            guard try answers() != before else { continue }
            visible += 1
            if !changed.isEmpty { found += 1 }
        }
        #expect(values > 10_000)
        #expect(visible > 30)
        #expect(found * 100 >= visible * 98, "\(found) of \(visible)")
    }

    /// An entity every quarter of an hour, in each group.
    private static func spine(
        _ entity: [UInt8], _ plan: ViewPlan, from first: Int64, to last: Int64
    ) throws -> SpineTable {
        let groups: [String?] = [nil, "", "a", "b", "ab", "é", "say \"x\", y"]
        let step = 15 * Self.minute
        let moments = (0...(last - first) / step).map { first + $0 * step }
        let count = moments.count * groups.count
        let names = Array(repeating: entity, count: count)
        var columns = try #require(EntityKey.columns(of: names, by: plan.keys))
        columns.append(("g", Column(strings: groups.flatMap { Array(repeating: $0, count: moments.count) })))
        let times = groups.flatMap { _ in moments.map { Int64?($0) } }
        columns.append(("at", Column(times, .timestamp(.microsecond, zone: "UTC"))))
        return try SpineTable(RecordBatch(columns), name: "the entity", time: "at")
    }
}
