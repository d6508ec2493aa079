/// The rows to be labelled, arranged so that a fact finds the first label that may know it.
///
/// This is where a point-in-time join begins. Entities are dense codes, as ``KeyCoder`` gives them; all times of a join
/// are whole numbers of one unit, which the caller chooses.
///
///     let spine = try Spine(entities: codes.span, labelTimes: times.span, embargo: 0, threads: 2)
///     var join = try AsOfJoin(spine: spine, timeToLive: 30 * day, threads: 2)
///     try join.add(entities: …, eventTimes: …, availabilityTimes: …, firstRow: 0)
///     let rows = join.finish()  // for each label, the row of the source that was known then, or -1
///
/// The memory is 16 bytes a label and 24 bytes an entity.
public struct Spine: Sendable {
    /// Where the labels of one entity are, and how to guess a label's place from its time.
    struct Entity {
        /// The least label time.
        var firstTime: Int64
        /// How many cells of the grid a unit of time is.
        var cellsPerUnit: Double
        /// The first position.
        var start: Int32
        /// One past the last position.
        var end: Int32
    }

    /// How many labels there are.
    public let count: Int
    /// One more than the greatest entity code.
    public let entityCount: Int
    /// The gap kept between the last fact known and a label's time: a label's *cut* is its time less this.
    public let embargo: Int64

    let entities: [Entity]
    /// The label times by entity, ascending within one. A place in this array is a *position*.
    let times: [Int64]
    /// The label's own row at each position.
    let rows: [Int32]
    /// For each entity a grid with as many cells as labels, evenly spaced over its time: the first position in or after
    /// the cell.
    let grid: [Int32]

    /// Arranges labels by entity and time.
    ///
    /// - Parameters:
    ///   - entities: the entity's code of each label; a label with a negative code (its key was null) finds nothing.
    ///   - labelTimes: the time of each label.
    ///   - embargo: see ``embargo``.
    ///   - threads: how many threads may work.
    /// - Throws: ``PointInTimeError`` if the columns differ in length or the embargo is negative.
    /// - Complexity: linear in the number of labels.
    public init(
        entities: Span<Int32>, labelTimes: Span<Int64>, embargo: Int64 = 0, threads: Int = 1
    ) throws(PointInTimeError) {
        try checkLength("label time", of: labelTimes.count, is: entities.count)
        try checkNotNegative("embargo", embargo)
        try checkRowCount(entities.count)
        var greatest: Int32 = -1
        for row in 0..<entities.count { greatest = max(greatest, entities[unchecked: row]) }
        let entityCount = Int(greatest) + 1
        let groups = EntityGroups(entities, entityCount: entityCount, threads: threads)
        let starts = groups.starts
        let positions = Int(starts[entityCount])
        let headers = FixedArray(
            repeating: Entity(firstTime: 0, cellsPerUnit: 0, start: 0, end: 0), count: entityCount)
        let keys = FixedArray<UInt64>(uninitializedCount: positions)
        let grid = FixedArray<Int32>(uninitializedCount: positions)
        let (rows_, keys_, grid_, headers_) = (groups.rows.values, keys.values, grid.values, headers.values)
        let pieces = EntityGroups.pieces(of: starts, about: 1 << 14)
        forEach(below: pieces.count, threads: threads) { piece in
            var sorter = RadixSorter()
            for entity in pieces[piece] {
                let places = Int(starts[entity])..<Int(starts[entity + 1])
                guard !places.isEmpty else { continue }
                for place in places { keys_[place] = labelTimes[unchecked: Int(rows_[place])].sortKey }
                sorter.sort(
                    UnsafeMutableBufferPointer(rebasing: keys_[places]),
                    UnsafeMutableBufferPointer(rebasing: rows_[places]))
                headers_[entity] = Self.layGrid(grid_, over: keys_, at: places)
            }
        }
        self.count = entities.count
        self.entityCount = entityCount
        self.embargo = embargo
        self.entities = Array(headers_)
        self.times = keys_.map(\.fromSortKey)
        self.rows = Array(rows_)
        self.grid = Array(grid_)
    }

