import PointInTime
import Testing

@Suite("The as-of join")
struct AsOfJoinTests {
    @Test("12,000 random cases are as the design's sentences say, however they are cut into batches")
    func agreesWithOracle() throws {
        var generator = SeededGenerator(seed: 1)
        var foundCount = 0
        for number in 0..<12_000 {
            let oracle = Oracle.random(using: &generator)
            let timeToLive = Bool.random(using: &generator) ? nil : Oracle.randomSpan(using: &generator)
            let expected = oracle.plainView(timeToLive: timeToLive)
            let batches = oracle.batches(using: &generator)
            let found = try oracle.join(batches: batches, timeToLive: timeToLive)
            #expect(found == expected, "case \(number): \(oracle), time to live \(String(describing: timeToLive))")
            foundCount += found.count { $0 >= 0 }
        }
        #expect(foundCount > 10_000)
    }

    @Test("rows of the future change nothing")
    func futureRowsChangeNothing() throws {
        var generator = SeededGenerator(seed: 2)
        for _ in 0..<500 {
            var oracle = Oracle.random(using: &generator)
            let before = try oracle.join(batches: [oracle.facts[...]], timeToLive: nil)
            let latest = oracle.labels.map(\.time).max() ?? 0
            guard latest < .max - 2 else { continue }
            for late in 1...2 {
                let isEventLate = Bool.random(using: &generator)
                oracle.facts.append(
                    .init(
                        entity: 0, eventTime: isEventLate ? latest + Int64(late) : 0,
                        availabilityTime: isEventLate ? 0 : latest + Int64(late), row: Int32(oracle.facts.count)))
            }
            let after = try oracle.join(batches: [oracle.facts[...]], timeToLive: nil)
            #expect(before == after)
        }
    }

    @Test("shuffling a source in which no two rows tie changes nothing but the rows' numbers")
    func shufflingChangesNothing() throws {
        var generator = SeededGenerator(seed: 3)
        let facts = (0..<400).map { row in
            Oracle.Fact(
                entity: Int32.random(in: 0..<5, using: &generator), eventTime: Int64(row),
                availabilityTime: Int64(row) + Int64.random(in: 0...50, using: &generator), row: Int32(row))
        }
        let labels = (0..<200).map { _ in
            Oracle.Label(
                entity: Int32.random(in: 0..<5, using: &generator), time: Int64.random(in: 0...500, using: &generator))
        }
        let inOrder = Oracle(facts: facts, labels: labels)
        let shuffled = Oracle(facts: facts.shuffled(using: &generator), labels: labels)
        let events = { (oracle: Oracle, rows: [Int32]) in
            rows.map { $0 < 0 ? nil : oracle.facts[Int($0)].eventTime }
        }
        let first = events(inOrder, try inOrder.join(batches: [inOrder.facts[...]], timeToLive: 30))
        let second = events(shuffled, try shuffled.join(batches: [shuffled.facts[...]], timeToLive: 30))
        #expect(first == second)
        #expect(first.contains { $0 != nil } && first.contains { $0 == nil })
    }

    @Test("labels keep their order and their number")
    func keepsLabels() throws {
        let (labelEntities, labelTimes): ([Int32], [Int64]) = ([1, -1, 0, 1], [10, 10, 10, 20])
        let (entities, events): ([Int32], [Int64]) = ([1, 0, 1], [5, 5, 15])
        let availabilities: [Int64] = [5, 11, 15]
        let spine = try Spine(entities: labelEntities.span, labelTimes: labelTimes.span)
        var join = try AsOfJoin(spine: spine)
        try join.add(
            entities: entities.span, eventTimes: events.span, availabilityTimes: availabilities.span, firstRow: 0)
        let found = join.finish()
        #expect(found == [0, -1, -1, 2])
    }

    @Test("one thread and several find the same in a large skewed source")
    func threadsAgree() throws {
        let large = LargeCase(seed: 4)
        let alone = try large.join(threads: 1, batch: large.count)
        for (threads, batch) in [(2, large.count), (3, 20_000), (7, 9_000)] {
            let together = try large.join(threads: threads, batch: batch)
            #expect(together == alone)
        }
        #expect(alone.filter { $0 >= 0 }.count > 1_000)
    }

    @Test("a large source is as a search through each entity's rows finds it")
    func largeSourceIsRight() throws {
        let large = LargeCase(seed: 5)
        let found = try large.join(threads: 2, batch: 30_000)
        let rows = Dictionary(grouping: 0..<large.count) { large.entities[$0] }
        for label in stride(from: 0, to: large.labelTimes.count, by: 37) {
            let time = large.labelTimes[label]
            let best = rows[large.labelEntities[label], default: []].filter {
                large.eventTimes[$0] <= time && large.availabilityTimes[$0] <= time
                    && time - large.eventTimes[$0] <= 900
            }.max {
                (large.eventTimes[$0], large.availabilityTimes[$0], $0)
                    < (large.eventTimes[$1], large.availabilityTimes[$1], $1)
            }
            #expect(found[label] == best.map(Int32.init) ?? -1)
        }
    }

    @Test("columns that do not fit together are refused")
    func refusesBadColumns() throws {
        let (codes, one, two): ([Int32], [Int64], [Int64]) = ([0], [1], [1, 2])
        #expect(throws: PointInTimeError.lengthsDiffer(column: "label time", expected: 1, found: 2)) {
            try Spine(entities: codes.span, labelTimes: two.span)
        }
        #expect(throws: PointInTimeError.negative(what: "embargo", value: -1)) {
            try Spine(entities: codes.span, labelTimes: one.span, embargo: -1)
        }
        let spine = try Spine(entities: codes.span, labelTimes: one.span)
        #expect(throws: PointInTimeError.negative(what: "time to live", value: -1)) {
            _ = try AsOfJoin(spine: spine, timeToLive: -1).finish()
        }
        var join = try AsOfJoin(spine: spine)
        var refusals: [PointInTimeError] = []
        do {
            try join.add(entities: codes.span, eventTimes: one.span, availabilityTimes: two.span, firstRow: 0)
        } catch { refusals.append(error) }
        do {
            try join.add(
                entities: codes.span, eventTimes: one.span, availabilityTimes: one.span, firstRow: Int(Int32.max))
        } catch { refusals.append(error) }
        #expect(
            refusals == [
                .lengthsDiffer(column: "availability time", expected: 1, found: 2),
                .tooManyRows(limit: Int(Int32.max) - 1),
            ])
    }
}
