import Features

/// The rules that need no data: what a service's definitions alone give away.
struct DefinitionRules {
    let plan: ServicePlan

    /// What the definitions let through.
    func findings() -> [LeakageFinding] {
        guard let label = plan.label else { return [] }
        var findings: [LeakageFinding] = []
        for view in plan.views {
            guard let lineage = LabelLineage(plan, label, view) else { continue }
            for column in view.columns {
                if let finding = finding(view, column, label, lineage) { findings.append(finding) }
            }
        }
        return findings
    }

    private func finding(
        _ view: ViewPlan, _ column: ViewPlan.Column, _ label: Label, _ lineage: LabelLineage
    ) -> LeakageFinding? {
        // A declared column says for each row when it became known; whether that is early enough is seen in the data.
        guard let lag = view.source.knownLag else { return nil }
        let gap = lag + view.view.embargo.seconds
        let horizon = label.horizon.seconds
        let shared = lineage.shared(with: column, of: view)
        let isPlain = column.window == nil
        func found(_ rule: LeakageRule, _ message: String) -> LeakageFinding {
            LeakageFinding(
                rule, service: plan.service.name, subject: column.name, message,
                evidence: [
                    .init("view", view.view.name), .init("source", view.source.name),
                    .init("columns", shared.isEmpty ? "none of the label's" : shared.joined(separator: " ")),
                    .init("horizon", "\(label.horizon)"), .init("lag", "\(lag)s"),
                    .init("embargo", "\(view.view.embargo)"),
                ], place: view.view.place)
        }
        if shared.isEmpty {
            // The label's own row is the latest one. Where nobody said when it is known, no column of it can be trusted.
            guard isPlain, gap == 0, horizon > 0, view.source.availability == nil, !label.event.isEmpty,
                !lineage.isSpine
            else { return nil }
            return found(
                .labelDerived,
                "the value is read from the row of the label's own event, and the source '\(view.source.name)' does not say "
                    + "when its rows become known; declare its availability")
        }
        let columns = shared.map { "'\($0)'" }.joined(separator: ", ")
        if isPlain, gap == 0 {
            return found(
                .labelDerived,
                "it is made of \(columns), from which the label is made, and the row of the label's own event counts; "
                    + "declare the availability of '\(view.source.name)', or remove the feature")
        }
        guard gap < horizon else { return nil }
        if lineage.isSpine {
            return found(
                .targetEncoding,
                "it is a statistic of the labels themselves (\(columns)), which are settled \(label.horizon) after their "
                    + "time and taken after \(gap)s; declare the availability of '\(view.source.name)'")
        }
        return found(
            .windowInHorizon,
            "it takes \(columns) \(gap)s after the event, but the label made of them is settled after \(label.horizon); "
                + "declare the availability of '\(view.source.name)', or lengthen the embargo")
    }
}

extension FeatureSource {
    /// How long after the event each row is known, where that is the same for all; `nil` where a column says when.
    var knownLag: Int64? {
        guard let availability else { return 0 }
        guard let column = availability.column, column != eventTime else { return availability.lag.seconds }
        return nil
    }
}
