import Foundation
import PythonEnvironment
import Testing

import Features

@Suite("The schema of definitions")
struct SchemaTests {
    /// What the published schema says of documents.
    static func verdicts(_ texts: [String]) throws -> [Bool] {
        let output = try PythonEnvironment.python("validate-features.py", input: try JSONEncoder().encode(texts))
        return try JSONDecoder().decode([Bool].self, from: Data(output.utf8))
    }

    @Test("takes each example of the documentation")
    func examples() throws {
        let examples = try DefinitionFiles.examples(in: "features.md")
        #expect(examples.count >= 2)
        #expect(try Self.verdicts(examples) == examples.map { _ in true })
        let embeddings = try DefinitionFiles.examples(in: "embeddings.md")
        #expect(embeddings.count >= 1)
        #expect(try Self.verdicts(embeddings) == embeddings.map { _ in true })
    }

    static let source = "path: a.csv, event_time: t"
    static let view = "entity: e, source: s, features: [x]"
    /// Files whose form is wrong.
    static let wrong = [
        "[]", "text", "veiws: {}", "views: []", "entities: {a: 1}", "entities: {a: {}}", "entities: {a: {keys: []}}",
        "entities: {a: {keys: {}}}", "entities: {a: {keys: {x: float64}}}", "entities: {a: {keys: [x], key: y}}",
        "entities: {a.b: {keys: [x]}}", "entities: {1a: {keys: [x]}}", "entities: {a: {keys: [x, x]}}",
        "sources: {s: {path: a.csv}}", "sources: {s: {event_time: t}}", "sources: {s: {\(source), zone: 'New York'}}",
        "sources: {s: {path: /abs, event_time: t}}", "sources: {s: {path: a/../b, event_time: t}}",
        "sources: {s: {\(source), availability: {}}}", "sources: {s: {\(source), availability: {lag: 1}}}",
        "sources: {s: {\(source), availability: {lag: 1h, gap: 2h}}}", "sources: {s: {\(source), columns: {x: text}}}",
        "sources: {s: {\(source), columns: [x]}}", "sources: {s: {\(source), retracted: gone}}",
        "sources: {s: {\(source), event_key: x}}", "sources: {s: {\(source), format: xlsx}}",
        "sources: {s: {\(source), derive: [a]}}", "sources: {s: {\(source), where: [a]}}",
        "views: {v: {entity: e, source: s}}", "views: {v: {entity: e, features: [x]}}",
        "views: {v: {\(view), ttl: 0s}}",
        "views: {v: {\(view), ttl: 1.5h}}", "views: {v: {\(view), ttl: 1w}}", "views: {v: {\(view), windows: 1h}}",
        "views: {v: {\(view), windows: []}}", "views: {v: {\(view), embargo: -1h}}",
        "views: {v: {entity: e, source: s, features: {}}}", "views: {v: {entity: e, source: s, features: [a.b]}}",
        "views: {v: {entity: e, source: s, features: {a: {}}}}",
        "views: {v: {entity: e, source: s, features: {a: {value: x, window: [1h]}}}}",
        "views: {v: {entity: e, source: s, features: {a: [x]}}}", "labels: {l: {column: c}}",
        "labels: {l: {column: c, time: t, horizon: 5}}", "labels: {l: {column: c, time: t, value: x}}",
        "labels: {l: {column: c, time: t, event: [x]}}", "services: {s: {}}", "services: {s: {features: []}}",
        "services: {s: {features: v}}", "services: {s: {features: [a.b.c]}}",
        "services: {s: {features: [{view: a.b}]}}",
        "services: {s: {features: [{feature: a}]}}", "services: {s: {features: [{view: a, feature: a.b}]}}",
        "services: {s: {features: [{view: a, as: b}]}}", "services: {s: {features: [{}]}}",
        "services: {s: {features: [a], labels: l}}", "a: [", "views: {v: {\(view), owner: [x]}}",
        "views: {v: {\(view), embedding: x}}", "views: {v: {\(view), embedding: {column: x, dimension: 3}}}",
        "views: {v: {\(view), embedding: {column: x, dimension: 0, model: m}}}",
        "views: {v: {\(view), embedding: {column: x, dimension: 70000, model: m}}}",
        "views: {v: {\(view), embedding: {column: x, dimension: 3, model: '@v1'}}}",
        "views: {v: {\(view), embedding: {column: x, dimension: 3, model: m@}}}",
        "views: {v: {\(view), embedding: {column: x, dimension: 3, model: /m}}}",
        "views: {v: {\(view), embedding: {column: x, dimension: 3, model: m, madeby: y}}}",
        "views: {v: {\(view), embedding: {column: x, dimension: 3, model: m, text: {columns: [t]}}}}",
        "views: {v: {\(view), embedding: {column: x, dimension: 3, model: m, text: {source: r}}}}",
        "views: {v: {\(view), embedding: {column: x, dimension: 3, model: m, text: {source: r, columns: t}}}}",
    ]

    @Test("refuses a file of the wrong form, and so does the program")
    func corpus() throws {
        let verdicts = try Self.verdicts(Self.wrong)
        for (text, isTaken) in zip(Self.wrong, verdicts) {
            #expect(!isTaken, "the schema takes \(text)")
            #expect(try !DefinitionFiles.problems(text).isEmpty, "the program takes \(text)")
        }
    }
}
