/// Rows to learn from and rows to judge by, set apart once.
///
///     let blocks = try TimeBlocks(times, Shares(parsing: ["0.8", "0.2"]))
///     let split = try HoldOut(times, blocks, LabelSpan(horizon: day, embargo: hour))
///     split.roles[0]    // .train, .test, .purged …
public struct HoldOut: Sendable {
    /// What each row is.
    public let roles: [RowRole]

    /// Parts that follow each other in time: earlier rows to learn from, later ones to judge by.
    ///
    /// A row is purged if its label's interval overlaps that of a row of a later part, and embargoed if it ends no
    /// further than the embargo before one. With groups, a group is where its latest rows are, and its rows of earlier
    /// parts are left out.
    ///
    /// - Parameter blocks: two or three.
    /// - Throws: ``SplitError/nothingLeft(_:)`` if a part loses all its rows.
    /// - Complexity: O(n) for n rows.
    public init(
        _ times: [Int64], _ blocks: TimeBlocks, _ span: LabelSpan = .none, groups: Categories? = nil
    ) throws(SplitError) {
        precondition((2...3).contains(blocks.count), "a split has two or three parts")
        let parts = RowRole.parts(blocks.count)
        let numbers = times.map { UInt8(truncatingIfNeeded: blocks.block(of: $0)) }
        var latest: [UInt8] = []
        if let groups {
            latest = [UInt8](repeating: 0, count: groups.count)
            for (row, code) in groups.codes.enumerated() {
                latest[Int(code)] = max(latest[Int(code)], numbers[row])
            }
        }
        var kept = [Int](repeating: 0, count: parts.count)
        var roles = [RowRole](repeating: .test, count: times.count)
        for row in times.indices {
            let number = Int(numbers[row])
            var role = parts[number]
            if number + 1 < parts.count {
                let fate = span.role(before: blocks.extents[number + 1].lowerBound, at: times[row])
                if fate != .train {
                    role = fate
                } else if let groups, latest[Int(groups.codes[row])] > number {
                    role = .shared
                }
            }
            roles[row] = role
            if !role.isLeftOut { kept[number] += 1 }
        }
        if let empty = kept.firstIndex(of: 0) { throw .nothingLeft(parts[empty].name) }
        self.roles = roles
    }

    /// Parts by number, as ``Assignment`` gives them.
    ///
    /// - Throws: ``SplitError/nothingLeft(_:)`` if a part has no rows.
    public init(_ assignment: Assignment) throws(SplitError) {
        precondition((2...3).contains(assignment.partCount), "a split has two or three parts")
        let parts = RowRole.parts(assignment.partCount)
        if let empty = assignment.sizes.firstIndex(of: 0) { throw .nothingLeft(parts[empty].name) }
        roles = assignment.parts.map { parts[Int($0)] }
    }
}
