import Tables

import enum Features.ExpressionType
import enum Features.ExpressionVector
import struct Features.FixedVector
import struct Features.TextVector

extension ColumnType {
    /// The type that expressions see; `nil` for values that they cannot hold.
    var expressionType: ExpressionType? {
        switch self {
        case .boolean: .bool
        case .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64: .int64
        case .float32, .float64, .decimal: .float64
        case .string: .string
        case .date, .timestamp: .timestamp
        case .time, .duration: .duration
        case .binary, .fixedBinary, .unsupported: nil
        }
    }
}

/// Collects values of a table's column as expressions hold them: whole numbers and fractions widened, moments in
/// microseconds.
struct VectorBuilder {
    private let type: ExpressionType
    private var integers: [Int64] = []
    private var numbers: [Double] = []
    private var texts: [String?] = []
    private var validity: [Bool] = []
    private let roundsUp: Bool

    /// - Parameter roundsUp: whether a part of a microsecond counts as a whole one.
    init(_ type: ExpressionType, capacity: Int = 0, roundsUp: Bool = false) {
        self.type = type
        self.roundsUp = roundsUp
        validity.reserveCapacity(capacity)
    }

    /// Adds some rows of a column. A value of a type that does not fit becomes null.
    mutating func append(_ column: Column, rows: [Int32]) {
        let held = column.type.expressionType
        for row in rows {
            let cell = held == nil ? Cell.null : column.cell(at: Int(row))
            append(cell, column.type)
        }
    }

    private mutating func append(_ cell: Cell, _ columnType: ColumnType) {
        var isValid = true
        switch (type, cell) {
        case (.string, .text(let text)): texts.append(text)
        case (.string, _):
            texts.append(nil)
            isValid = false
        case (.float64, .number(let value)): numbers.append(value)
        case (.float64, .integer(let value)): numbers.append(Double(value))
        case (.float64, .unsigned(let value)): numbers.append(Double(value))
        case (.float64, .text(let digits)):
            numbers.append(Double(digits) ?? 0)
            isValid = Double(digits) != nil
        case (.float64, _):
            numbers.append(0)
            isValid = false
        case (.bool, .boolean(let value)): integers.append(value ? 1 : 0)
        case (.int64, .integer(let value)): integers.append(value)
        case (.int64, .unsigned(let value)): integers.append(Int64(clamping: value))
        case (.timestamp, .integer(let value)), (.duration, .integer(let value)):
            integers.append(columnType.microseconds(value, roundsUp))
        default:
            integers.append(0)
            isValid = false
        }
        validity.append(isValid)
    }

    /// The values.
    var vector: ExpressionVector {
        let validity = validity.contains(false) ? validity : nil
        switch type {
        case .string: return .string(TextVector(texts))
        case .float64: return .float64(FixedVector(numbers, validity: validity))
        case .bool: return .bool(FixedVector(integers.map { $0 != 0 }, validity: validity))
        case .int64: return .int64(FixedVector(integers, validity: validity))
        case .timestamp: return .timestamp(FixedVector(integers, validity: validity))
        case .duration: return .duration(FixedVector(integers, validity: validity))
        }
    }
}

extension ColumnType {
    /// A count of the type's unit in microseconds.
    fileprivate func microseconds(_ count: Int64, _ roundsUp: Bool) -> Int64 {
        switch self {
        case .date: count &* 86_400_000_000
        case .timestamp(let unit, _), .time(let unit), .duration(let unit):
            switch unit {
            case .second: count.multipliedReportingOverflow(by: 1_000_000).partialValue
            case .millisecond: count.multipliedReportingOverflow(by: 1_000).partialValue
            case .microsecond: count
            case .nanosecond: roundsUp ? -((0 &- count).dividedDown) : count.dividedDown
            }
        default: count
        }
    }
}

extension Int64 {
    /// A thousandth, rounded down.
    fileprivate var dividedDown: Int64 { self >= 0 ? self / 1_000 : (self + 1) / 1_000 - 1 }
}
