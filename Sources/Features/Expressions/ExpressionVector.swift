/// The values of one column or expression in some rows, side by side.
///
/// Columns of a table are widened to these types: whole numbers to `int64`, the others to `float64`, moments and lengths of
/// time to microseconds.
public enum ExpressionVector: Sendable {
    /// True or false.
    case bool(FixedVector<Bool>)
    /// Whole numbers.
    case int64(FixedVector<Int64>)
    /// Floating-point numbers.
    case float64(FixedVector<Double>)
    /// Texts.
    case string(TextVector)
    /// Moments, in microseconds since 1970 in UTC.
    case timestamp(FixedVector<Int64>)
    /// Lengths of time, in microseconds.
    case duration(FixedVector<Int64>)

    /// What the values are.
    public var type: ExpressionType {
        switch self {
        case .bool: .bool
        case .int64: .int64
        case .float64: .float64
        case .string: .string
        case .timestamp: .timestamp
        case .duration: .duration
        }
    }

    /// The number of rows.
    public var count: Int {
        switch self {
        case .bool(let vector): vector.values.count
        case .int64(let vector), .timestamp(let vector), .duration(let vector): vector.values.count
        case .float64(let vector): vector.values.count
        case .string(let vector): vector.count
        }
    }

    /// Which rows have a value; `nil` if all have.
    public var validity: [Bool]? {
        switch self {
        case .bool(let vector): vector.validity
        case .int64(let vector), .timestamp(let vector), .duration(let vector): vector.validity
        case .float64(let vector): vector.validity
        case .string(let vector): vector.validity
        }
    }
}

/// Values of one width. What stands at a null is any value.
public struct FixedVector<Value: BitwiseCopyable & Sendable>: Sendable {
    /// The values.
    public var values: [Value]
    /// Which rows have a value; `nil` if all have.
    public var validity: [Bool]?

    /// Takes values; `validity` has as many elements, or is `nil` if no row is null.
    public init(_ values: [Value], validity: [Bool]? = nil) {
        precondition(validity == nil || validity?.count == values.count, "a vector has one validity a value")
        self.values = values
        self.validity = validity
    }
}

/// Texts in UTF-8, one after the other. What stands at a null is any text.
public struct TextVector: Sendable {
    /// Where each text begins in ``bytes``, and the end of the last: one more than there are rows.
    public private(set) var offsets: [Int]
    /// All texts.
    public private(set) var bytes: [UInt8]
    /// Which rows have a value; `nil` if all have.
    public var validity: [Bool]?

    /// No rows, with room for some.
    public init(capacity: Int = 0) {
        offsets = [0]
        offsets.reserveCapacity(capacity + 1)
        bytes = []
        validity = nil
    }

    /// Takes texts; `nil` is a null.
    public init(_ texts: [String?]) {
        self.init(capacity: texts.count)
        for text in texts {
            if let text { bytes.append(contentsOf: text.utf8) }
            offsets.append(bytes.count)
        }
        if texts.contains(nil) { validity = texts.map { $0 != nil } }
    }

    /// The number of rows.
    public var count: Int { offsets.count - 1 }

    /// Adds a row of some bytes, which are UTF-8.
    public mutating func append(_ text: some Collection<UInt8>) {
        bytes.append(contentsOf: text)
        offsets.append(bytes.count)
    }

    /// The text of a row.
    public func text(at row: Int) -> String { String(decoding: self[row], as: UTF8.self) }

    /// Adds bytes to the row that is begun.
    mutating func extend(_ text: some Collection<UInt8>) { bytes.append(contentsOf: text) }

    /// Ends the row that was begun.
    mutating func endRow() { offsets.append(bytes.count) }

    /// The bytes of a row.
    @inline(__always)
    func range(_ row: Int) -> Range<Int> { offsets[row]..<offsets[row + 1] }

    /// The bytes of a row.
    @inline(__always)
    subscript(row: Int) -> ArraySlice<UInt8> { bytes[range(row)] }
}

/// Rows to compute expressions over: columns of one length, by name.
public struct ExpressionBatch: Sendable {
    /// The number of rows.
    public let count: Int
    private(set) var columns: [String: ExpressionVector]

    /// Takes columns of `count` rows.
    public init(count: Int, columns: [String: ExpressionVector]) {
        precondition(columns.values.allSatisfy { $0.count == count }, "the columns of a batch have one length")
        self.count = count
        self.columns = columns
    }
}

extension ExpressionBatch {
    /// Adds a column of as many rows, or replaces the one of its name.
    public mutating func add(_ name: String, _ column: ExpressionVector) {
        precondition(column.count == count, "the columns of a batch have one length")
        columns[name] = column
    }
}

/// A value that could not be computed.
public struct ExpressionEvaluationError: Error, Hashable {
    /// Why not.
    public enum Problem: Hashable, Sendable {
        /// The result is out of range.
        case overflow(String)
        /// A value cannot become one of another type.
        case invalidCast(String, ExpressionType)
    }

    /// Why not.
    public let problem: Problem
    /// The row of the batch, from zero.
    public let row: Int
    /// Where in the expression's text.
    public let offset: Int
}

extension ExpressionEvaluationError: CustomStringConvertible {
    /// One line for people; the caller says which file's row it is.
    public var description: String {
        switch problem {
        case .overflow(let what): "row \(row): the result of '\(what)' is out of range"
        case .invalidCast(let value, let type):
            "row \(row): '\(value)' cannot become \(type); 'try_cast' would make it null"
        }
    }
}
