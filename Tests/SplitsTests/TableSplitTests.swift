import FileSystem
import Splits
import SystemPackage
import Tables
import Testing

@Suite("Splits of tables")
struct TableSplitTests {
    /// A temporary folder.
    private final class Folder {
        let path = FilePath("/tmp").appending("vintage-splits-" + String(UInt64.random(in: 0 ... .max), radix: 36))

        init() throws { try path.makeDirectories() }
        deinit { try? path.removeAll() }
    }

    private let folder: FilePath
    private let owner: Folder

    init() throws {
        owner = try Folder()
        folder = owner.path
    }

    /// Writes a table of labels: an hour a row, in an order that is not that of time.
    private func labels(_ rows: Int) throws -> TableReader {
        var random = RandomSource(seed: 20)
        let order = random.permutation(of: rows)
        let batch = RecordBatch([
            ("id", Column(order.map { Optional(Int64($0)) }, .int64)),
            ("time", Column(order.map { Optional(Int64($0) * 3600) }, .timestamp(.second, zone: "UTC"))),
            ("plane", Column(strings: order.map { $0 % 11 == 0 ? nil : "N\($0 % 17)" })),
            ("late", Column(booleans: order.map { $0 % 5 == 0 })),
        ])
        let path = folder.appending("labels.parquet")
        let writer = try TableWriter(.file(path), batch.schema, .parquet)
        // Two batches, so that rows are found across them.
        try writer.write(batch.slice(0..<(rows / 3)))
        try writer.write(batch.slice((rows / 3)..<rows))
        try writer.finish()
        return try TableReader(.file(path))
    }

    private func ids(_ name: String) throws -> [Int64] {
        let column = try TableReader(.file(folder.appending(FilePath(name).components))).column("id")
        return column.withValues(as: Int64.self) { Array($0) }
    }

    private func texts(_ reader: TableReader, _ name: String) throws -> [String] {
        let column = try reader.column(name)
        return (0..<column.count).map { column.type.text(of: column.cell(at: $0)) }
    }

    @Test("a folder gets each part's rows in their order, and none that is left out")
    func partsInAFolder() throws {
        let reader = try labels(200)
        var request = SplitRequest(.time)
        request.time = "time"
        request.fractions = ["0.6", "0.2", "0.2"]
        request.horizon = .seconds(2 * 3600)
        request.embargo = .seconds(3600)
        let split = try TableSplit(reader, request)
        try split.write(reader, to: OutputPlace(folder.appending("parts"), replaces: false))
        let all = try ids("labels.parquet")
        // Two hours of horizon purge two rows before a border, the embargo one more.
        #expect(try ids("parts/train.parquet") == all.filter { $0 < 117 })
        #expect(try ids("parts/validation.parquet") == all.filter { (120..<157).contains($0) })
        #expect(try ids("parts/test.parquet") == all.filter { $0 >= 160 })
        #expect(split.report.parts.map(\.rows) == [117, 37, 40])
        #expect(split.report.leftOut.map(\.rows) == [4, 2])
        #expect(split.report.borders == ["1970-01-06T00:00:00Z", "1970-01-07T16:00:00Z"])
        let record = try folder.appending("parts/split.json").contents()
        #expect(String(decoding: record, as: UTF8.self).contains("\"purged\": 4"))
    }

