/// Rows divided into folds, each of which judges once what was learned from the others.
///
///     let folds = try Folds(purging: times, count: 5, LabelSpan(horizon: day, embargo: hour))
///     folds.fold[0]              // in which fold row 0 judges
///     folds.role(of: 0, in: 2)   // what it is when fold 2 judges
public struct Folds: Sendable {
    /// How many folds there are.
    public let count: Int
    /// The fold, from 0, in which each row judges: exactly one.
    public let fold: [Int32]
    /// The folds' runs of time, where folds are such.
    public let blocks: TimeBlocks?

    private let times: [Int64]
    private let span: LabelSpan
    private let groups: Categories?
    /// A bit for each group and fold: whether the group has rows in it.
    private let presence: BitMatrix

    /// Purged folds (López de Prado, 2018, chapter 7): consecutive runs of time of about one size.
    ///
    /// When a fold judges, a row of another is purged if its label's interval overlaps that of a row of the fold, and
    /// embargoed if it follows the end of the fold's last label by no more than the embargo. With groups, rows whose
    /// group has rows in the fold are left out too.
    ///
    /// - Throws: ``SplitError`` if there are fewer moments than folds, or a fold is left with nothing to learn from.
    /// - Complexity: O(n log n + n · folds) for n rows.
    public init(
        purging times: [Int64], count: Int, _ span: LabelSpan, groups: Categories? = nil
    ) throws(SplitError) {
        let blocks = try TimeBlocks(times, Shares(equal: count))
        fold = times.map { Int32(truncatingIfNeeded: blocks.block(of: $0)) }
        var presence = BitMatrix(rows: groups?.count ?? 0, columns: count)
        if let groups {
            for (row, code) in groups.codes.enumerated() { presence.set(Int(code), Int(fold[row])) }
        }
        (self.count, self.blocks, self.times) = (count, blocks, times)
        (self.span, self.groups, self.presence) = (span, groups, presence)
        for number in 0..<count where !times.indices.contains(where: { role(of: $0, in: number) == .train }) {
            throw .nothingToLearn(fold: number + 1)
        }
    }

    /// Folds by number, as ``Assignment`` gives them; nothing is left out.
    ///
    /// - Throws: ``SplitError`` if a fold has no rows.
    public init(_ assignment: Assignment) throws(SplitError) {
        if let empty = assignment.sizes.firstIndex(of: 0) { throw .nothingLeft("fold \(empty + 1)") }
        (count, fold, blocks) = (assignment.partCount, assignment.parts, nil)
        (times, span, groups, presence) = ([], .none, nil, BitMatrix(rows: 0, columns: 0))
    }

    /// Whether a row may be left out, so that the fold of a row does not say all.
    public var leavesOut: Bool { blocks != nil && (!span.isNone || groups != nil) }

    /// What a row is when a fold judges: `test`, `train`, or why it is left out.
    @inline(__always)
    public func role(of row: Int, in fold: Int) -> RowRole {
        let own = Int(self.fold[row])
        if own == fold { return .test }
        guard let blocks else { return .train }
        let extent = blocks.extents[fold]
        // The embargo follows what judges; before it the purge is enough.
        let purge = LabelSpan(horizon: span.horizon, embargo: 0)
        let fate =
            own < fold
            ? purge.role(before: extent.lowerBound, at: times[row])
            : span.role(after: extent.upperBound, at: times[row])
        if fate != .train { return fate }
        if let groups, presence[Int(groups.codes[row]), fold] { return .shared }
        return .train
    }
}

/// Bits in rows and columns.
struct BitMatrix: Sendable {
    private let width: Int
    private var words: [UInt64]

    init(rows: Int, columns: Int) {
        width = (columns + 63) / 64
        words = Array(repeating: 0, count: rows * width)
    }

    subscript(row: Int, column: Int) -> Bool { words[row * width + column >> 6] >> UInt64(column & 63) & 1 != 0 }

    mutating func set(_ row: Int, _ column: Int) { words[row * width + column >> 6] |= 1 << UInt64(column & 63) }
}
