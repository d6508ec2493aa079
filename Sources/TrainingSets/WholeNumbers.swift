import Tables

/// Whole numbers of 64 bits, one a row: a column's own memory, or numbers that were worked out.
enum WholeNumbers: Sendable {
    /// A column whose values are such numbers.
    case column(Column)
    /// Numbers of their own.
    case computed([Int64])

    /// How many rows there are.
    var count: Int {
        switch self {
        case .column(let column): column.count
        case .computed(let values): values.count
        }
    }

    /// Calls `body` with the numbers. What stands at a null is any number.
    func withBuffer<Result, Failure>(
        _ body: (UnsafeBufferPointer<Int64>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        switch self {
        case .column(let column): try column.withValues(as: Int64.self, body)
        case .computed(let values): try values.withUnsafeBufferPointer(body)
        }
    }

    /// Each number with another added; one that is out of range stays at the end of the range.
    func adding(_ summand: Int64) -> WholeNumbers {
        if summand == 0 { return self }
        return .computed(
            withBuffer { values in
                values.map { value in
                    let (sum, overflow) = value.addingReportingOverflow(summand)
                    return overflow ? (summand > 0 ? .max : .min) : sum
                }
            })
    }
}

/// Which way a moment goes that lies between two microseconds.
enum MomentRounding {
    /// To the earlier one, as the times of labels do, which then know no more than they did.
    case down
    /// To the later one, as the times of facts do, which then are known no earlier than they were.
    case up
}

extension WholeNumbers {
    /// Moments in microseconds since 1970, of a column of timestamps or dates.
    ///
    /// - Returns: `nil` if a moment is out of range, or the column holds none.
    init?(moments column: Column, _ rounding: MomentRounding) {
        switch column.type {
        case .timestamp(.microsecond, _): self = .column(column)
        case .timestamp(.second, _): self.init(column, Int64.self, times: 1_000_000)
        case .timestamp(.millisecond, _): self.init(column, Int64.self, times: 1000)
        case .timestamp(.nanosecond, _):
            let summand: Int64 = rounding == .up ? 999 : 0
            self = .computed(
                column.withValues(as: Int64.self) { values in
                    values.map { value in
                        let (sum, overflow) = value.addingReportingOverflow(summand)
                        let (quotient, remainder) = (overflow ? value : sum).quotientAndRemainder(dividingBy: 1000)
                        return remainder < 0 ? quotient - 1 : quotient
                    }
                })
        case .date: self.init(column, Int32.self, times: 86_400_000_000)
        default: return nil
        }
    }

    private init?<Value: FixedWidthInteger & BitwiseCopyable>(_ column: Column, _: Value.Type, times factor: Int64) {
        var isTooLarge = false
        let moments = column.withValues(as: Value.self) { values in
            var moments = [Int64](repeating: 0, count: values.count)
            for row in values.indices {
                let (product, overflow) = Int64(truncatingIfNeeded: values[row]).multipliedReportingOverflow(by: factor)
                moments[row] = product
                if overflow, !column.isNull(at: row) { isTooLarge = true }
            }
            return moments
        }
        if isTooLarge { return nil }
        self = .computed(moments)
    }

    /// Whole numbers of any width, or booleans as 0 and 1.
    ///
    /// - Returns: `nil` if one is out of range, or the column holds none.
    init?(widening column: Column) {
        switch column.type {
        case .int64: self = .column(column)
        case .int32: self.init(column, Int32.self)
        case .int16: self.init(column, Int16.self)
        case .int8: self.init(column, Int8.self)
        case .uint32: self.init(column, UInt32.self)
        case .uint16: self.init(column, UInt16.self)
        case .uint8: self.init(column, UInt8.self)
        case .uint64:
            let fits = column.withValues(as: UInt64.self) { values in
                values.indices.allSatisfy { values[$0] <= UInt64(Int64.max) || column.isNull(at: $0) }
            }
            if !fits { return nil }
            self.init(column, UInt64.self)
        case .boolean: self = .computed(column.withBooleans { bits in (0..<bits.count).map { bits[$0] ? 1 : 0 } })
        default: return nil
        }
    }

    private init<Value: FixedWidthInteger & BitwiseCopyable>(_ column: Column, _: Value.Type) {
        self = .computed(column.withValues(as: Value.self) { $0.map { Int64(truncatingIfNeeded: $0) } })
    }
}
