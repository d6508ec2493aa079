import Checks
import Features
import FileSystem
import ObjectStore

import class Workspace.Workspace

extension Check {
    /// The checks of the leakage guard.
    public static let leakageChecks: [Check] = [leakage]

    static let leakage = Check(
        id: "leakage", title: "No feature and no training set knows the future", severity: .error,
        scopes: [.workspace, .commit],
        explanation: """
            Judges each service by its definitions, and 'vintage ci' also each training set that the lock names and whose \
            provenance says which service made it, as 'vintage features build' writes it: values are recomputed from the \
            snapshots that it was made from, and statistics tell features that give the label away. A column 'split' of it, and \
            what 'vintage features split' wrote and the lock names, says which rows learn and which judge; these must not \
            overlap. Models that learn from a \
            leak look better in every evaluation and fail in use. 'vintage features explain RULE' tells of each rule; waivers \
            stand under 'waivers' in a file of definitions.
            """
    ) { context in
        let files = try Check.definitionFiles(context)
        if files.isEmpty { throw NotApplicable("there are no feature definitions") }
        guard let definitions = try? Definitions(files: files) else {
            throw NotApplicable("the feature definitions are not valid")
        }
        let settings: LeakageSettings
        do throws(InvalidLeakageSettings) {
            settings = try LeakageSettings(files: files)
        } catch {
            return [Finding(error.message, file: error.place.file, line: error.place.position?.line)]
        }
        if definitions.services.isEmpty { throw NotApplicable("no service is defined") }
        var survey = LeakageSurvey(context.workspace, definitions, settings)
        try survey.lookAtDefinitions()
        if context.scope == .workspace {
            try survey.lookAtTrainingSets()
            try survey.lookAtSplits()
        }
        return survey.all
    }
}

/// Collects what the guard finds in all that a workspace has.
private struct LeakageSurvey {
    private let workspace: Workspace
    private let definitions: Definitions
    private let judge: LeakageGuard
    private var findings: [(finding: LeakageFinding, artifact: RelativePath?, place: String?)] = []
    private var seen: Set<[String]> = []
    private var notes: [Finding] = []
    /// In how many training sets each waiver was not needed, and how many were judged.
    private var unused: [LeakageFinding: Int] = [:]
    private var judged = 0

    init(_ workspace: Workspace, _ definitions: Definitions, _ settings: LeakageSettings) {
        (self.workspace, self.definitions) = (workspace, definitions)
        judge = LeakageGuard(settings)
    }

    mutating func lookAtDefinitions() throws {
        for service in definitions.services {
            add(judge.check(try definitions.plan(forService: service.name)), artifact: nil)
        }
    }

    mutating func lookAtTrainingSets() throws {
        for entry in try workspace.lock().entries {
            guard workspace.store.contains(entry.snapshot, kind: .snapshot) else { continue }
            let snapshot = try workspace.store.snapshot(entry.snapshot)
            guard let provenance = TrainingSetProvenance(snapshot) else { continue }
            guard let plan = try provenance.plan(in: workspace, definitions) else {
                notes.append(
                    Finding(
                        "\(entry.path): the definitions of '\(provenance.service)' have changed since the training set was "
                            + "built; build it again", severity: .note, artifact: entry.path))
                continue
            }
            guard let set = try JudgedSet(snapshot, provenance, plan: plan, in: workspace) else { continue }
            judged += 1
            add(try judge.check(set), artifact: entry.path)
        }
    }

    /// Holds training rows against test rows where a split is stored.
    mutating func lookAtSplits() throws {
        let store = workspace.store
        for entry in try workspace.lock().entries {
            guard store.contains(entry.snapshot, kind: .snapshot) else { continue }
            for record in try StoredSplit.records(in: try store.snapshot(entry.snapshot), store) {
                var provenance: TrainingSetProvenance?
                if let id = record.trainingSet, store.contains(id, kind: .snapshot) {
                    provenance = TrainingSetProvenance(try store.snapshot(id))
                }
                let known = try provenance.flatMap { try $0.plan(in: workspace, definitions) }
                guard let plan = known ?? StoredSplit.plan(of: record, definitions, in: store) else { continue }
                do {
                    for pair in try StoredSplit.pairs(of: record, plan, provenance, in: store) {
                        add(try judge.checkSplit(pair.set), artifact: entry.path, place: pair.name)
                    }
                } catch let error as MissingColumn {
                    notes.append(Finding("\(record.path): \(error)", severity: .note, artifact: entry.path))
                }
            }
        }
    }

    /// - Parameter place: what messages call the rows; by default the artifact's path.
    private mutating func add(_ report: LeakageReport, artifact: RelativePath?, place: String? = nil) {
        for finding in report.findings {
            if finding.rule == .waiverUnused {
                unused[finding, default: 0] += 1
            } else if seen.insert([
                finding.description, place ?? finding.place.map { "\($0)" } ?? "\(artifact ?? .root)",
            ])
            .inserted {
                findings.append((finding, artifact, place ?? artifact.map { "\($0)" }))
            }
        }
    }

    /// Everything, as checks report it.
    var all: [Finding] {
        var all = findings.map { entry -> Finding in
            let prefix = entry.place.map { "\($0): " } ?? ""
            // A finding about values is about the artifact, though its definition is named too.
            if let artifact = entry.artifact {
                return Finding(
                    prefix + entry.finding.description, severity: entry.finding.severity, artifact: artifact)
            }
            return Finding(
                entry.finding.description, severity: entry.finding.severity, file: entry.finding.place?.file,
                line: entry.finding.place?.position?.line)
        }
        // A waiver is not needed if no training set needs it.
        for (finding, count) in unused.sorted(by: { $0.key.message < $1.key.message }) where count == judged {
            all.append(
                Finding(
                    finding.description, severity: finding.severity, file: finding.place?.file,
                    line: finding.place?.position?.line))
        }
        return all + notes
    }
}
