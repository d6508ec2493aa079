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

    /// The waivers that were needed, as a snapshot's provenance keeps them: the name of a parameter and its value.
    ///
    /// Names are `leakage.waiver.N`, counted from 1; a value names the rule, the subject, the reason and the last day.
    public var provenanceParameters: [String: String] {
        var parameters: [String: String] = [:]
        for (number, entry) in waived.enumerated() {
            let what = [entry.finding.service, entry.finding.subject].compactMap { $0 }.joined(separator: ".")
            parameters["leakage.waiver.\(number + 1)"] =
                "\(entry.finding.rule.rawValue) \(what): \(entry.waiver.reason)"
                + (entry.waiver.expires.map { " (until \($0))" } ?? "")
        }
        return parameters
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
