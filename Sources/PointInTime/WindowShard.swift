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

    mutating func append(
        entity: Int32, eventTime: Int64, availabilityTime: Int64, ending: Int64?, row: Int32,
        values: [WindowColumn], at index: Int
    ) {
        entities.append(entity)
        eventTimes.append(eventTime)
        availabilityTimes.append(availabilityTime)
        if let ending { endings.append(ending) }
        rows.append(row)
        for column in columns.indices {
            if kinds[column] != .opaque { columns[column].bits.append(values[column].bits(index)) }
            columns[column].isValid.append(values[column].isValid(index))
        }
    }
}
