extension Column {
    /// A column of values of one width, `nil` for null.
    ///
    /// - Parameter type: a type whose values have the width of `Value`.
    public convenience init<Value: BitwiseCopyable>(_ values: [Value?], _ type: ColumnType) {
        let buffer = ColumnBuffer(type, count: values.count)
        for (row, value) in values.enumerated() {
            if let value { buffer.set(value, at: row) }
        }
        self.init(copyOf: buffer.finish())
    }

    /// A column of booleans, `nil` for null.
    public convenience init(booleans: [Bool?]) {
        let buffer = ColumnBuffer(.boolean, count: booleans.count)
        for (row, value) in booleans.enumerated() {
            if let value { buffer.set(boolean: value, at: row) }
        }
        self.init(copyOf: buffer.finish())
    }

    /// A column of texts, `nil` for null.
    public convenience init(strings: [String?]) {
        var builder = StringColumnBuilder(.string)
        for text in strings {
            if let text { builder.append(text) } else { builder.appendNull() }
        }
        self.init(copyOf: builder.finish())
    }

    /// A column of nulls.
    public static func nulls(_ type: ColumnType, count: Int) -> Column {
        if type.isVariable {
            var builder = StringColumnBuilder(type)
            for _ in 0..<count { builder.appendNull() }
            return builder.finish()
        }
        return ColumnBuffer(type, count: count).finish()
    }

    private convenience init(copyOf other: Column) {
        self.init(
            other.type, offset: other.offset, count: other.count, nullCount: other.nullCount, validity: other.validity,
            values: other.values, bytes: other.bytes, dictionary: other.dictionary, owner: other)
    }
}

/// A column of texts or bytes that grows row by row.
public struct StringColumnBuilder {
    private let type: ColumnType
    private var offsets: [Int32] = [0]
    private var bytes: [UInt8] = []
    private var isValid: [Bool] = []

    /// A column without rows.
    ///
    /// - Parameter type: ``ColumnType/string`` or ``ColumnType/binary``.
    public init(_ type: ColumnType = .string) {
        precondition(type.isVariable, "the type has no texts")
        self.type = type
    }

    /// How many rows there are.
    public var count: Int { isValid.count }

    /// How many bytes the texts have; at most 2³¹ − 1 fit.
    public var byteCount: Int { bytes.count }

    /// Adds a row.
    public mutating func append(_ text: String) {
        bytes.append(contentsOf: text.utf8)
        close(isValid: true)
    }

    /// Adds a row.
    public mutating func append(_ value: UnsafeRawBufferPointer) {
        bytes.append(contentsOf: value)
        close(isValid: true)
    }

    /// Adds a row.
    public mutating func append(_ value: [UInt8]) {
        bytes.append(contentsOf: value)
        close(isValid: true)
    }

    /// Adds a row without a value.
    public mutating func appendNull() { close(isValid: false) }

    private mutating func close(isValid: Bool) {
        precondition(bytes.count <= Int(Int32.max), "a column of texts holds at most 2³¹ − 1 bytes")
        offsets.append(Int32(bytes.count))
        self.isValid.append(isValid)
    }

    /// The column.
    public func finish() -> Column {
        let memory = ColumnMemory(values: offsets.count * 4, validity: (count + 7) / 8)
        offsets.withUnsafeBytes { memory.values.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
        for (row, isValid) in isValid.enumerated() where isValid { memory.validity[row >> 3] |= 1 << UInt8(row & 7) }
        let target = memory.reserveBytes(bytes.count)
        bytes.withUnsafeBytes { source in
            if let start = source.baseAddress { target.copyMemory(from: start, byteCount: source.count) }
        }
        return Column(
            type, count: count, validity: memory.validity, values: memory.values, bytes: target, owner: memory)
    }
}
