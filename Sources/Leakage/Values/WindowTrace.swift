import Features

/// Where the values of one windowed aggregation come from that are not those of its window.
struct WindowTrace {
    let audit: ValueAudit
    let place: Int
    private let value: WindowValue
    /// The length of the window, in microseconds.
    private let length: Int64
    private let stored: ExpressionVector

    init?(audit: ValueAudit, place: Int) {
        let column = audit.view.columns[place]
        guard case .aggregation(let aggregation) = column.value, let window = column.window,
            let stored = audit.frame.columns[column.name]
        else { return nil }
        value = WindowValue(aggregation: aggregation, values: audit.source.values[place])
        guard value.isComparable else { return nil }
        (self.audit, self.place, self.stored) = (audit, place, stored)
        length = window.span.seconds * 1_000_000
    }

    /// A window that a wrong value may have been made of.
    private enum Suspect: CaseIterable {
        case notYetKnown, withoutEmbargo, atTheCut, intoTheHorizon, centred, after, everything, unlimited

        var rule: LeakageRule {
            switch self {
            case .intoTheHorizon: .windowInHorizon
            case .unlimited: .unexplainedValue
            default: .futureValue
            }
        }

        var words: String {
            switch self {
            case .notYetKnown: "they take rows that had happened but were not known yet"
            case .withoutEmbargo: "they take rows within the embargo"
            case .atTheCut: "they take rows at the cut itself"
            case .intoTheHorizon: "their windows reach past the label's time into its horizon"
            case .centred: "their windows lie around the label's time"
            case .after: "their windows begin at the label's time"
            case .everything: "they take all rows of the entity, later ones too"
            case .unlimited: "they take rows that are older than the window"
            }
        }
    }

    func finding() -> LeakageFinding? {
        var (wrong, traced, example) = (0, 0, "")
        var explained: [Suspect: Int] = [:]
        for row in audit.rows {
            let cut = audit.cut(row.time)
            let rows = audit.window(row, from: cut - length, until: cut, knownBy: cut, place)
            let (held, expected) = (stored.value(row.row), value.of(rows))
            if value.agrees(held, expected, rows) { continue }
            wrong += 1
            if example.isEmpty { example = "\(audit.named(row)): \(held), not \(expected)" }
            guard traced < ValueAudit.mostTraced else { continue }
            traced += 1
            for suspect in Suspect.allCases {
                guard let rows = candidates(suspect, row) else { continue }
                if value.agrees(held, value.of(rows), rows) { explained[suspect, default: 0] += 1 }
            }
        }
        if wrong == 0 { return nil }
        let name = audit.view.columns[place].name
        let evidence: [LeakageFinding.Evidence] = [
            .init("rows", "\(wrong) of \(audit.rows.count)"), .init("example", example),
        ]
        // The first of those that explain the most, as far as it explains most of what was traced.
        let best = Suspect.allCases.max { left, right in explained[left, default: 0] < explained[right, default: 0] }
        let most = best.flatMap { explained[$0] } ?? 0
        if most * 2 >= traced, let suspect = Suspect.allCases.first(where: { explained[$0] == most }) {
            return audit.finding(
                suspect.rule, name, "values are not those of the window: \(suspect.words); join again",
                evidence + [.init("explained", "\(most) of \(traced)")])
        }
        return audit.finding(
            .unexplainedValue, name,
            "values are not what the source gives for these windows; build the training set again, or check it against "
                + "the revision that it was built from", evidence)
    }

    private func candidates(_ suspect: Suspect, _ row: AuditedRow) -> [Int]? {
        let (cut, time) = (audit.cut(row.time), row.time)
        let horizon = (audit.plan.label?.horizon.seconds ?? 0) * 1_000_000
        func window(_ start: Int64, _ end: Int64, knownBy moment: Int64?, isStrict: Bool = true) -> [Int] {
            audit.window(row, from: start, until: end, knownBy: moment, isStrict: isStrict, place)
        }
        switch suspect {
        case .notYetKnown: return window(cut - length, cut, knownBy: nil)
        case .withoutEmbargo: return cut == time ? nil : window(time - length, time, knownBy: time)
        case .atTheCut: return window(cut - length, cut + 1, knownBy: cut, isStrict: false)
        case .intoTheHorizon: return horizon == 0 ? nil : window(cut - length, time + horizon, knownBy: nil)
        case .centred: return window(cut - length / 2, cut + length / 2, knownBy: nil)
        case .after: return window(cut, cut + length, knownBy: nil)
        case .everything: return window(.min, .max, knownBy: nil)
        case .unlimited: return window(.min, cut, knownBy: cut)
        }
    }
}
