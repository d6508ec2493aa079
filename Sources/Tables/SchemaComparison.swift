/// How the columns of two tables differ.
public struct SchemaComparison: Sendable {
    /// Columns that only the new table has.
    public let added: [Field]
    /// Columns that only the old table has.
    public let removed: [Field]
    /// Columns whose type is another.
    public let retyped: [(old: Field, new: Field)]
    /// Whether the columns that both have stand in another order.
    public let isReordered: Bool

    /// Compares columns by name.
    public init(old: Schema, new: Schema) {
        added = new.fields.filter { old[$0.name] == nil }
        removed = old.fields.filter { new[$0.name] == nil }
        let common = old.fields.compactMap { field in new[field.name].map { (old: field, new: $0) } }
        retyped = common.filter { $0.old.type != $0.new.type }
        isReordered = common.map(\.old.name) != new.fields.map(\.name).filter { old[$0] != nil }
    }

    /// Whether there is no difference.
    public var isEmpty: Bool { added.isEmpty && removed.isEmpty && retyped.isEmpty && !isReordered }
}
