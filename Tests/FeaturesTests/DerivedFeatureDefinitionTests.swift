import Testing

import Features

@Suite("Features on demand in definitions")
struct DerivedFeatureDefinitionTests {
    private static let start = """
        entities:
          carrier: {keys: {carrier: string, number: int64}}
        sources:
          flights: {path: f.csv, event_time: t, columns: {carrier: string, number: int64, t: timestamp, d: float64, s: string}}
          vectors: {path: v.parquet, event_time: t}
        views:
          record: {entity: carrier, source: flights, windows: [1h], features: {delay: mean(d), last: s, two: "last_k(d, 2)"}}
          meaning: {entity: carrier, source: vectors, embedding: {column: vector, dimension: 3, model: m}}
        labels:
          late: {column: late, time: at}
        services:

        """

    private static func problems(_ service: String) throws -> [String] {
        try DefinitionFiles.problems(start + "  s: {label: late, features: [record, meaning], \(service)}\n")
    }

    private static func definitions(_ service: String) throws -> Definitions {
        try DefinitionFiles.read(start + "  s: {features: [record], \(service)}\n")
    }

    @Test("come last in the order in which they are written, and may need each other in any")
    func order() throws {
        let definitions = try Self.definitions(
            "request: {miles: float64}, derive: {b: a * 2, a: miles + delay_1h, c: upper(last)}")
        let plan = try definitions.plan(forService: "s")
        #expect(plan.columnNames == ["delay_1h", "last", "two_1h", "b", "a", "c"])
        #expect(plan.service.derived.map(\.name) == ["a", "b", "c"])
        #expect(plan.spineColumns.map(\.name) == ["carrier", "number", "miles"])
        #expect(plan.spineColumns.map(\.type) == [.string, .int64, .float64])
    }

    @Test(
        "are refused with their place where they cannot be made",
        arguments: [
            ("derive: {a: missing + 1}", "missing"), ("derive: {a: delay_2h}", "delay_1h"),
            ("derive: {a: vector}", "vector"), ("derive: {a: b, b: a}", "a"), ("derive: {a: upper(delay_1h)}", "upper"),
            ("derive: {a: two_1h + 1}", "+"), ("derive: {late: delay_1h}", "the label 'late'"),
            ("derive: {last: delay_1h}", "'record.last'"), ("request: {x: text}", "text"),
            ("request: {at: timestamp}", "the time of the label"), ("request: {late: boolean}", "the label 'late'"),
            ("request: {number: string}", "a int64, as it is a key"), ("request: {last: string}", "'record.last'"),
            ("request: {x: int64}, derive: {x: delay_1h}", "a column of 'request'"),
            ("derive: {a: mean(last)}", "mean"),
            ("derive: {\"1\": last}", "1"),
        ])
    func refusals(_ service: String, _ words: String) throws {
        let problems = try Self.problems(service)
        #expect(problems.count == 1, "\(problems)")
        #expect(problems.first?.contains(words) == true, "\(problems)")
        #expect(problems.first?.hasPrefix("features/a.yaml:12:") == true, "\(problems)")
    }

    @Test("may use keys that are named with their type")
    func keys() throws {
        #expect(try Self.problems("request: {number: int64}, derive: {a: number + 1}") == [])
        #expect(try Self.problems("derive: {a: number + 1}").count == 1)
    }

    @Test("are part of the service's digest, each part of them")
    func digest() throws {
        let services = [
            "label: late", "request: {x: int64}", "request: {x: float64}", "request: {y: int64}",
            "derive: {a: delay_1h}", "derive: {a: delay_1h * 2}", "derive: {b: delay_1h}",
            "derive: {b: delay_1h, a: delay_1h}", "derive: {a: delay_1h, b: delay_1h}",
        ]
        let digests = try services.map { try Self.definitions($0).plan(forService: "s").digest }
        #expect(Set(digests).count == services.count)
        let stale = try Self.definitions("label: late, on_stale_embedding: error").plan(forService: "s")
        #expect(stale.digest == digests[0])
        #expect(stale.service.onStaleEmbedding == .error)
        #expect(try Self.definitions("label: late").service("s").onStaleEmbedding == .flag)
        let wrong = try Self.problems("on_stale_embedding: refuse")
        #expect(wrong.count == 1)
        #expect(wrong[0].contains("error, flag or nulls") || wrong[0].contains("flag"))
    }
}
