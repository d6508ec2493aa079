import Tables
import TextFormats

extension ColumnType {
    /// Values of the type as a list in JSON, on one line. What JSON has no word for, such as NaN, is text.
    func jsonText(of cells: [Cell]) -> String {
        JSON.array(
            cells.map { cell in
                switch cell {
                case .null: .null
                case .boolean(let value): .bool(value)
                case .integer(let value) where isInteger: .integer(value)
                case .unsigned(let value): .unsigned(value)
                case .number(let value) where value.isFinite: .number(value)
                default: .string(text(of: cell))
                }
            }
        ).line
    }
}
