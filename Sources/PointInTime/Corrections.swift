/// Which rows of a source were corrected or taken back, and when that became known.
///
/// Rows with the same entity and event key are versions of one fact: of those known by a label's cut, only the one known
/// last counts (the greatest availability time, then the later row), and none if that is a retraction. So each version
/// counts until the next one is known. Only the rows for which that matters are listed here.
///
///     var versions = FactVersions(spine: spine, threads: 2)
///     try versions.add(entities: …, eventKeys: …, availabilityTimes: …, retracted: …, firstRow: 0)
///     var join = try AsOfJoin(spine: spine, corrections: versions.finish(), threads: 2)
public struct Corrections: Sendable, Equatable {
    /// The rows that stop counting, ascending.
    public let rows: [Int32]
    /// For each of these, the availability time of the version that replaces it; `Int64.min` for a row that never counts
    /// because it is a retraction itself.
    public let endings: [Int64]

    /// No corrections: each row is a fact of its own.
    public static let none = Corrections(rows: [], endings: [])

    /// When a row stops counting; `nil` if it does not.
    ///
    /// - Parameter place: the place in ``rows`` up to which earlier rows were looked for: rows must ascend.
    @inline(__always)
    func ending(ofRow row: Int32, from place: inout Int) -> Int64? {
        while place < rows.count && rows[place] < row { place &+= 1 }
        return place < rows.count && rows[place] == row ? endings[place] : nil
    }

    /// The place in ``rows`` of the first that is not below `row`.
    func firstPlace(notBelow row: Int) -> Int {
        var (low, high) = (0, rows.count)
        while low < high {
            let middle = (low + high) / 2
            if Int(rows[middle]) < row { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// Collects the versions of a source's facts, to learn from them its ``Corrections``.
///
/// The memory is 24 bytes a row that some label may know of, while it collects. The time is linear in the rows, but for
/// the sorting of versions within a few thousand buckets.
public struct FactVersions: ~Copyable {
    private struct Version: BitwiseCopyable {
        var eventKey: Int64
        var availabilityTime: Int64
        var row: Int32
        /// The entity's code, its sign bit set for a retraction.
        var entityAndRetraction: UInt32

        var entity: UInt32 { entityAndRetraction & ~(1 << 31) }
        var isRetraction: Bool { entityAndRetraction >> 31 == 1 }

        func isSameFact(as other: Version) -> Bool { entity == other.entity && eventKey == other.eventKey }

        static func < (left: Version, right: Version) -> Bool {
            if left.eventKey != right.eventKey { return left.eventKey < right.eventKey }
            if left.entity != right.entity { return left.entity < right.entity }
            if left.availabilityTime != right.availabilityTime { return left.availabilityTime < right.availabilityTime }
            return left.row < right.row
        }
    }

    private let spine: Spine
    private let threads: Int
    /// Versions by the upper bits of a hash of entity and event key.
    private var buckets: [[Version]]

    private static var bucketBits: Int { 10 }

    /// Prepares to collect the versions of one source's facts.
    public init(spine: Spine, threads: Int = 1) {
        self.spine = spine
        self.threads = max(1, threads)
        buckets = Array(repeating: [], count: 1 << Self.bucketBits)
    }

    /// Takes a batch of the source's rows.
    ///
    /// - Parameters:
    ///   - entities: the spine's code of each row's entity.
    ///   - eventKeys: what identifies the fact within its entity: a number, or a code of ``KeyCoder``.
    ///   - availabilityTimes: when the version became known.
    ///   - retracted: whether the row takes the fact back.
    ///   - firstRow: the number of the batch's first row in the source.
    /// - Throws: ``PointInTimeError`` if the columns differ in length or row numbers run out.
    public mutating func add(
        entities: Span<Int32>, eventKeys: Span<Int64>, availabilityTimes: Span<Int64>, retracted: Span<Bool>,
        firstRow: Int
    ) throws(PointInTimeError) {
        try checkLength("event key", of: eventKeys.count, is: entities.count)
        try checkLength("availability time", of: availabilityTimes.count, is: entities.count)
        try checkLength("retracted", of: retracted.count, is: entities.count)
        try checkRowCount(firstRow + entities.count)
        let (spine, threads) = (spine, threads)
        buckets.withUnsafeMutableBufferPointer { buckets in
            let (headers, times) = (spine.entities.span, spine.times.span)
            forEach(below: threads, threads: threads) { share in
                for row in 0..<entities.count {
                    let entity = entities[unchecked: row]
                    guard entity >= 0 && Int(entity) < headers.count else { continue }
                    let hash = Hash.mix(UInt64(entity), UInt64(bitPattern: eventKeys[unchecked: row]))
                    let bucket = Int(hash >> UInt64(64 - Self.bucketBits))
                    guard bucket % threads == share else { continue }
                    let header = headers[unchecked: Int(entity)]
                    let (time, isTooLate) = availabilityTimes[unchecked: row].addingReportingOverflow(spine.embargo)
                    // What becomes known after the last label's cut neither counts nor ends another's counting.
                    guard header.start < header.end, !isTooLate, time <= times[unchecked: Int(header.end) - 1] else {
                        continue
                    }
                    buckets[bucket].append(
                        Version(
                            eventKey: eventKeys[unchecked: row], availabilityTime: availabilityTimes[unchecked: row],
                            row: Int32(truncatingIfNeeded: firstRow &+ row),
                            entityAndRetraction: UInt32(entity) | (retracted[unchecked: row] ? 1 << 31 : 0)))
                }
            }
        }
    }

    /// What the versions taken in say.
    public consuming func finish() -> Corrections {
        var buckets = buckets
        let threads = threads
        var found = [[(row: Int32, ending: Int64)]](repeating: [], count: buckets.count)
        buckets.withUnsafeMutableBufferPointer { buckets in
            found.withUnsafeMutableBufferPointer { found in
                forEach(below: buckets.count, threads: threads) { bucket in
                    buckets[bucket].sort { $0 < $1 }
                    found[bucket] = Self.endings(in: buckets[bucket])
                    buckets[bucket] = []
                }
            }
        }
        let all = found.flatMap { $0 }
        let keys = FixedArray<UInt64>(uninitializedCount: all.count)
        let places = FixedArray<Int32>(uninitializedCount: all.count)
        for place in all.indices {
            keys[place] = UInt64(all[place].row)
            places[place] = Int32(truncatingIfNeeded: place)
        }
        var sorter = RadixSorter()
        sorter.sort(keys.values, places.values)
        return Corrections(
            rows: places.values.map { all[Int($0)].row }, endings: places.values.map { all[Int($0)].ending })
    }

    private static func endings(in versions: [Version]) -> [(row: Int32, ending: Int64)] {
        var endings: [(row: Int32, ending: Int64)] = []
        for index in versions.indices {
            let version = versions[index]
            if version.isRetraction {
                endings.append((version.row, .min))
            } else if index + 1 < versions.count, version.isSameFact(as: versions[index + 1]) {
                endings.append((version.row, versions[index + 1].availabilityTime))
            }
        }
        return endings
    }
}
