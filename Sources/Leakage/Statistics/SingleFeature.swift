/// Looks for a feature that alone tells the label: fitted on the earlier rows, scored on the later ones.
struct SingleFeature {
    let frame: TrainingFrame
    let outcome: Outcome
    let settings: LeakageSettings

    init(_ frame: TrainingFrame, _ outcome: Outcome, _ settings: LeakageSettings) {
        (self.frame, self.outcome, self.settings) = (frame, outcome, settings)
    }

    /// Rows of each outcome, or in all, below which nothing is said.
    private static let leastOfEach = 10
    private static let leastRows = 40

    /// What a feature alone tells.
    func finding(_ name: String) -> LeakageFinding? {
        guard let vector = frame.columns[name] else { return nil }
        let column = RankedColumn(vector)
        // Where there is no value nothing is told; a feature may be rare and give the label away all the same.
        let fitted = OutcomeRows(column, outcome.earlier, outcome)
        let scored = OutcomeRows(column, outcome.later, outcome)
        guard fitted.count >= Self.leastRows, scored.count >= Self.leastRows / 2 else { return nil }
        let share = Double(fitted.count + scored.count) / Double(max(outcome.order.count, 1))
        var evidence: [LeakageFinding.Evidence] = []
        let (measure, score, threshold): (String, Double, Double)
        if outcome.isBinary {
            let positives = scored.outcomes.count { $0 > 0.5 }
            guard min(positives, scored.count - positives) >= Self.leastOfEach,
                let area = areaUnderCurve(column, fitted, scored)
            else { return nil }
            (measure, score, threshold) = ("auc", area, settings.areaUnderCurve)
        } else {
            guard let determination = determination(column, fitted, scored) else { return nil }
            (measure, score, threshold) = ("r2", determination, settings.determination)
        }
        guard score >= threshold else { return nil }
        evidence = [
            .init(measure, "\(rounded(score))"), .init("threshold", "\(threshold)"),
            .init("fitted-rows", "\(fitted.count)"), .init("scored-rows", "\(scored.count)"),
            .init("share-of-rows-with-a-value", "\(rounded(share, 3))"),
        ]
        let what = measure == "auc" ? "an AUC of \(rounded(score, 3))" : "an R² of \(rounded(score, 3))"
        return LeakageFinding(
            .singleFeaturePredictor, service: frame.plan.service.name, subject: name,
            "it alone tells the label of later rows with \(what); find out when its value becomes known, or waive the rule "
                + "with the reason", evidence: evidence, place: frame.place(of: name))
    }

    private func areaUnderCurve(_ column: RankedColumn, _ fitted: OutcomeRows, _ scored: OutcomeRows) -> Double? {
        let binned = BinnedMeans(column, fitted, bins: 30).areaUnderCurve(scored)
        guard column.numbers != nil,
            let direction = Scores.areaUnderCurve(fitted.tallies(count: column.count) { Int($0) }),
            let ranked = Scores.areaUnderCurve(scored.tallies(count: column.count) { Int($0) })
        else { return binned }
        return max(binned ?? 0, direction >= 0.5 ? ranked : 1 - ranked)
    }

    private func determination(_ column: RankedColumn, _ fitted: OutcomeRows, _ scored: OutcomeRows) -> Double? {
        let bins = BinnedMeans(column, fitted, bins: min(200, max(10, fitted.count / 5)))
        let binned = Scores.determination(scored.ranks.map { bins.means[bins.bin($0)] }, scored.outcomes)
        guard let numbers = column.numbers, let line = Line(fitted.ranks.map { numbers[Int($0)] }, fitted.outcomes)
        else { return binned }
        let linear = Scores.determination(scored.ranks.map { line.at(numbers[Int($0)]) }, scored.outcomes)
        return max(binned ?? -1, linear ?? -1)
    }
}

/// The line of least squares through points.
struct Line {
    let slope: Double
    let intercept: Double

    /// Fits a line; `nil` where all points lie above each other.
    init?(_ x: [Double], _ y: [Double]) {
        let count = Double(max(x.count, 1))
        let (meanX, meanY) = (x.reduce(0, +) / count, y.reduce(0, +) / count)
        var (products, squares) = (0.0, 0.0)
        for (left, right) in zip(x, y) {
            products += (left - meanX) * (right - meanY)
            squares += (left - meanX) * (left - meanX)
        }
        guard squares > 0, squares.isFinite else { return nil }
        slope = products / squares
        intercept = meanY - slope * meanX
    }

    func at(_ x: Double) -> Double { slope * x + intercept }
}
