import Features
import Synchronization
import Tables

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
        let frame = try TrainingFrame(set, settings)
        let outcome = frame.outcome()
        var findings = DefinitionRules(plan: set.plan).findings() + UndeclaredAvailability(plan: set.plan).findings()
        // What definitions show to be an outcome is not said again of its data.
        let shown = Set(findings.compactMap { $0.rule == .availabilityUndeclared ? nil : $0.subject })
        // Rules read and write nothing of each other's, so that several are looked at at once.
        let results = try Results.of(tasks(set, frame, outcome, shown: shown))
        var notes = [frame.note].compactMap { $0 }
        for result in results {
            findings += result.findings
            notes += result.notes
        }
        if outcome == nil, set.plan.label != nil {
            notes.append("The label has fewer than two values, or more than two texts; no feature was held against it.")
        }
        let (rest, waived) = settings.waivers.apply(
            to: Self.merged(findings), service: set.plan.service.name, today: today,
            judged: Self.judged(set))
        return LeakageReport(rest, waived: waived, notes: notes)
    }

    /// Judges how rows were divided, and nothing else of them.
    ///
    /// - Throws: as ``check(_:)-(JudgedSet)``.
    func checkSplit(_ set: JudgedSet) throws -> LeakageReport {
        guard let split = set.split else { return LeakageReport([], waived: [], notes: []) }
        let (rest, waived) = settings.waivers.apply(
            to: try SplitOverlap(set, split).findings(), service: set.plan.service.name, today: today, judged: [])
        return LeakageReport(rest, waived: waived, notes: [])
    }

    /// What a task found.
    private typealias Found = (findings: [LeakageFinding], notes: [String])

    /// What there is to look at, in the order of the report.
    ///
    /// - Parameter shown: the features that the definitions show to be outcomes.
    private func tasks(
        _ set: JudgedSet, _ frame: TrainingFrame, _ outcome: Outcome?, shown: Set<String>
    ) -> [() throws -> Found] {
        var tasks: [() throws -> Found] = []
        if let spine = set.spine { tasks.append { (try SpineComparison(set, spine).findings(), []) } }
        for view in set.plan.views {
            tasks.append { try audited(view, set, frame) }
            guard let source = set.sources[view.source.name] else { continue }
            tasks.append {
                let settled = try SettledLater(set, view, source, settings)?.findings() ?? []
                return (settled.filter { !shown.contains($0.subject ?? "") }, [])
            }
        }
        for (name, source) in set.sources.sorted(by: { $0.key < $1.key }) {
            guard let definition = set.plan.views.first(where: { $0.source.name == name })?.source else { continue }
            tasks.append {
                (try AvailabilityDelay(definition, source, set.plan.service.name, settings).findings(), [])
            }
        }
        tasks.append { (try ShortLag(plan: set.plan, sources: set.sources, settings: settings).findings(), []) }
        if let outcome {
            for name in frame.features {
                tasks.append { ([SingleFeature(frame, outcome, settings).finding(name)].compactMap { $0 }, []) }
            }
            for name in frame.features {
                tasks.append { ([MissingValues(frame, outcome).finding(name)].compactMap { $0 }, []) }
            }
            tasks.append { (try TargetEncoding(set, frame, settings).findings(), []) }
        }
        if let split = set.split { tasks.append { (try SplitOverlap(set, split).findings(), []) } }
        return tasks
    }

    /// Recomputes values of a view.
    private func audited(_ view: ViewPlan, _ set: JudgedSet, _ frame: TrainingFrame) throws -> Found {
        guard let source = set.sources[view.source.name] else {
            return ([], ["The source '\(view.source.name)' was not given, so '\(view.view.name)' was not recomputed."])
        }
        var audit = try ValueAudit(set.plan, view, source, frame, settings, isWhole: false)
        try audit.run()
        guard audit.slice != nil, !audit.findings.isEmpty else { return (audit.findings, audit.notes) }
        // Where a wrong value comes from is searched in all rows.
        var whole = try ValueAudit(set.plan, view, source, frame, settings, isWhole: true)
        try whole.run()
        let rest = audit.findings.filter { found in !whole.findings.contains { $0.subject == found.subject } }
        return (whole.findings + rest, audit.notes + whole.notes)
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

/// What tasks return, put in their places by any thread.
private final class Results<Result: Sendable>: Sendable {
    private let results: Mutex<[Result?]>

    private init(count: Int) { results = Mutex(Array(repeating: nil, count: count)) }

    /// The results of tasks, several of which are done at once.
    static func of(_ tasks: [() throws -> Result]) throws -> [Result] {
        let all = Results(count: tasks.count)
        try inParallel(tasks.count) { task in
            let result = try tasks[task]()
            all.results.withLock { $0[task] = result }
        }
        return all.results.withLock { $0.compactMap { $0 } }
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
