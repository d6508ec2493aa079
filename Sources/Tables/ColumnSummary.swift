/// What a column's values are like: how many, how large, how they lie.
public struct ColumnSummary: Sendable {
    /// The column.
    public let field: Field
    /// How many rows there are.
    public private(set) var count = 0
    /// How many are null.
    public private(set) var nullCount = 0
    /// How many are not a number, of columns of numbers; of vectors those that have such a number.
    public private(set) var nanCount = 0
    /// The least value; null if there is none.
    public private(set) var least = Cell.null
    /// The greatest value; null if there is none.
    public private(set) var greatest = Cell.null
    private var sum = 0.0

    /// The mean of the numbers; `nil` if there are none.
    public var mean: Double? {
        let count = count - nullCount - nanCount
        return field.type.isNumeric && count > 0 ? sum / Double(count) : nil
    }

    /// Goes through a table once and says what its columns are like.
    ///
    /// - Parameter names: the columns; all by default.
    public static func summaries(
        of table: TableReader, _ names: [String]? = nil
    ) throws(TableError) -> [ColumnSummary] {
        let names = names ?? table.schema.fields.filter(\.type.isCarried).map(\.name)
        var summaries = names.compactMap { table.schema[$0].map(ColumnSummary.init) }
        let batches = try table.batches(names)
        while let batch = try batches.next() {
            for number in summaries.indices { summaries[number].add(batch.columns[number]) }
        }
        return summaries
    }

    private init(_ field: Field) { self.field = field }

    private mutating func add(_ column: Column) {
        count += column.count
        nullCount += column.nullCount
        if column.nullCount == column.count { return }
        switch field.type {
        case .int8: add(integers: column, Int8.self)
        case .int16: add(integers: column, Int16.self)
        case .int32, .date, .time(.second), .time(.millisecond): add(integers: column, Int32.self)
        case .int64, .time, .timestamp, .duration: add(integers: column, Int64.self)
        case .uint8: add(integers: column, UInt8.self)
        case .uint16: add(integers: column, UInt16.self)
        case .uint32: add(integers: column, UInt32.self)
        case .uint64: add(integers: column, UInt64.self)
        case .float32: add(numbers: column, Float.self)
        case .float64: add(numbers: column, Double.self)
        case .boolean: addBooleans(column)
        case .string, .binary: addStrings(column)
        case .vector: addVectors(column)
        case .fixedBinary, .decimal, .unsupported: break
        }
    }

    private mutating func add<Value: FixedWidthInteger & BitwiseCopyable>(integers column: Column, _: Value.Type) {
        let (low, high, total) = column.withValues(as: Value.self) { values in
            var (low, high, total) = (Value.max, Value.min, Int128(0))
            for row in values.indices where !column.isNull(at: row) {
                low = min(low, values[row])
                high = max(high, values[row])
                total &+= Int128(truncatingIfNeeded: values[row])
            }
            return (low, high, total)
        }
        sum += Double(total)
        widen(Self.cell(low), Self.cell(high)) { left, right in
            switch (left, right) {
            case (.integer(let left), .integer(let right)): left < right
            case (.unsigned(let left), .unsigned(let right)): left < right
            // Only numbers that no `Int64` holds are unsigned.
            case (.integer, .unsigned): true
            default: false
            }
        }
    }

    private static func cell<Value: FixedWidthInteger>(_ value: Value) -> Cell {
        Int64(exactly: value).map { .integer($0) } ?? .unsigned(UInt64(clamping: value))
    }

    private mutating func add<Value: BinaryFloatingPoint & BitwiseCopyable>(numbers column: Column, _: Value.Type) {
        let (low, high, total, missing) = column.withValues(as: Value.self) { values in
            var (low, high, total, missing) = (Value.infinity, -Value.infinity, 0.0, 0)
            for row in values.indices where !column.isNull(at: row) {
                let value = values[row]
                if value.isNaN {
                    missing += 1
                    continue
                }
                low = min(low, value)
                high = max(high, value)
                total += Double(value)
            }
            return (low, high, total, missing)
        }
        nanCount += missing
        sum += total
        if missing + column.nullCount == column.count { return }
        widen(.number(Double(low)), .number(Double(high))) { left, right in
            if case .number(let left) = left, case .number(let right) = right { left < right } else { false }
        }
    }

    /// The least and the greatest number of any vector.
    private mutating func addVectors(_ column: Column) {
        let (low, high, missing) = column.withVectors { vectors in
            var (low, high, missing) = (Float.infinity, -Float.infinity, 0)
            for row in 0..<vectors.count where !column.isNull(at: row) {
                var isMissing = false
                for value in vectors[row] {
                    if value.isNaN {
                        isMissing = true
                        continue
                    }
                    low = min(low, value)
                    high = max(high, value)
                }
                if isMissing { missing += 1 }
            }
            return (low, high, missing)
        }
        nanCount += missing
        if low > high { return }
        widen(.number(Double(low)), .number(Double(high))) { left, right in
            if case .number(let left) = left, case .number(let right) = right { left < right } else { false }
        }
    }

    private mutating func addBooleans(_ column: Column) {
        let values = Set((0..<column.count).filter { !column.isNull(at: $0) }.map { column.cell(at: $0) })
        let (low, high) = (values.contains(.boolean(false)), values.contains(.boolean(true)))
        widen(.boolean(!low), .boolean(high)) { $0 == .boolean(false) && $1 == .boolean(true) }
    }

    private mutating func addStrings(_ column: Column) {
        let (low, high) = column.withStrings { values in
            var (low, high): (Int?, Int?) = (nil, nil)
            for row in 0..<values.count where !column.isNull(at: row) {
                if low.map({ values[row].lexicographicallyPrecedes(values[$0]) }) ?? true { low = row }
                if high.map({ values[$0].lexicographicallyPrecedes(values[row]) }) ?? true { high = row }
            }
            return (low, high)
        }
        guard let low, let high else { return }
        widen(column.cell(at: low), column.cell(at: high)) { left, right in
            switch (left, right) {
            case (.text(let left), .text(let right)): left.utf8.lexicographicallyPrecedes(right.utf8)
            case (.bytes(let left), .bytes(let right)): left.lexicographicallyPrecedes(right)
            default: false
            }
        }
    }

    private mutating func widen(_ low: Cell, _ high: Cell, _ precedes: (Cell, Cell) -> Bool) {
        if least == .null || precedes(low, least) { least = low }
        if greatest == .null || precedes(greatest, high) { greatest = high }
    }
}
