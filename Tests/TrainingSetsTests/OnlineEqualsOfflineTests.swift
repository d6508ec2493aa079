import Features
import FileSystem
import OnlineStore
import Tables
import Testing
import TrainingSets

@Suite("What an online store answers")
struct OnlineEqualsOfflineTests {
    private static let minute: Int64 = 60_000_000

    @Test("is what the join yields at that moment, cell by cell", arguments: 0..<12)
    func randomWorlds(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(1000 + seed))
        let playground = try Playground()
        let storage = try SQLiteStorage(playground.folder.appending("online.db"))
        var compared = 0
        for number in 0..<200 {
            let world = RandomWorld.random(using: &generator)
            guard let first = world.labels.map(\.time).min(), let last = world.labels.map(\.time).max() else {
                continue
            }
            try playground.write(world.sourceText, "rows.csv")
            try playground.write(world.spineText, "spine.csv")
            let definitions = try Definitions(files: [
                (try RelativePath("features/a.yaml"), Array(world.definitions.utf8))
            ])
            let materializer = Materializer(storage, definitions, playground, threads: 2)
            // What is known after the last label changes no answer, whether it is there or not.
            let until = Bool.random(using: &generator) ? Int64(last) * Self.minute : nil
            let now = Int64(last) * Self.minute
            let history = Int64(last - first) * Self.minute
            guard let offline = try? playground.build(world.definitions, threads: 1) else {
                #expect(throws: (any Error).self) {
                    try materializer.materialize("facts", until: until, now: now, history: history)
                }
                continue
            }
            _ = try materializer.materialize("facts", until: until, now: now, history: history)
            let answer = try OnlineFeatures(storage, definitions).answer(offline.plan, at: offline.spine)
            for (name, feature) in zip(offline.plan.columnNames, answer.features) {
                let expected = try #require(offline.table[name])
                #expect(feature.values.type == expected.type)
                for row in 0..<answer.count {
                    let (found, wanted) = (feature.values.cell(at: row), expected.cell(at: row))
                    #expect(
                        found == wanted,
                        "\(name) of label \(row) until \(until.map(String.init) ?? "ever") in world \(number)")
                    compared += 1
                }
            }
        }
        #expect(compared > 10_000)
    }

    @Test("follows its source, and is written only where it changed")
    func again() throws {
        let playground = try Playground()
        let storage = try SQLiteStorage(playground.folder.appending("online.db"))
        let text = """
            entities:
              airport: {keys: {origin: string}}
            sources:
              weather: {path: data/weather.csv, event_time: time}
            views:
              weather: {entity: airport, source: weather, features: [temp]}
            """
        let definitions = try Definitions(files: [(try RelativePath("features/a.yaml"), Array(text.utf8))])
        let materializer = Materializer(storage, definitions, playground, threads: 1)
        func fill(_ rows: String) throws -> Materializer.Outcome {
            for name in try Directory(playground.folder).listing().map({ String(decoding: $0, as: UTF8.self) })
            where name.hasPrefix("weather") { try playground.folder.appending(name).remove() }
            let name = "weather-\(rows.utf8.count)-\(rows.hashValue.magnitude).csv"
            try playground.write("origin,time,temp\n" + rows, name)
            return try materializer.materialize("weather", until: nil, now: 4_000_000_000_000_000, history: 0)
        }
        let first = try fill("JFK,2013-06-01T00:00:00Z,60\nJFK,2013-06-01T01:00:00Z,61\nLGA,2013-06-01T00:00:00Z,70\n")
        #expect((first.rows, first.entities, first.written) == (2, 2, 2))
        // One airport has another temperature, one is gone, one is new, and one row in the middle moves no answer.
        let second = try fill("JFK,2013-06-01T01:00:00Z,62\nEWR,2013-06-01T00:00:00Z,50\n")
        #expect((second.rows, second.entities, second.written) == (2, 2, 3))
        let plan = try definitions.plan(forFeatures: ["weather.temp"])
        let spine = try SpineTable(
            RecordBatch([
                ("origin", Column(strings: ["JFK", "LGA", "EWR", nil])),
                (
                    "at",
                    Column([Int64?](repeating: 4_100_000_000_000_000, count: 4), .timestamp(.microsecond, zone: "UTC"))
                ),
            ]), name: "entities", time: "at")
        let answer = try OnlineFeatures(storage, definitions).answer(plan, at: spine).features[0]
        #expect((0..<4).map { answer.values.cell(at: $0) } == [.integer(62), .null, .integer(50), .null])
        #expect(answer.statuses == [.present, .notFound, .present, .notFound])
        #expect(answer.eventTimes[0] == 1_370_048_400_000_000)
    }

    @Test("is refused for a moment before those that it keeps rows for, and for a view that was never filled")
    func refusals() throws {
        let playground = try Playground()
        let storage = try SQLiteStorage(playground.folder.appending("online.db"))
        let text = """
            entities:
              airport: {keys: {origin: string}}
            sources:
              weather: {path: data/weather.csv, event_time: time}
            views:
              weather: {entity: airport, source: weather, features: [temp]}
            """
        let definitions = try Definitions(files: [(try RelativePath("features/a.yaml"), Array(text.utf8))])
        try playground.write("origin,time,temp\nJFK,2013-06-01T00:00:00Z,60\n", "weather.csv")
        let plan = try definitions.plan(forFeatures: ["weather"])
        let moment: Int64 = 1_370_044_800_000_000
        let spine = try SpineTable(
            RecordBatch([
                ("origin", Column(strings: ["JFK"])), ("at", Column([moment], .timestamp(.microsecond, zone: "UTC"))),
            ]), name: "entities", time: "at")
        let online = OnlineFeatures(storage, definitions)
        #expect(throws: OnlineReadError.notMaterialized(view: "weather")) { try online.answer(plan, at: spine) }
        let materializer = Materializer(storage, definitions, playground, threads: 1)
        _ = try materializer.materialize("weather", until: nil, now: moment + 2, history: 1)
        #expect(throws: OnlineReadError.tooEarly(view: "weather", horizon: moment + 1)) {
            try online.answer(plan, at: spine)
        }
        #expect(throws: UnknownDefinition(name: "weather.tmp", kind: nil, nearest: "weather.temp")) {
            try definitions.plan(forFeatures: ["weather.tmp"])
        }
    }
}
