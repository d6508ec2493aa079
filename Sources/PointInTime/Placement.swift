/// What a thread takes of a batch: the rows that come to lie from one (entity, time) up to another.
///
/// Shares do not overlap, so that no two threads write to one place.
struct Share {
    var lowerEntity: Int32
    var lowerTime: Int64
    var upperEntity: Int32
    /// The first time of the upper entity that is not in the share.
    var upperTime: Int64
}

/// Puts a batch's rows at the labels from which on they count.
struct Placement {
    let spine: Spine
    let corrections: Corrections
    /// At each position the best row that counts from there on.
    let candidates: UnsafeMutableBufferPointer<Candidate>
    /// The best rows that count for a stretch of positions; see ``AsOfJoin``.
    let bounded: UnsafeMutableBufferPointer<Candidate>
    /// The number of the batch's first row.
    let firstRow: Int

    /// The label time from which on a row counts, or `nil` if no time is late enough.
    private func firstLabelTime(_ eventTime: Int64, _ availabilityTime: Int64) -> Int64? {
        let (time, isTooLate) = max(eventTime, availabilityTime).addingReportingOverflow(spine.embargo)
        return isTooLate ? nil : time
    }

    /// Divides the batch by a sample of it, so that the threads have about as much to do, however skewed the entities.
    func shares(
        entities: Span<Int32>, eventTimes: Span<Int64>, availabilityTimes: Span<Int64>, threads: Int
    ) -> [Share] {
        let all = Share(
            lowerEntity: 0, lowerTime: .min, upperEntity: Int32(truncatingIfNeeded: spine.entityCount), upperTime: .min)
        guard threads > 1 && entities.count >= 1 << 13 else { return [all] }
        var sample: [(entity: Int32, time: Int64)] = []
        for row in stride(from: 0, to: entities.count, by: max(1, entities.count / 1021)) {
            let entity = entities[row]
            guard entity >= 0 && entity < all.upperEntity,
                let time = firstLabelTime(eventTimes[row], availabilityTimes[row])
            else { continue }
            sample.append((entity, time))
        }
        sample.sort { $0 < $1 }
        var shares = [all]
        for share in 1..<threads where !sample.isEmpty {
            var bound = sample[sample.count * share / threads]
            // A stretch of labels may reach into another share of the same entity.
            if !corrections.rows.isEmpty { bound.time = .min }
            shares[shares.count - 1].upperEntity = bound.entity
            shares[shares.count - 1].upperTime = bound.time
            shares.append(all)
            shares[shares.count - 1].lowerEntity = bound.entity
            shares[shares.count - 1].lowerTime = bound.time
        }
        return shares
    }

    /// Puts the rows of a share where they begin to count.
    ///
    /// Each step down from a row to its label is a read from a place that no cache holds. So a block of rows takes
    /// each step together: the reads of one step do not wait for one another.
    func place(
        entities: Span<Int32>, eventTimes: Span<Int64>, availabilityTimes: Span<Int64>, within share: Share
    ) {
        let block = FixedArray<Descent>(uninitializedCount: 1 << 9)
        // Facts mostly come in the order of time. From the end on, the first row that is put at a label stays there.
        var end = entities.count
        while end > 0 {
            let first = max(0, end &- block.values.count)
            var count = choose(from: first..<end, of: entities, within: share, into: block.values)
            count = locate(count, of: entities, eventTimes, availabilityTimes, within: share, in: block.values)
            count = search(count, in: block.values)
            if !corrections.rows.isEmpty {
                count = settleCorrected(count, eventTimes, availabilityTimes, in: block.values)
            }
            for index in 0..<count {
                let descent = block[index]
                let row = Int(descent.row)
                let event = eventTimes[unchecked: row]
                // What was read before may be out of date, but what stands at a label only ever rises.
                guard event >= descent.reading else { continue }
                let candidate = Candidate(
                    eventTime: event, availabilityTime: availabilityTimes[unchecked: row],
                    row: Int32(truncatingIfNeeded: firstRow &+ row))
                let position = Int(descent.low)
                if candidate.isAfter(candidates[position]) { candidates[position] = candidate }
            }
            end = first
        }
    }

    /// Chooses the rows whose entity may be in the share: without a branch, as it is as good as random which are.
    private func choose(
        from rows: Range<Int>, of entities: Span<Int32>, within share: Share,
        into block: UnsafeMutableBufferPointer<Descent>
    ) -> Int {
        let last = min(share.upperEntity, Int32(truncatingIfNeeded: spine.entityCount) &- 1)
        var count = 0
        for row in rows {
            block[count].row = Int32(truncatingIfNeeded: row)
            let entity = entities[unchecked: row]
            count &+= entity >= share.lowerEntity && entity <= last ? 1 : 0
        }
        return count
    }

