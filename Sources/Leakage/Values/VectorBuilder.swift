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
        // A vector is compared as a whole, by a digest of its numbers.
        case .string, .vector: .string
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
    private var texts = TextVector()
    private var validity: [Bool] = []
    private var hasNulls = false
    private let roundsUp: Bool

    /// - Parameter roundsUp: whether a part of a microsecond counts as a whole one.
    init(_ type: ExpressionType, capacity: Int = 0, roundsUp: Bool = false) {
        self.type = type
        self.roundsUp = roundsUp
        validity.reserveCapacity(capacity)
        switch type {
        case .string: texts = TextVector(capacity: capacity)
        case .float64: numbers.reserveCapacity(capacity)
        default: integers.reserveCapacity(capacity)
        }
    }

    /// Adds some rows of a column. A value of a type that does not fit becomes null.
    mutating func append(_ column: Column, rows: [Int32]) {
        switch (type, column.type) {
        case (.string, .string):
            column.withStrings { strings in
                for row in rows {
                    let isValid = note(!column.isNull(at: Int(row)))
                    if isValid { texts.append(strings[Int(row)]) } else { texts.append([]) }
                }
            }
        case (.string, .vector):
            column.withVectors { vectors in
                for row in rows {
                    let isValid = note(!column.isNull(at: Int(row)))
                    texts.append(isValid ? Self.digest(of: vectors[Int(row)]).utf8 : "".utf8)
                }
            }
        case (.float64, .float64):
            column.withValues(as: Double.self) { values in
                for row in rows { numbers.append(note(!column.isNull(at: Int(row))) ? values[Int(row)] : 0) }
            }
        case (.float64, .float32):
            column.withValues(as: Float.self) { values in
                for row in rows { numbers.append(note(!column.isNull(at: Int(row))) ? Double(values[Int(row)]) : 0) }
            }
        case (.int64, .int64), (.timestamp, .timestamp(.microsecond, _)):
            column.withValues(as: Int64.self) { values in
                for row in rows { integers.append(note(!column.isNull(at: Int(row))) ? values[Int(row)] : 0) }
            }
        case (.bool, .boolean):
            column.withBooleans { values in
                for row in rows { integers.append(note(!column.isNull(at: Int(row))) && values[Int(row)] ? 1 : 0) }
            }
        case (.float64, .int64):
            column.withValues(as: Int64.self) { values in
                for row in rows { numbers.append(note(!column.isNull(at: Int(row))) ? Double(values[Int(row)]) : 0) }
            }
        default:
            let isHeld = column.type.expressionType != nil
            for row in rows { append(isHeld ? column.cell(at: Int(row)) : .null, column.type) }
        }
    }

    /// Adds all rows of a column.
    mutating func append(_ column: Column) { append(column, rows: (0..<column.count).map { Int32($0) }) }

    /// Tells vectors apart, by their bits.
    private static func digest(of vector: UnsafeBufferPointer<Float>) -> String {
        let bits = vector.reduce(UInt64(vector.count)) { mixed($0 &* 31 &+ UInt64($1.bitPattern)) }
        return "vector \(String(bits, radix: 16))"
    }

    @discardableResult
    private mutating func note(_ isValid: Bool) -> Bool {
        validity.append(isValid)
        if !isValid { hasNulls = true }
        return isValid
    }

    private mutating func append(_ cell: Cell, _ columnType: ColumnType) {
        var isValid = true
        switch (type, cell) {
        case (.string, .text(let text)): texts.append(text.utf8)
        case (.string, _):
            texts.append([])
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
        note(isValid)
    }

    /// The values.
    var vector: ExpressionVector {
        let validity = hasNulls ? validity : nil
        switch type {
        case .string:
            var texts = texts
            texts.validity = validity
            return .string(texts)
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
            case .nanosecond: roundsUp ? -(0 &- count).thousandth : count.thousandth
            }
        default: count
        }
    }
}

extension Int64 {
    /// A thousandth, rounded down.
    fileprivate var thousandth: Int64 { self >= 0 ? self / 1_000 : (self + 1) / 1_000 - 1 }
}
