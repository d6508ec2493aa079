import Foundation
import PythonEnvironment
import Testing
import TextFormats

/// Vectors whose model or text is another by now, as a running server and `vintage features get` answer with them.
@Suite("Stale embeddings that are served")
struct StaleEmbeddingTests {
    private static let definitions = """
        entities:
          review: {keys: {review: int64}}
        sources:
          vectors: {path: data/vectors.parquet, event_time: made}
          reviews: {path: data/reviews.csv, event_time: written}
        views:
          meaning:
            entity: review
            source: vectors
            ttl: 3000d
            features: [vector, stars]
            embedding:
              column: vector
              dimension: 2
              model: models/minilm
              made_by: model
              text: {source: reviews, columns: [body], digest: sha}
        services:
          search: {features: [meaning]}
          careful: {features: [meaning], on_stale_embedding: nulls}
          strict: {features: [meaning], on_stale_embedding: error}

        """
    private static let texts = "review,written,body\n1,2026-01-01,good\n2,2026-01-01,bad\n3,2026-01-01,fine\n"

    private let workspace: ServedWorkspace
    /// The first snapshot of the model.
    private let model: String

    init() throws {
        workspace = try ServedWorkspace(["features/reviews.yaml": Self.definitions, "data/reviews.csv": Self.texts])
        try workspace.write("weights 1", to: "models/minilm/weights")
        try workspace.vintage("add", "models/minilm")
        let lock = try workspace.text("vintage.lock")
        let line = try #require(lock.split(separator: "\n").first { $0.contains("models/minilm") })
        model = String(try #require(line.firstMatch(of: /[0-9a-f]{64}/)).output)
        let program = """
            import datetime, hashlib, sys, pyarrow as pa, pyarrow.parquet as pq
            path, model = sys.argv[1:]
            texts = ['good', 'bad', 'fine', 'old']
            day = lambda text: datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.timezone.utc)
            pq.write_table(pa.table({
                'review': pa.array([1, 2, 3, 4]),
                'vector': pa.array([[1, 0], [-1, 0.5], [0.75, 0.25], [0, 1]], pa.list_(pa.float32(), 2)),
                'stars': pa.array([5, 1, 3, 4]),
                'model': pa.array([model] * 4),
                'sha': pa.array([hashlib.sha256(text.encode()).hexdigest() for text in texts]),
                'made': pa.array([day('2026-01-02')] * 3 + [day('2001-01-02')], pa.timestamp('us', 'UTC')),
            }), path)
            """
        try PythonEnvironment.run(
            PythonEnvironment.program("python"),
            ["-c", program, workspace.folder.appending(path: "data/vectors.parquet").path, model])
        try workspace.vintage("add", "data")
    }

    /// The texts of two reviews change, and one of them is taken away.
    private func changeTexts() throws {
        try workspace.write("review,written,body\n1,2026-01-01,good\n2,2026-01-01,worse\n", to: "data/reviews.csv")
        try workspace.vintage("add", "data")
    }

    private func ask(_ what: String, _ reviews: String = "[1, 2, 3]") throws -> HTTPClient.Answer {
        try workspace.features(#"{\#(what), "entities": {"review": \#(reviews)}}"#)
    }

    /// The parts of the column of vectors in an answer.
    private static func vectors(_ answer: HTTPClient.Answer) -> [String] {
        let column = answer.json["results"].elements?[1] ?? .null
        return [column["values"].line, column["statuses"].line, column["stale"].line]
    }

    private static let values = "[[1.0,0.0],[-1.0,0.5],[0.75,0.25]]"
    private static let present = #"["PRESENT","PRESENT","PRESENT"]"#

    @Test("are flagged once the store is filled after their texts changed, and vectors that are pushed then are not")
    func texts() throws {
        try workspace.vintage("features", "materialize")
        try workspace.start()
        let service = #""feature_service": "search""#
        let fresh = try ask(service)
        #expect(fresh.field("Vintage-Stale-Embeddings") == nil)
        #expect(Self.vectors(fresh) == [Self.values, Self.present, "null"])
        try changeTexts()
        #expect(try workspace.vintage("features", "materialize") == "meaning: 4 rows of 4 entities, 2 written\n")
        let stale = try ask(service)
        #expect(stale.status == 200)
        #expect(stale.field("Vintage-Stale-Embeddings") == "flag")
        let reasons = #"[null,"text-changed","text-gone"]"#
        #expect(Self.vectors(stale) == Self.vectors(fresh).dropLast() + [reasons])
        #expect(stale.json["results"].elements?[2]["stale"].line == "null")
        #expect(Self.vectors(try ask(#""features": ["meaning:vector"]"#)).last == reasons)
        // Nothing changed since, and so it stays.
        #expect(
            try workspace.vintage("features", "materialize") == "meaning: 4 rows of 4 entities, nothing changed\n")
        let row = """
            {"review": [2], "vector": [[0.5, 0.5]], "stars": [1], "model": ["\(model)"], "sha": [""], \
            "made": ["2026-02-02T00:00:00Z"]}
            """
        let push = try workspace.ask("POST", "/push", #"{"push_source_name": "vectors", "df": \#(row)}"#)
        #expect(push.status == 200, "\(push.text)")
        #expect(Self.vectors(try ask(service)).last == #"[null,null,"text-gone"]"#)
        let metrics = try workspace.ask("GET", "/metrics").text
        let counted = "vintage_stale_embeddings_total{view=\"meaning\",reason=\"text-gone\",policy=\"flag\"} 3\n"
        #expect(metrics.contains(counted))
        // The text is what it was before again.
        try workspace.write(Self.texts, to: "data/reviews.csv")
        try workspace.vintage("add", "data")
        try workspace.vintage("features", "materialize")
        #expect(Self.vectors(try ask(service)).last == "null")
        #expect(workspace.stop() == 0)
    }

    @Test("of another model than the lock has by now are told without a new start, and by the service's policy")
    func models() throws {
        try workspace.vintage("features", "materialize")
        try workspace.start()
        #expect(try ask(#""feature_service": "strict""#).status == 200)
        try workspace.write("weights 2", to: "models/minilm/weights")
        try workspace.vintage("add", "models/minilm")
        let reasons = #"["other-model","other-model","other-model"]"#
        #expect(Self.vectors(try ask(#""feature_service": "search""#)).last == reasons)
        let careful = try ask(#""feature_service": "careful""#)
        #expect(careful.field("Vintage-Stale-Embeddings") == "nulls")
        #expect(Self.vectors(careful) == ["[null,null,null]", #"["INVALID","INVALID","INVALID"]"#, reasons])
        #expect(careful.json["results"].elements?[2]["values"].line == "[5,1,3]")
        let strict = try ask(#""feature_service": "strict""#, "[3, 1]")
        #expect(strict.status == 503)
        #expect(strict.text.contains("the vector of review=3 in the view 'meaning' is stale (other-model)"))
        #expect(strict.field("Retry-After") == "10")
        let metrics = try workspace.ask("GET", "/metrics").text
        for (policy, count) in [("error", 2), ("flag", 3), ("nulls", 3)] {
            #expect(
                metrics.contains(
                    "vintage_stale_embeddings_total{view=\"meaning\",reason=\"other-model\",policy=\"\(policy)\"} "
                        + "\(count)\n"))
        }
        #expect(metrics.contains("vintage_values_served_total{view=\"meaning\",status=\"stale\"} 3\n"))
        // A definition that pins the model of the vectors has none that is stale.
        try workspace.vintage("tag", "models/minilm@v1", String(model.prefix(12)))
        try workspace.write(
            Self.definitions.replacing("model: models/minilm", with: "model: models/minilm@v1"),
            to: "features/reviews.yaml")
        #expect(workspace.stop() == 0)
        try workspace.vintage("features", "materialize")
        try workspace.start()
        #expect(try ask(#""feature_service": "strict""#).status == 200)
        #expect(workspace.stop() == 0)
    }

    @Test("past the time to live have no value, are flagged, and are refused by a service that wants no stale ones")
    func pastTimeToLive() throws {
        try workspace.vintage("features", "materialize")
        try workspace.start()
        for service in ["search", "careful"] {
            let answer = try ask(#""feature_service": "\#(service)""#, "[4, 9]")
            #expect(
                Self.vectors(answer) == ["[null,null]", #"["OUTSIDE_MAX_AGE","NOT_FOUND"]"#, #"["past-ttl",null]"#])
        }
        let strict = try ask(#""feature_service": "strict""#, "[4]")
        #expect(strict.status == 503)
        #expect(strict.text.contains("the vector of review=4 in the view 'meaning' is stale (past-ttl)"))
        #expect(try ask(#""feature_service": "strict""#, "[9]").status == 200)
        #expect(workspace.stop() == 0)
    }

    @Test("are told by 'vintage features get' as by a server")
    func command() throws {
        try changeTexts()
        try workspace.vintage("features", "materialize")
        func get(_ service: String, _ options: String...) throws -> (status: Int32, text: String) {
            try workspace.run(["features", "get", "--service", service, "--entities", "review=2"] + options)
        }
        #expect(
            try get("search").text == """
                feature  value        status                  event time
                vector   [-1.0, 0.5]  present (text-changed)  2026-01-02T00:00:00Z
                stars    1            present                 2026-01-02T00:00:00Z

                """)
        #expect(
            try get("careful").text == """
                feature  value  status                event time
                vector          stale (text-changed)  2026-01-02T00:00:00Z
                stars    1      present               2026-01-02T00:00:00Z

                """)
        let strict = try get("strict")
        #expect(strict.status == 1)
        #expect(strict.text.hasPrefix("vintage: the vector of review=2 in the view 'meaning' is stale (text-changed)"))
        let json = try JSON(parsing: Array(try get("careful", "--json").text.utf8))
        let vector = json["entities"].elements?[0]["features"].elements?[0] ?? .null
        #expect(vector["value"].line == "null")
        #expect(vector["status"].string == "stale")
        #expect(vector["stale"].string == "text-changed")
    }

    @Test("are of no known model where the lock does not have the one that is wanted")
    func noModel() throws {
        try workspace.write(
            Self.definitions.replacing("model: models/minilm", with: "model: models/other"),
            to: "features/reviews.yaml")
        try workspace.vintage("features", "materialize")
        let (status, text) = try workspace.run(
            ["features", "get", "--service", "search", "--entities", "review=1"])
        #expect(status == 0)
        #expect(text.contains("present (unknown-model)"))
    }
}
