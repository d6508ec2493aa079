import Leakage
import Testing

/// A second source over a file of which another source says when its rows became known.
@Suite("Sources that share a file")
struct SharedFileLeaks {
    /// Flights: the source `landed_flights`, which is honest, and `second`, which is what differs.
    static func definitions(
        path: String = "data/flights.csv", time: String = "scheduled", source: String = "", view: String,
        known: String = "landed"
    ) -> String {
        """
        entities:
          carrier: {keys: {carrier: string}}
          flight: {keys: {carrier: string, flight: int64, time_hour: timestamp}}
        sources:
          landed_flights:
            path: data/flights.csv
            derive:
              scheduled: time_hour + minutes(minute)
              landed: scheduled + minutes(dep_delay + air_time)
            event_time: scheduled
            availability: \(known)
          second:
            path: \(path)
            derive:
              scheduled: time_hour + minutes(minute)
              arrived: scheduled + minutes(dep_delay + air_time)
            event_time: \(time)
            \(source)
        views:
          v:
            source: second
            \(view)
        labels:
          arrival:
            column: is_late
            time: scheduled
            source: landed_flights
            value: arr_delay > 15
            event: [carrier, flight, time_hour]
            horizon: 24h
        services:
          s: {label: arrival, features: [v]}

        """
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let rules: [LeakageRule]
        let text: String
        var testDescription: String { name }
    }

    static let ofFlight = "entity: flight\n    features:"
    static let ofCarrier = "entity: carrier\n    windows: [7d]\n    features:"
    static let atOnce = "availability: {lag: 0s}"

    static let leaks: [Case] = [
        Case(
            name: "the label's column", rules: [.labelDerived, .availabilityUndeclared],
            text: definitions(view: "\(ofFlight) [arr_delay]")),
        Case(
            name: "another column of the outcome", rules: [.labelDerived, .availabilityUndeclared],
            text: definitions(view: "\(ofFlight) [air_time]")),
        Case(
            name: "a mean over flights still in the air", rules: [.windowInHorizon, .availabilityUndeclared],
            text: definitions(view: "\(ofCarrier) {m: mean(arr_delay)}")),
        Case(
            name: "a count of flights of which some are in the air", rules: [.availabilityUndeclared],
            text: definitions(view: "\(ofCarrier) {n: count()}")),
        Case(
            name: "the label's column, said to be known at once", rules: [.labelDerived],
            text: definitions(source: atOnce, view: "\(ofFlight) [arr_delay]")),
        Case(
            name: "a mean of it, said to be known at once", rules: [.windowInHorizon],
            text: definitions(source: atOnce, view: "\(ofCarrier) {m: mean(arr_delay)}")),
        Case(
            name: "what the other's availability is computed from, said to be known at once",
            rules: [.availabilityUndeclared], text: definitions(source: atOnce, view: "\(ofFlight) [air_time]")),
        Case(
            name: "a mean of it, said to be known at once", rules: [.availabilityUndeclared],
            text: definitions(source: atOnce, view: "\(ofCarrier) {m: mean(air_time)}")),
        Case(
            name: "rows chosen by the outcome", rules: [.labelDerived],
            text: definitions(
                source: "\(atOnce)\n    where: arr_delay is not null", view: "\(ofFlight) [distance]")),
        Case(
            name: "a departure as the event", rules: [.availabilityUndeclared],
            text: definitions(time: "departed", view: "\(ofCarrier) {n: count()}")
                .replacing("arrived:", with: "departed: scheduled + minutes(dep_delay)\n      arrived:")),
        Case(
            name: "the same file by a pattern", rules: [.labelDerived, .availabilityUndeclared],
            text: definitions(path: "'data/fl*s.?sv'", view: "\(ofFlight) [arr_delay]")),
        Case(
            name: "the same file by its folder", rules: [.windowInHorizon, .availabilityUndeclared],
            text: definitions(path: "data", view: "\(ofCarrier) {m: mean(arr_delay)}")),
    ]

    @Test("is not taken at its word", arguments: leaks)
    func blocked(_ planted: Case) throws {
        let report = LeakageGuard(today: "2026-06-01").check(try World.plan(planted.text))
        #expect(report.violations.map(\.rule) == planted.rules, "\(report.lines.joined(separator: "\n"))")
        #expect(report.findings.count == report.violations.count)
    }

    @Test("is doubted where the other names a column of the data")
    func doubted() throws {
        let text = Self.definitions(source: Self.atOnce, view: "\(Self.ofFlight) [distance]", known: "posted")
        let report = LeakageGuard(today: "2026-06-01").check(try World.plan(text))
        #expect(report.findings.map(\.rule) == [.availabilityUndeclared])
        #expect(report.findings.map(\.subject) == ["second"])
        #expect(report.violations.isEmpty)
    }

    static let clean: [Case] = [
        Case(
            name: "what is planned, said to be known at once", rules: [],
            text: definitions(source: atOnce, view: "\(ofFlight) [distance]")),
        Case(
            name: "how many flights are planned", rules: [],
            text: definitions(source: atOnce, view: "\(ofCarrier) {n: count()}")),
        Case(
            name: "the same availability", rules: [],
            text: definitions(source: "availability: arrived", view: "\(ofCarrier) {m: mean(arr_delay)}")),
        Case(
            name: "a lag as long as the horizon", rules: [],
            text: definitions(source: "availability: {lag: 24h}", view: "\(ofCarrier) {m: mean(arr_delay)}")),
        Case(
            name: "landings as the events", rules: [],
            text: definitions(time: "arrived", view: "\(ofCarrier) {m: mean(arr_delay)}")),
        Case(
            name: "another file", rules: [],
            text: definitions(path: "data/flights-of-2012.csv", view: "\(ofCarrier) {m: mean(arr_delay)}")),
        Case(
            name: "files by a pattern that leaves this one out", rules: [],
            text: definitions(path: "'data/*-2012/flights.csv'", view: "\(ofFlight) [arr_delay]")),
    ]

    @Test("is believed where nothing speaks against it", arguments: clean)
    func believed(_ clean: Case) throws {
        let report = LeakageGuard(today: "2026-06-01").check(try World.plan(clean.text))
        #expect(report.findings.isEmpty, "\(report.lines.joined(separator: "\n"))")
    }

    @Test("can be waived by its name")
    func waived() throws {
        var settings = LeakageSettings()
        settings.waivers = [
            LeakageWaiver(.availabilityUndeclared, subject: "second", reason: "The plan is published a year ahead.")
        ]
        let plan = try World.plan(Self.definitions(view: "\(Self.ofCarrier) {n: count()}"))
        let report = LeakageGuard(settings, today: "2026-06-01").check(plan)
        #expect(report.findings.isEmpty && report.waived.map(\.finding.rule) == [.availabilityUndeclared])
    }
}
