/// One value of a column, for showing and comparing. Loops over many values read them from the column instead.
public enum Cell: Hashable, Sendable {
    /// No value.
    case null
    /// True or false.
    case boolean(Bool)
    /// A whole number; also a date, a time, a timestamp or a duration, in its unit.
    case integer(Int64)
    /// A whole number that is no `Int64`.
    case unsigned(UInt64)
    /// A number.
    case number(Double)
    /// A text; also a decimal number, in digits.
    case text(String)
    /// Bytes.
    case bytes([UInt8])
    /// The numbers of a vector.
    case numbers([Float])
}

extension Column {
    /// The value of a row.
    public func cell(at row: Int) -> Cell {
        precondition(row >= 0 && row < count, "there is no such row")
        if isNull(at: row) { return .null }
        switch type {
        case .boolean: return withBooleans { .boolean($0[row]) }
        case .int8: return integer(row, Int8.self)
        case .int16: return integer(row, Int16.self)
        case .int32, .date, .time(.second), .time(.millisecond): return integer(row, Int32.self)
        case .int64, .time, .timestamp, .duration: return integer(row, Int64.self)
        case .uint8: return integer(row, UInt8.self)
        case .uint16: return integer(row, UInt16.self)
        case .uint32: return integer(row, UInt32.self)
        case .uint64: return integer(row, UInt64.self)
        case .float32: return withValues(as: Float.self) { .number(Double($0[row])) }
        case .float64: return withValues(as: Double.self) { .number($0[row]) }
        case .string: return withStrings { .text($0.string(at: row)) }
        case .binary: return withStrings { .bytes(Array($0[row])) }
        case .fixedBinary(let width):
            let start = values + (offset + row) * width
            return .bytes(Array(UnsafeRawBufferPointer(start: start, count: width)))
        case .decimal(_, let scale):
            return withValues(as: Int128.self) { .text(Self.digits($0[row], scale: scale)) }
        case .vector: return withVectors { .numbers(Array($0[row])) }
        case .unsupported: return .null
        }
    }

    private func integer<Value: FixedWidthInteger & BitwiseCopyable>(_ row: Int, _: Value.Type) -> Cell {
        withValues(as: Value.self) { values in
            Int64(exactly: values[row]).map { .integer($0) } ?? .unsigned(UInt64(clamping: values[row]))
        }
    }

    private static func digits(_ number: Int128, scale: Int) -> String {
        let sign = number < 0 ? "-" : ""
        var digits = String(number.magnitude)
        if scale <= 0 { return sign + digits + (number == 0 ? "" : String(repeating: "0", count: -scale)) }
        if digits.count <= scale { digits = String(repeating: "0", count: scale + 1 - digits.count) + digits }
        return sign + digits.dropLast(scale) + "." + digits.suffix(scale)
    }
}
