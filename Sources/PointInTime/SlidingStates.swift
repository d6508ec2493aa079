/// Counts the rows that are not null; all of them if there is no column.
struct CountState: SlidingState {
    let isValid: UnsafeMutableBufferPointer<Bool>?
    private(set) var count = 0

    init(isValid: UnsafeMutableBufferPointer<Bool>?) { self.isValid = isValid }

    @inline(__always)
    mutating func add(_ rank: Int) { count &+= isValid.map { $0[rank] } ?? true ? 1 : 0 }

    @inline(__always)
    mutating func remove(_ rank: Int) { count &-= isValid.map { $0[rank] } ?? true ? 1 : 0 }
}

/// Counts distinct values by how often each is in the window.
struct DistinctState: SlidingState, ~Copyable {
    /// The number of each row's value among the entity's distinct values; -1 for a null.
    private let codes: UnsafeMutableBufferPointer<Int32>
    private let occurrences: FixedArray<Int32>
    private(set) var count = 0

    init(codes: UnsafeMutableBufferPointer<Int32>, distinctCount: Int) {
        self.codes = codes
        occurrences = FixedArray(repeating: 0, count: distinctCount)
    }

    @inline(__always)
    mutating func add(_ rank: Int) {
        let code = Int(codes[rank])
        guard code >= 0 else { return }
        if occurrences[code] == 0 { count &+= 1 }
        occurrences[code] &+= 1
    }

    @inline(__always)
    mutating func remove(_ rank: Int) {
        let code = Int(codes[rank])
        guard code >= 0 else { return }
        occurrences[code] &-= 1
        if occurrences[code] == 0 { count &-= 1 }
    }
}

/// Keeps how many values of the window are at each place of the entity's values in ascending order, in a Fenwick tree.
struct QuantileState: SlidingState, ~Copyable {
    /// The place of each row's value in ascending order; -1 for a null.
    private let order: UnsafeMutableBufferPointer<Int32>
    /// Node *n*, from 1 on, has the count of the places it stands for, its lowest bit set many, up to *n* − 1.
    private let nodes: FixedArray<Int32>
    private(set) var count = 0

    init(order: UnsafeMutableBufferPointer<Int32>) {
        self.order = order
        nodes = FixedArray(repeating: 0, count: order.count + 1)
    }

    mutating func add(_ rank: Int) { change(Int(order[rank]), by: 1) }

    mutating func remove(_ rank: Int) { change(Int(order[rank]), by: -1) }

    private mutating func change(_ place: Int, by change: Int32) {
        guard place >= 0 else { return }
        count += Int(change)
        var node = place + 1
        while node < nodes.values.count {
            nodes[node] &+= change
            node += node & -node
        }
    }

    /// The place of the value that has `index` values of the window before it.
    func place(ofValue index: Int) -> Int {
        var (node, rest) = (0, Int32(truncatingIfNeeded: index))
        var step = 1 << (Int.bitWidth - 1 - max(1, nodes.values.count - 1).leadingZeroBitCount)
        while step > 0 {
            if node + step < nodes.values.count && nodes[node + step] <= rest {
                node += step
                rest -= nodes[node]
            }
            step >>= 1
        }
        return node
    }
}

/// The rows known, by rank, and the greatest and least of their values if asked for.
struct OrderedState: SlidingState, ~Copyable {
    private let isValid: UnsafeMutableBufferPointer<Bool>
    /// Numbers that sort as the values do.
    private let keys: UnsafeMutableBufferPointer<Int64>
    private(set) var ranks: RankSet
    private(set) var maxima: ExtremumTree?
    /// The values' complements, so that the greatest is the least value's.
    private(set) var minima: ExtremumTree?

    init(
        isValid: UnsafeMutableBufferPointer<Bool>, keys: UnsafeMutableBufferPointer<Int64>, hasMaxima: Bool,
        hasMinima: Bool
    ) {
        self.isValid = isValid
        self.keys = keys
        ranks = RankSet(count: isValid.count)
        maxima = hasMaxima ? ExtremumTree(count: isValid.count) : nil
        minima = hasMinima ? ExtremumTree(count: isValid.count) : nil
    }

    mutating func add(_ rank: Int) {
        guard isValid[rank] else { return }
        ranks.insert(rank)
        maxima?.set(rank, to: keys[rank])
        minima?.set(rank, to: ~keys[rank])
    }

    mutating func remove(_ rank: Int) {
        guard isValid[rank] else { return }
        ranks.remove(rank)
        maxima?.set(rank, to: ExtremumTree.nothing)
        minima?.set(rank, to: ExtremumTree.nothing)
    }
}
