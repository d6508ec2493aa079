import PointInTime

extension Oracle {
    /// The engine's spine of this case.
    func spine() throws -> Spine {
        let (entities, times) = (labels.map(\.entity), labels.map(\.time))
        return try Spine(entities: entities.span, labelTimes: times.span, embargo: embargo)
    }

    /// What the engine makes of this case's versions.
    func corrections(_ spine: Spine, batches: [ArraySlice<Fact>], threads: Int = 1) throws -> Corrections {
        guard facts.contains(where: { $0.eventKey != nil }) else { return .none }
        var versions = FactVersions(spine: spine, threads: threads)
        for batch in batches {
            let (entities, keys) = (batch.map(\.entity), batch.map { $0.eventKey ?? 0 })
            let (availabilityTimes, retracted) = (batch.map(\.availabilityTime), batch.map(\.isRetraction))
            try versions.add(
                entities: entities.span, eventKeys: keys.span, availabilityTimes: availabilityTimes.span,
                retracted: retracted.span, firstRow: batch.startIndex)
        }
        return versions.finish()
    }

    /// The engine's plain view of this case.
    func join(batches: [ArraySlice<Fact>], timeToLive: Int64?, threads: Int = 1) throws -> [Int32] {
        let spine = try spine()
        let corrections = try corrections(spine, batches: batches, threads: threads)
        var join = try AsOfJoin(spine: spine, timeToLive: timeToLive, corrections: corrections, threads: threads)
        for batch in batches {
            let (entities, eventTimes) = (batch.map(\.entity), batch.map(\.eventTime))
            let availabilityTimes = batch.map(\.availabilityTime)
            try join.add(
                entities: entities.span, eventTimes: eventTimes.span, availabilityTimes: availabilityTimes.span,
                firstRow: batch.startIndex)
        }
        return join.finish()
    }

    /// The facts in up to three runs, the runs in any order.
    func batches(using generator: inout SeededGenerator) -> [ArraySlice<Fact>] {
        let cuts = (0..<2).map { _ in Int.random(in: 0...facts.count, using: &generator) }.sorted()
        return [facts[..<cuts[0]], facts[cuts[0]..<cuts[1]], facts[cuts[1]...]].shuffled(using: &generator)
    }
}
