import Testing

import Features

@Suite("Embeddings in definitions")
struct EmbeddingDefinitionTests {
    static let start = """
        entities:
          review: {keys: [review]}
        sources:
          vectors: {path: data/vectors.parquet, event_time: made}
          reviews: {path: data/reviews.parquet, event_time: written, derive: {shout: upper(body)}}
          closed: {path: data/closed.parquet, event_time: t, columns: {review: string, t: timestamp, n: int64}}
        views:

        """

    static func definitions(_ view: String) throws -> Definitions { try DefinitionFiles.read(start + "  v: \(view)") }

    static func problems(_ view: String) throws -> [String] { try DefinitionFiles.problems(start + "  v: \(view)") }

    @Test("every example of the documentation is valid")
    func examples() throws {
        for example in try DefinitionFiles.examples(in: "embeddings.md") {
            #expect(try DefinitionFiles.problems(example) == [])
        }
    }

    @Test("say which column, which model, and of what text")
    func whole() throws {
        let definitions = try Self.definitions(
            """
            {entity: review, source: vectors, embedding: {column: vector, dimension: 384, model: models/minilm@v3, \
            made_by: model, text: {source: reviews, columns: [title, body], digest: sha}}}
            """)
        let view = try definitions.view("v")
        let embedding = try #require(view.embedding)
        #expect(embedding.column == "vector")
        #expect(embedding.dimension == 384)
        #expect(embedding.model == "models/minilm@v3")
        #expect(embedding.modelArtifact.description == "models/minilm")
        #expect(embedding.madeBy == "model")
        #expect(embedding.text?.source == "reviews")
        #expect(embedding.text?.columns == ["title", "body"])
        #expect(embedding.text?.digest == "sha")
    }

    @Test("a view that names no features has its vectors, and one that does has these alone")
    func features() throws {
        let embedding = "embedding: {column: vector, dimension: 3, model: m}"
        let vectors = try Self.definitions("{entity: review, source: vectors, \(embedding)}")
        #expect(try vectors.plan(forView: "v").columns.map(\.name) == ["vector"])
        let others = try Self.definitions("{entity: review, source: vectors, \(embedding), features: [stars]}")
        #expect(try others.plan(forView: "v").columns.map(\.name) == ["stars"])
    }

    @Test("each part of an embedding is part of the view's digest")
    func digest() throws {
        let texts = [
            "column: x, dimension: 3, model: m", "column: y, dimension: 3, model: m",
            "column: x, dimension: 4, model: m",
            "column: x, dimension: 3, model: n", "column: x, dimension: 3, model: m, made_by: b",
            "column: x, dimension: 3, model: m, text: {source: reviews, columns: [b]}",
            "column: x, dimension: 3, model: m, text: {source: reviews, columns: [b], digest: b}",
            "column: x, dimension: 3, model: m, text: {source: reviews, columns: [b, digest]}",
        ]
        let digests = try texts.map { text in
            try Self.definitions("{entity: review, source: vectors, features: [z], embedding: {\(text)}}")
                .digest(ofView: "v").description
        }
        #expect(Set(digests).count == texts.count)
    }

    @Test(
        "mistakes are named with their place and what to do",
        arguments: [
            (
                "{entity: review, source: vectors, embedding: {column: x, dimension: 3}}",
                ["features/a.yaml:8:51: 'embedding' of the view 'v' needs the key 'model'"]
            ),
            (
                "{entity: review, source: vectors, embedding: {column: x, dimension: none, model: m}}",
                [
                    "features/a.yaml:8:74: 'dimension' must be how many numbers a vector has, as 384, not 'none'"
                ]
            ),
            (
                "{entity: review, source: vectors, embedding: {column: x, dimension: 3, model: m@}}",
                [
                    "features/a.yaml:8:84: 'model' must be a model's artifact or a version of it, as models/minilm or "
                        + "models/minilm@v3, not 'm@'"
                ]
            ),
            (
                "{entity: review, source: vectors, embedding: {column: x, dimension: 3, model: m, text: {columns: [t]}}}",
                ["features/a.yaml:8:93: 'text' in 'embedding' of the view 'v' needs the key 'digest'"]
            ),
            (
                "{entity: review, source: vectors, embedding: {column: x, dimension: 3, model: m, text: {source: revews, "
                    + "columns: [t]}}}",
                ["features/a.yaml:8:102: there is no source 'revews'; did you mean 'reviews'?"]
            ),
            (
                "{entity: review, source: reviews, embedding: {column: shout, dimension: 3, model: m}}",
                ["features/a.yaml:8:60: the column 'shout' must be a column of the data, not a derived one"]
            ),
            (
                "{entity: review, source: closed, features: [n], embedding: {column: x, dimension: 3, model: m, made_by: n}}",
                ["features/a.yaml:8:110: the column 'n' must be a string, not int64"]
            ),
            (
                "{entity: review, source: vectors, embedding: {column: a.b, dimension: 3, model: m}}",
                [
                    "features/a.yaml:8:60: 'a.b' cannot be the name of a feature; use letters, digits and '_', and begin with "
                        + "no digit"
                ]
            ),
        ])
    func mistakes(_ view: String, _ expected: [String]) throws {
        #expect(try Self.problems(view) == expected)
    }
}
