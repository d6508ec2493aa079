/// Rows gathered by entity, in their own order within one: a counting sort by entity code.
///
/// Rows whose code is negative or not below the number of entities belong to no group.
struct EntityGroups: ~Copyable {
    /// Where the rows of each entity begin in ``rows``; one more entry is the end.
    let starts: [Int32]
    /// The row numbers, entity by entity.
    let rows: FixedArray<Int32>

    /// Gathers `entities`, in time linear in their number and that of entities.
    init(_ entities: Span<Int32>, entityCount: Int, threads: Int) {
        let parts = entities.count < 1 << 16 ? 1 : max(1, threads)
        let bounds = evenBounds(of: entities.count, parts: parts)
        let places = FixedArray<Int32>(repeating: 0, count: entityCount * parts)
        let places_ = places.values
        forEach(below: parts, threads: threads) { part in
            let counts = UnsafeMutableBufferPointer(rebasing: places_[part * entityCount..<(part + 1) * entityCount])
            for row in bounds[part]..<bounds[part + 1] {
                let entity = Int(entities[unchecked: row])
                if entity >= 0 && entity < entityCount { counts[entity] &+= 1 }
            }
        }
        var starts: [Int32] = []
        starts.reserveCapacity(entityCount + 1)
        var place: Int32 = 0
        for entity in 0..<entityCount {
            starts.append(place)
            for part in 0..<parts {
                let count = places_[part * entityCount + entity]
                places_[part * entityCount + entity] = place
                place &+= count
            }
        }
        starts.append(place)
        let rows = FixedArray<Int32>(uninitializedCount: Int(place))
        let rows_ = rows.values
        forEach(below: parts, threads: threads) { part in
            let next = UnsafeMutableBufferPointer(rebasing: places_[part * entityCount..<(part + 1) * entityCount])
            for row in bounds[part]..<bounds[part + 1] {
                let entity = Int(entities[unchecked: row])
                guard entity >= 0 && entity < entityCount else { continue }
                rows_[Int(next[entity])] = Int32(truncatingIfNeeded: row)
                next[entity] &+= 1
            }
        }
        self.starts = starts
        self.rows = rows
    }

    /// Ranges of entities of about equal numbers of rows, for threads to take in turn.
    static func pieces(of starts: [Int32], about size: Int) -> [Range<Int>] {
        var pieces: [Range<Int>] = []
        var first = 0
        for entity in 0..<max(0, starts.count - 1) where Int(starts[entity + 1] - starts[first]) >= size {
            pieces.append(first..<(entity + 1))
            first = entity + 1
        }
        if first < starts.count - 1 { pieces.append(first..<(starts.count - 1)) }
        return pieces
    }
}
