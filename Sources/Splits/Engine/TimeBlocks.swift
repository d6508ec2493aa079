/// Consecutive runs of time, each with rows, none dividing rows of one moment.
public struct TimeBlocks: Sendable, Equatable {
    /// The first moment of each block but the first: rows at it belong to the later block.
    public let borders: [Int64]
    /// The times of the earliest and the latest row of each block.
    public let extents: [ClosedRange<Int64>]

    /// How many blocks there are.
    public var count: Int { extents.count }

    /// Blocks that come as close to the shares as rows of one moment allow, each with at least one moment.
    ///
    /// - Throws: ``SplitError/tooFew(_:found:needed:)`` if there are fewer moments than parts.
    /// - Complexity: O(n log n) for n rows.
    public init(_ times: [Int64], _ shares: Shares) throws(SplitError) {
        let sorted = times.sorted()
        // Where each distinct moment begins.
        let starts = sorted.indices.filter { $0 == 0 || sorted[$0] != sorted[$0 - 1] }
        let count = shares.parts.count
        if starts.count < count { throw .tooFew("different times", found: starts.count, needed: count) }
        var (chosen, borders): (Int, [Int64]) = (0, [])
        for (number, rank) in shares.ends(of: sorted.count).enumerated() {
            // The later parts keep a moment each.
            let allowed = (chosen + 1)...(starts.count - (count - 1 - number))
            chosen = Self.nearest(to: rank, in: starts, allowed)
            borders.append(sorted[starts[chosen]])
        }
        try self.init(sorted: sorted, borders: borders)
    }

    /// Blocks with given borders.
    ///
    /// - Throws: ``SplitError`` if the borders are not in order, or a block has no rows.
    /// - Complexity: O(n log n) for n rows.
    public init(_ times: [Int64], borders: [Int64]) throws(SplitError) {
        try self.init(sorted: times.sorted(), borders: borders)
    }

    private init(sorted: [Int64], borders: [Int64]) throws(SplitError) {
        var (start, extents): (Int, [ClosedRange<Int64>]) = (0, [])
        for number in 0...borders.count {
            if number > 0, number < borders.count, borders[number] <= borders[number - 1] { throw .bordersOutOfOrder }
            let end = number < borders.count ? Self.firstPlace(in: sorted, notBefore: borders[number]) : sorted.count
            if end <= start { throw .emptyBlock(number, of: borders.count + 1) }
            extents.append(sorted[start]...sorted[end - 1])
            start = end
        }
        (self.borders, self.extents) = (borders, extents)
    }

    /// The block of a time.
    @inline(__always)
    public func block(of time: Int64) -> Int {
        var (low, high) = (0, borders.count)
        while low < high {
            let middle = (low + high) / 2
            if borders[middle] <= time { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The index of the start that is nearest to a rank, of two the earlier one.
    private static func nearest(to rank: Int, in starts: [Int], _ allowed: ClosedRange<Int>) -> Int {
        var (low, high) = (allowed.lowerBound, allowed.upperBound)
        while low < high {
            let middle = (low + high) / 2
            if starts[middle] < rank { low = middle + 1 } else { high = middle }
        }
        if low > allowed.lowerBound, rank - starts[low - 1] <= abs(starts[low] - rank) { return low - 1 }
        return low
    }

    private static func firstPlace(in sorted: [Int64], notBefore time: Int64) -> Int {
        var (low, high) = (0, sorted.count)
        while low < high {
            let middle = (low + high) / 2
            if sorted[middle] < time { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
