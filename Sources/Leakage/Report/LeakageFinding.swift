import struct Features.DefinitionPlace
import enum Checks.CheckSeverity

/// One sign of leakage.
public struct LeakageFinding: Sendable, Hashable {
    /// A number or a text that shows it, with its name.
    public struct Evidence: Sendable, Hashable {
        /// What it is, such as `auc`.
        public let name: String
        /// The value, as text.
        public let value: String

        /// Names a value.
        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// The rule that it breaks.
    public let rule: LeakageRule
    /// How much it matters.
    public let severity: CheckSeverity
    /// The service.
    public let service: String?
    /// The column of the training set, or the source for a rule about sources.
    public let subject: String?
    /// What is wrong and what to do, in one line.
    public let message: String
    /// What shows it.
    public let evidence: [Evidence]
    /// Where the definition at fault is.
    public let place: DefinitionPlace?

    /// Tells what was found.
    public init(
        _ rule: LeakageRule, service: String? = nil, subject: String? = nil, _ message: String,
        evidence: [Evidence] = [], severity: CheckSeverity? = nil, place: DefinitionPlace? = nil
    ) {
        self.rule = rule
        self.severity = severity ?? rule.severity
        self.service = service
        self.subject = subject
        self.message = message
        self.evidence = evidence
        self.place = place
    }
}

extension LeakageFinding: CustomStringConvertible {
    /// One line: the rule, what it is about, and what is wrong.
    public var description: String {
        let what = [service, subject].compactMap { $0 }.joined(separator: ".")
        return "\(rule.rawValue): " + (what.isEmpty ? "" : "\(what): ") + message
    }
}
