import FileSystem
import ObjectStore
import Tables
import Testing

@Suite("Tables that pyarrow writes and reads")
struct ForeignTableTests {
    private let tables: TestTables

    init() throws { tables = try TestTables() }

    private static let kept = TableOptions(naiveTimestamps: .kept)

    private func expect(_ batch: RecordBatch, toHold columns: [TestTables.ForeignColumn]) {
        #expect(batch.schema.names == columns.map(\.name))
        for (field, (column, foreign)) in zip(batch.schema.fields, zip(batch.columns, columns)) {
            #expect(column.foreignCells == foreign.cells, "\(field.name)")
        }
    }

    @Test("every type is read as pyarrow reads it, also across row groups", arguments: ["types", "empty"])
    func everyType(_ name: String) throws {
        let path = try tables.write(name)
        let reader = try TableReader(.file(path), Self.kept)
        let foreign = try TestTables.foreignColumns(path)
        expect(try reader.read(), toHold: foreign)
        expect(try reader.read(workers: 1), toHold: foreign)
    }

    @Test("batches hold the rows in order, whatever their size", arguments: [1, 7, 64, 1000])
    func batches(_ rows: Int) throws {
        let reader = try TableReader(.file(try tables.write("types")), Self.kept)
        let whole = try reader.read()
        let batches = try reader.batches(rows: rows)
        var cells = whole.columns.map { _ in [String]() }
        while let batch = try batches.next() {
            #expect(batch.count <= rows)
            for (number, column) in batch.columns.enumerated() { cells[number] += column.foreignCells }
        }
        #expect(cells == whole.columns.map(\.foreignCells))
    }

    @Test("texts with a dictionary are the texts without one")
    func dictionaries() throws {
        let reader = try TableReader(.file(try tables.write("types")), Self.kept)
        for name in ["string", "category", "large_string"] {
            let plain = try reader.column(name)
            let numbered = try reader.column(name, asDictionary: true)
            #expect(numbered.foreignCells == plain.foreignCells, "\(name)")
            #expect(numbered.decoded()?.foreignCells == plain.foreignCells, "\(name)")
        }
        #expect(try reader.column("category", asDictionary: true).dictionary != nil)
    }

    @Test("what is written as Parquet comes back, here and with pyarrow, types, units and zones with it")
    func writing() throws {
        let reader = try TableReader(.file(try tables.write("types")), Self.kept)
        let batch = try reader.read()
        let path = tables.path("copy.parquet")
        let writer = try TableWriter(.file(path), batch.schema, .parquet, TableWriteOptions(rowGroupSize: 300))
        for rows in [0..<1, 1..<500, 500..<500, 500..<1000] { try writer.write(batch.slice(rows)) }
        try writer.finish()
        let copy = try TableReader(.file(path), Self.kept)
        #expect(copy.schema == batch.schema)
        #expect(copy.rowGroupSizes == [300, 300, 300, 100])
        expect(batch, toHold: try TestTables.foreignColumns(path))
        expect(try copy.read(), toHold: try TestTables.foreignColumns(path))
    }

    @Test("what is written as CSV is what pyarrow reads")
    func writingCSV() throws {
        let reader = try TableReader(.file(try tables.write("types.csv")))
        let batch = try reader.read()
        let path = tables.path("copy.csv")
        let writer = try TableWriter(.file(path), batch.schema, .csv)
        try writer.write(batch)
        try writer.finish()
        #expect(try TestTables.foreignColumns(path) == TestTables.foreignColumns(tables.path("types.csv")))
        #expect(try TableReader(.file(path)).read().columns.map(\.foreignCells) == batch.columns.map(\.foreignCells))
    }

    @Test("the same batches give the same bytes")
    func sameBytes() throws {
        let reader = try TableReader(.file(try tables.write("events")))
        let batch = try reader.read()
        var written: [[UInt8]] = []
        for usesThreads in [true, true, false] {
            var bytes: [UInt8] = []
            let destination = TableDestination.bytes({ bytes += $0 }, name: "copy")
            let options = TableWriteOptions(usesThreads: usesThreads)
            let writer = try TableWriter(destination, batch.schema, .parquet, options)
            try writer.write(batch)
            try writer.finish()
            written.append(bytes)
        }
        #expect(written[0] == written[1] && written[0] == written[2])
    }

    @Test("columns with columns inside are seen, left out when others are read, and refused by name")
    func nested() throws {
        let reader = try TableReader(.file(try tables.write("nested")))
        #expect(reader.schema.fields.map { "\($0.type)" } == ["int64", "list", "struct", "string"])
        #expect(try reader.read(["after", "id"]).columns.map(\.foreignCells) == [["a", "b"], ["1", "2"]])
        let refused = TableError.unsupportedColumn("pair", type: "struct", table: reader.name)
        #expect(throws: refused) { try reader.read(["id", "pair"]) }
    }

    @Test("row groups that cannot hold a value are left out")
    func pruning() throws {
        let reader = try TableReader(.file(try tables.write("events")))
        #expect(reader.rowGroupSizes == [50_000, 50_000, 50_000, 50_000])
        #expect(try reader.rowGroups(where: "id", isIn: 60_000...110_000) == [1, 2])
        let start: Int64 = 1_700_000_000_000_000
        #expect(try reader.rowGroups(where: "time", isIn: (start + 150_000_000)...Int64.max) == [3])
        #expect(try reader.rowGroups(where: "time", isIn: 0...(start - 1)) == [])
        #expect(try reader.read(["id"], rowGroups: [3, 1]).columns[0].cell(at: 50_000) == .integer(50_000))
    }
}
