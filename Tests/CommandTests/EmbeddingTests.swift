import FileSystem
import Foundation
import PythonEnvironment
import SystemPackage
import Testing

/// Reviews and vectors of them, as a program in Python leaves them: what is stale of them, and what is near to what.
@Suite("Embeddings")
struct EmbeddingTests {
    static let definitions = """
        entities:
          review: {keys: {review: int64}}
        sources:
          vectors: {path: data/vectors.parquet, event_time: made}
          reviews: {path: text/reviews.csv, event_time: written}
        views:
          meaning:
            entity: review
            source: vectors
            ttl: 30d
            embedding:
              column: vector
              dimension: 2
              model: models/minilm
              made_by: model
              text: {source: reviews, columns: [body], digest: sha}
        services:
          search: {features: [meaning]}

        """

    /// A row of the vectors.
    struct Row {
        var review: Int
        var vector: [Double]?
        var model: String?
        var text: String
        var day = "2026-01-02"
    }

    let folder: CommandFolder
    /// The first snapshot of the model.
    let model: String

    init() throws {
        folder = try CommandFolder()
        try folder.run("vintage", "init")
        try folder.write("weights 1", to: "models/minilm/weights")
        try folder.write(
            "review,written,body\n1,2026-01-01,good\n2,2026-01-01,bad\n3,2026-01-01,fine\n", to: "text/reviews.csv")
        try folder.write(Self.definitions, to: "features/reviews.yaml")
        try folder.run("vintage", "add", "models/minilm", "text")
        model = try Self.snapshot("models/minilm", folder)
    }

    static func snapshot(_ artifact: String, _ folder: CommandFolder) throws -> String {
        let lock = try #require(try folder.text("vintage.lock"))
        let line = try #require(lock.split(separator: "\n").first { $0.contains(artifact) })
        return try #require(line.firstMatch(of: /[0-9a-f]{64}/)).output.description
    }

    var rows: [Row] {
        [
            Row(review: 1, vector: [1, 0], model: model, text: "good"),
            Row(review: 2, vector: [-1, 0.5], model: String(model.prefix(12)), text: "bad"),
            Row(review: 3, vector: [0.8, 0.6], model: model, text: "fine"),
        ]
    }

    func store(_ rows: [Row]) throws {
        let digest = "hashlib.sha256(r[3].encode()).hexdigest()"
        let program = """
            import datetime, hashlib, json, sys, pyarrow as pa, pyarrow.parquet as pq
            rows = json.loads(sys.argv[2])
            day = lambda text: datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.timezone.utc)
            pq.write_table(pa.table({
                'review': pa.array([r[0] for r in rows], pa.int32()),
                'vector': pa.array([r[1] for r in rows], pa.list_(pa.float32(), 2)),
                'model': pa.array([r[2] for r in rows], pa.string()),
                'sha': pa.array([\(digest) for r in rows], pa.string()),
                'made': pa.array([day(r[4]) for r in rows], pa.timestamp('us', 'UTC')),
            }), sys.argv[1])
            """
        let values = rows.map { [$0.review, $0.vector ?? NSNull(), $0.model ?? NSNull(), $0.text, $0.day] as [Any] }
        let json = String(decoding: try JSONSerialization.data(withJSONObject: values), as: UTF8.self)
        try folder.path("data").makeDirectories()
        try PythonEnvironment.run(
            PythonEnvironment.program("python"), ["-c", program, folder.path("data/vectors.parquet").string, json])
        try folder.run("vintage", "add", "data")
    }

    func stale(_ expected: Int32, _ words: String...) throws -> [String] {
        let words = ["vintage", "features", "stale", "--at", "2026-01-10"] + words
        let (status, output) = try folder.vintage(Array(words.dropFirst())).wait()
        #expect(status == expected)
        return output.split(separator: "\n").map(String.init)
    }

    var shortModel: String { String(model.prefix(12)) }

