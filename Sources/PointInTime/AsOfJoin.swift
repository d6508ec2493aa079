/// Finds for each label the row of a source that was current then and known by then: a plain view.
///
/// For a label at time *t* and its cut *t* − embargo, that is the row with the greatest (event time, availability time,
/// row number) of those with event time ≤ cut, availability time ≤ cut and *t* − event time ≤ time to live.
///
/// Rows come in batches, in any order; what is found does not depend on how they are cut, nor on the number of threads.
/// The time is linear in the number of rows, and the memory is 24 bytes a label, however many rows there are, and 72 if there are
/// corrections.
///
/// How: a row counts for a label from the later of its two times on, so it is put at the first label of its entity
/// that is not before that time, where only the best row is kept. A running maximum over the entity's labels then yields
/// each label's row. The best row is the one with the latest event, so if it is too old every other is. A row that a
/// later version replaces counts for a stretch of labels only, and is put into the few nodes of a tree that make it up.
public struct AsOfJoin: ~Copyable {
    private let spine: Spine
    private let timeToLive: UInt64
    private let threads: Int
    private let corrections: Corrections
    private let candidates: FixedArray<Candidate>
    /// Rows that count up to some label only: a tree over each entity's labels, two nodes a label. Empty without
    /// corrections.
    private let bounded: FixedArray<Candidate>

    /// Prepares a join of one source.
    ///
    /// - Parameters:
    ///   - spine: the labels.
    ///   - timeToLive: the greatest age of a row's event at the label's time; `nil` for any.
    ///   - corrections: which rows stop counting and when; they must be those of this source and spine.
    ///   - threads: how many threads may work on a batch.
    /// - Throws: ``PointInTimeError/negative(what:value:)`` for a negative time to live.
    public init(
        spine: Spine, timeToLive: Int64? = nil, corrections: Corrections = .none, threads: Int = 1
    ) throws(PointInTimeError) {
        try checkNotNegative("time to live", timeToLive ?? 0)
        self.spine = spine
        self.timeToLive = timeToLive.map(UInt64.init) ?? .max
        self.threads = max(1, threads)
        self.corrections = corrections
        let candidates = FixedArray<Candidate>(uninitializedCount: spine.times.count)
        let (places, bounds) = (candidates.values, evenBounds(of: spine.times.count, parts: self.threads))
        forEach(below: self.threads, threads: self.threads) { part in
            UnsafeMutableBufferPointer(rebasing: places[bounds[part]..<bounds[part + 1]]).initialize(repeating: .none)
        }
        self.candidates = candidates
        bounded = FixedArray(repeating: .none, count: corrections.rows.isEmpty ? 0 : 2 * spine.times.count)
    }

    /// Takes a batch of the source's rows.
    ///
    /// - Parameters:
    ///   - entities: the spine's code of each row's entity; rows of a negative code, or of entities that the spine does
    ///     not have, are passed over.
    ///   - eventTimes: when the fact happened.
    ///   - availabilityTimes: when it became known; pass the event times where the two are one.
    ///   - firstRow: the number of the batch's first row in the source.
    /// - Throws: ``PointInTimeError`` if the columns differ in length or row numbers run out.
    public mutating func add(
        entities: Span<Int32>, eventTimes: Span<Int64>, availabilityTimes: Span<Int64>, firstRow: Int
    ) throws(PointInTimeError) {
        try checkLength("event time", of: eventTimes.count, is: entities.count)
        try checkLength("availability time", of: availabilityTimes.count, is: entities.count)
        try checkRowCount(firstRow + entities.count)
        let placement = Placement(
            spine: spine, corrections: corrections, candidates: candidates.values, bounded: bounded.values,
            firstRow: firstRow)
        let shares = placement.shares(
            entities: entities, eventTimes: eventTimes, availabilityTimes: availabilityTimes, threads: threads)
        forEach(below: shares.count, threads: threads) { share in
            placement.place(
                entities: entities, eventTimes: eventTimes, availabilityTimes: availabilityTimes, within: shares[share])
        }
    }

    /// The number of the source's row for each label, in the order in which the labels were given; -1 where there is
    /// none.
    public consuming func finish() -> [Int32] {
        let (spine, timeToLive) = (spine, timeToLive)
        let (candidates, bounded) = (candidates.values, bounded.values)
        return [Int32](unsafeUninitializedCapacity: spine.count) { found, count in
            found.initialize(repeating: -1)
            let pieces = spine.pieces(about: 1 << 16)
            let (times, rows) = (spine.times.span, spine.rows.span)
            forEach(below: pieces.count, threads: threads) { piece in
                for entity in pieces[piece] {
                    let header = spine.entities[entity]
                    Self.spreadDown(bounded, over: header)
                    var running = Candidate.none
                    for position in Int(header.start)..<Int(header.end) {
                        if candidates[position].isAfter(running) { running = candidates[position] }
                        var best = running
                        if !bounded.isEmpty {
                            let leaf = bounded[position + Int(header.end)]
                            if leaf.isAfter(best) { best = leaf }
                        }
                        // The event is not after the label, so the difference, taken as unsigned, does not overflow.
                        let age = UInt64(bitPattern: times[unchecked: position] &- best.eventTime)
                        if best.row >= 0 && age <= timeToLive { found[Int(rows[unchecked: position])] = best.row }
                    }
                }
            }
            count = spine.count
        }
    }

    /// Hands each node's row down to the nodes below it, so that a leaf has the best of those above it.
    private static func spreadDown(_ bounded: UnsafeMutableBufferPointer<Candidate>, over header: Spine.Entity) {
        guard !bounded.isEmpty, header.start < header.end else { return }
        let tree = UnsafeMutableBufferPointer(rebasing: bounded[2 * Int(header.start)..<2 * Int(header.end)])
        for node in 1..<max(1, tree.count / 2) {
            for child in 2 * node...2 * node + 1 where tree[node].isAfter(tree[child]) { tree[child] = tree[node] }
        }
    }
}

extension Spine {
    /// Ranges of entities with about equally many labels, for threads to take in turn.
    func pieces(about size: Int) -> [Range<Int>] {
        var pieces: [Range<Int>] = []
        var (first, labels) = (0, 0)
        for entity in entities.indices {
            labels += Int(entities[entity].end - entities[entity].start)
            guard labels >= size else { continue }
            pieces.append(first..<entity + 1)
            (first, labels) = (entity + 1, 0)
        }
        if first < entities.count { pieces.append(first..<entities.count) }
        return pieces
    }
}
