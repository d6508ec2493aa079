/// Rows that belong together, told by small numbers: groups, or the strata of a label.
public struct Categories: Sendable {
    /// The number of each row's category, from 0.
    public let codes: [Int32]
    /// How many categories there are.
    public let count: Int

    /// Takes numbers below `count`, each of which some row has.
    public init(_ codes: [Int32], count: Int) {
        precondition(codes.allSatisfy { $0 >= 0 && $0 < count }, "a category is out of range")
        (self.codes, self.count) = (codes, count)
    }

    /// One category with all rows.
    public init(one rows: Int) {
        (codes, count) = (Array(repeating: 0, count: rows), 1)
    }

    /// How many rows each category has.
    public var sizes: [Int] {
        var sizes = [Int](repeating: 0, count: count)
        for code in codes { sizes[Int(code)] += 1 }
        return sizes
    }

    /// The rows of each category, one category after another in `rows`, in order; category *c* has
    /// `rows[starts[c]..<starts[c + 1]]`.
    var members: (rows: [Int], starts: [Int]) {
        var starts = [0]
        for size in sizes { starts.append(starts[starts.count - 1] + size) }
        var next = starts
        var rows = [Int](repeating: 0, count: codes.count)
        for (row, code) in codes.enumerated() {
            rows[next[Int(code)]] = row
            next[Int(code)] += 1
        }
        return (rows, starts)
    }
}
