import Foundation
import Leakage
import Testing

@Suite("Leaks that definitions show")
struct DefinitionLeaks {
    /// Flights whose arrival is predicted; `source`, `view` and `label` are what differs.
    static func definitions(
        source: String = "", view: String, entity: String = "carrier", horizon: String = "24h", label: String = ""
    ) -> String {
        """
        entities:
          carrier: {keys: {carrier: string}}
          flight: {keys: {carrier: string, flight: int64, time_hour: timestamp}}
        sources:
          flights:
            path: data/flights.parquet
            derive:
              late: arr_delay - dep_delay
              landed: time_hour + minutes(air_time)
            event_time: time_hour
            \(source)
          labels:
            path: data/labels.parquet
            event_time: time_hour
        views:
          v:
            entity: \(entity)
            \(view)
        labels:
          arrival:
            column: is_late
            time: time_hour
            spine: data/labels.parquet
            source: flights
            value: arr_delay > 15
            event: [carrier, flight, time_hour]
            horizon: \(horizon)
            \(label)
        services:
          s: {label: arrival, features: [v]}

        """
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let rule: LeakageRule?
        let text: String
        var testDescription: String { name }
    }

    static let cases: [Case] = [
        Case(
            name: "the label's column of the label's own event", rule: .labelDerived,
            text: definitions(view: "source: flights\n    features: [arr_delay]", entity: "flight")),
        Case(
            name: "another column that is known with the outcome", rule: .labelDerived,
            text: definitions(view: "source: flights\n    features: [air_time]", entity: "flight")),
        Case(
            name: "an expression over the label's column", rule: .labelDerived,
            text: definitions(
                source: "availability: {lag: 0s}", view: "source: flights\n    features: {x: arr_delay * 2}")),
        Case(
            name: "a derived column of the label's", rule: .labelDerived,
            text: definitions(source: "availability: {lag: 0s}", view: "source: flights\n    features: [late]")),
        Case(
            name: "rows chosen by the label's column", rule: .labelDerived,
            text: definitions(
                source: "availability: {lag: 0s}",
                view: "source: flights\n    where: arr_delay > 15\n    features: [distance]")),
        Case(
            name: "a mean over flights still in the air", rule: .windowInHorizon,
            text: definitions(view: "source: flights\n    windows: [7d]\n    features: {m: mean(arr_delay)}")),
        Case(
            name: "a lag shorter than the horizon", rule: .windowInHorizon,
            text: definitions(
                source: "availability: {lag: 6h}",
                view: "source: flights\n    windows: [7d]\n    features: {m: mean(arr_delay)}")),
        Case(
            name: "an embargo shorter than the horizon", rule: .windowInHorizon,
            text: definitions(
                view: "source: flights\n    embargo: 23h\n    features: {x: arr_delay + 0}")),
        Case(
            name: "an aggregation that counts late flights", rule: .windowInHorizon,
            text: definitions(
                view:
                    "source: flights\n    windows: [7d]\n    features: {n: {value: count(), where: arr_delay > 15}}")),
        Case(
            name: "the mean of the labels themselves", rule: .targetEncoding,
            text: definitions(
                view: "source: labels\n    windows: [30d]\n    features: {rate: 'mean(if(is_late, 1, 0))'}")),
        Case(
            name: "a record of landed flights", rule: nil,
            text: definitions(
                source: "availability: landed",
                view: "source: flights\n    windows: [7d]\n    features: {m: mean(arr_delay)}")),
        Case(
            name: "the last landed flight", rule: nil,
            text: definitions(source: "availability: landed", view: "source: flights\n    features: [arr_delay]")),
        Case(
            name: "a lag as long as the horizon", rule: nil,
            text: definitions(
                source: "availability: {lag: 24h}",
                view: "source: flights\n    windows: [7d]\n    features: {m: mean(arr_delay)}")),
        Case(
            name: "an embargo as long as the horizon", rule: nil,
            text: definitions(
                view: "source: flights\n    embargo: 24h\n    windows: [7d]\n    features: {m: mean(arr_delay)}")),
        Case(
            name: "a column that is declared to be known at once", rule: nil,
            text: definitions(source: "availability: {lag: 0s}", view: "source: flights\n    features: [distance]")),
        Case(
            name: "how many flights there were", rule: nil,
            text: definitions(view: "source: flights\n    windows: [7d]\n    features: {n: count()}")),
    ]

    @Test("what definitions let through is named by its rule", arguments: cases)
    func definitions(_ planted: Case) throws {
        let report = LeakageGuard(today: "2026-06-01").check(try World.plan(planted.text))
        #expect(report.findings.map(\.rule) == (planted.rule.map { [$0] } ?? []))
        #expect(report.findings.allSatisfy { $0.place?.position != nil && $0.service == "s" })
    }

    @Test("the documentation's example lets nothing through")
    func example() throws {
        let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let page = try String(contentsOf: package.appendingPathComponent("Docs/features.md"), encoding: .utf8)
        let examples = page.components(separatedBy: "```yaml\n").dropFirst().map {
            $0.components(separatedBy: "```")[0]
        }
        let longest = try #require(examples.max { $0.count < $1.count })
        #expect(LeakageGuard(today: "2026-06-01").check(try World.plan(longest, "arrival")).findings.isEmpty)
    }

    @Test("each rule has an explanation and stands in the documentation", arguments: LeakageRule.allCases)
    func explained(_ rule: LeakageRule) throws {
        let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let page = try String(contentsOf: package.appendingPathComponent("Docs/leakage.md"), encoding: .utf8)
        #expect(page.contains("### `\(rule.rawValue)`"))
        #expect(rule.explanation.count > 100 && !rule.explanation.contains("\n"))
    }
}
