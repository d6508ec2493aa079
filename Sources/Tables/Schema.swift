/// A column's name and type.
public struct Field: Hashable, Sendable {
    /// The name.
    public let name: String
    /// What the values are.
    public let type: ColumnType
    /// Whether there may be nulls, as the file states it.
    public let isNullable: Bool

    /// Names a column.
    public init(_ name: String, _ type: ColumnType, isNullable: Bool = true) {
        (self.name, self.type, self.isNullable) = (name, type, isNullable)
    }
}

/// The columns of a table, in order.
public struct Schema: Hashable, Sendable {
    /// The columns.
    public let fields: [Field]

    /// A table of these columns.
    public init(_ fields: [Field]) { self.fields = fields }

    /// The names of the columns.
    public var names: [String] { fields.map(\.name) }

    /// The place of the first column of a name.
    public func index(of name: String) -> Int? { fields.firstIndex { $0.name == name } }

    /// The first column of a name.
    public subscript(name: String) -> Field? { fields.first { $0.name == name } }
}

/// Columns of one length: a piece of a table, or all of it.
public struct RecordBatch: Sendable {
    /// The names and types.
    public let schema: Schema
    /// The columns, in the schema's order.
    public let columns: [Column]
    /// How many rows there are.
    public let count: Int

    /// Puts columns together. They have the schema's types and one length.
    public init(_ schema: Schema, _ columns: [Column], count: Int? = nil) {
        precondition(schema.fields.count == columns.count, "a batch has a column for each field")
        let count = count ?? columns.first?.count ?? 0
        precondition(columns.allSatisfy { $0.count == count }, "a batch's columns have one length")
        (self.schema, self.columns, self.count) = (schema, columns, count)
    }

    /// Names columns and puts them together. They have one length.
    public init(_ columns: [(name: String, column: Column)]) {
        self.init(Schema(columns.map { Field($0.name, $0.column.type) }), columns.map(\.column))
    }

    /// The first column of a name.
    public subscript(name: String) -> Column? { schema.index(of: name).map { columns[$0] } }

    /// Some of the rows, without a copy.
    public func slice(_ rows: Range<Int>) -> RecordBatch {
        RecordBatch(schema, columns.map { $0.slice(rows) }, count: rows.count)
    }
}
