import Features
import Leakage
import Tables
import TrainingSets
import Workspace

/// The leakage guard where a join asks for it: before its output is put in place.
struct JoinGuard: TrainingSetGuard {
    /// How strict it is, and what it lets pass.
    let settings: LeakageSettings
    /// The zone of the spine's timestamps without one.
    let zone: String?
    /// The least gap that the join keeps.
    let embargo: TimeSpan?

    /// Takes the settings that stand beside the definitions.
    init(_ session: Session, _ state: FeatureStateArguments, _ held: WorkspaceState, zone: String?) throws {
        let past = state.asOf != nil || state.definitions != nil
        let revision = past ? held.definitionsCommit?.description : nil
        settings = try LeakageSettings(files: Definitions.files(of: session.workspace, at: revision))
        self.zone = zone
        embargo = state.embargo?.span
    }

    func readsFile(of set: TrainingSet) -> Bool {
        zone != nil && set.table.schema.fields.contains(where: \.type.isNaiveTimestamp)
    }

    func approve(_ candidate: TrainingSetCandidate) throws -> [String: String] {
        let set = candidate.set
        var sources: [String: GuardTable] = [:]
        for view in set.views { sources[view.plan.source.name] = GuardTable(view.readers, name: view.plan.source.name) }
        let judged = JudgedSet(
            plan: set.plan, table: try table(candidate),
            spine: GuardTable(set.spine.columns, name: set.spine.name), sources: sources, time: set.spine.timeColumn,
            embargo: embargo)
        let report = try LeakageGuard(settings).check(judged)
        guard report.violations.isEmpty else {
            let violations = report.violations
            let advice = "'vintage features explain \(violations[0].rule.rawValue)' says what to do"
            if violations.count == 1 { throw TrainingSetError.blocked([violations[0].description, advice]) }
            // An error is one line, and so is each of several findings.
            for finding in violations { writeToStandardError("vintage: \(finding.severity.rawValue): \(finding)\n") }
            throw TrainingSetError.blocked(["\(violations.count) violations", advice])
        }
        for finding in report.findings { writeToStandardError("vintage: \(finding.severity.rawValue): \(finding)\n") }
        return report.provenanceParameters
    }

    /// The rows, their times as moments: what a clock showed has to be read anew to become one.
    private func table(_ candidate: TrainingSetCandidate) throws -> GuardTable {
        let set = candidate.set
        guard let zone, readsFile(of: set) else {
            return GuardTable(set.table, name: "the training set")
        }
        var options = TableOptions(format: candidate.format, naiveTimestamps: .inZone(zone))
        for field in set.table.schema.fields where [.string, .int64, .boolean, .float64].contains(field.type) {
            options.types[field.name] = field.type
        }
        return GuardTable([try TableReader(.file(candidate.file), options)])
    }
}
