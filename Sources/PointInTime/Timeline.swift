/// One entity's rows and labels in order of time: which rows are in a label's window.
///
/// Rows are numbered by *rank*: their place in the order of (event time, availability time, row number). A row is in a
/// window of length *w* for the cuts after it is known, up to its event time + *w* or the time at which another version
/// replaces it. So rows enter in the order of the time at which they are known and leave in that of their events: as the
/// cut moves on, every row enters and leaves once.
struct Timeline: ~Copyable {
    /// How many rows there are.
    let count: Int
    /// Event times by rank.
    let events: FixedArray<Int64>
    /// By rank, the later of event and availability time: the row counts for cuts after it.
    let known: FixedArray<Int64>
    /// By rank, the last cut for which the row counts.
    let endings: FixedArray<Int64>
    /// The rows' places in the shard, by rank.
    let places: FixedArray<Int32>
    /// Ranks in the order of ``known``.
    let entering: FixedArray<Int32>
    /// Ranks of the rows that another version replaces, in the order of ``endings``.
    let replaced: FixedArray<Int32>
    /// The cut of each label, ascending.
    let cuts: [Int64]
    /// How many labels, the first ones, have a cut before all time: no row is known there.
    let skipped: Int

    /// Orders the rows of an entity.
    ///
    /// - Parameters:
    ///   - shard: where the rows are.
    ///   - places: which of the shard's rows are the entity's.
    ///   - labelTimes: the entity's label times, ascending.
    init(
        _ shard: WindowShard, _ places: UnsafeMutableBufferPointer<Int32>, labelTimes: Span<Int64>, embargo: Int64,
        sorter: inout RadixSorter
    ) {
        count = places.count
        let keys = FixedArray<UInt64>(uninitializedCount: count)
        for rank in 0..<count { keys[rank] = shard.eventTimes[Int(places[rank])].sortKey }
        sorter.sort(keys.values, places)
        Self.orderTies(shard, keys.values, places)
        events = FixedArray(uninitializedCount: count)
        known = FixedArray(uninitializedCount: count)
        endings = FixedArray(uninitializedCount: count)
        self.places = FixedArray(uninitializedCount: count)
        entering = FixedArray(uninitializedCount: count)
        var replacedCount = 0
        for rank in 0..<count {
            let place = Int(places[rank])
            events[rank] = keys[rank].fromSortKey
            known[rank] = max(events[rank], shard.availabilityTimes[place])
            endings[rank] = shard.endings.isEmpty ? .max : shard.endings[place]
            self.places[rank] = places[rank]
            entering[rank] = Int32(truncatingIfNeeded: rank)
            keys[rank] = known[rank].sortKey
            if endings[rank] < .max { replacedCount += 1 }
        }
        sorter.sort(keys.values, entering.values)
        replaced = FixedArray(uninitializedCount: replacedCount)
        replacedCount = 0
        for rank in 0..<count where endings[rank] < .max {
            replaced[replacedCount] = Int32(truncatingIfNeeded: rank)
            keys[replacedCount] = endings[rank].sortKey
            replacedCount += 1
        }
        sorter.sort(UnsafeMutableBufferPointer(rebasing: keys.values[..<replacedCount]), replaced.values)
        var cuts: [Int64] = []
        cuts.reserveCapacity(labelTimes.count)
        var skipped = 0
        for label in 0..<labelTimes.count {
            let (cut, isBeforeAllTime) = labelTimes[unchecked: label].subtractingReportingOverflow(embargo)
            cuts.append(cut)
            if isBeforeAllTime { skipped = label + 1 }
        }
        self.cuts = cuts
        self.skipped = skipped
    }

