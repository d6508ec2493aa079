import Splits
import Testing

/// Splits by time against an oracle that compares every pair of rows.
@Suite("Splits by time")
struct TimeSplitTests {
    /// Whether two closed intervals have a moment in common.
    private static func overlap(_ left: Int64, _ right: Int64, _ horizon: Int64) -> Bool {
        left <= right + horizon && right <= left + horizon
    }

    private static func times(_ random: inout RandomSource) -> [Int64] {
        let span = random.number(3...200)
        return (0..<random.number(5...60)).map { _ in Int64(random.below(span)) - 20 }
    }

    private static func span(_ random: inout RandomSource) -> LabelSpan {
        LabelSpan(
            horizon: random.chance(30) ? 0 : Int64(random.below(25)),
            embargo: random.chance(40) ? 0 : Int64(random.below(25)))
    }

    @Test("parts are purged, embargoed and kept exactly as a comparison of every two rows says")
    func matchesTheOracle() throws {
        var random = RandomSource(seed: 1)
        var (seen, refused): (Set<RowRole>, Int) = ([], 0)
        for _ in 0..<2000 {
            let (times, span) = (Self.times(&random), Self.span(&random))
            let groups = random.chance(50) ? random.categories(rows: times.count, atMost: 30) : nil
            let fractions = random.chance(50) ? ["0.7", "0.3"] : ["0.5", "0.25", "0.25"]
            guard let blocks = try? TimeBlocks(times, Shares(parsing: fractions)) else { continue }
            let split: HoldOut
            do {
                split = try HoldOut(times, blocks, span, groups: groups)
            } catch {
                guard case SplitError.nothingLeft = error else { throw error }
                refused += 1
                continue
            }
            let names = RowRole.parts(fractions.count)
            let part = times.map { time in blocks.borders.count { $0 <= time } }
            for row in times.indices {
                let later = times.indices.filter { part[$0] > part[row] }
                let expected: RowRole =
                    if later.contains(where: { Self.overlap(times[row], times[$0], span.horizon) }) {
                        .purged
                    } else if span.embargo > 0,
                        later.contains(where: { times[row] + span.horizon + span.embargo >= times[$0] })
                    {
                        .embargoed
                    } else if let groups, later.contains(where: { groups.codes[$0] == groups.codes[row] }) {
                        .shared
                    } else {
                        names[part[row]]
                    }
                #expect(split.roles[row] == expected)
                seen.insert(expected)
            }
        }
        #expect(seen.count == RowRole.allCases.count)
        #expect(refused > 0)
    }

    @Test("no label of a training row reaches into that of a row that judges, in any fold")
    func foldsMatchTheOracle() throws {
        var random = RandomSource(seed: 2)
        var (seen, refused): (Set<RowRole>, Int) = ([], 0)
        for _ in 0..<1000 {
            let (times, span) = (Self.times(&random), Self.span(&random))
            let groups = random.chance(40) ? random.categories(rows: times.count, atMost: 30) : nil
            let count = random.number(2...5)
            let folds: Folds
            do {
                folds = try Folds(purging: times, count: count, span, groups: groups)
            } catch {
                refused += 1
                continue
            }
            for fold in 0..<count {
                let judges = times.indices.filter { folds.fold[$0] == fold }
                let end = try #require(judges.map { times[$0] }.max()) + span.horizon
                for row in times.indices {
                    let role = folds.role(of: row, in: fold)
                    let expected: RowRole =
                        if judges.contains(row) {
                            .test
                        } else if judges.contains(where: { Self.overlap(times[row], times[$0], span.horizon) }) {
                            .purged
                        } else if span.embargo > 0, times[row] > end, times[row] <= end + span.embargo {
                            .embargoed
                        } else if let groups, judges.contains(where: { groups.codes[$0] == groups.codes[row] }) {
                            .shared
                        } else {
                            .train
                        }
                    #expect(role == expected)
                    seen.insert(role)
                }
            }
        }
        #expect(seen == [.train, .test, .purged, .embargoed, .shared])
        #expect(refused > 0)
    }

