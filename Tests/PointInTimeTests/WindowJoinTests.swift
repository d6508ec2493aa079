import PointInTime
import Testing

@Suite("Windowed aggregations")
struct WindowJoinTests {
    private static func functions(using generator: inout SeededGenerator) -> [Aggregation.Function] {
        let fractions = [0, 1, 0.5, 0.25, Double.random(in: 0...1, using: &generator)]
        return [
            .count, .sum, .mean, .minimum, .maximum, .first, .last,
            .lastRows(Int.random(in: 1...3, using: &generator)), .standardDeviation, .distinctCount,
            .quantile(fractions[Int.random(in: 0..<fractions.count, using: &generator)]),
        ]
    }

    @Test("10,000 random cases of every function are as their definitions say", arguments: [false, true])
    func agreesWithOracle(hasKeys: Bool) throws {
        var generator = SeededGenerator(seed: hasKeys ? 31 : 32)
        for number in 0..<10_000 {
            let oracle = Oracle.random(hasKeys: hasKeys, using: &generator)
            try check(oracle, "case \(number)", threads: number % 3 + 1, using: &generator)
        }
    }

    @Test("cases of many rows are as the definitions say too", arguments: [false, true])
    func agreesWithOracleOnManyRows(hasKeys: Bool) throws {
        var generator = SeededGenerator(seed: hasKeys ? 33 : 34)
        for number in 0..<24 {
            let count = hasKeys ? 400 : 12_000
            let oracle = Oracle.random(hasKeys: hasKeys, factCount: count, using: &generator)
            try check(oracle, "case \(number)", threads: number % 3 + 1, using: &generator)
        }
    }

    private func check(
        _ oracle: Oracle, _ name: String, threads: Int, using generator: inout SeededGenerator
    ) throws {
        var aggregations = [Aggregation(.count, over: Oracle.randomSpan(using: &generator))]
        for _ in 0..<2 {
            let window = Oracle.randomSpan(using: &generator)
            for function in Self.functions(using: &generator) {
                let column = Int.random(in: 0...1, using: &generator)
                aggregations.append(Aggregation(function, of: column, over: window))
            }
        }
        let expected = aggregations.map { oracle.aggregate($0) }
        let tooLarge = expected.compactMap { $0.firstIndex(of: .tooLarge) }
        let batches = oracle.batches(using: &generator)
        switch try oracle.windows(aggregations, batches: batches, threads: threads) {
        case .failure(let error): #expect(error == .sumTooLarge(label: tooLarge.min() ?? -1))
        case .success(let columns):
            #expect(tooLarge.isEmpty)
            for (aggregation, (found, expected)) in zip(aggregations, zip(columns, expected)) {
                let isRight = found.cells == expected
                #expect(isRight, "\(name), \(aggregation) of \(oracle.facts.prefix(30)), \(oracle.labels)")
            }
        }
    }

    @Test("rows of the future change no window")
    func futureRowsChangeNothing() throws {
        var generator = SeededGenerator(seed: 35)
        let aggregations = [0, 1].flatMap { column in
            Self.functions(using: &generator).map { Aggregation($0, of: column, over: 9) }
        }
        var comparedCount = 0
        for _ in 0..<500 {
            var oracle = Oracle.random(hasKeys: true, using: &generator)
            guard let latest = oracle.labels.map(\.time).max() else { continue }
            let before = try oracle.windows(aggregations, batches: [oracle.facts[...]])
            for key in 0..<3 {
                oracle.facts.append(
                    .init(
                        entity: 0, eventTime: latest > .min + 9 ? latest - Int64(key) : latest,
                        availabilityTime: latest, eventKey: Int64(key), isRetraction: key == 1, value: 1,
                        row: Int32(oracle.facts.count)))
            }
            let after = try oracle.windows(aggregations, batches: [oracle.facts[...]])
            guard case .success(let first) = before, case .success(let second) = after else { continue }
            comparedCount += 1
            #expect(first.map(\.cells) == second.map(\.cells))
        }
        #expect(comparedCount > 300)
    }

