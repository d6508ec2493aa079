import enum Workspace.ExitStatus

/// What the guard found, what was set aside, and how much it looked at.
public struct LeakageReport: Sendable {
    /// What was found and is not waived: errors first, then by rule and subject.
    public private(set) var findings: [LeakageFinding] = []
    /// What was found and is waived, with the waiver. A training set's provenance keeps them.
    public private(set) var waived: [(finding: LeakageFinding, waiver: LeakageWaiver)] = []
    /// What was looked at and what could not be, one sentence each: rows, samples, seeds.
    public private(set) var notes: [String] = []

    init(_ findings: [LeakageFinding], waived: [(finding: LeakageFinding, waiver: LeakageWaiver)], notes: [String]) {
        self.findings = findings.enumerated().sorted { left, right in
            if left.element.severity != right.element.severity { return left.element.severity > right.element.severity }
            return left.offset < right.offset
        }.map(\.element)
        self.waived = waived
        self.notes = notes
    }

    /// What blocks a training set.
    public var violations: [LeakageFinding] { findings.filter { $0.severity == .error } }

    /// How a command ends: found if something blocks.
    public var exitStatus: ExitStatus { violations.isEmpty ? .done : .found }

    /// The report as a snapshot's provenance keeps it: the names of parameters and their values.
    ///
    /// `leakage.result` counts what was found. `leakage.waiver.N` names the rule, the subject, the reason and the last day
    /// of each waiver that was needed, `leakage.warning.N` each warning, and `leakage.note.N` how much was looked at, all
    /// counted from 1.
    public var provenanceParameters: [String: String] {
        var parameters = ["leakage.result": result]
        for (number, finding) in findings.enumerated() {
            parameters["leakage.\(finding.severity.rawValue).\(number + 1)"] = finding.description
        }
        for (number, entry) in waived.enumerated() {
            let what = [entry.finding.service, entry.finding.subject].compactMap { $0 }.joined(separator: ".")
            parameters["leakage.waiver.\(number + 1)"] =
                "\(entry.finding.rule.rawValue) \(what): \(entry.waiver.reason)"
                + (entry.waiver.expires.map { " (until \($0))" } ?? "")
        }
        for (number, note) in notes.enumerated() { parameters["leakage.note.\(number + 1)"] = note }
        return parameters
    }

    /// What was found, counted.
    private var result: String {
        let counts = [
            (violations.count, "violation"), (findings.count - violations.count, "warning"), (waived.count, "waiver"),
        ]
        let parts = counts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)\($0.0 == 1 ? "" : "s")" }
        return parts.isEmpty ? "nothing found" : parts.joined(separator: ", ")
    }
}

extension LeakageReport {
    /// The report for people, a line each.
    public var lines: [String] {
        var lines: [String] = []
        for finding in findings {
            lines.append("\(finding.severity.rawValue): \(finding)")
            if let place = finding.place { lines.append("    at \(place)") }
            if !finding.evidence.isEmpty {
                lines.append("    " + finding.evidence.map { "\($0.name) \($0.value)" }.joined(separator: ", "))
            }
        }
        for entry in waived {
            lines.append("waived: \(entry.finding)")
            lines.append(
                "    because: \(entry.waiver.reason)" + (entry.waiver.expires.map { " (until \($0))" } ?? ""))
        }
        lines += notes
        switch (violations.count, findings.count) {
        case (0, 0): lines.append("No leakage was found.")
        case (0, let count): lines.append("Nothing blocks; \(count == 1 ? "one warning" : "\(count) warnings").")
        case (let count, _):
            let rules = Set(violations.map(\.rule.rawValue)).sorted()
            lines.append(
                "\(count == 1 ? "One violation" : "\(count) violations"); "
                    + "'vintage features explain \(rules[0])' says what to do.")
        }
        return lines
    }
}
