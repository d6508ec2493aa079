import enum Features.ExpressionVector
import struct Workspace.Timestamp

/// One value as the guard compares it.
enum GuardValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case text(String)
    /// Microseconds since 1970 in UTC, or of a length of time.
    case time(Int64)

    /// As a number, for statistics and comparison.
    var number: Double? {
        switch self {
        case .bool(let value): value ? 1 : 0
        case .integer(let value), .time(let value): Double(value)
        case .number(let value): value
        case .null, .text: nil
        }
    }

    /// Whether both are the same, numbers up to the error of a sum in another order.
    ///
    /// - Parameter slack: the relative difference that is allowed.
    func matches(_ other: GuardValue, slack: Double = 1e-9) -> Bool {
        switch (self, other) {
        case (.null, .null): return true
        case (.text(let left), .text(let right)): return left == right
        case (.null, _), (_, .null): return false
        // A CSV file that was read back does not tell the text 12 from the number.
        case (.text(let text), .integer(let number)), (.integer(let number), .text(let text)):
            return text == String(number)
        case (.text(let text), .number(let number)), (.number(let number), .text(let text)):
            return Double(text) == number
        case (.text(let text), .bool(let truth)), (.bool(let truth), .text(let text)): return text == "\(truth)"
        case (.text, .time), (.time, .text): return false
        case (.integer(let left), .integer(let right)), (.time(let left), .time(let right)): return left == right
        default:
            guard let left = number, let right = other.number else { return false }
            if left == right || (left.isNaN && right.isNaN) { return true }
            return abs(left - right) <= slack * max(abs(left), abs(right))
        }
    }
}

extension GuardValue: CustomStringConvertible {
    var description: String {
        switch self {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .integer(let value): "\(value)"
        case .number(let value): "\(value)"
        case .text(let value): "'\(value)'"
        case .time(let value): moment(value)
        }
    }
}

/// Microseconds since 1970 as people read them.
func moment(_ microseconds: Int64) -> String {
    Timestamp(seconds: microseconds >= 0 ? microseconds / 1_000_000 : (microseconds + 1) / 1_000_000 - 1).iso8601
}

/// A length of time in microseconds as people read it, to its largest unit.
func span(_ microseconds: Int64) -> String {
    let seconds = Double(microseconds) / 1e6
    let units: [(Double, String)] = [(86_400, "d"), (3_600, "h"), (60, "m")]
    for (length, name) in units where abs(seconds) >= length { return "\(rounded(seconds / length, 1))\(name)" }
    return "\(rounded(seconds, 3))s"
}

/// A number with a few digits behind the point.
func rounded(_ number: Double, _ digits: Int = 4) -> Double {
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    return (number * scale).rounded() / scale
}

extension ExpressionVector {
    /// The value of a row.
    func value(_ row: Int) -> GuardValue {
        if let validity, !validity[row] { return .null }
        switch self {
        case .bool(let vector): return .bool(vector.values[row])
        case .int64(let vector): return .integer(vector.values[row])
        case .float64(let vector): return .number(vector.values[row])
        case .string(let vector): return .text(vector.text(at: row))
        case .timestamp(let vector), .duration(let vector): return .time(vector.values[row])
        }
    }

    /// The moment of a row, in microseconds; `nil` for null or what is no moment.
    func moment(_ row: Int) -> Int64? {
        guard case .timestamp(let vector) = self, vector.validity?[row] ?? true else { return nil }
        return vector.values[row]
    }

    /// Whether a row is true; null is not.
    func isTrue(_ row: Int) -> Bool {
        guard case .bool(let vector) = self else { return false }
        return vector.values[row] && vector.validity?[row] ?? true
    }

    /// Whether each row is true; null is not.
    var truths: [Bool] { (0..<count).map { isTrue($0) } }

    /// The rows as numbers, NaN for null; `nil` for texts.
    var numbers: [Double]? {
        let numbers: [Double]
        switch self {
        case .bool(let vector): numbers = vector.values.map { $0 ? 1 : 0 }
        case .int64(let vector), .timestamp(let vector), .duration(let vector): numbers = vector.values.map(Double.init)
        case .float64(let vector): numbers = vector.values
        case .string: return nil
        }
        guard let validity else { return numbers }
        return zip(numbers, validity).map { $1 ? $0 : .nan }
    }
}
