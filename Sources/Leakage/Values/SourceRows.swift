import Features
import Tables

/// The rows of a source that belong to a few entities, with all that a view makes of each.
struct SourceRows {
    /// The rows of each entity by the hash of its keys, by (event time, availability time, order in the source).
    let entities: [UInt64: [Int]]
    /// When each row's fact happened, in microseconds.
    let eventTimes: [Int64]
    /// When it became known, in microseconds.
    let availabilityTimes: [Int64]
    /// When a later version of each row's fact became known; the greatest number for none.
    let replacedAt: [Int64]
    /// Rows of one fact have one number; `nil` where each row is a fact of its own.
    let facts: [Int32]?
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
    /// The entities that were asked for and left out, since all had too many rows.
    let leftOut: Set<UInt64>

    /// Reads the rows of some entities.
    ///
    /// - Parameters:
    ///   - wanted: the hashes of the entities' keys.
    ///   - alsoRead: further columns of the source, kept in ``columns``.
    ///   - slice: the rows of the source that are read; all if it is `nil`.
    ///   - limit: the most rows that are kept in memory, but for one entity's.
    init(
        _ view: ViewPlan, _ table: GuardTable, entities wanted: Set<UInt64>, alsoRead: [String], slice: SourceSlice?,
        limit: Int
    ) throws {
        let types = table.types
        let bound = try view.bound(toData: types)
        let names = Set(view.columnsOfData + view.source.columnsOfData(for: alsoRead)).filter { types[$0] != nil }
            .sorted()
        let (rows, leftOut) = try Self.find(view, table, wanted, slice, limit)
        self.leftOut = leftOut
        var batch = ExpressionBatch(count: rows.count, columns: try table.values(names, rows: rows))
        try bound.derive(in: &batch)
        var columns: [String: ExpressionVector] = [:]
        for name in names + bound.derived.map(\.name) {
            if let type = bound.derived.first(where: { $0.name == name })?.expression.type ?? types[name] {
                columns[name] = try Expression(column: name).bound(to: ColumnTypes([name: type])).evaluate(batch)
            }
        }
        self.columns = columns
        var isRow =
            try bound.sourceFilter.map { try $0.evaluate(batch).truths }
            ?? [Bool](repeating: true, count: rows.count)
        let times = try Self.times(view.source, table, rows, columns)
        (eventTimes, availabilityTimes) = (times.events, times.availability)
        // The join refuses rows without times, so there is nothing to compare for them.
        for row in isRow.indices where !times.isThere[row] { isRow[row] = false }
        isRetraction = try bound.retracted?.evaluate(batch).truths ?? [Bool](repeating: false, count: rows.count)
        passes = try bound.filter?.evaluate(batch).truths ?? [Bool](repeating: true, count: rows.count)
        values = try bound.values.map { try $0?.evaluate(batch) }
        valueFilters = try bound.valueFilters.map { try $0?.evaluate(batch) }
        let keys = view.keys.compactMap { columns[$0.sourceColumn] }
        let hashes = KeyHash.ofRows(keys, count: rows.count)
        entities = Self.grouped(isRow, hashes, wanted, times.events, times.availability)
        facts = Self.facts(view.source, columns, keys, rows.count)
        replacedAt = Self.replacements(facts, isRow, times.availability)
    }

    // MARK: Reading

    /// The rows of the entities, and the entities that are left out.
    private static func find(
        _ view: ViewPlan, _ table: GuardTable, _ wanted: Set<UInt64>, _ slice: SourceSlice?, _ limit: Int
    ) throws -> (rows: [Int], leftOut: Set<UInt64>) {
        func isRead(_ rows: Range<Int>) -> Bool { slice?.isRead(rows) ?? true }
        let keys = view.keys.map(\.sourceColumn)
        let derived = Set(view.source.derived.map(\.name))
        if keys.contains(where: { derived.contains($0) }) {
            // A derived key has to be computed for each row before it can be compared.
            return ((0..<(try table.rowCount())).filter { slice == nil || isRead($0..<$0 + 1) }, [])
        }
        let entities = Array(wanted)
        let numbers = HashNumbers(entities)
        var counts = [Int](repeating: 0, count: entities.count)
        var (rows, owners): ([Int], [Int32]) = ([], [])
        try table.forEachBatch(keys, where: isRead) { batch, first in
            for (row, hash) in KeyHash.ofRows(batch).enumerated() {
                guard let owner = numbers[hash] else { continue }
                rows.append(first + row)
                owners.append(Int32(owner))
                counts[owner] += 1
            }
        }
        if rows.count <= limit { return (rows, []) }
        // Entities with the fewest rows first, as many as fit.
        var isLeftOut = counts.map { _ in false }
        var sum = 0
        for owner in counts.indices.sorted(by: { (counts[$0], entities[$0]) < (counts[$1], entities[$1]) }) {
            if sum + counts[owner] > limit, sum > 0 { isLeftOut[owner] = true } else { sum += counts[owner] }
        }
        let kept = rows.indices.filter { !isLeftOut[Int(owners[$0])] }.map { rows[$0] }
        return (kept, Set(entities.indices.filter { isLeftOut[$0] }.map { entities[$0] }))
    }

