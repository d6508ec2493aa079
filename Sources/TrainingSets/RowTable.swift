import Features
import Tables

/// Rows of a source that are in memory.
final class RowTable: FactTable {
    let source: FeatureSource
    let name: String
    let types: [String: ColumnType]
    private let rows: RecordBatch

    /// Takes rows; those of `types` are its columns, and there may be others.
    init(_ source: FeatureSource, _ rows: RecordBatch, types: [String: ColumnType], name: String) {
        (self.source, self.rows, self.types, self.name) = (source, rows, types, name)
    }

    var rowCount: Int? { rows.count }

    func check(_ names: [String]) throws {
        for name in names where rows[name] == nil { throw TableError.noColumn(name, table: self.name, nearest: nil) }
    }

    func file(ofRow row: Int) -> Int { 0 }

    func place(ofRow row: Int) -> (table: String, row: Int) { (name, row + 1) }

    func readAhead(_ names: [String], dictionaries: Set<String>, threads: Int) {}

    func forEachBatch(
        _ names: [String], dictionaries: Set<String>, threads: Int, _ body: (_ first: Int, RecordBatch) throws -> Void
    ) throws {
        if rows.count > 0 { try body(0, rows) }
    }

    func values(
        of names: [String], given rows: [Int32], storage: ColumnStorage, threads: Int
    ) throws -> [Column]? {
        try values(of: names, at: rows, threads: threads)
    }

    func values(of names: [String], at rows: [Int32], threads: Int) throws -> [Column] {
        try names.map { name in
            guard let column = self.rows[name] else {
                throw TableError.noColumn(name, table: self.name, nearest: nil)
            }
            return column.gather(rows, workers: 1)
        }
    }
}
