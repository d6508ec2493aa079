import Features

/// Looks for sources that take their rows to be known at once, although another source over the same files says when each
/// was known. Needs no data.
struct UndeclaredAvailability {
    let plan: ServicePlan

    func findings() -> [LeakageFinding] {
        var seen: Set<String> = []
        return plan.views.map(\.source).filter { seen.insert($0.name).inserted }.compactMap(finding)
    }

    private func finding(_ source: FeatureSource) -> LeakageFinding? {
        guard source.knownLag == 0 else { return nil }
        guard let other = telling(of: source).first, let column = other.availabilityColumn else { return nil }
        func found(_ message: String, _ evidence: [LeakageFinding.Evidence], isSure: Bool) -> LeakageFinding {
            LeakageFinding(
                .availabilityUndeclared, service: plan.service.name, subject: source.name, message,
                evidence: [.init("path", source.path.text), .init("source", other.name), .init("column", column)]
                    + evidence,
                severity: isSure ? .error : .warning, place: source.place)
        }
        let says = "the source '\(other.name)' over the same data says that rows are known by '\(column)'"
        if source.availability == nil {
            return found(
                "\(says), and this one does not say when; declare its availability, 'availability: {lag: 0s}' if all that is "
                    + "read of it is known at once", [], isSure: true)
        }
        guard other.derived.contains(where: { $0.name == column }) else {
            return found(
                "\(says), and this one that they are known at once; declare one availability, or waive the rule if all that "
                    + "is read of it is known at once", [], isSure: false)
        }
        let features = lateFeatures(of: source, by: other, column)
        guard let first = features.first else { return nil }
        return found(
            "\(says), and this one that they are known at once, though '\(first)' is made of what that time is computed "
                + "from; declare its availability", [.init("features", features.joined(separator: " "))], isSure: true)
    }

    /// The other sources over the same rows that say by a column when each was known.
    func telling(of source: FeatureSource) -> [FeatureSource] {
        plan.relatedSources.filter { other in
            other.name != source.name && other.availabilityColumn != nil && other.hasRowsAlike(source)
        }
    }

    /// The features of a source that are made of what another's availability is computed from: that is not known before
    /// it, but for what the event time is made of.
    func lateFeatures(of source: FeatureSource, by other: FeatureSource, _ column: String) -> [String] {
        let late = Set(other.columnsOfData(for: [column]))
            .subtracting(source.columnsOfData(for: [source.eventTime]))
            .subtracting(other.columnsOfData(for: [other.eventTime]))
        return plan.views.filter { $0.source.name == source.name }.flatMap { view in
            view.columns.filter { !late.isDisjoint(with: view.columnsOfData(for: $0)) }.map(\.name)
        }
    }
}
