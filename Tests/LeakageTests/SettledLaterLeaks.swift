import Features
import Foundation
import Leakage
import Tables
import Testing

/// Columns that are filled only once an outcome is known, in sources that do not say when.
@Suite("Columns that are filled with the outcome")
struct SettledLaterLeaks {
    /// Flights of which some never arrive; each row has what is planned, and what is known once it landed.
    struct Flights {
        static let count = 1_500
        var random = SeededData(5)
        var columns: [(name: String, column: Column)] = []
        /// Which flights arrived.
        var arrived: [Int] = []

        init() {
            let numbers = Array(0..<Self.count)
            arrived = numbers.filter { _ in !random.chance(0.06) }
            let isThere = Set(arrived)
            func ifArrived(_ value: (inout SeededData) -> Double) -> Column {
                var random = random
                return Column(numbers.map { isThere.contains($0) ? value(&random) : nil }, .float64)
            }
            let unrelated = numbers.map { _ in random.chance(0.06) ? nil : random.normal() }
            let times = numbers.map { World.start + Int64($0) * 20 * 60 * World.second }
            columns = [
                ("flight", Column(numbers.map { Int64($0) }, .int64)), ("scheduled", Column(times, World.moments)),
                ("arr_delay", ifArrived { ($0.normal() * 20).rounded() }),
                ("air_time", ifArrived { 100 + ($0.normal() * 30).rounded() }),
                ("distance", Column(numbers.map { Double(200 + $0 * 37 % 1000) }, .float64)),
                ("seats", Column(unrelated, .float64)),
                (
                    "gate_closed",
                    Column(
                        zip(numbers, times).map { isThere.contains($0) ? $1 + 30 * 60 * World.second : nil },
                        World.moments)
                ),
                (
                    "scheduled_end",
                    Column(
                        zip(numbers, times).map { isThere.contains($0) ? $1 + 90 * 60 * World.second : nil },
                        World.moments)
                ),
            ]
        }

        func column(_ name: String) -> Column { columns.first { $0.name == name }!.column }
    }

    private static func definitions(_ feature: String, _ source: String, _ label: String) -> String {
        """
        entities:
          flight: {keys: {flight: int64}}
        sources:
          flights: {path: data/flights.csv, event_time: scheduled\(source)}
        views:
          v: {entity: flight, source: flights, features: {\(feature)}}
        labels:
          arrival: {column: late, time: scheduled, horizon: 24h\(label)}
        services:
          s: {label: arrival, features: [v]}

        """
    }

    /// Judges one plain feature of each flight's own row.
    private static func report(
        _ feature: String, of name: String, source: String = ", availability: {lag: 0s}",
        label: String = ", source: flights, value: arr_delay > 15, event: [flight]"
    ) throws -> LeakageReport {
        var flights = Flights()
        let rows = flights.arrived.map { Int32($0) }
        let labels = Column(booleans: rows.map { _ in flights.random.chance(0.3) })
        let table: [(name: String, column: Column)] = [
            ("flight", flights.column("flight").gather(rows)), ("scheduled", flights.column("scheduled").gather(rows)),
            ("late", labels), ("x", flights.column(name).gather(rows)),
        ]
        let set = JudgedSet(
            plan: try World.plan(definitions(feature, source, label)),
            table: GuardTable(RecordBatch(table), name: "train"),
            sources: ["flights": GuardTable(RecordBatch(flights.columns), name: "flights")])
        return try LeakageGuard(today: "2026-06-01").check(set)
    }

    @Test("a column that has a value where the label's column has one is settled with it")
    func settledWithLabel() throws {
        let report = try Self.report("x: air_time", of: "air_time")
        #expect(report.violations.map(\.rule) == [.settledLater], "\(report.lines.joined(separator: "\n"))")
        #expect(report.violations[0].evidence.contains(.init("column", "air_time")))
    }

    @Test("a column that has a value where a later time has one is settled with it")
    func settledWithTime() throws {
        let report = try Self.report("x: air_time", of: "air_time", label: "")
        #expect(report.violations.map(\.rule) == [.settledLater], "\(report.lines.joined(separator: "\n"))")
        #expect(report.violations[0].evidence.contains(.init("outcome", "gate_closed")))
    }

    @Test("a time that lies after the event is an outcome itself")
    func time() throws {
        let report = try Self.report("x: gate_closed", of: "gate_closed", label: "")
        #expect(report.violations.map(\.rule) == [.settledLater], "\(report.lines.joined(separator: "\n"))")
    }

    @Test("rows chosen by such a column are chosen by the outcome")
    func filter() throws {
        let report = try Self.report(
            "x: distance", of: "distance", source: ", availability: {lag: 0s}, where: air_time is not null")
        #expect(report.violations.map(\.rule) == [.settledLater], "\(report.lines.joined(separator: "\n"))")
    }

    @Test("what the definitions show is not said again")
    func shown() throws {
        let report = try Self.report("x: air_time", of: "air_time", source: "")
        #expect(Set(report.violations.map(\.rule)) == [.labelDerived, .availabilityUndeclared])
    }

    @Test("a column that lacks values elsewhere, or none, is no outcome", arguments: ["distance", "seats"])
    func clean(_ name: String) throws {
        for label in ["", ", source: flights, value: arr_delay > 15, event: [flight]"] {
            let report = try Self.report("x: \(name)", of: name, label: label)
            #expect(report.findings.isEmpty, "\(report.lines.joined(separator: "\n"))")
        }
    }

    @Test("a lag that is longer than the delay makes it late enough")
    func lag() throws {
        let report = try Self.report(
            "x: air_time", of: "air_time", source: ", availability: {lag: 2h}", label: "")
        // The value is not the join's, whose row is not known yet; the column is no outcome by then.
        #expect(!report.findings.contains { $0.rule == .settledLater })
    }

    @Test("the documentation has the explanation of each rule in its words", arguments: LeakageRule.allCases)
    func documented(_ rule: LeakageRule) throws {
        let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let page = try String(contentsOf: package.appendingPathComponent("Docs/leakage.md"), encoding: .utf8)
        func words(_ text: String) -> String { text.split(whereSeparator: \.isWhitespace).joined(separator: " ") }
        #expect(words(page).contains(words(rule.explanation)))
    }
}
