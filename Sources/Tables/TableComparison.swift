/// How the rows of two tables differ.
///
///     let changes = try TableComparison(old: monday, new: tuesday, key: ["flight", "day"], examples: 10)
///     changes.changedCells    // [("arr_delay", 12)]
///
/// With a key, rows of one key are versions of one another and their cells are compared. Without one, a row is equal
/// or it is not, and equal rows are counted.
public struct TableComparison: Sendable {
    /// A row that one table has and the other has not.
    public struct Row: Sendable {
        /// Its number in its table, from 0.
        public let number: Int
        /// The values that tell it: those of the key, else all.
        public let values: [String]
    }

    /// A cell that is another in the new table.
    public struct ChangedCell: Sendable {
        /// The column.
        public let column: String
        /// The value in the old table; `nil` for null.
        public let old: String?
        /// The value in the new table; `nil` for null.
        public let new: String?
    }

    /// A row with cells that changed.
    public struct ChangedRow: Sendable {
        /// The row of the new table.
        public let row: Row
        /// Its cells that changed, in the order of the old table's columns.
        public let cells: [ChangedCell]
    }

    /// How the columns differ. Cells are compared in the columns that both tables have.
    public let schema: SchemaComparison
    /// The columns whose values tell a row.
    public let key: [String]
    /// How many rows only the new table has.
    public let addedCount: Int
    /// How many rows only the old table has.
    public let removedCount: Int
    /// How many rows have cells that changed; 0 without a key.
    public let changedCount: Int
    /// How many rows are equal.
    public let equalCount: Int
    /// The columns with cells that changed, and how many of them there are.
    public let changedCells: [(column: String, count: Int)]
    /// The first of the rows that only the new table has.
    public let added: [Row]
    /// The first of the rows that only the old table has.
    public let removed: [Row]
    /// The first of the rows that changed.
    public let changed: [ChangedRow]

    /// Whether the tables hold the same rows and columns.
    public var isEmpty: Bool { schema.isEmpty && addedCount == 0 && removedCount == 0 && changedCount == 0 }

    /// Compares two tables.
    ///
    /// - Parameters:
    ///   - key: the columns whose values tell a row; none for whole rows.
    ///   - examples: how many rows of each kind are kept to be shown.
    /// - Throws: ``TableError/repeatedKey(_:row:table:)`` if two rows of a table have one key.
    public init(old: TableReader, new: TableReader, key: [String] = [], examples: Int) throws(TableError) {
        schema = SchemaComparison(old: old.schema, new: new.schema)
        let common = old.schema.names.filter { new.schema[$0] != nil }
        let told = key.isEmpty ? common : key
        let oldKey = try old.read(told).columns
        let newKey = try new.read(told).columns
        if !key.isEmpty {
            for (columns, table) in [(oldKey, old.name), (newKey, new.name)] {
                if let row = RowMatching.duplicate(in: columns) {
                    throw .repeatedKey(Self.texts(columns, row).joined(separator: ", "), row: row, table: table)
                }
            }
        }
        let matching = RowMatching(old: oldKey, new: newKey)
        let addedRows = matching.matches.indices.filter { matching.matches[$0] < 0 }
        (addedCount, removedCount) = (addedRows.count, matching.unmatched.count)
        added = addedRows.prefix(examples).map { Row(number: $0, values: Self.texts(newKey, $0)) }
        removed = matching.unmatched.prefix(examples).map { Row(number: Int($0), values: Self.texts(oldKey, Int($0))) }

        var isChanged = [Bool](repeating: false, count: matching.matches.count)
        var counts: [(column: String, count: Int)] = []
        var shown: [Int: [ChangedCell]] = [:]
        for name in common where !told.contains(name) {
            let (before, after) = (try old.column(name), try new.column(name))
            var count = 0
            for (row, match) in matching.matches.enumerated() where match >= 0 {
                if cellsAreEqual(before, Int(match), after, row) { continue }
                isChanged[row] = true
                count += 1
                // A row that is one of the first to change is one of the first to change in each column.
                if count > examples { continue }
                shown[row, default: []].append(
                    ChangedCell(column: name, old: Self.text(before, Int(match)), new: Self.text(after, row)))
            }
            if count > 0 { counts.append((name, count)) }
        }
        self.key = key
        changedCells = counts
        changedCount = isChanged.count { $0 }
        equalCount = matching.matches.count - addedCount - changedCount
        changed = shown.keys.sorted().prefix(examples).map { row in
            ChangedRow(row: Row(number: row, values: Self.texts(newKey, row)), cells: shown[row] ?? [])
        }
    }

    private static func texts(_ columns: [Column], _ row: Int) -> [String] {
        columns.map { text($0, row) ?? "null" }
    }

    private static func text(_ column: Column, _ row: Int) -> String? {
        column.isNull(at: row) ? nil : column.type.text(of: column.cell(at: row))
    }
}
