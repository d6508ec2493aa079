import Foundation
import Testing
import Workspace

@Suite("Timestamps")
struct TimestampTests {
    @Test(
        "dates and times are read in the forms people write",
        arguments: [
            ("1970-01-01", 0, 0, true),
            ("2013-06-01", 1_370_044_800, 0, true),
            ("2013-06-01T12:00:00Z", 1_370_088_000, 0, false),
            ("2013-06-01t12:00:00z", 1_370_088_000, 0, false),
            ("2013-06-01T12:00:00+02:00", 1_370_080_800, 120, false),
            ("2013-06-01 12:00:00 +0200", 1_370_080_800, 120, false),
            ("2013-06-01T12:00:00-03:30", 1_370_100_600, -210, false),
            ("2013-06-01T12:00+02", 1_370_080_800, 120, false),
            ("2013-06-01 12:00", 1_370_088_000, 0, false),
            ("2013-06-01T12:00:00.999Z", 1_370_088_000, 0, false),
            ("2000-02-29", 951_782_400, 0, true),
            ("1969-12-31T23:59:59Z", -1, 0, false),
            ("0001-01-01T00:00:00Z", -62_135_596_800, 0, false),
            ("9999-12-31T23:59:59Z", 253_402_300_799, 0, false),
        ] as [(String, Int64, Int, Bool)])
    func parsing(text: String, seconds: Int64, offset: Int, isDateOnly: Bool) throws {
        let point = try PointInTime(parsing: text)
        #expect(point.timestamp == Timestamp(seconds: seconds, offsetMinutes: offset))
        #expect(point.isDateOnly == isDateOnly)
        #expect(try Timestamp(parsing: text) == point.timestamp)
    }

    @Test(
        "what is no date is refused",
        arguments: [
            "", "yesterday", "2013", "2013-6-1", "2013-06-01T", "2013-06-01 12", "2013-06-01T12:00:00.Z",
            "2013-06-01T12:00:00Zulu", "2013-06-01x", "13-06-01", "2013/06/01", "2013-06-01T12:00:00+2", " 2013-06-01",
            "2013-06-01T12:00:00+02:", "20130601", "+013-06-01",
        ])
    func malformed(text: String) {
        #expect(throws: TimestampError.malformed(text)) { try PointInTime(parsing: text) }
    }

    @Test(
        "a field out of range is named",
        arguments: [
            ("2013-13-01", "the month is 13, not 1 to 12"),
            ("2013-00-01", "the month is 0, not 1 to 12"),
            ("2013-06-00", "the day is 0, not 1 to 31"),
            ("2013-06-31", "no day 31 in month 6 of 2013, which has 30 days"),
            ("2013-02-29", "no day 29 in month 2 of 2013, which has 28 days"),
            ("1900-02-29", "no day 29 in month 2 of 1900, which has 28 days"),
            ("2012-02-30", "no day 30 in month 2 of 2012, which has 29 days"),
            ("2013-06-01T24:00", "the hour is 24, not 0 to 23"),
            ("2013-06-01T12:60", "the minute is 60, not 0 to 59"),
            ("2013-06-01T12:00:60Z", "the second is 60, not 0 to 59"),
            ("2013-06-01T12:00:00+24:00", "the hour of the offset is 24, not 0 to 23"),
            ("2013-06-01T12:00:00+02:60", "the minute of the offset is 60, not 0 to 59"),
        ])
    func outOfRange(text: String, reason: String) {
        let error = #expect(throws: TimestampError.self) { try PointInTime(parsing: text) }
        #expect(error?.description.contains(reason) == true)
        #expect(error?.description.hasPrefix("'\(text)' is not a date: ") == true)
    }

    @Test("a date alone lasts to its last second, a time does not")
    func end() throws {
        #expect(try PointInTime(parsing: "2013-06-01").end.iso8601 == "2013-06-01T23:59:59Z")
        #expect(try PointInTime(parsing: "2013-06-01 12:00").end.iso8601 == "2013-06-01T12:00:00Z")
        #expect(try PointInTime(parsing: "2013-06-01", assumingOffset: 120).end.iso8601 == "2013-06-01T23:59:59+02:00")
    }