    @Test("a table gets each row's part beside all of its columns")
    func partsInAColumn() throws {
        let reader = try labels(200)
        var request = SplitRequest(.group)
        request.group = ["plane"]
        request.stratify = ["late"]
        request.seed = 3
        let split = try TableSplit(reader, request)
        try split.write(reader, to: OutputPlace(folder.appending("split.parquet"), replaces: false), column: "part")
        let written = try TableReader(.file(folder.appending("split.parquet")))
        #expect(written.schema.names == ["id", "time", "plane", "late", "part"])
        #expect(try ids("split.parquet") == ids("labels.parquet"))
        let (parts, planes) = (try texts(written, "part"), try texts(written, "plane"))
        var part: [String: String] = [:]
        for (plane, own) in zip(planes, parts) { #expect(part.updateValue(own, forKey: plane) ?? own == own) }
        #expect(Set(parts) == ["train", "test"])
        // Rows without a plane are one group.
        #expect(split.report.groupCount == 18)
        #expect(part.count == 18)
    }

    @Test("purged folds are written as a column for each, or as a folder for each")
    func folds() throws {
        let reader = try labels(100)
        var request = SplitRequest(.kfold)
        request.time = "time"
        request.folds = 4
        request.horizon = .seconds(3 * 3600)
        let split = try TableSplit(reader, request)
        try split.write(reader, to: OutputPlace(folder.appending("folds.parquet"), replaces: false))
        try split.write(reader, to: OutputPlace(folder.appending("folds"), replaces: false))
        let written = try TableReader(.file(folder.appending("folds.parquet")))
        #expect(written.schema.names.suffix(5) == ["fold", "fold_1", "fold_2", "fold_3", "fold_4"])
        let (all, fold) = (try ids("folds.parquet"), try texts(written, "fold"))
        #expect(zip(all, fold).allSatisfy { "\($0 / 25 + 1)" == $1 })
        for number in 1...4 {
            let roles = try texts(written, "fold_\(number)")
            for (role, file) in [("train", "train"), ("test", "test")] {
                let expected = zip(all, roles).filter { $1 == role }.map(\.0)
                #expect(try ids("folds/fold-\(number)/\(file).parquet") == expected)
            }
            let purged = number == 1 || number == 4 ? 3 : 6
            #expect(roles.count { $0 == "purged" } == purged)
            #expect(split.report.folds[number - 1][.purged] == purged)
        }
    }

    @Test("folds without a purge need one column")
    func plainFolds() throws {
        let reader = try labels(60)
        var request = SplitRequest(.stratified)
        request.stratify = ["late"]
        request.folds = 3
        let split = try TableSplit(reader, request)
        try split.write(reader, to: OutputPlace(folder.appending("folds.csv"), replaces: false))
        let written = try TableReader(.file(folder.appending("folds.csv")))
        #expect(written.schema.names == ["id", "time", "plane", "late", "fold"])
        #expect(split.report.strata.map(\.partRows) == [[16, 16, 16], [4, 4, 4]])
    }

    @Test("the same request writes the same bytes")
    func isRepeatable() throws {
        let reader = try labels(300)
        var request = SplitRequest(.random)
        request.seed = 9
        for name in ["one.parquet", "two.parquet"] {
            let place = try OutputPlace(folder.appending(name), replaces: false)
            try TableSplit(reader, request).write(reader, to: place)
        }
        #expect(try folder.appending("one.parquet").contents() == folder.appending("two.parquet").contents())
    }

    @Test("keys are equal where their values are, across types and nulls")
    func keys() throws {
        let batch = RecordBatch([
            ("number", Column([Double?](arrayLiteral: 0, -0.0, .nan, -.nan, nil, nil, 1), .float64)),
            ("text", Column(strings: ["", "", "a", "a", nil, nil, "a"])),
        ])
        let keys = try RowKeys(batch)
        #expect(keys.categories.codes == [0, 0, 1, 1, 2, 2, 3])
        #expect(keys.text(of: 2) == "null, null")
        let empty = try RowKeys(RecordBatch([("text", Column(strings: [nil, "", nil, "b"]))]))
        #expect(empty.categories.codes == [0, 1, 0, 2])
    }

    @Test("a sample has its weights, and they restore the negatives")
    func sampleOfNegatives() throws {
        let reader = try labels(1000)
        var request = SampleRequest(.negatives)
        request.label = "late"
        request.ratio = "1.5"
        let sample = try TableSample(reader, request)
        #expect(sample.kinds.map(\.taken) == [200, 300])
        try sample.write(reader, to: OutputPlace(folder.appending("sample.parquet"), replaces: false))
        let written = try TableReader(.file(folder.appending("sample.parquet")))
        let (late, weight) = (try texts(written, "late"), try written.column("weight"))
        let weights = weight.withValues(as: Double.self) { Array($0) }
        #expect(abs(zip(late, weights).reduce(0) { $1.0 == "false" ? $0 + $1.1 : $0 } - 800) < 1e-6)
        #expect(zip(late, weights).allSatisfy { $0 == "false" || $1 == 1 })
        let chosen = try ids("sample.parquet")
        let wanted = Set(chosen)
        #expect(chosen == (try ids("labels.parquet").filter { wanted.contains($0) }))
    }

    @Test("rows without a time or a label are an error that names the first")
    func missingValues() throws {
        let batch = RecordBatch([
            ("day", Column([Int32?](arrayLiteral: 1, nil, 3, nil), .date)),
            ("late", Column(booleans: [true, false, nil, false])),
        ])
        let path = folder.appending("holes.parquet")
        let writer = try TableWriter(.file(path), batch.schema, .parquet)
        try writer.write(batch)
        try writer.finish()
        let reader = try TableReader(.file(path))
        var request = SplitRequest(.time)
        request.time = "day"
        #expect(throws: SplitError.missingTimes(column: "day", count: 2, first: 2)) {
            try TableSplit(reader, request)
        }
        var sample = SampleRequest(.negatives)
        sample.label = "late"
        sample.ratio = "1"
        #expect(throws: SplitError.missingLabels(column: "late", count: 1, first: 3)) {
            try TableSample(reader, sample)
        }
    }
}