    @Test("what a window holds does not depend on the order of batches or the number of threads")
    func batchesAndThreadsChangeNothing() throws {
        var generator = SeededGenerator(seed: 36)
        let aggregations = [0, 1].flatMap { column in
            [5, 100].flatMap { window in
                Self.functions(using: &generator).map { Aggregation($0, of: column, over: window) }
            }
        }
        for _ in 0..<10 {
            let oracle = Oracle.random(hasKeys: true, factCount: 9_000, using: &generator)
            guard case .success(let alone) = try oracle.windows(aggregations, batches: [oracle.facts[...]]) else {
                continue
            }
            let batches = oracle.batches(using: &generator)
            guard case .success(let together) = try oracle.windows(aggregations, batches: batches, threads: 2) else {
                Issue.record("the sum is too large only with several threads")
                continue
            }
            #expect(alone.map(\.cells) == together.map(\.cells))
        }
    }

    @Test("a large skewed source is as a search through each entity's rows finds it", arguments: [1, 2])
    func largeSourceIsRight(threads: Int) throws {
        let large = LargeCase(seed: 37)
        let found = try large.countWindows(threads: threads, batch: 70_000, window: 500)
        let rows = Dictionary(grouping: 0..<large.count) { large.entities[$0] }
        for label in stride(from: 0, to: large.labelTimes.count, by: 37) {
            let time = large.labelTimes[label]
            let seen = rows[large.labelEntities[label], default: []].filter {
                large.availabilityTimes[$0] < time && (time - 500..<time).contains(large.eventTimes[$0])
            }
            #expect(found[0].cells[label] == .count(seen.count))
            #expect(found[1].cells[label] == .count(Set(seen.map { $0 % 7 }).count))
        }
    }

    @Test("a sum is exact: what cancels leaves what is small")
    func sumsAreExact() throws {
        var oracle = Oracle(facts: [], labels: [.init(entity: 0, time: 10)])
        for (row, value) in [1e300, 1e-300, -1e300, 0.1, 0.2, -0.1].enumerated() {
            oracle.facts.append(
                .init(entity: 0, eventTime: Int64(row), availabilityTime: 0, value: value, row: Int32(row)))
        }
        let aggregations = [Aggregation(.sum, of: 0, over: 10), Aggregation(.sum, of: 0, over: 9)]
        let found = try oracle.windows(aggregations, batches: [oracle.facts[...]]).get()
        #expect(found[0].cells == [.number(0.2)])
        #expect(found[1].cells == [.number(-1e300)])
    }

    @Test("an aggregation that its column does not allow is refused")
    func refusesImpossible() throws {
        let (codes, times): ([Int32], [Int64]) = ([0], [1])
        let spine = try Spine(entities: codes.span, labelTimes: times.span)
        let refused: [Aggregation] = [
            .init(.sum, over: 1), .init(.sum, of: 1, over: 1), .init(.sum, of: 2, over: 1),
            .init(.quantile(1.5), of: 0, over: 1), .init(.lastRows(0), of: 0, over: 1), .init(.first, over: 1),
            .init(.count, over: -1),
        ]
        for aggregation in refused {
            var isRefused = false
            do throws(PointInTimeError) {
                _ = try WindowJoin(spine: spine, columns: [.numbers, .opaque], aggregations: [aggregation])
            } catch { isRefused = true }
            #expect(isRefused, "\(aggregation)")
        }
    }
}

extension Oracle {
    /// The engine's aggregations of this case.
    func windows(
        _ aggregations: [Aggregation], batches: [ArraySlice<Fact>], threads: Int = 1
    ) throws -> Result<[AggregatedColumn], PointInTimeError> {
        let spine = try spine()
        let corrections = try corrections(spine, batches: batches)
        var join = try WindowJoin(
            spine: spine, corrections: corrections, columns: [.numbers, .integers], aggregations: aggregations,
            threads: threads)
        for batch in batches {
            let (entities, eventTimes) = (batch.map(\.entity), batch.map(\.eventTime))
            let availabilityTimes = batch.map(\.availabilityTime)
            let (values, integers) = (batch.map { $0.value ?? 7 }, batch.map { Self.integer($0) ?? 7 })
            let isValid = batch.map { $0.value != nil }
            try values.withUnsafeBufferPointer { values in
                try integers.withUnsafeBufferPointer { integers in
                    try isValid.withUnsafeBufferPointer { isValid in
                        try join.add(
                            entities: entities.span, eventTimes: eventTimes.span,
                            availabilityTimes: availabilityTimes.span,
                            columns: [
                                WindowColumn(.numbers(values), isValid: isValid),
                                WindowColumn(.integers(integers), isValid: isValid),
                            ], firstRow: batch.startIndex)
                    }
                }
            }
        }
        do throws(PointInTimeError) {
            return .success(try join.finish())
        } catch {
            return .failure(error)
        }
    }
}
