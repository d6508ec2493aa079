/// Works out the aggregations of one column for one entity.
struct EntityAggregator: ~Copyable {
    private let column: Int?
    private let kind: WindowColumn.Kind
    /// A window each.
    private let targets: [WindowTargets]
    /// The row of each of the entity's labels among all labels.
    private let labels: ArraySlice<Int32>
    /// By rank: whether the value is not null, and its bits.
    private let isValid: FixedArray<Bool>
    private let bits: FixedArray<UInt64>
    /// The label whose sum of whole numbers no whole number holds, if there is one.
    private(set) var overflow: Int32?

    init(
        column: Int?, kind: WindowColumn.Kind?, targets: [WindowTargets], labels: ArraySlice<Int32>,
        shard: WindowShard, timeline: borrowing Timeline
    ) {
        self.column = column
        self.kind = kind ?? .opaque
        self.targets = targets
        self.labels = labels
        isValid = FixedArray(uninitializedCount: timeline.count)
        bits = FixedArray(uninitializedCount: self.kind == .opaque ? 0 : timeline.count)
        for rank in 0..<timeline.count {
            let place = Int(timeline.places[rank])
            isValid[rank] = column.map { shard.columns[$0].isValid[place] } ?? true
            if let column, self.kind != .opaque { bits[rank] = shard.columns[column].bits[place] }
        }
    }

    /// Works out everything that is asked for.
    mutating func run(_ timeline: borrowing Timeline, shard: WindowShard, sorter: inout RadixSorter) {
        // Sums count on the way.
        for window in targets where !window.counts.isEmpty && !window.hasSums { count(timeline, window) }
        if targets.contains(where: \.hasSums) { sum(timeline) }
        if targets.contains(where: { !$0.deviations.isEmpty }) { deviate(timeline) }
        if targets.contains(where: { !$0.distinctCounts.isEmpty }) { countDistinct(timeline) }
        if targets.contains(where: { !$0.quantiles.isEmpty }) { quantiles(timeline, sorter: &sorter) }
        if targets.contains(where: \.hasOrdered) { order(timeline, shard: shard) }
    }

    @inline(__always)
    private func row(_ label: Int) -> Int { Int(labels[labels.startIndex &+ label]) }

    private func count(_ timeline: borrowing Timeline, _ window: WindowTargets) {
        var state = CountState(isValid: column == nil ? nil : isValid.values)
        timeline.slide(over: window.window, &state) { state, label in
            let row = row(label)
            for target in window.counts { target.setCount(state.count, at: row) }
        }
    }

    // MARK: - Sums

    private var values: ExactValues {
        let memory = UnsafeMutableRawBufferPointer(bits.values)
        return kind == .integers
            ? .integers(memory.bindMemory(to: Int64.self)) : .numbers(memory.bindMemory(to: Double.self))
    }

    private func parts(_ rank: Int) -> ExactParts? {
        if !isValid[rank] { return nil }
        if kind == .integers { return ExactParts(Int64(bitPattern: bits[rank])) }
        let value = Double(bitPattern: bits[rank])
        return value.isFinite ? ExactParts(value) : nil
    }

    private func bitRange() -> (range: BitRange, hasSpecials: Bool) {
        var range = BitRange()
        var hasSpecials = false
        for rank in 0..<isValid.values.count {
            if let parts = parts(rank) { range.include(parts) } else { hasSpecials = hasSpecials || isValid[rank] }
        }
        return (range, hasSpecials)
    }

    /// The values as whole multiples of the range's last bit; 0 for nulls and values that are not finite.
    private func units(_ range: BitRange) -> FixedArray<Int128> {
        let units = FixedArray<Int128>(repeating: 0, count: isValid.values.count)
        for rank in 0..<isValid.values.count {
            guard let parts = parts(rank), parts.significand != 0 else { continue }
            let shift = parts.exponent - range.scale
            let significand = Int128(parts.significand)
            let magnitude = shift >= 0 ? significand << Int128(shift) : significand >> Int128(-shift)
            units[rank] = parts.isNegative ? -magnitude : magnitude
        }
        return units
    }

    /// The values as doubles if some are not finite.
    private func specials(_ hasSpecials: Bool) -> UnsafeMutableBufferPointer<Double>? {
        guard hasSpecials, case .numbers(let values) = values else { return nil }
        return values
    }

