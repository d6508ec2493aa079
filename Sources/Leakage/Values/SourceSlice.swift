import Features

/// Which row groups of a large source are read to recompute some labels, and which labels that is enough for.
///
/// A label needs all rows whose event times lie between the oldest that can count for it and its own time. In a file that is
/// in the order of time these are a few row groups.
struct SourceSlice {
    private let groups: [(rows: Range<Int>, moments: ClosedRange<Int64>)]
    private var isChosen: [Bool]
    /// How many rows are read.
    private(set) var rowCount = 0
    /// How far back from its time a label needs rows, in microseconds; `nil` for any time.
    let reach: Int64?

    /// Chooses row groups for as many labels as fit, in their order.
    ///
    /// - Parameters:
    ///   - times: the labels' times, in a seeded order.
    ///   - limit: the most rows that are read, but for the first label's.
    /// - Returns: `nil` if the source has no more rows, or what each label needs cannot be told.
    init?(_ view: ViewPlan, _ table: GuardTable, times: [Int64], embargo: Int64, limit: Int) throws {
        let isDerived = view.source.derived.contains { $0.name == view.source.eventTime }
        // The versions of one fact may lie anywhere.
        guard !isDerived, view.source.eventKey.isEmpty, let groups = try table.rowGroups(by: view.source.eventTime),
            groups.reduce(0, { $0 + $1.rows.count }) > limit
        else { return nil }
        self.groups = groups
        reach = Self.reach(of: view, embargo)
        isChosen = groups.map { _ in false }
        var least: (rows: Int, time: Int64)?
        for time in times {
            let rows = needed(by: time).reduce(0) { $0 + groups[$1].rows.count }
            if rowCount + rows <= limit {
                choose(time)
            } else if least.map({ rows < $0.rows }) ?? true {
                least = (rows, time)
            }
        }
        if rowCount == 0, let least { choose(least.time) }
        if rowCount == 0 { return nil }
    }

    /// The farthest that any column of a view looks back; `nil` where a value may be of any age.
    private static func reach(of view: ViewPlan, _ embargo: Int64) -> Int64? {
        var reach: Int64 = 0
        for column in view.columns {
            guard let seconds = column.window?.span.seconds ?? view.view.timeToLive?.seconds else { return nil }
            reach = max(reach, seconds * 1_000_000 + (column.window == nil ? 0 : embargo))
        }
        return reach
    }

    /// The groups that are not chosen yet and have rows that may count for a label.
    private func needed(by time: Int64) -> [Int] {
        let first = time - (reach ?? 0)
        return groups.indices.filter { !isChosen[$0] && groups[$0].moments.overlaps(first...time) }
    }

    private mutating func choose(_ time: Int64) {
        for group in needed(by: time) {
            isChosen[group] = true
            rowCount += groups[group].rows.count
        }
    }

    /// Whether any of some rows is read.
    func isRead(_ rows: Range<Int>) -> Bool {
        groups.indices.contains { isChosen[$0] && groups[$0].rows.overlaps(rows) }
    }

    /// Whether all rows with event times in a range are read.
    func covers(_ moments: ClosedRange<Int64>) -> Bool {
        !groups.indices.contains { !isChosen[$0] && groups[$0].moments.overlaps(moments) }
    }

    /// Whether a label can be recomputed, as far as that is known before rows are read.
    func mayCover(labelAt time: Int64) -> Bool { covers(time - (reach ?? 0)...time) }
}
