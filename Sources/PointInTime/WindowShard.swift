/// The rows of some entities, kept until their windows are worked out.
struct WindowShard: Sendable {
    /// Values of one column.
    struct Values: Sendable {
        var bits: [UInt64] = []
        var isValid: [Bool] = []
    }

    /// Entities, counted from the shard's first.
    private(set) var entities: [Int32] = []
    private(set) var eventTimes: [Int64] = []
    private(set) var availabilityTimes: [Int64] = []
    /// The last cut for which each row counts; empty if no row of the source is ever replaced.
    private(set) var endings: [Int64] = []
    private(set) var rows: [Int32] = []
    private(set) var columns: [Values]
    private let kinds: [WindowColumn.Kind]

    init(kinds: [WindowColumn.Kind]) {
        self.kinds = kinds
        columns = Array(repeating: Values(), count: kinds.count)
    }

    /// Takes rows of a batch, column by column.
    ///
    /// - Parameters:
    ///   - rows: which rows of the batch, ascending.
    ///   - firstEntity: the shard's first entity.
    ///   - corrections: which rows of the source stop counting.
    mutating func append(
        _ rows: UnsafeMutableBufferPointer<Int32>, of batch: WindowBatch, firstEntity: Int32, corrections: Corrections
    ) {
        entities.append(contentsOf: rows.lazy.map { batch.entities[Int($0)] &- firstEntity })
        eventTimes.append(contentsOf: rows.lazy.map { batch.eventTimes[Int($0)] })
        availabilityTimes.append(contentsOf: rows.lazy.map { batch.availabilityTimes[Int($0)] })
        self.rows.append(contentsOf: rows.lazy.map { batch.firstRow &+ $0 })
        if !corrections.rows.isEmpty {
            var place = corrections.firstPlace(notBelow: Int(batch.firstRow))
            for row in rows {
                endings.append(corrections.ending(ofRow: batch.firstRow &+ row, from: &place) ?? .max)
            }
        }
        for (column, values) in batch.columns.enumerated() {
            switch values.values {
            case .numbers(let values):
                columns[column].bits.append(contentsOf: rows.lazy.map { values[Int($0)].bitPattern })
            case .floats(let values):
                columns[column].bits.append(contentsOf: rows.lazy.map { Double(values[Int($0)]).bitPattern })
            case .integers(let values):
                columns[column].bits.append(contentsOf: rows.lazy.map { UInt64(bitPattern: values[Int($0)]) })
            case .opaque: break
            }
            if let isValid = values.isValid {
                columns[column].isValid.append(contentsOf: rows.lazy.map { isValid[Int($0)] })
            } else {
                columns[column].isValid.append(contentsOf: repeatElement(true, count: rows.count))
            }
        }
    }
}

/// A batch of a source's rows on its way to the shards.
struct WindowBatch {
    let entities: UnsafeBufferPointer<Int32>
    let eventTimes: UnsafeBufferPointer<Int64>
    let availabilityTimes: UnsafeBufferPointer<Int64>
    let columns: [WindowColumn]
    let firstRow: Int32
}

/// Which rows of an entity some label may see, and which shard they go to.
struct WindowReach: Sendable {
    /// A row known at this time or later is seen by no label.
    let lastCut: Int64
    /// A row whose event is before this has left the longest window before the first label.
    let oldestEvent: Int64
    let shard: Int32

    /// The reach of an entity; `nil` if it has no label with a cut.
    init?(_ entity: Spine.Entity, of spine: Spine, longestWindow: UInt64, shard: Int) {
        guard entity.start < entity.end else { return nil }
        let (lastCut, isBeforeAllTime) = spine.times[Int(entity.end) - 1].subtractingReportingOverflow(spine.embargo)
        if isBeforeAllTime { return nil }
        self.lastCut = lastCut
        let (firstCut, isFirstBeforeAllTime) = entity.firstTime.subtractingReportingOverflow(spine.embargo)
        let (oldest, isOldestBeforeAllTime) = firstCut.subtractingReportingOverflow(Int64(longestWindow))
        oldestEvent = isFirstBeforeAllTime || isOldestBeforeAllTime ? .min : oldest
        self.shard = Int32(truncatingIfNeeded: shard)
    }

    /// What no row reaches.
    static let none = WindowReach()

    private init() {
        lastCut = .min
        oldestEvent = .min
        shard = -1
    }
}
