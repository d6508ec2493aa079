import Features

/// Recomputes the values of one view for a sample of rows, and finds out where those that differ come from.
struct ValueAudit {
    let plan: ServicePlan
    let view: ViewPlan
    let frame: TrainingFrame
    let source: SourceRows
    /// The places in the frame that are recomputed, with each one's keys.
    private(set) var rows: [AuditedRow]
    /// What was read of the source, if it was not all.
    let slice: SourceSlice?
    private(set) var findings: [LeakageFinding] = []
    private(set) var notes: [String] = []

    /// The most rows of windows that are looked at, counted once for each row of the training set and column.
    private static let mostVisits = 5_000_000
    /// The most values of a column whose origin is searched.
    static let mostTraced = 100

    /// Reads what it takes.
    ///
    /// - Parameter isWhole: whether the source is read whole, however large it is.
    init(
        _ plan: ServicePlan, _ view: ViewPlan, _ table: GuardTable, _ frame: TrainingFrame, _ settings: LeakageSettings,
        isWhole: Bool
    ) throws {
        (self.plan, self.view, self.frame) = (plan, view, frame)
        let keys = view.keys.compactMap { frame.columns[$0.spineColumn] }
        func audited(_ row: Int) -> AuditedRow? {
            let entity = keys.map { $0.value(row) }
            guard let time = frame.time(row), !entity.contains(.null) else { return nil }
            return AuditedRow(row: row, entity: entity, hash: KeyHash.of(entity), time: time)
        }
        let first = frame.order.prefix(frame.auditedCount).compactMap(audited)
        let embargo = Self.embargo(view, frame)
        let slice =
            isWhole
            ? nil
            : try SourceSlice(
                view, table, times: first.map(\.time), embargo: embargo, limit: settings.readRows)
        var rows = first
        if let slice {
            // Among more rows there are more that the slice is enough for.
            rows = []
            for row in frame.order where frame.time(row).map(slice.mayCover) ?? false {
                if let row = audited(row) { rows.append(row) }
                if rows.count == frame.auditedCount { break }
            }
        }
        let source = try SourceRows(
            view, table, entities: Set(rows.map(\.hash)), alsoRead: plan.label?.event.map(\.source) ?? [], slice: slice,
            limit: slice == nil ? settings.sourceRows : settings.sourceRows * 2 / 5)
        (self.source, self.slice) = (source, slice)
        let there = rows.filter { !source.leftOut.contains($0.hash) }
        self.rows = there
        self.rows = withinBounds(there)
        if let slice {
            notes.append(
                "Of '\(view.view.name)' \(self.rows.count) rows were recomputed, from \(slice.rowCount) rows of "
                    + "'\(view.source.name)' that are next to each other in time.")
        } else if self.rows.count < rows.count {
            notes.append(
                "Of '\(view.view.name)' \(self.rows.count) rows were recomputed; entities with the most rows were left out."
            )
        }
    }

    /// The rows that can be told from what was read, as many as can be recomputed in a moment.
    private func withinBounds(_ rows: [AuditedRow]) -> [AuditedRow] {
        let windows = view.columns.compactMap { $0.window.map { $0.span.seconds * 1_000_000 } }
        var visits = 0
        return rows.filter { row in
            if let slice, slice.reach == nil {
                // Of a value that may be of any age, only a row that was read tells that no later one was missed.
                guard let found = current(row), source.eventTimes[found] <= row.time,
                    slice.covers(source.eventTimes[found]...row.time)
                else { return false }
            }
            guard let own = source.entities[row.hash] else { return true }
            let cut = cut(row.time)
            let count = windows.reduce(0) { $0 + source.places(of: own, from: cut - $1, until: cut).count }
            if visits + count > Self.mostVisits { return false }
            visits += count
            return true
        }
    }

    /// The gap between the last fact and a label's time, in microseconds.
    private static func embargo(_ view: ViewPlan, _ frame: TrainingFrame) -> Int64 {
        max(view.view.embargo, frame.embargo ?? view.view.embargo).seconds * 1_000_000
    }

    /// The cut of a label, in microseconds.
    func cut(_ time: Int64) -> Int64 {
        time - Self.embargo(view, frame)
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
    func named(_ row: AuditedRow) -> String {
        let keys = zip(view.keys, row.entity).map { "\($0.spineColumn) \($1)" }.joined(separator: ", ")
        return "row \(frame.rows[row.row] + 1) (\(keys), \(moment(row.time)))"
    }

    // MARK: Rows and windows as the design says

    /// The row that a plain view yields; `nil` for none.
    func current(_ row: AuditedRow) -> Int? {
        let cut = cut(row.time)
        guard let rows = source.entities[row.hash] else { return nil }
        let places = source.places(of: rows, from: .min, until: cut + 1)
        let last = rows[places].last { source.passes[$0] && source.counts($0, by: cut, isStrict: false) }
        guard let last else { return nil }
        if let limit = view.view.timeToLive, row.time - source.eventTimes[last] > limit.seconds * 1_000_000 {
            return nil
        }
        return last
    }

    /// The rows with event times in [start, end) that count for a column of the view.
    ///
    /// - Parameter moment: by when they must be known; `nil` for any time.
    func window(
        _ row: AuditedRow, from start: Int64, until end: Int64, knownBy moment: Int64?, isStrict: Bool = true,
        _ place: Int
    ) -> [Int] {
        guard let rows = source.entities[row.hash] else { return [] }
        let groups = view.columns[place].groupKeys.map { name in
            (source: source.columns[name], value: frame.columns[name]?.value(row.row) ?? .null)
        }
        return rows[source.places(of: rows, from: start, until: end)].filter { candidate in
            source.passes[candidate] && source.counts(candidate, by: moment, isStrict: isStrict)
                && (source.valueFilters[place]?.isTrue(candidate) ?? true)
                && groups.allSatisfy { $0.source?.value(candidate) == $0.value && $0.value != .null }
        }
    }

    // MARK: What the definitions let through

    /// Columns made of the label's columns whose rows are, in the data, the label's own event.
    private func ownEvents(_ places: [Int]) -> [LeakageFinding] {
        guard let label = plan.label, label.source == view.source.name, !label.event.isEmpty,
            let lineage = LabelLineage(plan, label, view)
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
                    let start = cut - length.span.seconds * 1_000_000
                    used = window(row, from: start, until: cut, knownBy: cut, place)
                } else if let current = current(row) {
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
        guard view.source.availability == nil, let facts = source.facts else { return nil }
        var count = 0
        for (_, rows) in source.entities {
            let versions = Dictionary(grouping: rows) { facts[$0] }
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

/// A row of the training set whose values are recomputed.
struct AuditedRow {
    /// The place in the frame.
    let row: Int
    /// The keys of its entity, in the order of the view's.
    let entity: [GuardValue]
    /// The hash of the keys.
    let hash: UInt64
    /// Its time, in microseconds.
    let time: Int64
}
