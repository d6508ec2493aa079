import FileSystem
import Workspace

/// What one check came to.
public struct CheckResult: Sendable {
    /// How it ended.
    public enum Outcome: Sendable {
        /// It ran, and found this.
        case ran([Finding])
        /// There was nothing to look at.
        case notApplicable(reason: String)
        /// It could not tell.
        case couldNotRun(any Error)
    }

    /// The check.
    public let check: Check
    /// How it ended.
    public let outcome: Outcome
    /// How long it took.
    public let duration: Duration

    package init(check: Check, outcome: Outcome, duration: Duration) {
        self.check = check
        self.outcome = outcome
        self.duration = duration
    }

    /// What it found.
    public var findings: [Finding] {
        if case .ran(let findings) = outcome { return findings }
        return []
    }

    /// How much a finding of this check matters.
    public func severity(of finding: Finding) -> CheckSeverity { finding.severity ?? check.severity }

    /// The weight of what it found; `nil` if it found nothing.
    public var worst: CheckSeverity? { findings.map(severity).max() }

    /// How it ended in one word, as reports name it.
    public var status: Status {
        switch outcome {
        case .notApplicable: .skipped
        case .couldNotRun: .broken
        case .ran:
            switch worst {
            case nil, .note: .passed
            case .warning: .warned
            case .error: .failed
            }
        }
    }

    /// How a check ended.
    public enum Status: String, Sendable, CaseIterable {
        /// It found nothing, or only notes.
        case passed
        /// It found warnings.
        case warned
        /// It found errors.
        case failed
        /// There was nothing to look at.
        case skipped
        /// It could not tell.
        case broken
    }
}

/// What all checks came to.
public struct CheckReport: Sendable {
    /// Each check's result, in the order of the registry.
    public let results: [CheckResult]
    /// The line of each artifact in `vintage.lock`.
    let lockLines: [RelativePath: Int]

    /// A place in a file that git keeps, where a code host can show a finding.
    struct Place {
        let file: RelativePath
        let line: Int?
    }

    package init(results: [CheckResult], lockLines: [RelativePath: Int] = [:]) {
        self.results = results
        self.lockLines = lockLines
    }

    /// How many findings are of a severity.
    public func count(_ severity: CheckSeverity) -> Int {
        results.reduce(0) { sum, result in sum + result.findings.count { result.severity(of: $0) == severity } }
    }

    /// What a command should end with: found if there is an error, else failed if a check could not run.
    public var exitStatus: ExitStatus {
        if results.contains(where: { $0.status == .failed }) { return .found }
        return results.contains { $0.status == .broken } ? .failed : .done
    }

    /// Where a reviewer should look. Git does not keep an artifact's files, so these are shown at its line of the lock.
    func place(of finding: Finding) -> Place {
        let lock = RelativePath(unchecked: Array(Lock.fileName.utf8))
        if let artifact = finding.artifact { return Place(file: lock, line: lockLines[artifact] ?? 1) }
        guard let file = finding.file else { return Place(file: lock, line: 1) }
        return Place(file: file, line: finding.line)
    }
}