    private static func times(
        _ source: FeatureSource, _ table: GuardTable, _ rows: [Int], _ columns: [String: ExpressionVector]
    ) throws -> (events: [Int64], availability: [Int64], isThere: [Bool]) {
        // A row is not known before the last part of a microsecond is over.
        let names = Set([source.eventTime, source.availability?.column].compactMap { $0 })
        let fine = names.filter { name in
            guard case .timestamp(.nanosecond, _)? = table.schema[name]?.type else { return false }
            return !source.derived.contains { $0.name == name }
        }.sorted()
        let later = fine.isEmpty ? [:] : try table.values(fine, rows: rows, roundsUp: true)
        func column(_ name: String) -> ExpressionVector? { later[name] ?? columns[name] }
        let event = column(source.eventTime)
        let known = source.availability?.column.map { column($0) } ?? event
        let lag = (source.availability?.lag.seconds ?? 0) * 1_000_000
        var (events, availability, isThere) = ([Int64](), [Int64](), [Bool]())
        for row in rows.indices {
            let (happened, wasKnown) = (event?.moment(row), known?.moment(row))
            isThere.append(happened != nil && wasKnown != nil)
            events.append(happened ?? 0)
            availability.append((wasKnown ?? 0).addingReportingOverflow(lag).partialValue)
        }
        return (events, availability, isThere)
    }

    private static func grouped(
        _ isRow: [Bool], _ hashes: [UInt64], _ wanted: Set<UInt64>, _ events: [Int64], _ availability: [Int64]
    ) -> [UInt64: [Int]] {
        var entities: [UInt64: [Int]] = [:]
        for row in isRow.indices where isRow[row] && wanted.contains(hashes[row]) {
            entities[hashes[row], default: []].append(row)
        }
        return entities.mapValues { rows in
            rows.sorted { left, right in
                if events[left] != events[right] { return events[left] < events[right] }
                if availability[left] != availability[right] { return availability[left] < availability[right] }
                return left < right
            }
        }
    }

    // MARK: Versions

    private static func facts(
        _ source: FeatureSource, _ columns: [String: ExpressionVector], _ keys: [ExpressionVector], _ count: Int
    ) -> [Int32]? {
        if source.eventKey.isEmpty { return nil }
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

    /// When the next version of each row's fact became known: the next by (availability time, order in the source).
    private static func replacements(_ facts: [Int32]?, _ isRow: [Bool], _ availability: [Int64]) -> [Int64] {
        var replacedAt = [Int64](repeating: .max, count: isRow.count)
        guard let facts else { return replacedAt }
        let rows = isRow.indices.filter { isRow[$0] }.sorted { left, right in
            if facts[left] != facts[right] { return facts[left] < facts[right] }
            if availability[left] != availability[right] { return availability[left] < availability[right] }
            return left < right
        }
        for (row, next) in zip(rows, rows.dropFirst()) where facts[row] == facts[next] {
            replacedAt[row] = availability[next]
        }
        return replacedAt
    }

    /// Whether a row counts at a moment, whatever its event time: it is known by then, is the last known version of its fact,
    /// and no retraction.
    ///
    /// - Parameters:
    ///   - moment: by when it must be known; `nil` for any time.
    ///   - isStrict: whether it must be known before that moment.
    @inline(__always)
    func counts(_ row: Int, by moment: Int64?, isStrict: Bool) -> Bool {
        if isRetraction[row] { return false }
        guard let moment else { return replacedAt[row] == .max }
        if isStrict { return availabilityTimes[row] < moment && replacedAt[row] >= moment }
        return availabilityTimes[row] <= moment && replacedAt[row] > moment
    }

    /// The places among an entity's rows of those whose event times lie in [start, end).
    func places(of rows: [Int], from start: Int64, until end: Int64) -> Range<Int> {
        func first(notBefore time: Int64) -> Int {
            var (low, high) = (0, rows.count)
            while low < high {
                let middle = (low + high) / 2
                if eventTimes[rows[middle]] < time { low = middle + 1 } else { high = middle }
            }
            return low
        }
        let from = first(notBefore: start)
        return from..<max(from, first(notBefore: end))
    }
}