    private mutating func sum(_ timeline: borrowing Timeline) {
        let (range, hasSpecials) = bitRange()
        let isNarrow = range.sumWidth(count: timeline.count) <= 126
        let units = isNarrow ? units(range) : FixedArray(uninitializedCount: 0)
        let specials = specials(hasSpecials)
        for window in targets where window.hasSums {
            var overflow: Int32?
            func emit(_ count: Int, _ label: Int, _ total: Int128?, _ sum: @autoclosure () -> Double) {
                let row = row(label)
                for target in window.counts { target.setCount(count, at: row) }
                if count == 0 { return }
                let sum = sum()
                if let total {
                    let whole = Int64(exactly: total)
                    if whole == nil && !window.sums.isEmpty { overflow = min(overflow ?? .max, Int32(row)) }
                    for target in window.sums { target.setInteger(whole ?? 0, at: row) }
                } else {
                    for target in window.sums { target.setNumber(sum, at: row) }
                }
                for target in window.means { target.setNumber(sum / Double(count), at: row) }
            }
            if isNarrow {
                var state = NarrowSumState(
                    isValid: isValid.values, units: units.values, exponent: range.scale, specials: specials)
                let scale = kind == .integers ? range.scale : nil
                timeline.slide(over: window.window, &state) { state, label in
                    emit(state.count, label, scale.map { state.total << $0 }, state.sum)
                }
            } else {
                var state = WideSumState(isValid: isValid.values, values: values, range: range, hasSquares: false)
                timeline.slide(over: window.window, &state) { state, label in
                    emit(state.count, label, nil, state.sum)
                }
            }
            if let overflow { self.overflow = min(self.overflow ?? .max, overflow) }
        }
    }

    private func deviate(_ timeline: borrowing Timeline) {
        let (range, hasSpecials) = bitRange()
        let isNarrow = range.squareSumWidth(count: timeline.count) <= 126
        let units = isNarrow ? units(range) : FixedArray(uninitializedCount: 0)
        for window in targets where !window.deviations.isEmpty {
            if isNarrow {
                var state = NarrowDeviationState(
                    NarrowSumState(
                        isValid: isValid.values, units: units.values, exponent: range.scale,
                        specials: specials(hasSpecials)))
                timeline.slide(over: window.window, &state) { state, label in
                    guard let deviation = state.standardDeviation else { return }
                    for target in window.deviations { target.setNumber(deviation, at: row(label)) }
                }
            } else {
                var state = WideSumState(isValid: isValid.values, values: values, range: range, hasSquares: true)
                timeline.slide(over: window.window, &state) { state, label in
                    guard let deviation = state.standardDeviation else { return }
                    for target in window.deviations { target.setNumber(deviation, at: row(label)) }
                }
            }
        }
    }

    // MARK: - Distinct values and quantiles

    /// A number that sorts as the value does.
    private func sortable(_ rank: Int) -> Int64 {
        kind == .integers ? Int64(bitPattern: bits[rank]) : .sortable(Double(bitPattern: bits[rank]))
    }

    private func countDistinct(_ timeline: borrowing Timeline) {
        let codes = FixedArray<Int32>(repeating: -1, count: timeline.count)
        let slots = FixedArray<Int32>(
            repeating: -1, count: 1 << (Int.bitWidth - max(1, 2 * timeline.count - 1).leadingZeroBitCount))
        var distinctCount = 0
        // The first rank with each code, to compare with.
        let firsts = FixedArray<Int32>(uninitializedCount: timeline.count)
        let negativeZero = Int64.sortable(-0.0)
        for rank in 0..<timeline.count where isValid[rank] {
            var value = sortable(rank)
            if kind == .numbers && value == negativeZero { value = 0 }
            var slot = Int(truncatingIfNeeded: Hash.mix(Hash.seed, UInt64(bitPattern: value)))
            while true {
                slot &= slots.values.count &- 1
                let code = slots[slot]
                if code < 0 {
                    firsts[distinctCount] = Int32(truncatingIfNeeded: rank)
                    codes[rank] = Int32(truncatingIfNeeded: distinctCount)
                    slots[slot] = codes[rank]
                    distinctCount += 1
                    break
                }
                var known = sortable(Int(firsts[Int(code)]))
                if kind == .numbers && known == negativeZero { known = 0 }
                if known == value {
                    codes[rank] = code
                    break
                }
                slot &+= 1
            }
        }
        for window in targets where !window.distinctCounts.isEmpty {
            var state = DistinctState(codes: codes.values, distinctCount: distinctCount)
            timeline.slide(over: window.window, &state) { state, label in
                let row = row(label)
                for target in window.distinctCounts { target.setCount(state.count, at: row) }
            }
        }
    }

