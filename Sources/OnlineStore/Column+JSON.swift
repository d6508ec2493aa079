import Tables
import TextFormats

extension Column {
    /// A column of values as JSON writes them, by the rules of pushed rows.
    ///
    /// - Returns: the column, or the first row whose value is none of the type.
    package static func reading(_ values: [JSON], _ type: ColumnType) -> Result<Column, UnreadableValue> {
        var column = GrowingColumn(type)
        for (row, value) in values.enumerated() where !column.append(value, zone: nil) {
            return .failure(UnreadableValue(row: row))
        }
        return .success(column.finish())
    }

    /// A value that a column cannot hold.
    package struct UnreadableValue: Error {
        /// Its row, from 0.
        package let row: Int
    }
}
