import Features
import Tables

/// Looks in the data for lags that end before another source over the same files says that rows are known.
struct ShortLag {
    let plan: ServicePlan
    let sources: [String: GuardTable]
    let settings: LeakageSettings

    private static let mostRows = 5_000
    /// Rows with both times below which nothing is said.
    private static let leastRows = 30
    /// How many rows in a hundred must be known later than the lag says.
    private static let leastShare = 5

    func findings() throws -> [LeakageFinding] {
        var findings: [LeakageFinding] = []
        var seen: Set<String> = []
        for source in plan.views.map(\.source) where seen.insert(source.name).inserted {
            guard let lag = source.knownLag, lag > 0, let table = sources[source.name] else { continue }
            for other in UndeclaredAvailability(plan: plan).telling(of: source) {
                guard let finding = try finding(source, lag, table, other) else { continue }
                findings.append(finding)
                break
            }
        }
        return findings
    }

    private func finding(
        _ source: FeatureSource, _ lag: Int64, _ table: GuardTable, _ other: FeatureSource
    ) throws -> LeakageFinding? {
        guard let column = other.availabilityColumn else { return nil }
        let features = UndeclaredAvailability(plan: plan).lateFeatures(of: source, by: other, column)
        // A time that is computed says nothing of columns that it is not computed from.
        let isComputed = other.derived.contains { $0.name == column }
        if isComputed, features.isEmpty { return nil }
        guard let event = try times(source, source.eventTime, table), let known = try times(other, column, table) else {
            return nil
        }
        let otherLag = (other.availability?.lag.seconds ?? 0) * 1_000_000
        let missing = zip(event, known).compactMap { event, known in
            event.flatMap { event in known.map { $0 &+ otherLag &- event &- lag * 1_000_000 } }
        }.sorted()
        let later = missing.count { $0 > 0 }
        guard missing.count >= Self.leastRows, later * 100 >= missing.count * Self.leastShare else { return nil }
        return LeakageFinding(
            .availabilityUndeclared, service: plan.service.name, subject: source.name,
            "its lag of \(span(lag * 1_000_000)) ends before rows are known: the source '\(other.name)' over the same data says "
                + "by '\(column)' that \(later) of \(missing.count) are known later; declare that availability",
            evidence: [
                .init("source", other.name), .init("column", column),
                .init("later-rows", "\(later) of \(missing.count)"),
                .init("longest", span(missing[missing.count - 1])),
            ] + (features.isEmpty ? [] : [.init("features", features.joined(separator: " "))]),
            severity: features.isEmpty ? .warning : .error, place: source.place)
    }

    /// A time of a sample of rows, as a source makes it; `nil` if it does not fit the data.
    private func times(_ source: FeatureSource, _ name: String, _ table: GuardTable) throws -> [Int64?]? {
        var types = table.types
        let needed = source.columnsOfData(for: [name])
        guard needed.allSatisfy({ types[$0] != nil }) else { return nil }
        let (rows, _) = try table.sampledRows(limit: Self.mostRows, seed: settings.seed)
        let columns = try table.values(needed, rows: rows)
        var batch = ExpressionBatch(count: rows.count, columns: columns)
        var found = columns[name]
        for derived in source.derivedColumns(for: [name]) {
            guard let bound = try? derived.expression.bound(to: ColumnTypes(types)) else { return nil }
            let vector = try bound.evaluate(batch)
            batch.add(derived.name, vector)
            types[derived.name] = vector.type
            if derived.name == name { found = vector }
        }
        return found.map { vector in (0..<vector.count).map { vector.moment($0) } }
    }
}
