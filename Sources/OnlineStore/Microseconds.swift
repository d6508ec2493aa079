import struct Workspace.PointInTime
import enum Workspace.TimestampError

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The present, in microseconds since 1970.
public func microsecondsNow() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
}

/// A moment that someone wrote, in microseconds since 1970; what is finer is left out.
///
///     try microseconds(parsing: "2013-06-01T12:00:00.25Z")
///
/// - Throws: `TimestampError` for a text that is no date, or no date and time of day.
public func microseconds(parsing text: String) throws(TimestampError) -> Int64 {
    var moment = try PointInTime(parsing: text).timestamp.seconds * 1_000_000
    // A date has no point, and neither has an offset.
    guard let point = text.utf8.firstIndex(of: UInt8(ascii: ".")) else { return moment }
    var scale: Int64 = 100_000
    for digit in text.utf8[text.utf8.index(after: point)...] {
        guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { break }
        moment += Int64(digit - UInt8(ascii: "0")) * scale
        scale /= 10
    }
    return moment
}
