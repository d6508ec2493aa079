import Leakage
import Tables
import Testing

/// A lag that ends before rows are known, by what another source over the same file says.
@Suite("Lags against another source's word")
struct ShortLagLeaks {
    private static func report(_ lag: String, _ feature: String, known: String = "landed") throws -> LeakageReport {
        let text = SharedFileLeaks.definitions(
            source: "availability: {lag: \(lag)}", view: "\(SharedFileLeaks.ofCarrier) {x: \(feature)}", known: known)
        var random = SeededData(3)
        let count = 400
        let hours = (0..<count).map { World.start + Int64($0) * World.hour }
        let carriers = (0..<count).map { _ in "carrier-\(random.below(4))" }
        // From one hour to three in the air, and no row without a value.
        let minutes = (0..<count).map { _ in Double(60 + random.below(120)) }
        let source: [(name: String, column: Column)] = [
            ("carrier", Column(strings: carriers)), ("time_hour", Column(hours, World.moments)),
            ("minute", Column([Double?](repeating: 0, count: count), .float64)),
            ("dep_delay", Column([Double?](repeating: 0, count: count), .float64)),
            ("air_time", Column(minutes.map { $0 }, .float64)),
            ("arr_delay", Column((0..<count).map { _ in random.normal() * 20 }, .float64)),
            ("distance", Column((0..<count).map { _ in random.normal() * 100 }, .float64)),
            ("posted", Column(zip(hours, minutes).map { $0 + Int64($1) * 60 * World.second }, World.moments)),
        ]
        let train: [(name: String, column: Column)] = [
            ("carrier", Column(strings: carriers)), ("scheduled", Column(hours, World.moments)),
            ("flight", Column((0..<count).map { Int64($0) }, .int64)), ("time_hour", Column(hours, World.moments)),
            ("is_late", Column(booleans: (0..<count).map { _ in random.chance(0.4) })),
        ]
        let set = JudgedSet(
            plan: try World.plan(text), table: GuardTable(RecordBatch(train), name: "train"),
            sources: ["second": GuardTable(RecordBatch(source), name: "second")])
        return try LeakageGuard(today: "2026-06-01").check(set)
    }

    @Test("a lag that ends before most rows are known is too short", arguments: ["30m", "90m"])
    func short(_ lag: String) throws {
        let report = try Self.report(lag, "mean(air_time)")
        #expect(report.violations.map(\.rule) == [.availabilityUndeclared], "\(report.lines.joined(separator: "\n"))")
        #expect(report.violations.first?.subject == "second")
    }

    @Test("a lag that is as long as it takes, and columns that are planned, are believed")
    func long() throws {
        for (lag, feature) in [("3h", "mean(air_time)"), ("30m", "mean(distance)"), ("30m", "count()")] {
            let report = try Self.report(lag, feature)
            #expect(report.findings.isEmpty, "\(report.lines.joined(separator: "\n"))")
        }
    }

    @Test("a lag against a column of the data is doubted")
    func doubted() throws {
        let report = try Self.report("30m", "mean(distance)", known: "posted")
        #expect(report.findings.map(\.rule) == [.availabilityUndeclared] && report.violations.isEmpty)
    }
}
