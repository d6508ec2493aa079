import Features
import Tables

/// The rows of a source that belong to a few entities, with all that a view makes of each.
struct SourceRows {
    /// The rows of each entity by its keys, by (event time, availability time, order in the source).
    let entities: [[GuardValue]: [Int]]
    /// When each row's fact happened, in microseconds.
    let eventTimes: [Int64]
    /// When it became known, in microseconds.
    let availabilityTimes: [Int64]
    /// Rows of one fact have one number.
    let facts: [Int32]
    /// The rows that take their fact back.
    let isRetraction: [Bool]
    /// The rows that count for the view.
    let passes: [Bool]
    /// What each column of the view makes of each row; `nil` where rows are counted.
    let values: [ExpressionVector?]
    /// The rows that count for each column.
    let valueFilters: [ExpressionVector?]
    /// The columns of the source, derived ones too.
    let columns: [String: ExpressionVector]
    /// Why not all entities that were asked for are there; `nil` if they are.
    let note: String?

    /// The most rows that are kept in memory.
    private static let mostRows = 3_000_000

    /// Reads the rows of some entities.
    ///
    /// - Parameter alsoRead: further columns of the source, kept in ``columns``.
    init(_ view: ViewPlan, _ table: GuardTable, entities wanted: Set<[GuardValue]>, alsoRead: [String]) throws {
        let types = table.types
        let bound = try view.bound(toData: types)
        let names = Set(view.columnsOfData + view.source.columnsOfData(for: alsoRead)).filter { types[$0] != nil }
            .sorted()
        let (rows, note) = try Self.find(view, table, bound, wanted)
        self.note = note
        var batch = ExpressionBatch(count: rows.count, columns: try table.values(names, rows: rows))
        try bound.derive(in: &batch)
        var columns: [String: ExpressionVector] = [:]
        for name in names + bound.derived.map(\.name) {
            if let type = bound.derived.first(where: { $0.name == name })?.expression.type ?? types[name] {
                columns[name] = try Expression(column: name).bound(to: ColumnTypes([name: type])).evaluate(batch)
            }
        }
        self.columns = columns
        let count = rows.count
        // A row is not known before the last part of a microsecond is over.
        let times = [view.source.eventTime, view.source.availability?.column].compactMap { $0 }
        let ofData = Set(times).filter { name in
            types[name] != nil && !view.source.derived.contains { $0.name == name }
        }.sorted()
        let later = ofData.isEmpty ? [:] : try table.values(ofData, rows: rows, roundsUp: true)
        let event = later[view.source.eventTime] ?? columns[view.source.eventTime]
        let known = view.source.availability?.column.flatMap { later[$0] ?? columns[$0] } ?? event
        let lag = (view.source.availability?.lag.seconds ?? 0) * 1_000_000
        var isRow = [Bool](repeating: true, count: count)
        if let filter = try bound.sourceFilter?.evaluate(batch) { isRow = (0..<count).map { filter.isTrue($0) } }
        var (eventTimes, availabilityTimes) = ([Int64](), [Int64]())
        for row in 0..<count {
            let (happened, wasKnown) = (event?.moment(row), known?.moment(row))
            // The join refuses rows without times, so there is nothing to compare for them.
            if happened == nil || wasKnown == nil { isRow[row] = false }
            eventTimes.append(happened ?? 0)
            availabilityTimes.append((wasKnown ?? 0).addingReportingOverflow(lag).partialValue)
        }
        let retraction = try bound.retracted?.evaluate(batch)
        isRetraction = (0..<count).map { retraction?.isTrue($0) ?? false }
        let filter = try bound.filter?.evaluate(batch)
        passes = (0..<count).map { filter?.isTrue($0) ?? true }
        values = try bound.values.map { try $0?.evaluate(batch) }
        valueFilters = try bound.valueFilters.map { try $0?.evaluate(batch) }
        let keys = view.keys.compactMap { columns[$0.sourceColumn] }
        var entities: [[GuardValue]: [Int]] = [:]
        for row in 0..<count where isRow[row] {
            let key = keys.map { $0.value(row) }
            if wanted.contains(key) { entities[key, default: []].append(row) }
        }
        let (happened, wasKnown) = (eventTimes, availabilityTimes)
        self.entities = entities.mapValues { rows in
            rows.sorted { (happened[$0], wasKnown[$0], $0) < (happened[$1], wasKnown[$1], $1) }
        }
        self.eventTimes = eventTimes
        self.availabilityTimes = availabilityTimes
        facts = Self.facts(view.source, columns, keys, count)
    }

