import PointInTime
import Testing

/// Entities with as many rows as the words and levels of what finds rows by their order hold, and one more or less.
@Suite("Windows over certain numbers of rows")
struct RowCountTests {
    @Test(
        "are right where the rows fill a word, or a level of words",
        arguments: [1, 2, 63, 64, 65, 127, 128, 4095, 4096, 4097])
    func filled(_ count: Int) throws {
        var generator = SeededGenerator(seed: UInt64(count))
        let facts = (0..<count).map { row in
            Oracle.Fact(
                entity: 0, eventTime: Int64(row), availabilityTime: Int64(row),
                value: Double(Int.random(in: -1000...1000, using: &generator)), row: Int32(row))
        }
        let times = [0, 1, count / 2, count - 1, count, count + 5, 2 * count]
        let oracle = Oracle(facts: facts, labels: times.map { Oracle.Label(entity: 0, time: Int64($0)) })
        let functions: [Aggregation.Function] = [
            .count, .minimum, .maximum, .first, .last, .lastRows(3), .quantile(0.5),
        ]
        let aggregations = functions.flatMap { function in
            [Int64(1), 10, Int64(count), Int64(3 * count)].map { Aggregation(function, of: 0, over: $0) }
        }
        guard case .success(let columns) = try oracle.windows(aggregations, batches: [oracle.facts[...]]) else {
            Issue.record("a sum is too large")
            return
        }
        for (aggregation, column) in zip(aggregations, columns) {
            #expect(column.cells == oracle.aggregate(aggregation), "\(aggregation)")
        }
    }
}
