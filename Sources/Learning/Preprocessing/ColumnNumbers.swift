import Tables

extension ColumnType {
    /// Whether a model can take the values as numbers.
    var isNumber: Bool {
        switch self {
        case .boolean, .decimal, .duration: true
        default: isNumeric
        }
    }

    /// Whether a model can take the values as categories.
    var isCategory: Bool {
        switch self {
        case .string, .boolean, .date, .decimal: true
        default: isInteger
        }
    }
}

extension Column {
    /// The values as numbers, what is no number for a null; `nil` if the type has none.
    package func numbers() -> [Double]? {
        func all<Value: BitwiseCopyable>(_: Value.Type, _ number: (Value) -> Double) -> [Double] {
            withValues(as: Value.self) { values in
                guard nullCount > 0 else { return values.map(number) }
                return values.indices.map { isNull(at: $0) ? .nan : number(values[$0]) }
            }
        }
        switch type {
        case .boolean:
            return withBooleans { bits in (0..<count).map { isNull(at: $0) ? .nan : bits[$0] ? 1 : 0 } }
        case .int8: return all(Int8.self) { Double($0) }
        case .int16: return all(Int16.self) { Double($0) }
        case .int32: return all(Int32.self) { Double($0) }
        case .int64, .duration: return all(Int64.self) { Double($0) }
        case .uint8: return all(UInt8.self) { Double($0) }
        case .uint16: return all(UInt16.self) { Double($0) }
        case .uint32: return all(UInt32.self) { Double($0) }
        case .uint64: return all(UInt64.self) { Double($0) }
        case .float32: return all(Float.self) { Double($0) }
        case .float64: return all(Double.self) { $0 }
        case .decimal(_, let scale):
            var unit = 1.0
            for _ in 0..<abs(scale) { unit *= 10 }
            return all(Int128.self) { scale >= 0 ? Double($0) / unit : Double($0) * unit }
        default: return nil
        }
    }
}
