import PointInTime
import Testing

@Suite("Corrections")
struct CorrectionsTests {
    @Test("12,000 random cases of restated and retracted facts are as the design's sentences say")
    func agreesWithOracle() throws {
        var generator = SeededGenerator(seed: 21)
        var correctedCount = 0
        for number in 0..<12_000 {
            let oracle = Oracle.random(hasKeys: true, using: &generator)
            let timeToLive = Bool.random(using: &generator) ? nil : Oracle.randomSpan(using: &generator)
            let expected = oracle.plainView(timeToLive: timeToLive)
            let found = try oracle.join(
                batches: oracle.batches(using: &generator), timeToLive: timeToLive, threads: number % 3 + 1)
            #expect(found == expected, "case \(number): \(oracle), time to live \(String(describing: timeToLive))")
            var withoutKeys = oracle
            for index in withoutKeys.facts.indices { withoutKeys.facts[index].eventKey = nil }
            for index in withoutKeys.facts.indices { withoutKeys.facts[index].isRetraction = false }
            if withoutKeys.plainView(timeToLive: timeToLive) != expected { correctedCount += 1 }
        }
        // The cases are worth the name only if corrections decide many of them.
        #expect(correctedCount > 2_000)
    }

    @Test("a fact restated next week does not change what this week's label saw")
    func restatementIsNotSeenEarly() throws {
        var oracle = Oracle(facts: [], labels: [])
        oracle.facts = [
            .init(entity: 0, eventTime: 10, availabilityTime: 11, eventKey: 7, row: 0),
            .init(entity: 0, eventTime: 10, availabilityTime: 17, eventKey: 7, row: 1),
            .init(entity: 0, eventTime: 10, availabilityTime: 20, eventKey: 7, isRetraction: true, row: 2),
        ]
        oracle.labels = [10, 11, 16, 17, 19, 20].map { .init(entity: 0, time: $0) }
        let found = try oracle.join(batches: [oracle.facts[...]], timeToLive: nil)
        #expect(found == [-1, 0, 0, 1, 1, -1])
    }

    @Test("one thread and several find the same in a large skewed source with corrections")
    func threadsAgree() throws {
        let large = LargeCase(seed: 22)
        let alone = try large.joinCorrected(threads: 1, batch: large.count)
        for (threads, batch) in [(2, 25_000), (5, 40_000)] {
            let together = try large.joinCorrected(threads: threads, batch: batch)
            #expect(together == alone)
        }
        let uncorrected = try large.join(threads: 1, batch: large.count)
        #expect(alone != uncorrected)
    }
}
