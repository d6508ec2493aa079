import struct Features.DefinitionPlace

/// A finding that somebody decided to live with, and why.
public struct LeakageWaiver: Sendable, Hashable {
    /// The rule.
    public let rule: LeakageRule
    /// The service; `nil` for any.
    public let service: String?
    /// The column of the training set, or the source; `nil` for any.
    public let subject: String?
    /// Why, for people.
    public let reason: String
    /// The last day on which it holds, as `2027-01-31`; `nil` for no end.
    public let expires: String?
    /// Where it is written.
    public let place: DefinitionPlace?

    /// Sets findings aside.
    ///
    /// - Parameter expires: a date as `2027-01-31`.
    public init(
        _ rule: LeakageRule, service: String? = nil, subject: String? = nil, reason: String, expires: String? = nil,
        place: DefinitionPlace? = nil
    ) {
        self.rule = rule
        self.service = service
        self.subject = subject
        self.reason = reason
        self.expires = expires
        self.place = place
    }

    /// Whether it names a finding, whatever the day.
    func covers(_ finding: LeakageFinding) -> Bool {
        finding.rule == rule && finding.rule.canBeWaived && (service == nil || service == finding.service)
            && (subject == nil || subject == finding.subject)
    }

    /// Whether its last day is over.
    ///
    /// - Parameter today: a date as `2027-01-31`; such dates sort as texts.
    func isExpired(on today: String) -> Bool { expires.map { $0 < today } ?? false }

    /// What it covers, for messages.
    var summary: String {
        let what = [service, subject].compactMap { $0 }.joined(separator: ".")
        return "the waiver of \(rule.rawValue)" + (what.isEmpty ? "" : " for \(what)")
    }
}

extension Sequence<LeakageWaiver> {
    /// Sets findings aside, and adds what is wrong with the waivers themselves.
    ///
    /// - Parameters:
    ///   - today: a date as `2027-01-31`.
    ///   - judged: the rules that were looked at: a waiver of another rule is not said to be unused.
    func apply(
        to findings: [LeakageFinding], service: String?, today: String, judged: Set<LeakageRule>
    ) -> (findings: [LeakageFinding], waived: [(finding: LeakageFinding, waiver: LeakageWaiver)]) {
        var rest: [LeakageFinding] = []
        var waived: [(finding: LeakageFinding, waiver: LeakageWaiver)] = []
        var used: Set<LeakageWaiver> = []
        for finding in findings {
            let covering = filter { $0.covers(finding) }
            used.formUnion(covering)
            if let waiver = covering.first(where: { !$0.isExpired(on: today) }) {
                waived.append((finding, waiver))
            } else {
                rest.append(finding)
            }
        }
        for waiver in self where waiver.service == nil || service == nil || waiver.service == service {
            if waiver.isExpired(on: today) {
                rest.append(
                    LeakageFinding(
                        .waiverExpired, service: waiver.service, subject: waiver.subject,
                        "\(waiver.summary) ended on \(waiver.expires ?? ""); remove it or decide anew",
                        place: waiver.place))
            } else if !used.contains(waiver), judged.contains(waiver.rule) {
                rest.append(
                    LeakageFinding(
                        .waiverUnused, service: waiver.service, subject: waiver.subject,
                        "\(waiver.summary) sets nothing aside; remove it", place: waiver.place))
            }
        }
        return (rest, waived)
    }
}
