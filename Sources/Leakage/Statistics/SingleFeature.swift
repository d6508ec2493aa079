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

    func findings() -> [LeakageFinding] { frame.features.compactMap(finding) }

    private func finding(_ name: String) -> LeakageFinding? {
        guard let column = frame.columns[name] else { return nil }
        func part(_ rows: ArraySlice<Int>) -> (values: [GuardValue], outcomes: [Double]) {
            // Where there is no value nothing is told; a feature may be rare and give the label away all the same.
            let rows = rows.filter { column.value($0) != .null }
            return (rows.map { column.value($0) }, rows.map { outcome.values[$0] ?? 0 })
        }
        let (fitted, scored) = (part(outcome.earlier), part(outcome.later))
        guard fitted.values.count >= Self.leastRows, scored.values.count >= Self.leastRows / 2 else { return nil }
        let share = Double(fitted.values.count + scored.values.count) / Double(max(outcome.order.count, 1))
        var evidence: [LeakageFinding.Evidence] = []
        let (measure, score, threshold): (String, Double, Double)
        if outcome.isBinary {
            let positives = scored.outcomes.count { $0 > 0.5 }
            guard min(positives, scored.outcomes.count - positives) >= Self.leastOfEach,
                let area = areaUnderCurve(fitted, scored)
            else { return nil }
            (measure, score, threshold) = ("auc", area, settings.areaUnderCurve)
        } else {
            guard let determination = determination(fitted, scored) else { return nil }
            (measure, score, threshold) = ("r2", determination, settings.determination)
        }
        guard score >= threshold else { return nil }
        evidence = [
            .init(measure, "\(rounded(score))"), .init("threshold", "\(threshold)"),
            .init("fitted-rows", "\(fitted.values.count)"), .init("scored-rows", "\(scored.values.count)"),
            .init("share-of-rows-with-a-value", "\(rounded(share, 3))"),
        ]
        let what = measure == "auc" ? "an AUC of \(rounded(score, 3))" : "an R² of \(rounded(score, 3))"
        return LeakageFinding(
            .singleFeaturePredictor, service: frame.plan.service.name, subject: name,
            "it alone tells the label of later rows with \(what); find out when its value becomes known, or waive the rule "
                + "with the reason", evidence: evidence, place: frame.place(of: name))
    }

    private typealias Part = (values: [GuardValue], outcomes: [Double])

    private func areaUnderCurve(_ fitted: Part, _ scored: Part) -> Double? {
        let bins = BinnedMeans(fitted.values, fitted.outcomes, bins: 30)
        let binned = Scores.areaUnderCurve(scored.values.map { bins.prediction($0) }, scored.outcomes)
        let (fittedNumbers, scoredNumbers) = (fitted.values.compactMap(\.number), scored.values.compactMap(\.number))
        guard fittedNumbers.count == fitted.values.count, scoredNumbers.count == scored.values.count,
            let direction = Scores.areaUnderCurve(fittedNumbers, fitted.outcomes),
            let ranked = Scores.areaUnderCurve(scoredNumbers, scored.outcomes)
        else { return binned }
        return max(binned ?? 0, direction >= 0.5 ? ranked : 1 - ranked)
    }

    private func determination(_ fitted: Part, _ scored: Part) -> Double? {
        let bins = BinnedMeans(fitted.values, fitted.outcomes, bins: min(200, max(10, fitted.values.count / 5)))
        let binned = Scores.determination(scored.values.map { bins.prediction($0) }, scored.outcomes)
        let (x, later) = (fitted.values.compactMap(\.number), scored.values.compactMap(\.number))
        guard x.count == fitted.values.count, later.count == scored.values.count,
            let line = Line(x, fitted.outcomes)
        else { return binned }
        let linear = Scores.determination(later.map { line.at($0) }, scored.outcomes)
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
