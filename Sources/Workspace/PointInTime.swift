/// A date, or a date and a time, as a user wrote it: `2013-06-01` or `2013-06-01T12:00:00+02:00`.
///
/// A date alone means the whole day: what was current *on that day* is what was current at its last second.
public struct PointInTime: Hashable, Sendable {
    /// The moment that was named; the first second of a date alone.
    public let timestamp: Timestamp
    /// Whether a date was given without a time.
    public let isDateOnly: Bool

    /// Takes a moment.
    public init(_ timestamp: Timestamp) {
        self.timestamp = timestamp
        isDateOnly = false
    }

    /// The last second that the text covers: the end of the day for a date alone.
    public var end: Timestamp {
        isDateOnly
            ? Timestamp(
                seconds: timestamp.seconds + Timestamp.secondsPerDay - 1, offsetMinutes: timestamp.offsetMinutes)
            : timestamp
    }

    /// Parses `YEAR-MONTH-DAY`, alone or followed by `T` or a space, `HOUR:MINUTE`, perhaps `:SECOND` with decimals,
    /// and perhaps an offset: `Z`, `+02:00`, `+0200` or `+02`, after a space or not.
    ///
    /// Decimals of a second are dropped.
    ///
    /// - Parameters:
    ///   - text: The text.
    ///   - offset: The offset of a text that names none, in minutes. UTC by default, so that a date means the same on
    ///     every machine.
    /// - Throws: ``TimestampError``, which names what is out of range.
    public init(parsing text: String, assumingOffset offset: Int = 0) throws(TimestampError) {
        var reader = TimestampReader(text)
        let day = try reader.readDay()
        var second: Int64 = 0
        var offset = offset
        isDateOnly = reader.isAtEnd
        if !isDateOnly {
            second = try reader.readSecondOfDay()
            if !reader.isAtEnd { offset = try reader.readOffset() }
        }
        let seconds = day * Timestamp.secondsPerDay + second - Int64(offset) * 60
        timestamp = Timestamp(seconds: seconds, offsetMinutes: offset)
    }
}

extension PointInTime: CustomStringConvertible {
    /// The date alone if no time was given, else ISO 8601.
    public var description: String { isDateOnly ? timestamp.date : timestamp.iso8601 }
}

/// Why a text is no date and time.
public enum TimestampError: Error, Equatable, CustomStringConvertible {
    /// It does not have the form of one.
    case malformed(String)
    /// A field is outside its range, such as month 13.
    case outOfRange(String, field: String, value: Int, range: ClosedRange<Int>)
    /// The month has fewer days, as February 30.
    case noSuchDay(String, day: Int, month: Int, year: Int, dayCount: Int)

    /// One line for people.
    public var description: String {
        switch self {
        case .malformed(let text):
            "'\(text)' is not a date; write 2013-06-01, 2013-06-01 12:00 or 2013-06-01T12:00:00+02:00"
        case .outOfRange(let text, let field, let value, let range):
            "'\(text)' is not a date: the \(field) is \(value), not \(range.lowerBound) to \(range.upperBound)"
        case .noSuchDay(let text, let day, let month, let year, let dayCount):
            "'\(text)' is not a date: there is no day \(day) in month \(month) of \(year), which has \(dayCount) days"
        }
    }
}

/// Reads the fields of a date from left to right.
private struct TimestampReader {
    private let text: String
    private var rest: ArraySlice<UInt8>

    init(_ text: String) {
        self.text = text
        rest = Array(text.utf8)[...]
    }

    var isAtEnd: Bool { rest.isEmpty }

    private mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest.removeFirst()
        return true
    }

    private mutating func require(_ character: Unicode.Scalar) throws(TimestampError) {
        guard skip(character) else { throw .malformed(text) }
    }

    /// Reads exactly as many digits.
    private mutating func readNumber(digits: Int) throws(TimestampError) -> Int {
        let read = rest.prefix(digits)
        guard read.count == digits, read.allSatisfy({ (0x30...0x39).contains($0) }) else { throw .malformed(text) }
        rest.removeFirst(digits)
        return read.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    private mutating func readField(_ field: String, in range: ClosedRange<Int>) throws(TimestampError) -> Int {
        let value = try readNumber(digits: 2)
        guard range.contains(value) else {
            throw .outOfRange(text, field: field, value: value, range: range)
        }
        return value
    }

    mutating func readDay() throws(TimestampError) -> Int64 {
        let year = try readNumber(digits: 4)
        try require("-")
        let month = try readField("month", in: 1...12)
        try require("-")
        let day = try readField("day", in: 1...31)
        let dayCount = CalendarDate.dayCount(ofMonth: month, year: Int64(year))
        if day > dayCount { throw .noSuchDay(text, day: day, month: month, year: year, dayCount: dayCount) }
        return CalendarDate.day(year: Int64(year), month: month, day: day)
    }

    mutating func readSecondOfDay() throws(TimestampError) -> Int64 {
        guard skip("T") || skip("t") || skip(" ") else { throw .malformed(text) }
        let hour = try readField("hour", in: 0...23)
        try require(":")
        let minute = try readField("minute", in: 0...59)
        var second = 0
        if skip(":") {
            second = try readField("second", in: 0...59)
            if skip(".") {
                let decimals = rest.prefix { (0x30...0x39).contains($0) }
                if decimals.isEmpty { throw .malformed(text) }
                rest.removeFirst(decimals.count)
            }
        }
        return Int64(hour * 3600 + minute * 60 + second)
    }

    /// Reads an offset up to the end of the text, in minutes.
    mutating func readOffset() throws(TimestampError) -> Int {
        _ = skip(" ")
        var minutes = 0
        if !skip("Z") && !skip("z") {
            let isBehind = skip("-")
            if !isBehind { try require("+") }
            minutes = try readField("hour of the offset", in: 0...23) * 60
            if skip(":") || !isAtEnd { minutes += try readField("minute of the offset", in: 0...59) }
            if isBehind { minutes = -minutes }
        }
        if !isAtEnd { throw .malformed(text) }
        return minutes
    }
}