    private func quantiles(_ timeline: borrowing Timeline, sorter: inout RadixSorter) {
        let keys = FixedArray<UInt64>(uninitializedCount: timeline.count)
        let ranks = FixedArray<Int32>(uninitializedCount: timeline.count)
        var count = 0
        for rank in 0..<timeline.count where isValid[rank] {
            keys[count] = sortable(rank).sortKey
            ranks[count] = Int32(truncatingIfNeeded: rank)
            count += 1
        }
        sorter.sort(
            UnsafeMutableBufferPointer(rebasing: keys.values[..<count]),
            UnsafeMutableBufferPointer(rebasing: ranks.values[..<count]))
        let order = FixedArray<Int32>(repeating: -1, count: timeline.count)
        for place in 0..<count { order[Int(ranks[place])] = Int32(truncatingIfNeeded: place) }
        func value(_ place: Int) -> Double {
            let key = keys[place].fromSortKey
            return kind == .integers ? Double(key) : key.fromSortable
        }
        for window in targets where !window.quantiles.isEmpty {
            var state = QuantileState(order: order.values)
            timeline.slide(over: window.window, &state) { state, label in
                if state.count == 0 { return }
                for (target, fraction) in window.quantiles {
                    let position = fraction * Double(state.count - 1)
                    let (below, share) = (Int(position), position - position.rounded(.down))
                    let lower = value(state.place(ofValue: below))
                    let upper = share > 0 ? value(state.place(ofValue: below + 1)) : lower
                    // Of two that are one, infinity perhaps, no mean is taken.
                    let result = lower == upper ? lower : lower * (1 - share) + upper * share
                    target.setNumber(share > 0 ? result : lower, at: row(label))
                }
            }
        }
    }

    // MARK: - What goes by an order

    private func order(_ timeline: borrowing Timeline, shard: WindowShard) {
        let keys = FixedArray<Int64>(repeating: 0, count: kind == .opaque ? 0 : timeline.count)
        if kind != .opaque { for rank in 0..<timeline.count where isValid[rank] { keys[rank] = sortable(rank) } }
        var state = OrderedState(
            isValid: isValid.values, keys: keys.values, hasMaxima: targets.contains { !$0.maxima.isEmpty },
            hasMinima: targets.contains { !$0.minima.isEmpty })
        let places = timeline.places.values
        func sourceRow(_ rank: Int) -> Int32 { shard.rows[Int(places[rank])] }
        timeline.sweep(over: targets.map(\.window), &state) { state, label, window, lower in
            let window = targets[window]
            guard window.hasOrdered, let last = state.ranks.last(below: isValid.values.count), last >= lower else {
                return
            }
            let row = row(label)
            if !window.maxima.isEmpty, let key = state.maxima?.greatest(from: lower) { set(key, window.maxima, row) }
            if !window.minima.isEmpty, let key = state.minima?.greatest(from: lower) { set(~key, window.minima, row) }
            if !window.firsts.isEmpty, let first = state.ranks.first(notBelow: lower) {
                for target in window.firsts { target.rows[row] = sourceRow(first) }
            }
            for (target, count) in window.lasts {
                var rank: Int? = last
                for place in 0..<count {
                    guard let found = rank, found >= lower else { break }
                    target.rows[row * count + place] = sourceRow(found)
                    rank = state.ranks.last(below: found)
                }
            }
        }
    }

    private func set(_ key: Int64, _ targets: [WindowTarget], _ row: Int) {
        for target in targets {
            if kind == .integers {
                target.setInteger(key, at: row)
            } else {
                target.setNumber(key.fromSortable, at: row)
            }
        }
    }
}