    /// The rows that may belong to one of the entities: equal hashes, told apart later.
    private static func find(
        _ view: ViewPlan, _ table: GuardTable, _ bound: BoundViewPlan, _ wanted: Set<[GuardValue]>
    ) throws -> (rows: [Int], note: String?) {
        let keys = view.keys.map(\.sourceColumn)
        let hashes = Set(wanted.map { KeyHash.of($0) })
        let derived = Set(view.source.derived.map(\.name))
        if keys.contains(where: { derived.contains($0) }) {
            // A derived key has to be computed for each row before it can be compared.
            return (Array(0..<(try table.rowCount())), nil)
        }
        var (rows, owners): ([Int], [UInt64]) = ([], [])
        var first = 0
        try table.forEachBatch(keys) { batch in
            for (row, hash) in KeyHash.ofRows(batch).enumerated() where hashes.contains(hash) {
                rows.append(first + row)
                owners.append(hash)
            }
            first += batch.count
        }
        if rows.count <= mostRows { return (rows, nil) }
        // Entities with the fewest rows first, as many as fit.
        var counts: [UInt64: Int] = [:]
        for owner in owners { counts[owner, default: 0] += 1 }
        var kept: Set<UInt64> = []
        var sum = 0
        for (owner, count) in counts.sorted(by: { ($0.value, $0.key) < ($1.value, $1.key) }) {
            if sum + count > mostRows, !kept.isEmpty { break }
            sum += count
            kept.insert(owner)
        }
        let note =
            "Of '\(view.view.name)' the \(counts.count - kept.count) entities with the most rows were not recomputed."
        return (rows.indices.filter { kept.contains(owners[$0]) }.map { rows[$0] }, note)
    }

    private static func facts(
        _ source: FeatureSource, _ columns: [String: ExpressionVector], _ keys: [ExpressionVector], _ count: Int
    ) -> [Int32] {
        if source.eventKey.isEmpty { return (0..<count).map { Int32($0) } }
        let parts = keys + source.eventKey.compactMap { columns[$0] }
        var numbers: [[GuardValue]: Int32] = [:]
        return (0..<count).map { row in
            let key = parts.map { $0.value(row) }
            if let number = numbers[key] { return number }
            let number = Int32(numbers.count)
            numbers[key] = number
            return number
        }
    }

    /// The rows of an entity that count at a moment, in order, whatever their event times: known by then, the last known
    /// version of their fact, no retraction.
    ///
    /// - Parameters:
    ///   - moment: by when they must be known; `nil` for any time.
    ///   - isStrict: whether they must be known before that moment.
    func known(_ entity: [GuardValue], by moment: Int64?, isStrict: Bool) -> [Int] {
        let all = entities[entity] ?? []
        let known = all.filter { row in
            guard let moment else { return true }
            return isStrict ? availabilityTimes[row] < moment : availabilityTimes[row] <= moment
        }
        var last: [Int32: Int] = [:]
        for row in known {
            guard let other = last[facts[row]] else {
                last[facts[row]] = row
                continue
            }
            if (availabilityTimes[other], other) < (availabilityTimes[row], row) { last[facts[row]] = row }
        }
        return known.filter { last[facts[$0]] == $0 && !isRetraction[$0] }
    }
}
