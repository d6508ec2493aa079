import FileSystem
import ObjectStore
import SystemPackage
import Tables
import Testing

@Suite("Tables in the object store")
struct StoredTableTests {
    private let tables: TestTables

    init() throws { tables = try TestTables() }

    @Test("a stored table is read as its file is")
    func sameAsFile() throws {
        let path = try tables.write("types")
        let (file, store) = try tables.store(path)
        let options = TableOptions(naiveTimestamps: .kept)
        let stored = try TableReader(.stored(file, store, name: "types.parquet"), options).read()
        let read = try TableReader(.file(path), options).read()
        #expect(stored.columns.map(\.foreignCells) == read.columns.map(\.foreignCells))
    }

    @Test("a column costs its own chunks, a row group of it fewer")
    func projection() throws {
        let (file, store) = try tables.store(try tables.write("wide"))
        let size = Double(file.size)
        func share(_ rows: Int, _ count: (TableReader) throws -> Int?) throws -> Double {
            let reader = try TableReader(.stored(file, store, name: "wide.parquet"))
            let found = try count(reader)
            #expect(found == rows)
            return Double(reader.bytesRead) / size
        }
        let schema = try share(100_000) { $0.rowCount }
        #expect(schema < 0.05)
        // One of nine columns, in five pieces, each with a chunk of about 64 KiB at either end that others share.
        let column = try share(100_000) { try $0.column("value3").count }
        #expect(column > 0.1 && column < 0.25)
        let group = try share(20_000) { try $0.read(["value3"], rowGroups: [2]).count }
        #expect(group < column / 2)
        let all = try share(100_000) { try $0.read().count }
        #expect(all > 0.95)
        #expect(all < 1.2)
    }

    @Test("a rewritten table with rows inserted in its middle shares most of its bytes with the last version")
    func deduplication() throws {
        var random = SplitMix(seed: 3)
        let count: Int64 = 1_000_000
        let source = RecordBatch([
            ("id", Column((0..<count).map { Optional($0) }, .int64)),
            ("time", Column((0..<count).map { Optional($0 * 1000) }, .timestamp(.microsecond, zone: "UTC"))),
            ("value", Column((0..<count).map { _ in Optional(Double(random.next() >> 40)) }, .float64)),
            ("amount", Column((0..<count).map { _ in Optional(Int32(random.next() % 10_000)) }, .int32)),
        ])
        let store = try Store.create(at: tables.folder.appending("store"))
        var paths: [FilePath] = []
        for (name, isEdited) in [("one.parquet", false), ("two.parquet", true)] {
            let writer = try TableWriter(.file(tables.path(name)), source.schema, .parquet)
            try writer.write(source.slice(0..<500_000))
            // One row in a hundred.
            if isEdited { try writer.write(source.slice(0..<10_000)) }
            try writer.write(source.slice(500_000..<1_000_000))
            try writer.finish()
            paths.append(tables.path(name))
        }
        let (files, growth) = try tables.put(paths, in: store)
        #expect(files[0] != files[1])
        #expect(Double(growth[1]) < 0.2 * Double(growth[0]), "grew by \(growth[1]) after \(growth[0])")
    }

    @Test("a damaged chunk is told as the store tells it")
    func damage() throws {
        let (file, store) = try tables.store(try tables.write("wide"))
        let packs = store.path.appending("packs")
        try damage(below: packs)
        #expect(throws: TableError.self) {
            try TableReader(.stored(file, store, name: "wide.parquet")).read()
        }
    }

    /// Writes zeros into the middle of every pack.
    private func damage(below folder: FilePath) throws {
        for name in try Directory(folder).listing() {
            let path = folder.appending(String(decoding: name, as: UTF8.self))
            if try path.status()?.kind == .directory {
                try damage(below: path)
            } else if path.extension == "pack" {
                var bytes = try path.contents()
                for place in bytes.count / 4..<bytes.count * 3 / 4 { bytes[place] = 0 }
                try path.remove()
                try File(creating: path).write(bytes)
            }
        }
    }
}