    @Test("folds are runs of time, of about one size, and rows of one moment are in one fold")
    func foldsAreRunsOfTime() throws {
        var random = RandomSource(seed: 3)
        for _ in 0..<500 {
            let times = Self.times(&random)
            let count = random.number(2...6)
            guard let folds = try? Folds(purging: times, count: count, .none) else { continue }
            let order = times.indices.sorted { times[$0] < times[$1] }
            for (left, right) in zip(order, order.dropFirst()) {
                let step = folds.fold[right] - folds.fold[left]
                #expect(step == 0 || (step == 1 && times[left] < times[right]))
            }
            #expect(Set(folds.fold) == Set(0..<Int32(count)))
        }
        let even = try Folds(purging: (0..<100).map { Int64($0) }, count: 3, .none)
        #expect((0..<3).map { number in even.fold.count { $0 == number } } == [33, 34, 33])
    }

    @Test("a border lies as near to the fraction as rows of one moment allow")
    func bordersAreNear() throws {
        let shares = try Shares(parsing: ["0.5", "0.5"])
        #expect(try TimeBlocks([1, 2, 3, 4], shares).borders == [3])
        // Half of the rows would divide the moment 2; before it there is one row, after it there are three of ten.
        #expect(try TimeBlocks([1, 2, 2, 2, 2, 2, 2, 3, 4, 5], shares).borders == [3])
        #expect(try TimeBlocks([1, 1, 1, 2, 2, 2, 2, 2, 2, 3], shares).borders == [2])
        #expect(try TimeBlocks([7, 7, 7, 8], try Shares(parsing: ["0.1", "0.9"])).borders == [8])
    }

    @Test("dates divide rows at their first moment, and must have rows between them")
    func borders() throws {
        let blocks = try TimeBlocks([1, 5, 9, 5], borders: [5, 9])
        #expect([4, 5, 8, 9].map { blocks.block(of: $0) } == [0, 1, 1, 2])
        #expect(throws: SplitError.bordersOutOfOrder) { try TimeBlocks([1, 5, 9], borders: [5, 5]) }
        #expect(throws: SplitError.emptyBlock(1, of: 3)) { try TimeBlocks([1, 5, 9], borders: [6, 8]) }
        #expect(throws: SplitError.emptyBlock(0, of: 2)) { try TimeBlocks([1, 5, 9], borders: [1]) }
        #expect(throws: SplitError.emptyBlock(1, of: 2)) { try TimeBlocks([1, 5, 9], borders: [10]) }
    }

    @Test("too few moments for the parts are an error, however many rows there are")
    func tooFewMoments() {
        #expect(throws: SplitError.tooFew("different times", found: 2, needed: 3)) {
            try Folds(purging: [4, 4, 4, 8, 8, 8], count: 3, .none)
        }
    }

    @Test("a horizon that purges everything is an error, not an empty training set")
    func nothingLeft() throws {
        let blocks = try TimeBlocks([1, 2, 3, 4], Shares(equal: 2))
        #expect(throws: SplitError.nothingLeft("train")) {
            try HoldOut([1, 2, 3, 4], blocks, LabelSpan(horizon: 100, embargo: 0))
        }
        #expect(throws: SplitError.nothingToLearn(fold: 1)) {
            try Folds(purging: [1, 2, 3, 4], count: 2, LabelSpan(horizon: 100, embargo: 0))
        }
    }

    @Test("times at the ends of the range do not overflow")
    func extremes() throws {
        let times: [Int64] = [.min, -1, .max - 1, .max]
        let blocks = try TimeBlocks(times, Shares(equal: 2))
        let split = try HoldOut(times, blocks, LabelSpan(horizon: 5, embargo: .max))
        #expect(split.roles == [.train, .embargoed, .test, .test])
    }
}
