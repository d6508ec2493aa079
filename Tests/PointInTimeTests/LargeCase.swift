import PointInTime

/// A source large enough for threads to share it, in which a few entities have most rows and labels come in bursts.
struct LargeCase {
    let count = 100_000
    var entities: [Int32] = []
    var eventTimes: [Int64] = []
    var availabilityTimes: [Int64] = []
    var labelEntities: [Int32] = []
    var labelTimes: [Int64] = []

    init(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        func entity() -> Int32 {
            let bound = Int32.random(in: 1...600, using: &generator)
            return Int32.random(in: 0..<bound, using: &generator) % Int32.random(in: 1...bound, using: &generator)
        }
        for _ in 0..<count {
            let event = Int64.random(in: 0..<20_000, using: &generator)
            entities.append(entity())
            eventTimes.append(event)
            availabilityTimes.append(event + Int64.random(in: 0...800, using: &generator))
        }
        for label in 0..<20_000 {
            labelEntities.append(entity())
            labelTimes.append(
                Int64.random(in: label % 3 == 0 ? 0...20_000 : 5_000...5_010, using: &generator))
        }
    }

    func join(threads: Int, batch: Int) throws -> [Int32] {
        let spine = try Spine(entities: labelEntities.span, labelTimes: labelTimes.span, threads: threads)
        var join = try AsOfJoin(spine: spine, timeToLive: 900, threads: threads)
        for first in stride(from: 0, to: count, by: batch) {
            let rows = first..<min(count, first + batch)
            try join.add(
                entities: entities.span.extracting(rows), eventTimes: eventTimes.span.extracting(rows),
                availabilityTimes: availabilityTimes.span.extracting(rows), firstRow: first)
        }
        return join.finish()
    }

    /// The same with event keys and retractions.
    func joinCorrected(threads: Int, batch: Int) throws -> [Int32] {
        let spine = try Spine(entities: labelEntities.span, labelTimes: labelTimes.span, threads: threads)
        let (keys, retracted) = (eventTimes.map { $0 % 97 }, availabilityTimes.map { $0 % 11 == 0 })
        var versions = FactVersions(spine: spine, threads: threads)
        for first in stride(from: 0, to: count, by: batch) {
            let rows = first..<min(count, first + batch)
            try versions.add(
                entities: entities.span.extracting(rows), eventKeys: keys.span.extracting(rows),
                availabilityTimes: availabilityTimes.span.extracting(rows), retracted: retracted.span.extracting(rows),
                firstRow: first)
        }
        let corrections = versions.finish()
        var join = try AsOfJoin(spine: spine, timeToLive: 900, corrections: corrections, threads: threads)
        for first in stride(from: 0, to: count, by: batch) {
            let rows = first..<min(count, first + batch)
            try join.add(
                entities: entities.span.extracting(rows), eventTimes: eventTimes.span.extracting(rows),
                availabilityTimes: availabilityTimes.span.extracting(rows), firstRow: first)
        }
        return join.finish()
    }

    /// How many rows a window has before each label, and how many distinct remainders of their numbers by seven.
    func countWindows(threads: Int, batch: Int, window: Int64) throws -> [AggregatedColumn] {
        let spine = try Spine(entities: labelEntities.span, labelTimes: labelTimes.span, threads: threads)
        var join = try WindowJoin(
            spine: spine, columns: [.integers],
            aggregations: [.init(.count, over: window), .init(.distinctCount, of: 0, over: window)], threads: threads)
        let numbers = (0..<Int64(count)).map { $0 % 7 }
        try numbers.withUnsafeBufferPointer { numbers in
            for first in stride(from: 0, to: count, by: batch) {
                let rows = first..<min(count, first + batch)
                try join.add(
                    entities: entities.span.extracting(rows), eventTimes: eventTimes.span.extracting(rows),
                    availabilityTimes: availabilityTimes.span.extracting(rows),
                    columns: [WindowColumn(.integers(UnsafeBufferPointer(rebasing: numbers[rows])))], firstRow: first)
            }
        }
        return try join.finish()
    }
}
