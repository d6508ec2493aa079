#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A moment, to the second, and the offset from UTC in which people saw it.
///
///     let moment = try Timestamp(parsing: "2013-06-01T12:00:00+02:00")
///     moment.iso8601    // 2013-06-01T12:00:00+02:00
///     moment.gitFormat  // 2013-06-01 12:00:00 +0200
///
/// Dates are those of the Gregorian calendar, also before it was in use. Equality includes the offset; the order is
/// that of the moments, then of the offsets.
public struct Timestamp: Hashable, Sendable {
    /// Seconds since 1970-01-01T00:00:00Z, leap seconds not counted.
    public let seconds: Int64
    /// Minutes that the clock on the wall was ahead of UTC, at most 99 h 59 min either way.
    public let offsetMinutes: Int

    /// Takes seconds since 1970 and an offset in minutes; a larger offset than can be written is cut off.
    public init(seconds: Int64, offsetMinutes: Int = 0) {
        self.seconds = seconds
        self.offsetMinutes = min(max(offsetMinutes, -Self.largestOffset), Self.largestOffset)
    }

    /// The present, in UTC.
    public static var now: Timestamp { Timestamp(seconds: Int64(time(nil))) }

    static let largestOffset = 99 * 60 + 59
    static let secondsPerDay: Int64 = 86_400

    /// Parses a date and a time, such as `2013-06-01T12:00:00Z`.
    ///
    /// - Parameters:
    ///   - text: As ``PointInTime/init(parsing:assumingOffset:)``; a date alone is its first second.
    ///   - offset: The offset of a text that names none, in minutes.
    /// - Throws: ``TimestampError``.
    public init(parsing text: String, assumingOffset offset: Int = 0) throws(TimestampError) {
        self = try PointInTime(parsing: text, assumingOffset: offset).timestamp
    }

    /// The date and the time of day that the clock on the wall showed.
    private var wallClock: (year: Int64, month: Int, day: Int, secondOfDay: Int64) {
        // The days come first, so that no offset can overflow.
        var (days, secondOfDay) = seconds.dividedDown(by: Self.secondsPerDay)
        let (carry, rest) = (secondOfDay + Int64(offsetMinutes) * 60).dividedDown(by: Self.secondsPerDay)
        days += carry
        secondOfDay = rest
        let (year, month, day) = CalendarDate.date(ofDay: days)
        return (year, month, day, secondOfDay)
    }

    /// As ISO 8601 writes it: `2013-06-01T12:00:00+02:00`, or with `Z` for no offset.
    public var iso8601: String {
        offsetMinutes == 0 ? text("T") + "Z" : text("T") + offset(separator: ":")
    }

    /// As git writes it: `2013-06-01 12:00:00 +0200`.
    public var gitFormat: String {
        text(" ") + " " + offset(separator: "")
    }

    /// The date alone: `2013-06-01`.
    public var date: String {
        let (year, month, day, _) = wallClock
        let sign = year < 0 ? "-" : ""
        return sign + padded(Int64(year.magnitude), 4) + "-" + padded(Int64(month), 2) + "-" + padded(Int64(day), 2)
    }

    private func text(_ separator: String) -> String {
        let second = wallClock.secondOfDay
        let time = [second / 3600, second / 60 % 60, second % 60].map { padded($0, 2) }.joined(separator: ":")
        return date + separator + time
    }

    private func offset(separator: String) -> String {
        let magnitude = Int64(abs(offsetMinutes))
        return (offsetMinutes < 0 ? "-" : "+") + padded(magnitude / 60, 2) + separator + padded(magnitude % 60, 2)
    }

    private func padded(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

extension Timestamp: Comparable {
    /// Orders by moment, then by offset.
    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        (left.seconds, left.offsetMinutes) < (right.seconds, right.offsetMinutes)
    }
}

extension Timestamp: CustomStringConvertible {
    /// As ``iso8601``.
    public var description: String { iso8601 }
}

extension Int64 {
    /// The quotient rounded down, and the remainder, which is never negative.
    func dividedDown(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
