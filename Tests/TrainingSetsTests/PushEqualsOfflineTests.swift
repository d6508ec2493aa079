import Features
import FileSystem
import OnlineStore
import Tables
import Testing
import TextFormats
import TrainingSets

@Suite("Rows that are pushed to an online store")
struct PushEqualsOfflineTests {
    private static let minute: Int64 = 60_000_000
    private static let space = "push:rows"

    @Test("count as rows of the files do, in whatever order they come, until the files have them", arguments: 0..<12)
    func randomWorlds(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(7000 + seed))
        let playground = try Playground()
        let storage = try SQLiteStorage(playground.folder.appending("online.db"))
        var (compared, pushed) = (0, 0)
        for number in 0..<100 {
            var world = RandomWorld.random(using: &generator)
            // What every row needs, a push must have.
            let split = Int.random(in: 0...world.rows.count, using: &generator)
            let late = world.rows[split...].filter {
                $0.local != nil && $0.name != nil && ($0.number != nil || !world.hasTwoKeys)
            }
            let early = Array(world.rows[..<split])
            world.rows = early + late
            guard let first = world.labels.map(\.time).min(), let last = world.labels.map(\.time).max() else {
                continue
            }
            let (now, history) = (Int64(last) * Self.minute, Int64(last - first) * Self.minute)
            try playground.write(world.sourceText, "rows.csv")
            try playground.write(world.spineText, "spine.csv")
            let definitions = try Definitions(files: [
                (try RelativePath("features/a.yaml"), Array(world.definitions.utf8))
            ])
            guard let offline = try? playground.build(world.definitions, threads: 1) else { continue }
            let lines = try rows(of: playground, try definitions.plan(forView: "facts"), from: early.count)
            world.rows = early
            try playground.write(world.sourceText, "rows.csv")
            let materializer = Materializer(storage, definitions, playground, threads: 1)
            _ = try materializer.materialize("facts", until: nil, now: now, history: history)
            let pusher = Pusher(storage, definitions)
            var rest = lines[...]
            while !rest.isEmpty {
                let some = rest.prefix(Int.random(in: 1...6, using: &generator))
                rest = rest.dropFirst(some.count)
                let outcome = try pusher.push(Array(some), to: "rows", now: now)
                #expect(outcome.rows == some.count)
                pushed += some.count
                if Int.random(in: 0..<4, using: &generator) == 0 {
                    _ = try materializer.materialize("facts", until: nil, now: now, history: history)
                }
            }
            func compare(_ when: String) throws {
                let answer = try OnlineFeatures(storage, definitions).answer(offline.plan, at: offline.spine)
                for (name, feature) in zip(offline.plan.columnNames, answer.features) {
                    let expected = try #require(offline.table[name])
                    for row in 0..<answer.count {
                        let (found, wanted) = (feature.values.cell(at: row), expected.cell(at: row))
                        #expect(found == wanted, "\(name) of label \(row) \(when) in world \(number)")
                        compared += 1
                    }
                }
            }
            try compare("after the pushes")
            let verification = OnlineVerification(storage, definitions, playground, threads: 1)
            let verified = try verification.verify("facts", pairs: 12, now: now, seed: UInt64(number))
            #expect(verified.differences == [], "world \(number)")
            // The files take the rows over, and the store forgets that they were pushed.
            world.rows = early + late
            try playground.write(world.sourceText, "rows.csv")
            _ = try materializer.materialize("facts", until: nil, now: now, history: history)
            try compare("once the files have them")
            var left = 0
            try storage.forEachEntity(in: Self.space) { left += $0.count }
            #expect(left == 0, "world \(number)")
        }
        #expect(compared > 5_000)
        #expect(pushed > 200)
    }

    /// Rows of the source's file, as JSON, from one on.
    private func rows(of playground: Playground, _ plan: ViewPlan, from first: Int) throws -> [JSON] {
        let source = try ViewSource(plan, files: playground.files(of: plan.source), threads: 1)
        try source.forEachBatch { _ in }
        let count = source.fileRowCount ?? 0
        let rows = try source.sourceRows((first..<count).map { Int32($0) })
        return (0..<rows.count).map { row in
            var object = JSONObject()
            for (field, column) in zip(rows.schema.fields, rows.columns) {
                switch column.cell(at: row) {
                // What is left out is null.
                case .null: break
                case .boolean(let value): object[field.name] = .bool(value)
                case .number(let value): object[field.name] = .number(value)
                case .integer(let value) where field.type.isInteger: object[field.name] = .integer(value)
                case let cell: object[field.name] = .string(field.type.text(of: cell))
                }
            }
            return .object(object)
        }
    }
}
