import FileSystem
import Foundation
import PythonEnvironment
import SystemPackage
import Tables
import Testing

/// Columns of vectors, as embeddings are kept.
@Suite struct VectorTests {
    private static let rows: [[Float]?] = (0..<1000).map { row in
        if row % 7 == 3 { return nil }
        return [Float(row), row % 11 == 0 ? .nan : 0.5, row % 13 == 0 ? -.infinity : -Float(row)]
    }

    private func expectEqual(_ column: Column, _ rows: [[Float]?]) {
        #expect(column.type == .vector(3))
        #expect(column.count == rows.count)
        for (row, expected) in rows.enumerated() {
            guard let expected else {
                #expect(column.cell(at: row) == .null)
                continue
            }
            // Bit by bit, as NaN equals nothing.
            let bits = column.withVectors { $0[row].map(\.bitPattern) }
            #expect(bits == expected.map(\.bitPattern))
        }
    }

    private func temporaryFile() -> FilePath {
        FilePath(FileManager.default.temporaryDirectory.appending(path: "vectors-\(UUID().uuidString).parquet").path)
    }

    @Test func `vectors with nulls, NaN and infinity come back from a file as they were written`() throws {
        let file = temporaryFile()
        defer { try? FileManager.default.removeItem(atPath: file.string) }
        let column = Column.vectors(Self.rows, dimension: 3)
        let batch = RecordBatch([(name: "vector", column: column)])
        let writer = try TableWriter(
            .file(file), batch.schema, .parquet, TableWriteOptions(rowGroupSize: 300))
        // Slices begin inside the memory of a column.
        try writer.write(batch.slice(0..<333))
        try writer.write(batch.slice(333..<1000))
        try writer.finish()
        let reader = try TableReader(.file(file))
        #expect(reader.schema.fields.map(\.type) == [.vector(3)])
        expectEqual(try reader.column("vector"), Self.rows)
        let batches = try reader.batches(rows: 128)
        var parts: [Column] = []
        while let batch = try batches.next() { parts.append(batch.columns[0]) }
        expectEqual(try #require(Column.concatenate(parts, type: .vector(3))), Self.rows)
    }

    @Test func `gathered, cut and joined vectors are those of their rows`() throws {
        let column = Column.vectors(Self.rows, dimension: 3)
        let wanted: [Int32] = [5, -1, 3, 999, 5, 0]
        expectEqual(column.gather(wanted), wanted.map { $0 < 0 ? nil : Self.rows[Int($0)] })
        expectEqual(column.slice(17..<53), Array(Self.rows[17..<53]))
        let joined = try #require(
            Column.concatenate([column.slice(900..<1000), column.slice(0..<9)], type: .vector(3)))
        expectEqual(joined, Array(Self.rows[900...] + Self.rows[..<9]))
    }

    @Test(arguments: ["list", "large_list", "fixed"])
    func `embeddings that pyarrow wrote are vectors`(kind: String) throws {
        let file = temporaryFile()
        defer { try? FileManager.default.removeItem(atPath: file.string) }
        try PythonEnvironment.python("TablesTests/vectors.py", ["write", kind, file.string])
        let column = try TableReader(.file(file)).column("vector")
        expectEqual(column, [nil, [1, 2, 3], nil, [.nan, -.infinity, 0.25], [4, 5, 6]])
    }

    @Test func `pyarrow reads what was written`() throws {
        let file = temporaryFile()
        defer { try? FileManager.default.removeItem(atPath: file.string) }
        let batch = RecordBatch([(name: "vector", column: .vectors([[1, 2.5], nil, [-3, 4]], dimension: 2))])
        let writer = try TableWriter(.file(file), batch.schema, .parquet)
        try writer.write(batch)
        try writer.finish()
        let printed = try PythonEnvironment.python("TablesTests/vectors.py", ["print", file.string])
        #expect(printed == "fixed_size_list[2] float [[1.0, 2.5], None, [-3.0, 4.0]]\n")
    }

    @Test func `lists of different lengths can be left out, and are not read`() throws {
        let file = temporaryFile()
        defer { try? FileManager.default.removeItem(atPath: file.string) }
        try PythonEnvironment.python("TablesTests/vectors.py", ["write", "ragged", file.string])
        let reader = try TableReader(.file(file))
        #expect(reader.schema["vector"]?.type == .unsupported("list"))
        #expect(try reader.column("id").count == 5)
        #expect(throws: TableError.self) { try reader.column("vector") }
    }

    @Test func `a null inside a vector is an error`() throws {
        let file = temporaryFile()
        defer { try? FileManager.default.removeItem(atPath: file.string) }
        try PythonEnvironment.python("TablesTests/vectors.py", ["write", "hole", file.string])
        let error = #expect(throws: TableError.self) { try TableReader(.file(file)).column("vector") }
        #expect("\(try #require(error))".contains("a vector has a null inside"))
    }

    @Test func `a vector is shown by its first numbers and its length`() {
        let type = ColumnType.vector(384)
        let cell = Column.vectors([(0..<384).map { Float($0) / 2 }], dimension: 384).cell(at: 0)
        #expect("\(type)" == "vector[384]")
        #expect(ColumnType(named: "vector[384]") == type)
        #expect(type.text(of: cell) == "[0.0, 0.5, 1.0, 1.5, …] (384 numbers)")
        #expect(ColumnType.vector(2).text(of: .numbers([1, 2])) == "[1.0, 2.0]")
    }
}
