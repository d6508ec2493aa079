import Features
import Tables

/// The rows of a source, wherever they are: in files, or in memory.
///
/// Rows are numbered from zero. A join reads them through this alone, so that it is the same join for both.
protocol FactTable: AnyObject {
    /// What the rows are of.
    var source: FeatureSource { get }
    /// As messages call the rows together.
    var name: String { get }
    /// The columns that there are, with their types.
    var types: [String: ColumnType] { get }

    /// How many rows there are; `nil` before all have been read once.
    var rowCount: Int? { get }

    /// Checks that there are such columns, and that they are as they were declared.
    func check(_ names: [String]) throws
    /// Which of several files a row is in; rows up to it have been read.
    func file(ofRow row: Int) -> Int
    /// The table and the row in it, from 1, of a row; rows up to it have been read.
    func place(ofRow row: Int) -> (table: String, row: Int)
    /// Begins to read what the next pass over some columns needs first.
    func readAhead(_ names: [String], dictionaries: Set<String>, threads: Int)
    /// Calls `body` with all rows, batch by batch, in order, and with the number of each batch's first row.
    func forEachBatch(
        _ names: [String], dictionaries: Set<String>, threads: Int, _ body: (_ first: Int, RecordBatch) throws -> Void
    ) throws
    /// The values of columns at some places, each of which is given a row, or a negative number for none.
    ///
    /// - Parameter storage: where the columns' memory is.
    /// - Returns: `nil` if the rows cannot be read in parts.
    func values(of names: [String], given rows: [Int32], storage: ColumnStorage, threads: Int) throws -> [Column]?
    /// The values of columns in some rows.
    ///
    /// - Parameter rows: ascending numbers, each once; all rows have been read once before.
    /// - Returns: a column for each name, of as many rows.
    func values(of names: [String], at rows: [Int32], threads: Int) throws -> [Column]
}

extension FactTable {
    /// The columns' types as expressions see them.
    var expressionTypes: [String: ExpressionType] { types.compactMapValues { ExpressionType($0) } }
}
