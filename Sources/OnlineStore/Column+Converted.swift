import Tables
import TextFormats

/// The first row of a column whose value another type does not have.
struct UnfitValue: Error {
    /// The row, from 0.
    let row: Int
}

extension Column {
    /// The values as those of another type, exactly: as if JSON had handed them on.
    ///
    /// - Parameter zone: the zone of clocks that tell none; see ``GrowingColumn/append(_:zone:)``.
    func converted(to type: ColumnType, zone: String?) -> Result<Column, UnfitValue> {
        var column = GrowingColumn(type)
        for row in 0..<count {
            let cell = cell(at: row)
            let value: JSON =
                switch cell {
                case .null: .null
                case .boolean(let value): .bool(value)
                case .integer(let value) where self.type.isInteger: .integer(value)
                case .unsigned(let value): .unsigned(value)
                case .number(let value): .number(value)
                case .numbers(let values): JSON(values) { .number(Double($0)) }
                default: .string(self.type.text(of: cell))
                }
            guard column.append(value, zone: zone) else { return .failure(UnfitValue(row: row)) }
        }
        return .success(column.finish())
    }
}
