import Features
import Tables
import TrainingSets

/// A view that pushed rows go to: which entities they are of, and what each entity's rows become.
struct PushedView {
    let mark: ViewMark
    private let view: PreparedView
    private let now: Int64
    /// The rows, with the view's columns.
    private let rows: RecordBatch
    private let pushes: [PushID]
    /// The entities that the rows are of, each once, and which of the rows each has.
    let keys: [OnlineKey]
    private let rowsOfKey: [[Int]]

    /// - Parameters:
    ///   - rows: hold at least the columns of the view.
    ///   - pushes: the push of each row.
    init(_ plan: ViewPlan, _ mark: ViewMark, _ rows: RecordBatch, _ pushes: [PushID], now: Int64) throws {
        (self.mark, self.now) = (mark, now)
        view = try PreparedView(plan, fields: mark.fields, name: "the pushed rows")
        let columns = mark.fields.map { field in rows[field.name] ?? Column.nulls(field.type, count: rows.count) }
        self.rows = RecordBatch(Schema(mark.fields), columns, count: rows.count)
        self.pushes = pushes
        var (keys, rowsOfKey, known) = ([OnlineKey](), [[Int]](), [[UInt8]: Int]())
        try view.source(self.rows).forEachBatch { facts in
            for row in 0..<facts.count where facts.isRow?[row] ?? true {
                guard let entity = facts.entityKey(ofRow: row) else { continue }
                if let place = known[entity] {
                    rowsOfKey[place].append(facts.firstRow + row)
                } else {
                    known[entity] = keys.count
                    keys.append(OnlineKey(space: mark.space, entity: entity))
                    rowsOfKey.append([facts.firstRow + row])
                }
            }
        }
        (self.keys, self.rowsOfKey) = (keys, rowsOfKey)
    }

    /// The rows that the view does not leave out.
    var rowsThatCount: [Int] { rowsOfKey.flatMap { $0 }.sorted() }

    /// What the rows of the entities become.
    ///
    /// - Parameter old: what the store has of each of ``keys``.
    /// - Returns: `nil` where the store holds no rows, or where none can matter.
    func merged(_ old: [[UInt8]?]) throws -> [[UInt8]?]? {
        var columns = mark.fields.map { GrowingColumn($0.type) }
        var horizons: [Int64] = []
        // By place: the entity of each row, and where it comes from.
        var (entities, origins) = ([Int32](), [RowOrigin]())
        var stale = old.map { _ in EntityRows.StaleRow?.none }
        let own = pushes.map { RowOrigin.push($0) }
        try ColumnView.with(rows.columns[...]) { views in
            for (place, bytes) in old.enumerated() {
                var horizon = mark.horizon
                var known: Set<PushID> = []
                if let bytes {
                    guard let rows = EntityRows.read(bytes, at: keys[place], into: &columns) else { return }
                    (horizon, stale[place]) = (rows.horizon, rows.staleRow)
                    known = Set(rows.origins.compactMap(\.push))
                    origins += rows.origins
                    entities += Array(repeating: Int32(place), count: rows.count)
                }
                // What was applied before is there already.
                let added = rowsOfKey[place].filter { !known.contains(pushes[$0]) }
                let bytesOfAdded = EntityRows.bytes(of: added, own, views, horizon: 0, at: keys[place])
                guard EntityRows.read(bytesOfAdded, at: keys[place], into: &columns) != nil else { return }
                origins += added.map { own[$0] }
                entities += Array(repeating: Int32(place), count: added.count)
                // Rows of a day past answer for that day alone; others grow older with the clock.
                horizons.append(mark.until == nil ? max(horizon, now - (mark.watermark - mark.horizon)) : horizon)
            }
        }
        guard horizons.count == old.count else { return nil }
        return try chosen(columns.map { $0.finish() }, entities, origins, horizons, stale)
    }

    private func chosen(
        _ columns: [Column], _ entities: [Int32], _ origins: [RowOrigin], _ horizons: [Int64],
        _ stale: [EntityRows.StaleRow?]
    ) throws -> [[UInt8]?] {
        var rowsOfEntity = horizons.map { _ in [Int]() }
        let batch = RecordBatch(Schema(mark.fields), columns, count: entities.count)
        // Entities with one horizon are chosen for together; mostly that is all of them.
        for (horizon, places) in Dictionary(grouping: horizons.indices, by: { horizons[$0] }) {
            let own = Set(places.map { Int32($0) })
            var selection = RowSelection(view.plan, horizon: horizon, until: nil)
            var coder = EntityCoder(view.plan)
            try view.source(batch).forEachBatch { facts in
                let range = facts.firstRow..<facts.firstRow + facts.count
                let codes = range.map { row in
                    own.contains(entities[row]) && facts.isRow?[row - facts.firstRow] ?? true ? entities[row] : -1
                }
                selection.add(facts, entities: codes, facts: try coder.factCodes(of: facts))
            }
            for row in selection.finish() { rowsOfEntity[Int(row.entity)].append(Int(row.number)) }
        }
        return try ColumnView.with(columns[...]) { views in
            rowsOfEntity.indices.map { place in
                if rowsOfEntity[place].isEmpty { return nil }
                return EntityRows.bytes(
                    of: rowsOfEntity[place], origins, views, horizon: horizons[place], at: keys[place],
                    stale: stale[place])
            }
        }
    }
}
