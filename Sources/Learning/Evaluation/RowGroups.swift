import Tables

/// Which rows belong together, such as the answers to one question.
public struct RowGroups: Sendable, Equatable {
    /// The number of each row's group, from 0.
    public let numbers: [Int32]
    /// The rows, group by group, in their order.
    let rows: [Int32]
    /// Where each group begins in ``rows``, and where the last ends.
    let starts: [Int]

    /// Groups rows whose names are equal; groups are numbered as they come.
    public init<Name: Hashable>(_ names: [Name]) {
        var known: [Name: Int32] = [:]
        let numbers = names.map { name in
            let next = Int32(known.count)
            if let number = known[name] { return number }
            known[name] = next
            return next
        }
        self.init(numbers: numbers, count: known.count)
    }

    private init(numbers: [Int32], count: Int) {
        var starts = [Int](repeating: 0, count: count + 1)
        for number in numbers { starts[Int(number) + 1] += 1 }
        for group in 0..<count { starts[group + 1] += starts[group] }
        var next = starts
        var rows = [Int32](repeating: 0, count: numbers.count)
        for (row, number) in numbers.enumerated() {
            rows[next[Int(number)]] = Int32(row)
            next[Int(number)] += 1
        }
        (self.numbers, self.rows, self.starts) = (numbers, rows, starts)
    }

    /// How many groups there are.
    public var count: Int { starts.count - 1 }

    /// The rows of a group.
    func rows(of group: Int) -> ArraySlice<Int32> { rows[starts[group]..<starts[group + 1]] }

    /// Those of some rows; groups of which no row is left are gone.
    func rows(_ rows: [Int]) -> RowGroups { RowGroups(rows.map { numbers[$0] }) }
}

/// How rows are ranked among each other.
public struct Ranking: Sendable, Equatable {
    /// The column whose value tells which rows are ranked among each other.
    public var group: String
    /// How many places of a ranking count.
    public var cutoff: Int

    /// Names a column.
    public init(group: String, cutoff: Int = 10) { (self.group, self.cutoff) = (group, cutoff) }

    /// The groups of rows.
    ///
    /// - Parameters:
    ///   - column: the value of each row.
    ///   - row: the table's row of each value, for messages.
    /// - Throws: ``LearningError/noGroup(column:row:table:)``.
    package func groups(of column: Column, table: String, row: (Int) -> Int) throws(LearningError) -> RowGroups {
        if let place = (0..<column.count).first(where: { column.isNull(at: $0) }) {
            throw .noGroup(column: group, row: row(place) + 1, table: table)
        }
        return RowGroups((0..<column.count).map { column.cell(at: $0) })
    }

    /// The largest label: relevance gains 2 to the power of it.
    static let largestLabel = 31.0
}