    @Test("of the wanted model and the present text are not stale")
    func fresh() throws {
        try store(rows)
        #expect(try stale(0) == ["view meaning: 0 of 3 rows stale"])
    }

    @Test("of an older version of the model are stale once the lock has another, unless a definition pins theirs")
    func otherModel() throws {
        try store(rows)
        try folder.write("weights 2", to: "models/minilm/weights")
        try folder.run("vintage", "add", "models/minilm")
        let newer = try Self.snapshot("models/minilm", folder).prefix(12)
        let why = "its vector was made by \(shortModel), not by \(newer)"
        #expect(
            try stale(1, "--limit", "2") == [
                "view meaning: 3 of 3 rows stale (3 other-model)",
                "  review=1  2026-01-02T00:00:00Z  \(why)", "  review=2  2026-01-02T00:00:00Z  \(why)",
                "  … and 1 more; --limit lists more of them", "service search: its meaning is stale",
            ])
        try folder.run("vintage", "tag", "models/minilm@v1", shortModel)
        for pinned in ["models/minilm@v1", "models/minilm@\(shortModel)"] {
            try folder.write(
                Self.definitions.replacingOccurrences(of: "model: models/minilm", with: "model: \(pinned)"),
                to: "features/reviews.yaml")
            #expect(try stale(0) == ["view meaning: 0 of 3 rows stale"])
        }
    }

    @Test("of a text that was changed or taken away since are stale")
    func text() throws {
        try store(rows)
        try folder.write("review,written,body\n1,2026-01-01,good\n2,2026-01-01,worse\n", to: "text/reviews.csv")
        try folder.run("vintage", "add", "text")
        #expect(
            try stale(1).dropLast() == [
                "view meaning: 2 of 3 rows stale (1 text-changed, 1 text-gone)",
                "  review=2  2026-01-02T00:00:00Z  its text has changed",
                "  review=3  2026-01-02T00:00:00Z  it has no text any more",
            ])
    }

    @Test("without a digest are stale where the text's row is newer")
    func newerText() throws {
        try store(rows)
        try folder.write(
            Self.definitions.replacingOccurrences(of: ", digest: sha", with: ""), to: "features/reviews.yaml")
        #expect(try stale(0) == ["view meaning: 0 of 3 rows stale"])
        try folder.write(
            "review,written,body\n1,2026-01-01,good\n2,2026-01-03,bad\n3,2026-01-01,fine\n", to: "text/reviews.csv")
        try folder.run("vintage", "add", "text")
        #expect(try stale(1)[1] == "  review=2  2026-01-02T00:00:00Z  its text has changed")
    }

    @Test("past the time to live, or of no known model, are stale; a row without a vector is of no model")
    func oldAndUnknown() throws {
        var rows = rows
        rows[0].day = "2025-12-01"
        rows[1].model = nil
        rows[2].vector = nil
        rows[2].model = nil
        try store(rows)
        #expect(
            try stale(1).dropLast() == [
                "view meaning: 2 of 3 rows stale (1 unknown-model, 1 past-ttl)",
                "  vectors of 2 versions are mixed: \(shortModel) in 1, no known version in 1",
                "  review=1  2025-12-01T00:00:00Z  it is older than 30d",
                "  review=2  2026-01-02T00:00:00Z  nothing says which model made its vector",
            ])
    }

    @Test("that say nothing of their model are told by the lineage of their artifact")
    func lineage() throws {
        try store(rows)
        try folder.write(
            Self.definitions.replacingOccurrences(of: "      made_by: model\n", with: ""), to: "features/reviews.yaml")
        #expect(try stale(1)[0] == "view meaning: 3 of 3 rows stale (3 unknown-model)")
    }

    @Test("are shown as JSON for scripts")
    func json() throws {
        var rows = rows
        rows[1].text = "other"
        try store(rows)
        let lines = try stale(1, "--json", "--view", "meaning")
        let found = try #require(
            try JSONSerialization.jsonObject(with: Data(lines.joined(separator: "\n").utf8)) as? [String: Any])
        #expect(found["stale"] as? Bool == true)
        let view = try #require((found["views"] as? [[String: Any]])?.first)
        #expect(view["rows"] as? Int == 3)
        #expect(view["wanted"] as? String == model)
        #expect((view["reasons"] as? [String: Int])?["text-changed"] == 1)
        let row = try #require((view["sample"] as? [[String: Any]])?.first)
        #expect(row["entity"] as? [String: String] == ["review": "2"])
        #expect(row["reasons"] as? [String] == ["text-changed"])
        let service = try #require((found["services"] as? [[String: Any]])?.first)
        #expect(service["service"] as? String == "search")
    }

    @Test("are looked at by vintage ci: another model is an error, another text a warning")
    func check() throws {
        try store(rows)
        try folder.run("vintage", "ci", "--only", "embeddings")
        try folder.write(
            "review,written,body\n1,2026-01-01,great\n2,2026-01-01,bad\n3,2026-01-01,fine\n", to: "text/reviews.csv")
        try folder.run("vintage", "add", "text")
        let warned = try folder.run("vintage", "ci", "--only", "embeddings")
        #expect(warned.contains("1 of 3 rows have another text than the one that their vector was made of (review=1)"))
        try folder.write("weights 2", to: "models/minilm/weights")
        try folder.run("vintage", "add", "models/minilm")
        let failed = try folder.run("vintage", "ci", "--only", "embeddings", expecting: 1)
        #expect(failed.contains("3 of 3 rows were made by another version of models/minilm than"))
        #expect(failed.contains("features/reviews.yaml:"))
    }

    @Test("of two models are refused by materialize, join and nearest, with both versions and their first rows")
    func mixed() throws {
        var rows = rows
        rows[2].model = "0123456789ab"
        try store(rows)
        let refusal = """
            vintage: the view 'meaning' has vectors of 2 versions of models/minilm, which cannot be compared: \
            \(shortModel) in 2 rows (first in row 1 of data/vectors.parquet), 0123456789ab in 1 row (first in row 3 of \
            data/vectors.parquet); make the vectors anew by one version, or leave rows out by the source's 'where'

            """
        #expect(try folder.run("vintage", "features", "materialize", expecting: 1) == refusal)
        #expect(
            try folder.run(
                "vintage", "features", "nearest", "--view", "meaning", "--entity", "review=1", "--at", "2026-01-10",
                expecting: 1) == refusal)
        try folder.write(
            "review,time\n1,2026-01-05T00:00:00Z\n2,2026-01-05T00:00:00Z\n3,2026-01-05T00:00:00Z\n", to: "labels.csv")
        let join = [
            "features", "join", "--spine", "labels.csv", "--time", "time", "--service", "search", "-o", "t.parquet",
        ]
        let (status, output) = try folder.vintage(join).wait()
        #expect(status == 1)
        #expect(output == refusal)
        #expect(try folder.text("t.parquet") == nil)
        // Labels that no vector of the other model is known for are no mixture.
        try folder.write("review,time\n1,2026-01-05T00:00:00Z\n2,2026-01-05T00:00:00Z\n", to: "labels.csv")
        #expect(try folder.vintage(join).wait().output == "2 rows with 1 feature of 'search' in t.parquet\n")
    }

    /// Pushes a vector of a review, made by a version of the model.
    private func push(_ review: Int, madeBy model: String, expecting status: Int32? = 0) throws -> String {
        try folder.write(
            #"{"review": \#(review), "vector": [0, 1], "model": \#(model), "made": "2026-01-03T00:00:00Z"}"# + "\n",
            to: "rows.jsonl")
        return try folder.run(
            "sh", "-c", "\"$0\" features push vectors <rows.jsonl", Playground.binary, expecting: status)
    }

    @Test("are pushed to a view if they are of the version that made its others, and no others are")
    func pushed() throws {
        try store(rows)
        try folder.run("vintage", "features", "materialize", "--history", "400d")
        _ = try push(4, madeBy: "\"\(model)\"")
        _ = try push(5, madeBy: "\"\(model.prefix(8))\"")
        let other = try push(6, madeBy: "\"0123456789ab\"", expecting: 1)
        #expect(
            other.contains(
                "row 1 has a vector made by 0123456789ab, and the view 'meaning' has those of \(model); push vectors of "
                    + "the same version, or leave others out by the source's 'where'"))
        let unnamed = try push(6, madeBy: "null", expecting: 1)
        #expect(unnamed.contains("row 1 has a vector that does not say which version of its model made it"))
        let answer = try folder.run(
            "vintage", "features", "get", "--entities", "review=5", "--entities", "review=6", "--at", "2026-01-10",
            "--json")
        #expect(answer.components(separatedBy: "\"not_found\"").count == 2)
        // Filled again with files of another version, the pushed ones would be mixed with them.
        try store(
            rows.map { row in
                var row = row
                row.model = "fedcba9876543210"
                return row
            })
        let refill = try folder.run("vintage", "features", "materialize", "--history", "400d", expecting: 1)
        #expect(refill.contains("a row that was pushed before has a vector made by \(model)"))
        #expect(refill.contains("has those of fedcba9876543210"))
        try folder.write(
            Self.definitions.replacing(
                "event_time: made}", with: "event_time: made, where: model = 'fedcba9876543210'}"),
            to: "features/reviews.yaml")
        try folder.run("vintage", "features", "materialize", "--history", "400d")
    }

    @Test("are not pushed to a view without vectors, as nothing says which version the next will be of")
    func pushedToNone() throws {
        try store([Row(review: 1, vector: nil, model: nil, text: "good")])
        try folder.run("vintage", "features", "materialize")
        let refused = try push(4, madeBy: "\"\(model)\"", expecting: 1)
        #expect(refused.contains("has none yet that it could be compared with; bring vectors into the source's files"))
    }

    @Test("go into training sets and online stores as they are")
    func carried() throws {
        var rows = rows
        rows.append(Row(review: 4, vector: nil, model: nil, text: ""))
        try store(rows)
        try folder.write(
            "review,time\n3,2026-01-05T00:00:00Z\n9,2026-01-05T00:00:00Z\n1,2026-03-05T00:00:00Z\n", to: "labels.csv")
        try folder.run(
            "vintage", "features", "join", "--spine", "labels.csv", "--time", "time", "--service", "search", "-o",
            "t.parquet")
        let print = "import sys, pyarrow.parquet as pq; print(pq.read_table(sys.argv[1])['vector'].to_pylist())"
        let read = try PythonEnvironment.run(
            PythonEnvironment.program("python"), ["-c", print, folder.path("t.parquet").string])
        #expect(read == "[[0.800000011920929, 0.6000000238418579], None, None]\n")
        try folder.run("vintage", "features", "materialize", "--until", "2026-01-10")
        #expect(
            try folder.run(
                "vintage", "features", "get", "--entities", "review=3", "--entities", "review=4", "--entities",
                "review=9", "--at", "2026-01-10")
                    == """
                    review=3
                    feature  value       status   event time
                    vector   [0.8, 0.6]  present  2026-01-02T00:00:00Z
                    review=4
                    feature  value  status  event time
                    vector          null    2026-01-02T00:00:00Z
                    review=9
                    feature  value  status     event time
                    vector          not_found

                    """)
    }

    @Test("in a training set that are of another row are found by the leakage guard")
    func guarded() throws {
        try store(rows)
        // The guard needs to know which column is the rows' time.
        let labelled = Self.definitions.replacingOccurrences(
            of: "search: {features", with: "search: {label: bought, features")
        try folder.write(labelled + "labels:\n  bought: {column: bought, time: time}\n", to: "features/reviews.yaml")
        try folder.write(
            "review,time,bought\n1,2026-01-05T00:00:00Z,true\n3,2026-01-05T00:00:00Z,false\n", to: "labels.csv")
        try folder.run(
            "vintage", "features", "join", "--spine", "labels.csv", "--time", "time", "--service", "search", "-o",
            "t.parquet")
        let check = ["features", "check", "t.parquet", "--service", "search"]
        let sound = try folder.vintage(check).wait()
        #expect(sound.status == 0, "\(sound.output)")
        let edit = """
            import sys, pyarrow as pa, pyarrow.parquet as pq
            table = pq.read_table(sys.argv[1])
            place = table.column_names.index('vector')
            changed = pa.array([[0.5, 0.5], [0.8, 0.6]], pa.list_(pa.float32(), 2))
            pq.write_table(table.set_column(place, 'vector', changed), sys.argv[1])
            """
        try PythonEnvironment.run(
            PythonEnvironment.program("python"), ["-c", edit, folder.path("t.parquet").string])
        let changed = try folder.vintage(check).wait()
        #expect(changed.status == 1, "\(changed.output)")
        #expect(changed.output.contains("vector"))
    }

    @Test("of the latest row that was known then count, and those past the time to live are near to nothing")
    func moments() throws {
        var rows = rows
        rows.append(Row(review: 1, vector: [0, 1], model: "0123456789ab", text: "good", day: "2026-01-08"))
        rows[1].day = "2025-12-20"
        try store(rows)
        func nearest(_ day: String) throws -> (status: Int32, output: String) {
            try folder.vintage(
                ["features", "nearest", "--view", "meaning", "--vector", "1,0", "--metric", "dot", "--at", day]
            ).wait()
        }
        // The first vector of the review is then the latest, and that of the other model is not known yet.
        #expect(
            try nearest("2026-01-05").output == """
                entity     dot  event time
                review=1   1.0  2026-01-02T00:00:00Z
                review=3   0.8  2026-01-02T00:00:00Z
                review=2  -1.0  2025-12-20T00:00:00Z

                """)
        #expect(try nearest("2026-01-09").status == 1)
    }

    @Test("that cannot be compared are counted and left out")
    func zero() throws {
        var rows = rows
        rows[0].vector = [0, 0]
        try store(rows)
        let output = try folder.run(
            "vintage", "features", "nearest", "--view", "meaning", "--entity", "review=3", "--at", "2026-01-10")
        #expect(output.hasSuffix("1 vector cannot be compared, and is left out\n"))
        #expect(!output.contains("review=1"))
        // The wrong dimension is said, and where.
        try folder.write(
            Self.definitions.replacingOccurrences(of: "dimension: 2", with: "dimension: 3"), to: "features/reviews.yaml"
        )
        #expect(
            try folder.run("vintage", "features", "stale", expecting: 2).contains(
                "is a vector[2], but the view 'meaning' declares an embedding of 3 numbers"))
    }

    @Test("near to an entity or a vector are found, the nearest first")
    func nearest() throws {
        try store(rows)
        func nearest(_ words: String..., expecting status: Int32 = 0) throws -> String {
            let words = ["features", "nearest", "--view", "meaning", "--at", "2026-01-10"] + words
            let (found, output) = try folder.vintage(words).wait()
            #expect(found == status)
            return output
        }
        #expect(
            try nearest("--entity", "review=1") == """
                entity       cosine  event time
                review=3        0.8  2026-01-02T00:00:00Z
                review=2  -0.894427  2026-01-02T00:00:00Z

                """)
        #expect(
            try nearest("--vector", "-1,0", "-k", "1", "--metric", "l2") == """
                entity    distance  event time
                review=2       0.5  2026-01-02T00:00:00Z

                """)
        #expect(
            try nearest("--entity", "review=7", expecting: 2)
                == "vintage: the view 'meaning' has no vector of review=7 then; give one with --vector, or ask for another "
                + "entity\n")
        #expect(try nearest("--vector", "1", expecting: 2).contains("the vector has 1 number and the view's have 2"))
        #expect(try nearest(expecting: 2).contains("give either --entity or --vector"))
    }
}
