import Features
import FileSystem
import OnlineStore
import Tables
import Testing
import TrainingSets

@Suite("Features that a service makes when it is asked")
struct DerivedFeatureTests {
    private static let minute: Int64 = 60_000_000
    private static let derived = """
              service:
                label: label
                features: [facts]
                request: {number: int64, g: string}
                derive:
                  chained: if(plus > 3, ratio, average_1h)
                  plus: number * 2 + coalesce(v, 0)
                  ratio: total_3h / nullif(rows_24h, 0)
                  same: g = first_text_24h
        """

    /// A random world whose service makes features.
    private static func definitions(of world: RandomWorld) -> String {
        world.definitions.replacing(
            "  service: {label: label, features: [facts]}",
            with: derived.split(separator: "\n").map { $0.dropFirst(4) }.joined(separator: "\n"))
    }

    @Test("are online what they are in a training set, and what their expressions say", arguments: 0..<4)
    func randomWorlds(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(7000 + seed))
        let playground = try Playground()
        let storage = try SQLiteStorage(playground.folder.appending("online.db"))
        var (compared, made) = (0, 0)
        for number in 0..<60 {
            let world = RandomWorld.random(using: &generator)
            guard let first = world.labels.map(\.time).min(), let last = world.labels.map(\.time).max() else {
                continue
            }
            try playground.write(world.sourceText, "rows.csv")
            try playground.write(world.spineText, "spine.csv")
            let text = Self.definitions(of: world)
            let definitions = try Definitions(files: [(try RelativePath("features/a.yaml"), Array(text.utf8))])
            guard let offline = try? playground.build(text, threads: 2) else { continue }
            #expect(offline.plan.columnNames.suffix(4) == ["chained", "plus", "ratio", "same"])
            _ = try Materializer(storage, definitions, playground, threads: 2).materialize(
                "facts", until: nil, now: Int64(last) * Self.minute, history: Int64(last - first) * Self.minute)
            let answer = try OnlineFeatures(storage, definitions).answer(offline.plan, at: offline.spine)
            for (name, feature) in zip(offline.plan.columnNames, answer.features) {
                let expected = try #require(offline.table[name])
                #expect(feature.values.type == expected.type)
                for row in 0..<answer.count {
                    let (found, wanted) = (feature.values.cell(at: row), expected.cell(at: row))
                    #expect(found == wanted, "\(name) of label \(row) in world \(number)")
                    compared += 1
                }
            }
            for row in 0..<answer.count {
                let plus = try #require(offline.table["plus"]).cell(at: row)
                var v: Int64 = 0
                if case .integer(let value) = offline.table["v"]?.cell(at: row) { v = value }
                if case .integer(let number) = offline.table["number"]?.cell(at: row) {
                    #expect(plus == .integer(number * 2 + v))
                    made += 1
                } else {
                    #expect(plus == .null)
                }
            }
        }
        #expect(compared > 2_000)
        #expect(made > 50)
    }

    @Test("of given numbers are the same however the table of labels has these, and of other types they are refused")
    func types() throws {
        let playground = try Playground()
        let text = """
            entities:
              thing: {keys: {name: string}}
            sources:
              rows: {path: data/rows.csv, event_time: t, columns: {name: string, t: timestamp, v: int64}}
            views:
              facts: {entity: thing, source: rows, features: [v]}
            labels:
              label: {column: row, time: at}
            services:
              service:
                label: label
                features: [facts]
                request: {amount: float64, due: timestamp}
                derive: {share: amount / 2, is_late: at_due > due, at_due: due + hours(v)}
            """
        try playground.write("name,t,v\na,2026-01-01T00:00:00Z,3\n", "rows.csv")
        func share(_ amounts: [String]) throws -> [Cell] {
            let rows = amounts.enumerated().map { "a,\($1),2026-01-01T00:00:00Z,2026-01-02T00:00:00Z,\($0)\n" }
            try playground.write("name,amount,due,at,row\n" + rows.joined(), "spine.csv")
            let set = try playground.build(text, threads: 1)
            #expect(set.table["is_late"]?.cell(at: 0) == .boolean(true))
            let column = try #require(set.table["share"])
            return (0..<column.count).map { column.cell(at: $0) }
        }
        #expect(try share(["7", "", "9"]) == [.number(3.5), .null, .number(4.5)])
        #expect(try share(["7.0"]) == [.number(3.5)])
        let definitions = try Definitions(files: [(try RelativePath("features/a.yaml"), Array(text.utf8))])
        let plan = try definitions.plan(forService: "service")
        let moment = Column([0], .timestamp(.microsecond, zone: "UTC"))
        func spine(_ amount: Column?) throws -> SpineTable {
            let given = amount.map { [("amount", $0)] } ?? []
            return try SpineTable(
                RecordBatch([("name", Column(strings: ["a"])), ("due", moment), ("at", moment)] + given),
                name: "labels", time: "at")
        }
        for (amount, words) in [
            (Column(strings: ["7"]), "'amount' of labels is a string"), (nil, "no column 'amount'"),
        ] as [(Column?, String)] {
            let error = #expect(throws: (any Error).self) {
                try TrainingSetBuilder(plan, spine: try spine(amount), sources: playground, threads: 1).build()
            }
            #expect("\(try #require(error))".contains(words), "\(String(describing: error))")
        }
    }
}
