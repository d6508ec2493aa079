/// Looks for features whose nulls tell the label.
struct MissingValues {
    let frame: TrainingFrame
    let outcome: Outcome

    init(_ frame: TrainingFrame, _ outcome: Outcome) { (self.frame, self.outcome) = (frame, outcome) }

    /// Rows with a null, and with a value, below which nothing is said.
    private static let least = 20

    /// What it tells that a feature is null.
    func finding(_ name: String) -> LeakageFinding? {
        guard let isValid = frame.columns[name]?.validity else { return nil }
        let half = outcome.order.count / 2
        let halves = [outcome.order[..<half], outcome.order[half...]].map { rows in
            Half(rows, isValid, outcome.values)
        }
        let whole = Half(halves[0], halves[1])
        guard whole.nulls.count >= Self.least, whole.present.count >= Self.least else { return nil }
        let verdict = outcome.isBinary ? Self.binary(whole, halves) : Self.numeric(whole, halves)
        guard let verdict else { return nil }
        return LeakageFinding(
            .missingFollowsLabel, service: frame.plan.service.name, subject: name, verdict.message,
            evidence: [
                .init("nulls", "\(whole.nulls.count)"), .init("values", "\(whole.present.count)"),
                .init("label-where-null", "\(rounded(whole.nulls.mean))"),
                .init("label-where-not", "\(rounded(whole.present.mean))"),
            ] + verdict.evidence, place: frame.place(of: name))
    }

    private struct Verdict {
        let message: String
        let evidence: [LeakageFinding.Evidence]
    }

    private static func binary(_ whole: Half, _ halves: [Half]) -> Verdict? {
        // How much more often it is null for one outcome than for the other.
        guard let gap = whole.gap, halves.allSatisfy({ ($0.gap ?? 0) * gap > 0 }) else { return nil }
        if abs(gap) >= 0.5, halves.allSatisfy({ abs($0.gap ?? 0) >= 0.35 }) {
            return Verdict(
                message:
                    "whether it is null tells the label in \(Int((abs(gap) * 100).rounded())) of 100 rows; find out when "
                    + "its value is written",
                evidence: [.init("auc-of-null", "\(rounded(0.5 + abs(gap) / 2))")])
        }
        // One outcome only where it is null, or only where it is not: too many rows for chance.
        for (part, words) in [(\Half.nulls, "where it is null"), (\Half.present, "where it has a value")] {
            let group = whole[keyPath: part]
            let isOne = group.mean > 0.5
            func share(_ mean: Double) -> Double { isOne ? mean : 1 - mean }
            // The chance that so many rows of one outcome come by luck, as a power of ten.
            let luck = Double(group.count) * logarithm(share(whole.mean))
            // One entity that is new for a while can make a run of such rows; it must hold early and late.
            let lasts = halves.allSatisfy { $0[keyPath: part].count >= 5 && share($0[keyPath: part].mean) >= 0.98 }
            if share(group.mean) >= 0.995, share(whole.mean) <= 0.95, luck <= -9, lasts {
                return Verdict(
                    message: "\(words) the label is always the same; find out when its value is written",
                    evidence: [.init("rows", "\(group.count)"), .init("chance", "1e\(Int(luck.rounded()))")])
            }
        }
        return nil
    }

    private static func numeric(_ whole: Half, _ halves: [Half]) -> Verdict? {
        guard let share = whole.explained, share >= 0.5, halves.allSatisfy({ ($0.explained ?? 0) >= 0.35 }) else {
            return nil
        }
        return Verdict(
            message:
                "whether it is null explains \(Int((share * 100).rounded())) % of the label's variance; find out when its "
                + "value is written", evidence: [.init("r2-of-null", "\(rounded(share))")])
    }

    /// Outcomes of rows with and without a value.
    private struct Half {
        struct Group {
            var count = 0
            var sum = 0.0
            var squares = 0.0
            var mean: Double { count == 0 ? 0 : sum / Double(count) }
            mutating func add(_ value: Double) {
                count += 1
                sum += value
                squares += value * value
            }
            init() {}
            init(_ left: Group, _ right: Group) {
                (count, sum, squares) = (left.count + right.count, left.sum + right.sum, left.squares + right.squares)
            }
        }

        let nulls: Group
        let present: Group

        init(_ rows: ArraySlice<Int>, _ isValid: [Bool], _ outcomes: [Double]) {
            var (nulls, present) = (Group(), Group())
            for row in rows { if isValid[row] { present.add(outcomes[row]) } else { nulls.add(outcomes[row]) } }
            (self.nulls, self.present) = (nulls, present)
        }

        init(_ left: Half, _ right: Half) {
            nulls = Group(left.nulls, right.nulls)
            present = Group(left.present, right.present)
        }

        var all: Group { Group(nulls, present) }
        var mean: Double { all.mean }

        /// The share of nulls among rows of outcome 1 less that among the others.
        var gap: Double? {
            let (ones, zeros) = (all.sum, Double(all.count) - all.sum)
            guard ones > 0, zeros > 0 else { return nil }
            return nulls.sum / ones - (Double(nulls.count) - nulls.sum) / zeros
        }

        /// The share of the outcome's variance that lies between rows with and without a value.
        var explained: Double? {
            let total = all.squares - all.sum * all.mean
            guard total > 0, nulls.count > 0, present.count > 0 else { return nil }
            let between = [nulls, present].reduce(0.0) { sum, group in
                let distance = group.mean - mean
                return sum + Double(group.count) * distance * distance
            }
            return between / total
        }
    }
}
