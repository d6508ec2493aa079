import Tables

/// The metrics of rows by the values of a column, because a mean hides the rows that it is wrong for.
public struct SliceTable: Sendable {
    /// The rows that have one value, or lie in one range.
    public struct Slice: Sendable, Equatable {
        /// The value or the range, as people read it; empty for none.
        public let value: String
        /// How many rows there are.
        public let count: Int
        /// How good their predictions are.
        public let metrics: [MeasuredMetric]
    }

    /// The column.
    public let column: String
    /// The largest slices, by falling size.
    public let slices: [Slice]
    /// How many values are left out, because they have few rows.
    public let leftOut: Int

    /// How many slices there are at most.
    public static let largestCount = 50
    /// How many values a column of numbers or moments may have to be told by value, not by range.
    private static let fewValues = 20

    /// Measures the rows of each slice.
    ///
    /// - Parameter values: the column's value of each row.
    public init(_ column: String, values: Column, _ rows: JudgedRows, _ bootstrap: Bootstrap, workers: Int) {
        precondition(values.count == rows.count, "each row has a value")
        self.column = column
        var places: [String: [Int]] = [:]
        for (row, text) in Self.texts(values).enumerated() { places[text, default: []].append(row) }
        let ordered = places.sorted { left, right in
            if left.value.count != right.value.count { return left.value.count > right.value.count }
            return left.key.utf8.lexicographicallyPrecedes(right.key.utf8)
        }
        slices = ordered.prefix(Self.largestCount).map { value, places in
            Slice(
                value: value, count: places.count,
                metrics: bootstrap.measure(rows.rows(places), workers: workers))
        }
        leftOut = max(0, ordered.count - Self.largestCount)
    }

    /// What tells the slice of each row.
    private static func texts(_ column: Column) -> [String] {
        let cells = (0..<column.count).map { column.cell(at: $0) }
        let isOrdered = column.type.isNumeric || column.type.byteWidth == 8
        guard isOrdered, Set(cells).count > fewValues else { return cells.map { column.type.text(of: $0) } }
        // Four ranges with as many rows each, but for rows of one value.
        let numbers = cells.map(number)
        let sorted = cells.indices.filter { !numbers[$0].isNaN }.sorted { numbers[$0] < numbers[$1] }
        if sorted.isEmpty { return cells.map { _ in "" } }
        let borders = (1...3).map { sorted[sorted.count * $0 / 4] }
        let names = (0...3).map { quarter -> String in
            let low = quarter > 0 ? column.type.text(of: cells[borders[quarter - 1]]) : nil
            let high = quarter < 3 ? column.type.text(of: cells[borders[quarter]]) : nil
            if let low, let high { return "\(low) to \(high)" }
            return low.map { "from \($0)" } ?? "below \(high ?? "")"
        }
        return cells.indices.map { row in
            if numbers[row].isNaN { return "" }
            return names[borders.count { numbers[$0] <= numbers[row] }]
        }
    }

    private static func number(_ cell: Cell) -> Double {
        switch cell {
        case .integer(let value): Double(value)
        case .unsigned(let value): Double(value)
        case .number(let value): value
        default: .nan
        }
    }
}
