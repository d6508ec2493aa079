/// The type of an expression's value.
///
/// Narrower numbers of a table are widened: whole ones to `int64`, the others to `float64`; a date is its midnight in UTC.
public enum ExpressionType: String, Sendable, Hashable, CaseIterable {
    /// True or false.
    case bool = "boolean"
    /// A whole number of 64 bits.
    case int64
    /// A floating-point number of 64 bits.
    case float64
    /// Text in UTF-8.
    case string
    /// A moment, in microseconds since 1970 in UTC.
    case timestamp
    /// A length of time, in microseconds.
    case duration

    /// Whether it is a number.
    public var isNumeric: Bool { self == .int64 || self == .float64 }
}

extension ExpressionType: CustomStringConvertible {
    /// The name as users write it.
    public var description: String { rawValue }
}