    private static func layGrid(
        _ grid: UnsafeMutableBufferPointer<Int32>, over keys: UnsafeMutableBufferPointer<UInt64>, at places: Range<Int>
    ) -> Entity {
        let (first, last) = (keys[places.lowerBound], keys[places.upperBound - 1])
        let entity = Entity(
            firstTime: first.fromSortKey, cellsPerUnit: Double(places.count) / (Double(last - first) + 1),
            start: Int32(truncatingIfNeeded: places.lowerBound), end: Int32(truncatingIfNeeded: places.upperBound))
        var cell = 0
        for place in places {
            let reached = entity.cell(of: keys[place].fromSortKey)
            while cell <= reached {
                grid[places.lowerBound + cell] = Int32(truncatingIfNeeded: place)
                cell += 1
            }
        }
        while cell < places.count {
            grid[places.lowerBound + cell] = Int32(truncatingIfNeeded: places.upperBound)
            cell += 1
        }
        return entity
    }

    /// The same labels with another embargo.
    ///
    /// - Throws: ``PointInTimeError/negative(what:value:)`` if it is negative.
    public func withEmbargo(_ embargo: Int64) throws(PointInTimeError) -> Spine {
        try checkNotNegative("embargo", embargo)
        return Spine(copying: self, embargo: embargo)
    }

    private init(copying other: Spine, embargo: Int64) {
        count = other.count
        entityCount = other.entityCount
        self.embargo = embargo
        entities = other.entities
        times = other.times
        rows = other.rows
        grid = other.grid
    }
}

extension Spine.Entity {
    /// The cell of the grid for a time that is not before the first: it never falls as the time rises.
    @inline(__always)
    func cell(of time: Int64) -> Int {
        let cells = Int(end &- start)
        let cell = Double(UInt64(bitPattern: time &- firstTime)) * cellsPerUnit
        return cell < Double(cells) ? Int(cell) : cells &- 1
    }

    /// The first position whose label time is not before `time`; ``end`` if there is none.
    ///
    /// A label in a lower cell is earlier and one in a higher cell is later, so that only the cell itself is searched:
    /// a label or so where labels are spread evenly, half of those left at each step where they are not.
    @inline(__always)
    func firstPosition(notBefore time: Int64, times: Span<Int64>, grid: Span<Int32>) -> Int {
        let (start, end) = (Int(start), Int(end))
        if time <= firstTime { return start }
        let cell = cell(of: time)
        let low = Int(grid[unchecked: start &+ cell])
        let high = start &+ cell &+ 1 < end ? Int(grid[unchecked: start &+ cell &+ 1]) : end
        return Spine.firstPosition(from: low, to: high, notBefore: time, times: times)
    }
}

extension Spine {
    /// The first position from `low` on whose label time is not before `time`; `high` if there is none before it.
    @inline(__always)
    static func firstPosition(from low: Int, to high: Int, notBefore time: Int64, times: Span<Int64>) -> Int {
        var (low, high) = (low, high)
        while high &- low > 8 {
            let middle = (low &+ high) >> 1
            if times[unchecked: middle] < time { low = middle &+ 1 } else { high = middle }
        }
        while low < high && times[unchecked: low] < time { low &+= 1 }
        return low
    }
}

func checkLength(_ column: String, of found: Int, is expected: Int) throws(PointInTimeError) {
    if found != expected { throw .lengthsDiffer(column: column, expected: expected, found: found) }
}

func checkNotNegative(_ what: String, _ value: Int64) throws(PointInTimeError) {
    if value < 0 { throw .negative(what: what, value: value) }
}

func checkRowCount(_ count: Int) throws(PointInTimeError) {
    if count >= Int32.max { throw .tooManyRows(limit: Int(Int32.max) - 1) }
}