    @Test("a moment is written in its own offset")
    func formatting() {
        let moment = Timestamp(seconds: 1_370_044_800, offsetMinutes: -210)
        #expect(moment.iso8601 == "2013-05-31T20:30:00-03:30")
        #expect(moment.gitFormat == "2013-05-31 20:30:00 -0330")
        #expect(moment.date == "2013-05-31")
        #expect(Timestamp(seconds: 0).gitFormat == "1970-01-01 00:00:00 +0000")
        #expect(moment.description == moment.iso8601)
    }

    @Test("the ends of time are written without overflow")
    func extremes() {
        #expect(Timestamp(seconds: .max, offsetMinutes: .max).iso8601 == "292277026596-12-08T19:29:07+99:59")
        #expect(Timestamp(seconds: .min, offsetMinutes: .min).iso8601 == "-292277022657-01-23T04:30:52-99:59")
    }

    @Test("moments are ordered before offsets")
    func order() {
        let early = Timestamp(seconds: 1, offsetMinutes: 600)
        let late = Timestamp(seconds: 2, offsetMinutes: -600)
        #expect(early < late)
        #expect(Timestamp(seconds: 1) < early && Timestamp(seconds: 1) != early)
    }

    @Test("random moments agree with the system's calendar and come back from their text")
    func againstSystem() throws {
        var generator = SplitMix(seed: 5)
        let formatter = ISO8601DateFormatter()
        for _ in 0..<2_000 {
            // From the Gregorian reform on, where Foundation's calendar is the same, to the year 9999.
            let seconds = Int64.random(in: -12_219_292_800...253_402_200_000, using: &generator)
            let utc = Timestamp(seconds: seconds)
            #expect(utc.iso8601 == formatter.string(from: Date(timeIntervalSince1970: Double(seconds))))
            let moment = Timestamp(seconds: seconds, offsetMinutes: Int.random(in: -1439...1439, using: &generator))
            #expect(try Timestamp(parsing: moment.iso8601) == moment)
            #expect(try Timestamp(parsing: moment.gitFormat) == moment)
        }
    }

    @Test("each day of eight centuries follows the one before it")
    func everyDay() throws {
        var expected = (year: 1600, month: 1, day: 1)
        var day = try Timestamp(parsing: "1600-01-01").seconds / 86_400
        while expected.year < 2400 {
            let parts = Timestamp(seconds: day * 86_400).date.split(separator: "-").compactMap { Int($0) }
            guard parts == [expected.year, expected.month, expected.day] else {
                Issue.record("\(parts) instead of \(expected)")
                return
            }
            let isLeap = expected.year % 4 == 0 && expected.year % 100 != 0 || expected.year % 400 == 0
            let counts = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
            expected.day += 1
            if expected.day > counts[expected.month - 1] { expected = (expected.year, expected.month + 1, 1) }
            if expected.month > 12 { expected = (expected.year + 1, 1, 1) }
            day += 1
        }
    }

    @Test(
        "lengths of time have one unit",
        arguments: [("14d", 1_209_600), ("12h", 43_200), ("30m", 1_800), ("90s", 90), ("0s", 0)])
    func timeSpan(text: String, seconds: Int64) throws {
        let span = try #require(TimeSpan(parsing: text))
        #expect(span.seconds == seconds)
        #expect(span.description == text)
    }

    @Test("a length of time is written in the largest unit that fits")
    func timeSpanText() {
        #expect(TimeSpan(parsing: "36h")?.description == "36h")
        #expect(TimeSpan(parsing: "48h") == .days(2))
        #expect(TimeSpan(parsing: "0d")?.description == "0s")
        #expect(TimeSpan.seconds(61).description == "61s")
    }

    @Test(
        "what is no length of time is refused",
        arguments: [
            "", "d", "14", "14 d", "-1d", "+1d", "1.5h", "1w", "1D", "99999999999999999999d", "9223372036854775807d",
        ])
    func noTimeSpan(text: String) {
        #expect(TimeSpan(parsing: text) == nil)
    }
}