    /// Puts rows of the same event time in order of availability time and row number.
    private static func orderTies(
        _ shard: WindowShard, _ keys: UnsafeMutableBufferPointer<UInt64>, _ places: UnsafeMutableBufferPointer<Int32>
    ) {
        var first = 0
        while first < keys.count {
            var end = first + 1
            while end < keys.count && keys[end] == keys[first] { end += 1 }
            if end - first > 1 {
                places[first..<end].sort { left, right in
                    let (left, right) = (Int(left), Int(right))
                    let (leftTime, rightTime) = (shard.availabilityTimes[left], shard.availabilityTimes[right])
                    return leftTime != rightTime ? leftTime < rightTime : shard.rows[left] < shard.rows[right]
                }
            }
            first = end
        }
    }

    /// Whether a row is ever in a window of a length: not if its event has left before it is known.
    @inline(__always)
    private func enters(_ rank: Int, _ window: UInt64) -> Bool {
        UInt64(bitPattern: known[rank] &- events[rank]) < window
    }

    /// Whether a row is replaced before its event leaves a window of a length.
    @inline(__always)
    private func isReplaced(_ rank: Int, within window: UInt64) -> Bool {
        UInt64(bitPattern: endings[rank] &- events[rank]) < window
    }

    /// Moves a window over the labels: adds each row to `state` when it enters and removes it when it leaves, and calls
    /// `emit` with each label's number and its state.
    @inline(__always)
    func slide<State: SlidingState & ~Copyable>(
        over window: UInt64, _ state: inout State, emit: (borrowing State, Int) -> Void
    ) {
        var (entered, left, ended) = (0, 0, 0)
        for label in skipped..<max(skipped, cuts.count) {
            let cut = cuts[label]
            while entered < count {
                let rank = Int(entering[entered])
                guard known[rank] < cut else { break }
                if enters(rank, window) { state.add(rank) }
                entered &+= 1
            }
            while ended < replaced.values.count {
                let rank = Int(replaced[ended])
                guard endings[rank] < cut else { break }
                if enters(rank, window) && isReplaced(rank, within: window) { state.remove(rank) }
                ended &+= 1
            }
            if let lower = lowerBound(of: cut, window) {
                while left < count && events[left] < lower {
                    if enters(left, window) && !isReplaced(left, within: window) { state.remove(left) }
                    left &+= 1
                }
            }
            emit(state, label)
        }
    }

    /// Moves several windows over the labels at once: adds each row to `state` when it is known and removes it only when
    /// it is replaced, and calls `emit` for each label and window with the first rank that is in the window.
    @inline(__always)
    func sweep<State: SlidingState & ~Copyable>(
        over windows: [UInt64], _ state: inout State, emit: (borrowing State, _ label: Int, _ window: Int, Int) -> Void
    ) {
        var (entered, ended) = (0, 0)
        var left = [Int](repeating: 0, count: windows.count)
        for label in skipped..<max(skipped, cuts.count) {
            let cut = cuts[label]
            while entered < count && known[Int(entering[entered])] < cut {
                state.add(Int(entering[entered]))
                entered &+= 1
            }
            while ended < replaced.values.count && endings[Int(replaced[ended])] < cut {
                state.remove(Int(replaced[ended]))
                ended &+= 1
            }
            for window in windows.indices {
                if let lower = lowerBound(of: cut, windows[window]) {
                    while left[window] < count && events[left[window]] < lower { left[window] &+= 1 }
                }
                emit(state, label, window, left[window])
            }
        }
    }

    /// The event time from which on rows are in a window, or `nil` if all are.
    @inline(__always)
    private func lowerBound(of cut: Int64, _ window: UInt64) -> Int64? {
        let (lower, isBeforeAllTime) = cut.subtractingReportingOverflow(Int64(bitPattern: window))
        return isBeforeAllTime ? nil : lower
    }
}

/// What is known of the rows in a window, kept up to date as they come and go.
protocol SlidingState: ~Copyable {
    /// Takes in a row, by rank.
    mutating func add(_ rank: Int)
    /// Takes out a row that was taken in.
    mutating func remove(_ rank: Int)
}
