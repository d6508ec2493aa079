import ArgumentParser
import Tables
import TextFormats

/// How rows are compared and shown.
struct RowComparisonOptions: ParsableArguments {
    @Option(
        name: .customLong("key"),
        help: ArgumentHelp("The columns that tell a row, with commas between.", valueName: "columns"))
    var key: ColumnNames?

    @Option(
        name: .customLong("limit"), help: ArgumentHelp("How many rows of each kind are printed.", valueName: "n"))
    var limit = 10
}

/// What changed from one table to another, for people and for scripts.
struct TableDifference {
    private let schema: SchemaComparison
    private let rows: TableComparison?

    /// Compares two tables.
    init(
        _ old: TableReader, _ new: TableReader, _ options: RowComparisonOptions, isSchemaOnly: Bool
    ) throws(TableError) {
        schema = SchemaComparison(old: old.schema, new: new.schema)
        rows =
            isSchemaOnly
            ? nil
            : try TableComparison(old: old, new: new, key: options.key?.names ?? [], examples: max(0, options.limit))
    }

    /// Whether nothing changed.
    var isEmpty: Bool { rows?.isEmpty ?? schema.isEmpty }

    // MARK: Text

    /// The difference in lines.
    func lines(_ palette: Palette) -> [String] { schemaLines(palette) + (rows.map { rowLines($0, palette) } ?? []) }

    private func schemaLines(_ palette: Palette) -> [String] {
        schema.removed.map { palette.removed("- column \($0.name)") + "  \($0.type)" }
            + schema.added.map { palette.added("+ column \($0.name)") + "  \($0.type)" }
            + schema.retyped.map { palette.changed("~ column \($0.old.name)") + "  \($0.old.type) → \($0.new.type)" }
            + (schema.isReordered ? [palette.changed("~ columns in another order")] : [])
    }

    private func rowLines(_ rows: TableComparison, _ palette: Palette) -> [String] {
        var counts = ["\(counted(rows.addedCount, "row")) added", "\(rows.removedCount) removed"]
        if !rows.key.isEmpty { counts.append("\(rows.changedCount) changed") }
        counts.append("\(rows.equalCount) equal")
        var lines = [counts.joined(separator: ", ")]
        if !rows.changedCells.isEmpty {
            let cells = rows.changedCells.map { "\($0.column) \($0.count)" }.joined(separator: ", ")
            lines.append("cells changed: \(cells)")
        }
        for row in rows.removed { lines.append(palette.removed("- " + Self.values(row))) }
        for row in rows.added { lines.append(palette.added("+ " + Self.values(row))) }
        for row in rows.changed {
            let cells = row.cells.map { "\($0.column) \($0.old ?? "null") → \($0.new ?? "null")" }
            lines.append(palette.changed("~ " + Self.values(row.row)) + "  " + cells.joined(separator: ", "))
        }
        let shown = rows.removed.count + rows.added.count + rows.changed.count
        let total = rows.removedCount + rows.addedCount + rows.changedCount
        if total > shown { lines.append("… and \(total - shown) more; --limit shows more of them") }
        return lines
    }

    private static func values(_ row: TableComparison.Row) -> String { row.values.joined(separator: ", ") }

    // MARK: JSON

    /// The difference as an object.
    var object: JSONObject {
        var object = JSONObject()
        var columns = JSONObject()
        columns["added"] = JSON(schema.added) { .object(JSONObject($0)) }
        columns["removed"] = JSON(schema.removed) { .object(JSONObject($0)) }
        columns["retyped"] = JSON(schema.retyped) { change in
            var object = JSONObject()
            object["name"] = .string(change.old.name)
            object["old"] = .string("\(change.old.type)")
            object["new"] = .string("\(change.new.type)")
            return .object(object)
        }
        columns["reordered"] = .bool(schema.isReordered)
        object["schema"] = .object(columns)
        guard let rows else { return object }
        object["key"] = JSON(rows.key) { .string($0) }
        object["added_count"] = JSON(rows.addedCount)
        object["removed_count"] = JSON(rows.removedCount)
        object["changed_count"] = JSON(rows.changedCount)
        object["equal_count"] = JSON(rows.equalCount)
        var cells = JSONObject()
        for (column, count) in rows.changedCells { cells[column] = JSON(count) }
        object["changed_cells"] = .object(cells)
        object["added"] = JSON(rows.added) { .object(Self.object($0)) }
        object["removed"] = JSON(rows.removed) { .object(Self.object($0)) }
        object["changed"] = JSON(rows.changed) { row in
            var object = Self.object(row.row)
            object["cells"] = JSON(row.cells) { cell in
                var object = JSONObject()
                object["column"] = .string(cell.column)
                object["old"] = JSON(cell.old)
                object["new"] = JSON(cell.new)
                return .object(object)
            }
            return .object(object)
        }
        return object
    }

    private static func object(_ row: TableComparison.Row) -> JSONObject {
        var object = JSONObject()
        object["row"] = JSON(row.number)
        object["values"] = JSON(row.values) { .string($0) }
        return object
    }
}

extension JSON {
    /// A value of a table: numbers, vectors and truths as themselves, all else as text.
    init(_ cell: Cell, _ type: ColumnType) {
        switch cell {
        case .null: self = .null
        case .boolean(let value): self = .bool(value)
        case .integer(let value) where type.isInteger: self = .integer(value)
        case .unsigned(let value): self = .unsigned(value)
        case .number(let value): self.init(value)
        case .numbers(let values): self.init(values) { JSON(Double($0)) }
        default: self = .string(type.text(of: cell))
        }
    }
}

extension JSONObject {
    /// A column's name and type.
    init(_ field: Field) {
        self.init()
        self["name"] = .string(field.name)
        self["type"] = .string("\(field.type)")
        self["nullable"] = .bool(field.isNullable)
    }
}
