import Features
import Foundation
import Testing

@Suite("Times in a zone")
struct ZoneExpressionTests {
    private static let types = ColumnTypes(["t": .timestamp])

    private static func values(_ text: String, _ moments: [Int64?]) throws -> ExpressionVector {
        let column = ExpressionVector.timestamp(
            FixedVector(moments.map { $0 ?? 0 }, validity: moments.map { $0 != nil }))
        return try Expression(parsing: text).bound(to: types)
            .evaluate(ExpressionBatch(count: moments.count, columns: ["t": column]))
    }

    private static func moment(_ text: String) throws -> Int64 {
        let date = try #require(ISO8601DateFormatter().date(from: text))
        return Int64(date.timeIntervalSince1970) * 1_000_000
    }

    private static func numbers(_ text: String, _ moments: [String]) throws -> [Int64] {
        guard case .int64(let vector) = try values(text, moments.map { try moment($0) }) else { return [] }
        return vector.values
    }

    @Test("parts of a moment are those that the zone's clocks showed")
    func parts() throws {
        let times = ["2013-01-15T12:00:00Z", "2013-07-15T03:30:00Z"]
        #expect(try Self.numbers("hour(t, 'America/New_York')", times) == [7, 23])
        #expect(try Self.numbers("day(t, 'America/New_York')", times) == [15, 14])
        #expect(try Self.numbers("day_of_week(t, 'America/New_York')", times) == [2, 7])
        #expect(try Self.numbers("minute(t, 'Asia/Kolkata')", times) == [30, 0])
        #expect(try Self.numbers("hour(t, '-03:30')", times) == [8, 0])
        #expect(try Self.numbers("hour(t, 'UTC')", times) == [12, 3])
        #expect(try Self.numbers("year(t, '+14:00')", ["2013-12-31T12:00:00Z"]) == [2014])
    }

    /// New York's clocks went from 2:00 on to 3:00 on 10 March 2013 and from 2:00 back to 1:00 on 3 November; São Paulo's
    /// left out the first hour of 20 October 2013 and showed the last of 15 February 2014 twice.
    static let starts: [(zone: String, part: String, moment: String, start: String)] = [
        ("America/New_York", "day", "2013-03-10T20:00:00Z", "2013-03-10T05:00:00Z"),
        ("America/New_York", "day", "2013-03-11T20:00:00Z", "2013-03-11T04:00:00Z"),
        ("America/New_York", "month", "2013-03-31T20:00:00Z", "2013-03-01T05:00:00Z"),
        ("America/New_York", "year", "2013-07-01T00:00:00Z", "2013-01-01T05:00:00Z"),
        ("America/New_York", "hour", "2013-11-03T05:30:00Z", "2013-11-03T05:00:00Z"),
        ("America/New_York", "hour", "2013-11-03T06:30:00Z", "2013-11-03T06:00:00Z"),
        ("Asia/Kolkata", "hour", "2013-11-03T06:10:00Z", "2013-11-03T05:30:00Z"),
        ("America/Sao_Paulo", "day", "2013-10-20T15:00:00Z", "2013-10-20T03:00:00Z"),
        ("America/Sao_Paulo", "day", "2014-02-16T01:30:00Z", "2014-02-15T02:00:00Z"),
        ("America/Sao_Paulo", "day", "2014-02-16T12:00:00Z", "2014-02-16T03:00:00Z"),
        ("+05:30", "day", "2013-11-03T19:00:00Z", "2013-11-03T18:30:00Z"),
    ]

    @Test("the beginning of a part is that by the zone's clocks", arguments: starts)
    func truncated(_ zone: String, _ part: String, _ moment: String, _ start: String) throws {
        let value = try Self.values("truncate(t, '\(part)', '\(zone)')", [try Self.moment(moment)])
        guard case .timestamp(let vector) = value else {
            Issue.record("\(value) are no moments")
            return
        }
        #expect(vector.values == [try Self.moment(start)])
    }

    @Test(
        "a batch has the parts that the calendar gives row by row",
        arguments: ["America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia"])
    func calendar(_ zone: String) throws {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(identifier: zone))
        var random = SplitMix(seed: 11)
        // From 1910 to 2090.
        let moments = (0..<2_000).map { row -> Int64? in
            row % 50 == 7 ? nil : (Int64(random.next() % 5_680_000_000) - 1_890_000_000) * 1_000_000
        }
        func integers(_ name: String) throws -> [Int64] {
            guard case .int64(let vector) = try Self.values("\(name)(t, '\(zone)')", moments) else { return [] }
            return vector.values
        }
        let parts = try ["year", "month", "day", "hour", "minute", "second", "day_of_week", "day_of_year"].map(integers)
        for (row, moment) in moments.enumerated() {
            guard let moment else { continue }
            let date = Date(timeIntervalSince1970: Double(moment / 1_000_000))
            let found = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second, .weekday], from: date)
            let weekday = ((found.weekday ?? 0) + 5) % 7 + 1
            let ordinal = calendar.ordinality(of: .day, in: .year, for: date) ?? 0
            let expected = [
                found.year, found.month, found.day, found.hour, found.minute, found.second, weekday, ordinal,
            ]
            #expect(parts.map { $0[row] } == expected.map { Int64($0 ?? -1) }, "\(moment)")
        }
    }

    static let wrong: [(text: String, message: String)] = [
        ("hour(t, 'America/New_Yrok')", "there is no time zone 'America/New_Yrok'; did you mean 'America/New_York'?"),
        ("hour(t, 'EST5EDT4')", "there is no time zone"),
        ("hour(t, 5)", "the zone of 'hour' must be a text, written out"),
        ("truncate(t, 'day', x)", "there is no column 'x'"), ("epoch(t, 'UTC')", "epoch takes"),
        ("hour(t, '+2')", "there is no time zone '+2'"),
    ]

    @Test("a zone that is not one is refused, with the nearest", arguments: wrong)
    func refused(_ text: String, _ message: String) throws {
        let error = #expect(throws: ExpressionError.self) {
            try Expression(parsing: text).bound(to: Self.types)
        }
        #expect(error?.description.hasPrefix(message) ?? false, "\(error?.description ?? "no error")")
    }

    @Test("the greatest and least moments are no trouble")
    func extremes() throws {
        for text in ["truncate(t, 'year', 'America/New_York')", "hour(t, '+14:00')", "truncate(t, 'hour', '-11:00')"] {
            #expect(try Self.values(text, [.min, .max, 0]).count == 3)
        }
    }
}
