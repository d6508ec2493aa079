import Features
import Tables

extension ExpressionType {
    /// The type that expressions see of a column; `nil` if they see none.
    init?(_ type: ColumnType) {
        switch type {
        case .boolean: self = .bool
        case .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64: self = .int64
        case .float32, .float64: self = .float64
        case .string: self = .string
        case .date, .timestamp: self = .timestamp
        case .duration: self = .duration
        case .binary, .fixedBinary, .decimal, .time, .vector, .unsupported: return nil
        }
    }

    /// The type of a column that holds such values.
    var columnType: ColumnType {
        switch self {
        case .bool: .boolean
        case .int64: .int64
        case .float64: .float64
        case .string: .string
        case .timestamp: .timestamp(.microsecond, zone: "UTC")
        case .duration: .duration(.microsecond)
        }
    }
}

extension ExpressionVector {
    /// The values of a column as expressions see them.
    ///
    /// - Returns: `nil` if a value is out of range, or the column's type is one that expressions do not take.
    init?(_ column: Column) {
        let validity = column.validities
        switch column.type {
        case .boolean:
            let values = column.withBooleans { bits in (0..<bits.count).map { bits[$0] } }
            self = .bool(FixedVector(values, validity: validity))
        case .float64:
            self = .float64(FixedVector(column.withValues(as: Double.self) { Array($0) }, validity: validity))
        case .float32:
            let values = column.withValues(as: Float.self) { $0.map { Double($0) } }
            self = .float64(FixedVector(values, validity: validity))
        case .string:
            var vector = TextVector(capacity: column.count)
            column.withStrings { texts in
                for row in 0..<texts.count {
                    if column.isNull(at: row) { vector.append([]) } else { vector.append(texts[row]) }
                }
            }
            vector.validity = validity
            self = .string(vector)
        case .date, .timestamp:
            guard let moments = WholeNumbers(moments: column, .down) else { return nil }
            self = .timestamp(FixedVector(moments.withBuffer { Array($0) }, validity: validity))
        case .duration(let unit):
            // The same counts as a timestamp's.
            guard let spans = WholeNumbers(moments: column.reinterpreted(.timestamp(unit, zone: "UTC")), .down) else {
                return nil
            }
            self = .duration(FixedVector(spans.withBuffer { Array($0) }, validity: validity))
        default:
            guard let numbers = WholeNumbers(widening: column) else { return nil }
            self = .int64(FixedVector(numbers.withBuffer { Array($0) }, validity: validity))
        }
    }

    /// The values as a column.
    ///
    /// - Returns: `nil` if the texts are too many bytes.
    func column() -> Column? {
        switch self {
        case .bool(let vector):
            let buffer = ColumnBuffer(.boolean, count: vector.values.count)
            for row in vector.values.indices where vector.validity?[row] ?? true {
                buffer.set(boolean: vector.values[row], at: row)
            }
            return buffer.finish()
        case .int64(let vector), .timestamp(let vector), .duration(let vector): return fixed(vector)
        case .float64(let vector): return fixed(vector)
        case .string(let vector):
            var builder = StringColumnBuilder()
            if vector.bytes.count > Int(Int32.max) { return nil }
            vector.bytes.withUnsafeBytes { bytes in
                for row in 0..<vector.count {
                    if vector.validity?[row] ?? true {
                        builder.append(
                            UnsafeRawBufferPointer(rebasing: bytes[vector.offsets[row]..<vector.offsets[row + 1]]))
                    } else {
                        builder.appendNull()
                    }
                }
            }
            return builder.finish()
        }
    }

    private func fixed<Value: BitwiseCopyable>(_ vector: FixedVector<Value>) -> Column {
        let buffer = ColumnBuffer(type.columnType, count: vector.values.count)
        let target = buffer.values(as: Value.self)
        for row in vector.values.indices { target[row] = vector.values[row] }
        if let validity = vector.validity {
            for row in validity.indices where validity[row] { buffer.validity[row >> 3] |= 1 << UInt8(row & 7) }
        } else {
            buffer.setAllValid()
        }
        return buffer.finish()
    }

    /// The rows for which it is true; a null is not.
    var truths: [Bool]? {
        guard case .bool(let vector) = self else { return nil }
        guard let validity = vector.validity else { return vector.values }
        return zip(vector.values, validity).map { $0 && $1 }
    }
}

/// The rows for which both are true; `nil` stands for all.
func both(_ left: [Bool]?, _ right: [Bool]?) -> [Bool]? {
    guard let left else { return right }
    guard let right else { return left }
    return zip(left, right).map { $0 && $1 }
}
