import FileSystem
import Leakage
import Tables
import Testing

@Suite("Waivers and settings")
struct WaiverTests {
    static func settings(_ text: String) throws -> LeakageSettings {
        try LeakageSettings(files: [(path: try RelativePath("features/waivers.yaml"), bytes: Array(text.utf8))])
    }

    static func report(_ waivers: String) throws -> LeakageReport {
        let world = World(41)
        let copy = Column(booleans: world.labels.map { $0.churned })
        return try world.judge(
            World.definitions(extras: ["leak"]), extras: [("leak", copy)], settings: try settings(waivers))
    }

    @Test("a waiver sets its finding aside, and is kept with its reason")
    func waived() throws {
        let report = try Self.report(
            "waivers: [{rule: single-feature-predictor, service: s, feature: leak, reason: known at the door, expires: 2026-06-01}]"
        )
        #expect(report.findings.isEmpty && report.exitStatus == .done)
        #expect(report.waived.map(\.finding.subject) == ["leak"])
        #expect(
            report.provenanceParameters == [
                "leakage.result": "1 waiver",
                "leakage.waiver.1": "single-feature-predictor s.leak: known at the door (until 2026-06-01)",
                "leakage.note.1": "The source 'extra' was not given, so 'extras' was not recomputed.",
            ])
    }

    @Test("a waiver whose last day is over sets nothing aside")
    func expired() throws {
        let report = try Self.report(
            "waivers: [{rule: single-feature-predictor, reason: known at the door, expires: 2026-05-31}]")
        #expect(Set(report.violations.map(\.rule)) == [.singleFeaturePredictor, .waiverExpired])
    }

    @Test("a waiver that covers nothing is a warning")
    func unused() throws {
        let report = try Self.report(
            """
            waivers:
              - {rule: single-feature-predictor, feature: leak, reason: known}
              - {rule: missing-follows-label, reason: none}
            """)
        #expect(report.findings.map(\.rule) == [.waiverUnused])
        #expect(report.findings.first?.place?.description == "features/waivers.yaml:3:5")
        #expect(report.exitStatus == .done)
    }

    @Test(
        "a waiver of another service, feature or rule covers nothing",
        arguments: [
            "rule: single-feature-predictor, service: other", "rule: single-feature-predictor, feature: amount",
            "rule: target-encoding, feature: leak",
        ])
    func others(_ keys: String) throws {
        let report = try Self.report("waivers: [{\(keys), reason: none}]")
        #expect(report.violations.map(\.rule) == [.singleFeaturePredictor])
    }

    @Test(
        "settings that cannot be understood are named with their place",
        arguments: [
            ("waivers: [{rule: future-value}]", "features/waivers.yaml:1:11: a waiver needs the key 'reason'"),
            ("waivers: [{rule: future-valu, reason: x}]", "'future-valu' to waive; did you mean 'future-value'?"),
            ("waivers: [{rule: future-value, reson: x}]", "a waiver has no key 'reson'; did you mean 'reason'?"),
            ("waivers: [{rule: future-value, reason: x, expires: soon}]", "'expires' must be a date, as 2027-01-31"),
            ("guard: {auc: 2}", "features/waivers.yaml:1:14: 'auc' must be a number from 0.5 to 1"),
            ("waivers: {rule: future-value}", "'waivers' must be a list"),
        ])
    func invalid(_ text: String, _ message: String) throws {
        let error = #expect(throws: InvalidLeakageSettings.self) { try Self.settings(text) }
        #expect(error?.description.contains(message) == true, "\(String(describing: error))")
    }

    @Test("the threshold of a single feature can be set")
    func threshold() throws {
        var world = World(42)
        let strong = Column(world.labels.map { ($0.churned ? 1.5 : 0) + world.random.normal() }, .float64)
        func report(_ settings: String) throws -> LeakageReport {
            try world.judge(
                World.definitions(extras: ["strong"]), extras: [("strong", strong)],
                settings: try Self.settings(settings))
        }
        #expect(try report("guard: {auc: 0.98}").findings.isEmpty)
        #expect(try report("guard: {auc: 0.75}").violations.map(\.subject) == ["strong"])
    }

    @Test("of many rows a sample is judged, and the report says which")
    func sampled() throws {
        let world = World(43, labels: 3_000)
        let text = "guard: {rows: 300, seed: 5}"
        let honest = try world.judge(World.definitions(), settings: try Self.settings(text))
        #expect(honest.findings.isEmpty)
        #expect(honest.notes == ["Values of 300 of 3000 rows were recomputed (seed 5)."])
        let leaky = Join(isCurrent: { $0.happened <= $1 && $1 - $0.happened <= 10 * World.day })
        let first = try world.judge(World.definitions(), leaky, settings: try Self.settings(text))
        #expect(first.violations.contains { $0.rule == .futureValue && $0.subject == "score" })
        let second = try world.judge(World.definitions(), leaky, settings: try Self.settings(text))
        #expect(first.lines == second.lines)
    }

    @Test("entities with more rows than fit are left out, and no leak is seen in them")
    func leftOut() throws {
        var world = World(44)
        // One user has most of the rows.
        for index in world.events.indices where index % 2 == 0 { world.events[index].user = 3 }
        var settings = LeakageSettings()
        settings.sourceRows = 400
        let honest = try world.judge(World.definitions(), settings: settings)
        #expect(honest.findings.isEmpty, "\(honest.lines.joined(separator: "\n"))")
        #expect(honest.notes.contains { $0.hasPrefix("Of 'latest' ") && $0.hasSuffix("were left out.") })
        let leaky = Join(isCurrent: { $0.happened <= $1 && $1 - $0.happened <= 10 * World.day })
        #expect(try world.judge(World.definitions(), leaky, settings: settings).exitStatus == .found)
    }
}