    /// Finds the cell of the spine's grid for each row, and leaves out rows of another share or without a label.
    private func locate(
        _ count: Int, of entities: Span<Int32>, _ eventTimes: Span<Int64>, _ availabilityTimes: Span<Int64>,
        within share: Share, in block: UnsafeMutableBufferPointer<Descent>
    ) -> Int {
        let headers = spine.entities.span
        var kept = 0
        for index in 0..<count {
            let row = Int(block[index].row)
            let entity = entities[unchecked: row]
            let header = headers[unchecked: Int(entity)]
            let (time, isTooLate) = max(eventTimes[unchecked: row], availabilityTimes[unchecked: row])
                .addingReportingOverflow(spine.embargo)
            let isBelow = entity == share.lowerEntity && time < share.lowerTime
            let isAbove = entity == share.upperEntity && time >= share.upperTime
            let sought = max(time, header.firstTime)
            block[kept] = Descent(
                row: Int32(truncatingIfNeeded: row), entity: entity, end: header.end,
                low: header.start &+ Int32(truncatingIfNeeded: header.cell(of: sought)), high: 0,
                time: sought, reading: 0)
            kept &+= isTooLate || isBelow || isAbove || header.start == header.end ? 0 : 1
        }
        return kept
    }

    /// Finds the first label of each row, leaves out rows without one, and reads what stands there.
    private func search(_ count: Int, in block: UnsafeMutableBufferPointer<Descent>) -> Int {
        let (times, grid) = (spine.times.span, spine.grid.span)
        for index in 0..<count {
            let (cell, end) = (block[index].low, block[index].end)
            let low = grid[unchecked: Int(cell)]
            block[index].low = low
            block[index].high = cell &+ 1 < end ? grid[unchecked: Int(cell &+ 1)] : end
            block[index].reading = times[unchecked: Int(min(low, end &- 1))]
        }
        var kept = 0
        for index in 0..<count {
            var descent = block[index]
            if descent.reading < descent.time {
                descent.low = Int32(
                    truncatingIfNeeded: Spine.firstPosition(
                        from: Int(descent.low), to: Int(descent.high), notBefore: descent.time, times: times))
            }
            block[kept] = descent
            kept &+= descent.low < descent.end ? 1 : 0
        }
        for index in 0..<kept { block[index].reading = candidates[Int(block[index].low)].eventTime }
        return kept
    }

    /// Places the rows of a block that stop counting, and leaves them out.
    private func settleCorrected(
        _ count: Int, _ eventTimes: Span<Int64>, _ availabilityTimes: Span<Int64>,
        in block: UnsafeMutableBufferPointer<Descent>
    ) -> Int {
        let times = spine.times.span
        var place = corrections.firstPlace(notBelow: firstRow &+ Int(count > 0 ? block[0].row : 0))
        var kept = 0
        for index in 0..<count {
            let descent = block[index]
            let row = Int(descent.row)
            let number = Int32(truncatingIfNeeded: firstRow &+ row)
            guard let ending = corrections.ending(ofRow: number, from: &place) else {
                block[kept] = descent
                kept &+= 1
                continue
            }
            let (endTime, isNever) = ending.addingReportingOverflow(spine.embargo)
            var end = Int(descent.end)
            if !isNever { end = Spine.firstPosition(from: Int(descent.low), to: end, notBefore: endTime, times: times) }
            let candidate = Candidate(
                eventTime: eventTimes[unchecked: row], availabilityTime: availabilityTimes[unchecked: row], row: number)
            put(candidate, from: Int(descent.low), to: end, of: spine.entities[Int(descent.entity)])
        }
        return kept
    }

    /// Puts a row into the nodes of its entity's tree that make up a stretch of positions.
    private func put(_ candidate: Candidate, from low: Int, to high: Int, of header: Spine.Entity) {
        let (start, count) = (Int(header.start), Int(header.end - header.start))
        var (left, right) = (low - start + count, high - start + count)
        func improve(_ node: Int) {
            if candidate.isAfter(bounded[2 * start + node]) { bounded[2 * start + node] = candidate }
        }
        while left < right {
            if left & 1 == 1 {
                improve(left)
                left += 1
            }
            if right & 1 == 1 {
                right -= 1
                improve(right)
            }
            left >>= 1
            right >>= 1
        }
    }
}

/// A row's way down to its label.
private struct Descent: BitwiseCopyable {
    var row: Int32
    var entity: Int32
    /// One past the last position of the row's entity.
    var end: Int32
    /// First the cell of the grid, then the first position that may be the row's, then the row's position.
    var low: Int32
    /// One past the last position before which the search ends.
    var high: Int32
    /// The least label time that the row counts for.
    var time: Int64
    /// What was read last: the label time at ``low``, then the event time that stands there.
    var reading: Int64
}
