// What filling does about rows that were pushed: keeping those that came meanwhile, and finding those that the journal lost.

extension Materializer {
    /// Those of some pushes that the journal does not have: rows are written together with their entry, so that it was lost.
    func lost(_ pushes: Set<PushID>, source: String) throws(OnlineStoreError) -> Set<PushID> {
        if pushes.isEmpty { return [] }
        let ids = pushes.sorted()
        let entries = try storage.values(of: ids.map { PushJournal.key($0, source: source) })
        return Set(zip(ids, entries).filter { $1 == nil }.map(\.0))
    }

    /// How many rows of a space are of pushes that the journal does not have.
    ///
    /// - Parameter known: pushes that it has.
    func lostRows(in space: String, known: Set<PushID>, source: String) throws(OnlineStoreError) -> Int {
        var found: [PushID: Int] = [:]
        var entities: Set<[UInt8]> = []
        try storage.forEachEntity(in: space) { some throws(OnlineStoreError) in
            // Some may be told twice.
            let keys = some.filter { entities.insert($0).inserted }.map { OnlineKey(space: space, entity: $0) }
            for bytes in try storage.values(of: keys) {
                for push in bytes.map(EntityRows.pushes) ?? [] where !known.contains(push) {
                    found[push, default: 0] += 1
                }
            }
        }
        return try lost(Set(found.keys), source: source).reduce(0) { $0 + (found[$1] ?? 0) }
    }
}

extension EntityRows {
    /// Rows with those of others behind them that were pushed and are not known; `nil` if either cannot be read.
    static func adding(
        pushesOf others: [UInt8], to rows: [UInt8]?, at key: OnlineKey, _ mark: ViewMark, _ known: Set<PushID>
    ) -> [UInt8]? {
        var columns = mark.fields.map { GrowingColumn($0.type) }
        var (origins, horizon) = ([RowOrigin](), mark.horizon)
        var stale: StaleRow?
        if let rows {
            guard let read = EntityRows.read(rows, at: key, into: &columns) else { return nil }
            (origins, stale) = (read.origins, read.staleRow)
        }
        let count = origins.count
        guard let read = EntityRows.read(others, at: key, into: &columns) else { return nil }
        origins += read.origins
        horizon = max(horizon, read.horizon)
        let kept = (0..<origins.count).filter { row in
            row < count || origins[row].push.map { !known.contains($0) } ?? false
        }
        return try? ColumnView.with(columns.map { $0.finish() }[...]) { views in
            EntityRows.bytes(of: kept, origins, views, horizon: horizon, at: key, stale: stale)
        }
    }
}
