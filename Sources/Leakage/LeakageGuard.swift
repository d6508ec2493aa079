import Features

import protocol Workspace.ErrorWithExitStatus
import enum Workspace.ExitStatus
import struct Workspace.Timestamp

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The judge of finished training sets, by code that shares nothing with the join.
///
///     let settings = try LeakageSettings(files: Definitions.files(of: workspace))
///     let judge = LeakageGuard(settings)
///     let report = try judge.check(JudgedSet(plan: plan, table: GuardTable([reader]), sources: sources))
///     if report.exitStatus != .done { for line in report.lines { print(line) } }
///
/// Values are recomputed for a sample of rows, and statistics made of a larger one; both are drawn with a seed, and the
/// report states them.
public struct LeakageGuard: Sendable {
    /// How strict it is, and what it lets pass.
    public let settings: LeakageSettings
    /// The day by which waivers end, as `2027-01-31`.
    private let today: String

    /// Makes a judge.
    ///
    /// - Parameter today: the day by which waivers end, as `2027-01-31`; by default the clock's, in UTC.
    public init(_ settings: LeakageSettings = LeakageSettings(), today: String? = nil) {
        self.settings = settings
        self.today = today ?? Timestamp(seconds: Int64(time(nil))).date
    }

    /// The rules that need no data.
    static let definitionRules: Set<LeakageRule> = [
        .labelDerived, .windowInHorizon, .targetEncoding, .availabilityUndeclared,
    ]

    /// Judges a service by its definitions alone.
    ///
    /// Rules about values are not looked at, so their waivers are not said to be unused.
    public func check(_ plan: ServicePlan) -> LeakageReport {
        let findings = DefinitionRules(plan: plan).findings() + UndeclaredAvailability(plan: plan).findings()
        let (rest, waived) = settings.waivers.apply(
            to: findings, service: plan.service.name, today: today, judged: [])
        return LeakageReport(rest, waived: waived, notes: [])
    }

    /// Judges a training set.
    ///
    /// - Throws: ``Tables/TableError`` where rows cannot be read, ``MissingColumn`` where the table lacks one that tells
    ///   keys or times, ``Features/InvalidDefinitions`` where a source's data does not fit its definition.
    public func check(_ set: JudgedSet) throws -> LeakageReport {
        var findings = DefinitionRules(plan: set.plan).findings() + UndeclaredAvailability(plan: set.plan).findings()
        // What definitions show to be an outcome is not said again of its data.
        let shown = Set(findings.compactMap { $0.rule == .availabilityUndeclared ? nil : $0.subject })
        var notes: [String] = []
        let frame = try TrainingFrame(set, settings)
        if let note = frame.note { notes.append(note) }
        if let spine = set.spine { findings += try SpineComparison(set, spine).findings() }
        for view in set.plan.views {
            guard let source = set.sources[view.source.name] else {
                notes.append(
                    "The source '\(view.source.name)' was not given, so '\(view.view.name)' was not recomputed.")
                continue
            }
            var audit = try ValueAudit(set.plan, view, source, frame, settings)
            try audit.run()
            findings += audit.findings
            notes += audit.notes
            let settled = try SettledLater(set, view, source, settings)?.findings() ?? []
            findings += settled.filter { !shown.contains($0.subject ?? "") }
        }
        for (name, source) in set.sources.sorted(by: { $0.key < $1.key }) {
            guard let definition = set.plan.views.first(where: { $0.source.name == name })?.source else { continue }
            findings += try AvailabilityDelay(definition, source, set.plan.service.name, settings).findings()
        }
        findings += try ShortLag(plan: set.plan, sources: set.sources, settings: settings).findings()
        if let outcome = frame.outcome() {
            findings += SingleFeature(frame, outcome, settings).findings()
            findings += MissingValues(frame, outcome).findings()
            findings += try TargetEncoding(set, frame, settings).findings()
        } else if set.plan.label != nil {
            notes.append("The label has fewer than two values, or more than two texts; no feature was held against it.")
        }
        if let split = set.split { findings += try SplitOverlap(set, split).findings() }
        let (rest, waived) = settings.waivers.apply(
            to: Self.merged(findings), service: set.plan.service.name, today: today,
            judged: Self.judged(set))
        return LeakageReport(rest, waived: waived, notes: notes)
    }

    /// The rules that a set could be held against, by what was given with it.
    private static func judged(_ set: JudgedSet) -> Set<LeakageRule> {
        var rules = Set(LeakageRule.allCases)
        if set.spine == nil { rules.remove(.spineMismatch) }
        if set.split == nil { rules.subtract([.duplicateRows, .sharedEntity, .overlappingHorizon]) }
        if set.plan.views.contains(where: { set.sources[$0.source.name] == nil }) {
            rules.subtract([.futureValue, .valuePastTimeToLive, .unexplainedValue, .settledLater])
            rules.subtract(definitionRules)
        }
        return rules
    }

    /// One finding for each rule and subject: what the definitions show is not said again of the values.
    private static func merged(_ findings: [LeakageFinding]) -> [LeakageFinding] {
        var seen: Set<[String]> = []
        return findings.filter { seen.insert([$0.rule.rawValue, $0.subject ?? ""]).inserted }
    }
}

/// A column that the table of a training set needs and does not have.
public struct MissingColumn: Error, Hashable, CustomStringConvertible, ErrorWithExitStatus {
    /// The column.
    public let column: String
    /// The table.
    public let table: String

    /// One line for people.
    public var description: String {
        "the training set \(table) has no column '\(column)', which tells its rows' keys or times; "
            + "check the file and the service's name"
    }

    /// A file that is none of the service's is wrong use.
    public var exitStatus: ExitStatus { .misused }
}
