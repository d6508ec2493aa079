import Features
import Tables

/// Looks in the data for features that are made of columns which are filled only once an outcome is known: such a column has
/// a value in the rows in which the outcome has one, and none in the others.
///
/// An outcome is what the label is made from, or a time that lies after the event. Only sources that do not say for each row
/// when it was known are looked at: where one does, a row that is not known does not count.
struct SettledLater {
    private let view: ViewPlan
    private let plan: ServicePlan
    private let table: GuardTable
    private let settings: LeakageSettings
    /// How long after the event each row counts, in seconds.
    private let gap: Int64

    /// `nil` if the source says for each row when it was known.
    init?(_ set: JudgedSet, _ view: ViewPlan, _ table: GuardTable, _ settings: LeakageSettings) {
        guard let lag = view.source.knownLag else { return nil }
        (self.view, plan, self.table, self.settings) = (view, set.plan, table, settings)
        gap = lag + max(view.view.embargo, set.embargo ?? view.view.embargo).seconds
    }

    private static let mostRows = 20_000
    /// Rows without a value, and with one, below which nothing is said.
    private static let leastRows = 10
    /// Of the rows in which one of two columns is null, how many in a hundred must lack both.
    private static let leastShare = 80

    /// A column whose values are written later than the event.
    private struct Outcome {
        let column: String
        let isNull: [Bool]
        /// Why it is one, for messages.
        let reason: String
        /// Whether a feature that takes rows when the view does is too early for it.
        let isLate: (_ isPlain: Bool) -> Bool
    }

    func findings() throws -> [LeakageFinding] {
        let types = table.types
        let lineage = plan.label.flatMap { LabelLineage(plan, $0, view) }
        let known = Set(
            view.source.columnsOfData(
                for: [view.source.eventTime] + view.keys.map(\.sourceColumn) + view.source.eventKey))
        let ofLabel = (lineage?.columns ?? []).filter { types[$0] != nil }.sorted()
        let times = table.schema.names.filter { types[$0] == .timestamp && !known.contains($0) }
        if ofLabel.isEmpty, times.isEmpty { return [] }
        let read = Set(view.columns.flatMap { view.columnsOfData(for: $0) }).subtracting(known)
        let names = read.union(ofLabel).union(times).filter { types[$0] != nil }.sorted()
        let (rows, _) = try table.sampledRows(limit: Self.mostRows, seed: settings.seed)
        let columns = try table.values(names, rows: rows)
        let isNull = columns.mapValues { column in (0..<column.count).map { column.value($0) == .null } }
        var outcomes = ofLabel.compactMap { name in isNull[name].map { outcome(ofLabel: name, $0) } }
        let delays = try AvailabilityDelay(view.source, table, plan.service.name, settings).delays()
        outcomes += delays.filter { !ofLabel.contains($0.column) }.compactMap { delay in
            isNull[delay.column].map { outcome(at: delay, $0) }
        }
        return view.columns.compactMap { column in
            finding(column, read.intersection(view.columnsOfData(for: column)).sorted(), isNull, outcomes)
        }
    }

    private func outcome(ofLabel name: String, _ isNull: [Bool]) -> Outcome {
        let (gap, horizon) = (gap, plan.label?.horizon.seconds ?? 0)
        return Outcome(
            column: name, isNull: isNull, reason: "from which the label is made",
            isLate: { isPlain in isPlain ? gap == 0 : gap < horizon })
    }

    private func outcome(at delay: AvailabilityDelay.Delay, _ isNull: [Bool]) -> Outcome {
        let gap = gap
        return Outcome(
            column: delay.column, isNull: isNull,
            reason: "which is \(span(delay.median)) after the event in the middle row",
            isLate: { _ in gap * 1_000_000 < delay.median })
    }

    private func finding(
        _ column: ViewPlan.Column, _ read: [String], _ isNull: [String: [Bool]], _ outcomes: [Outcome]
    ) -> LeakageFinding? {
        for outcome in outcomes where outcome.isLate(column.window == nil) {
            for name in read {
                guard let nulls = isNull[name] else { continue }
                let either = zip(nulls, outcome.isNull).count { $0 || $1 }
                let both = zip(nulls, outcome.isNull).count { $0 && $1 }
                guard both >= Self.leastRows, nulls.count - either >= Self.leastRows,
                    both * 100 >= either * Self.leastShare
                else { continue }
                let what =
                    name == outcome.column
                    ? "it is made of '\(name)', \(outcome.reason)"
                    : "its column '\(name)' is filled in the rows in which '\(outcome.column)' is, \(outcome.reason)"
                return LeakageFinding(
                    .settledLater, service: plan.service.name, subject: column.name,
                    "\(what), and its rows count \(gap)s after their events; declare the availability of "
                        + "'\(view.source.name)', or remove the feature",
                    evidence: [
                        .init("column", name), .init("outcome", outcome.column),
                        .init("both-null", "\(both) of \(either)"),
                        .init("rows", "\(nulls.count)"),
                    ], place: view.view.place)
            }
        }
        return nil
    }
}
