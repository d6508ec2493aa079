import Features

/// Recomputes the values of one view for a sample of rows, and finds out where those that differ come from.
struct ValueAudit {
    let plan: ServicePlan
    let view: ViewPlan
    let frame: TrainingFrame
    let source: SourceRows
    /// The places in the frame that are recomputed, with each one's keys.
    let rows: [(row: Int, entity: [GuardValue], time: Int64)]
    private(set) var findings: [LeakageFinding] = []
    private(set) var notes: [String] = []

    /// The most rows of the source that are looked at, counted once for each row of the training set.
    private static let mostVisits = 100_000_000
    /// The most values of a column whose origin is searched.
    static let mostTraced = 100

    init(
        _ plan: ServicePlan, _ view: ViewPlan, _ table: GuardTable, _ frame: TrainingFrame, _ settings: LeakageSettings
    ) throws {
        (self.plan, self.view, self.frame) = (plan, view, frame)
        let keys = view.keys.compactMap { frame.columns[$0.spineColumn] }
        var rows: [(row: Int, entity: [GuardValue], time: Int64)] = []
        for row in frame.audited {
            let entity = keys.map { $0.value(row) }
            guard let time = frame.time(row), !entity.contains(.null) else { continue }
            rows.append((row, entity, time))
        }
        let source = try SourceRows(
            view, table, entities: Set(rows.map(\.entity)), alsoRead: plan.label?.event.map(\.source) ?? [])
        self.source = source
        var visits = 0
        let kept = rows.prefix { row in
            visits += source.entities[row.entity]?.count ?? 0
            return visits <= Self.mostVisits
        }
        self.rows = Array(kept)
        if let note = source.note { notes.append(note) }
        if kept.count < rows.count {
            notes.append("Of '\(view.view.name)' \(kept.count) rows were recomputed: its entities have many rows.")
        }
    }

    /// The cut of a label, in microseconds.
    func cut(_ time: Int64) -> Int64 {
        time - max(view.view.embargo, frame.embargo ?? view.view.embargo).seconds * 1_000_000
    }

    /// Recomputes.
    mutating func run() throws {
        if frame.timeColumn == nil {
            notes.append("No column tells the rows' times, so '\(view.view.name)' was not recomputed.")
            return
        }
        let places = view.columns.indices.filter { frame.columns[view.columns[$0].name] != nil }
        var plain = PlainTrace(audit: self, places: places.filter { view.columns[$0].window == nil })
        findings += plain.findings()
        for place in places where view.columns[place].window != nil {
            if let finding = WindowTrace(audit: self, place: place)?.finding() { findings.append(finding) }
        }
        findings += ownEvents(places)
        if let finding = conflictingVersions() { findings.append(finding) }
    }

    func finding(
        _ rule: LeakageRule, _ subject: String, _ message: String, _ evidence: [LeakageFinding.Evidence]
    ) -> LeakageFinding {
        LeakageFinding(
            rule, service: plan.service.name, subject: subject, message, evidence: evidence, place: view.view.place)
    }

    /// A row of the training set, for messages.
    func named(_ row: (row: Int, entity: [GuardValue], time: Int64)) -> String {
        let keys = zip(view.keys, row.entity).map { "\($0.spineColumn) \($1)" }.joined(separator: ", ")
        return "row \(frame.rows[row.row] + 1) (\(keys), \(moment(row.time)))"
    }

    // MARK: Rows and windows as the design says

    /// The row that a plain view yields; `nil` for none.
    func current(_ entity: [GuardValue], _ time: Int64) -> Int? {
        let cut = cut(time)
        let known = source.known(entity, by: cut, isStrict: false)
        guard let last = known.last(where: { source.eventTimes[$0] <= cut && source.passes[$0] }) else { return nil }
        if let limit = view.view.timeToLive, time - source.eventTimes[last] > limit.seconds * 1_000_000 { return nil }
        return last
    }

    /// The rows of a window that count for a column of the view.
    ///
    /// - Parameter start: the first event time that lies in it.
    func window(_ known: [Int], from start: Int64, until end: Int64, _ place: Int, _ row: Int) -> [Int] {
        let groups = view.columns[place].groupKeys.map { name in
            (source: source.columns[name], value: frame.columns[name]?.value(row) ?? .null)
        }
        return known.filter { candidate in
            source.eventTimes[candidate] >= start && source.eventTimes[candidate] < end && source.passes[candidate]
                && (source.valueFilters[place]?.isTrue(candidate) ?? true)
                && groups.allSatisfy { $0.source?.value(candidate) == $0.value && $0.value != .null }
        }
    }

    // MARK: What the definitions let through

    /// Columns made of the label's columns whose rows are, in the data, the label's own event.
    private func ownEvents(_ places: [Int]) -> [LeakageFinding] {
        guard let label = plan.label, label.source == view.source.name, !label.event.isEmpty,
            let lineage = LabelLineage(label: label, view: view)
        else { return [] }
        let pairs = label.event.compactMap { pair in
            source.columns[pair.source].flatMap { held in frame.columns[pair.spine].map { (held: held, spine: $0) } }
        }
        if pairs.count < label.event.count { return [] }
        func isOwn(_ candidate: Int, _ row: Int) -> Bool {
            pairs.allSatisfy { $0.held.value(candidate) == $0.spine.value(row) }
        }
        var findings: [LeakageFinding] = []
        for place in places {
            let column = view.columns[place]
            let shared = lineage.shared(with: column, of: view)
            if shared.isEmpty { continue }
            var (count, example) = (0, "")
            for row in rows {
                let cut = cut(row.time)
                var used: [Int] = []
                if let length = column.window {
                    let known = source.known(row.entity, by: cut, isStrict: true)
                    used = window(known, from: cut - length.span.seconds * 1_000_000, until: cut, place, row.row)
                } else if let current = current(row.entity, row.time) {
                    used = [current]
                }
                guard used.contains(where: { isOwn($0, row.row) }) else { continue }
                count += 1
                if example.isEmpty { example = named(row) }
            }
            if count == 0 { continue }
            findings.append(
                finding(
                    .labelDerived, column.name,
                    "it takes \(shared.map { "'\($0)'" }.joined(separator: ", ")) from the label's own event, which "
                        + "'\(view.source.name)' says was known at the label's time; correct its availability",
                    [.init("rows", "\(count) of \(rows.count)"), .init("example", example)]))
        }
        return findings
    }

    /// Versions of one fact in a source that does not say when each became known.
    private func conflictingVersions() -> LeakageFinding? {
        guard view.source.availability == nil, !view.source.eventKey.isEmpty else { return nil }
        var count = 0
        for (_, rows) in source.entities {
            let versions = Dictionary(grouping: rows) { source.facts[$0] }
            for (_, versions) in versions where versions.count > 1 {
                let isRestated = view.columns.indices.contains { place in
                    guard let values = source.values[place] else { return false }
                    return Set(versions.map { values.value($0) }).count > 1
                }
                if isRestated || versions.contains(where: { source.isRetraction[$0] }) { count += 1 }
            }
        }
        if count == 0 { return nil }
        return LeakageFinding(
            .availabilityUndeclared, service: plan.service.name, subject: view.source.name,
            "\(count) facts of the source were restated, and nothing says when; declare its availability",
            evidence: [.init("facts", "\(count)")], severity: .error, place: view.source.place)
    }
}
