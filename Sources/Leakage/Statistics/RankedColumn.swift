import Features

/// A column whose values are numbered, so that statistics of it are made by counting.
///
/// Numbers are numbered in ascending order, with NaN last; texts as they first come.
struct RankedColumn {
    /// The rank of each row's value among the distinct ones; -1 for null.
    let ranks: [Int32]
    /// How many distinct values there are.
    let count: Int
    /// The number of each rank; `nil` for texts.
    let numbers: [Double]?

    /// Numbers the values of a column.
    ///
    /// - Complexity: that of sorting the numbers, linear in the rows of texts.
    init(_ vector: ExpressionVector) {
        switch vector {
        case .bool(let values):
            self.init(values.values.map { $0 ? 1 : 0 }, values.validity) { Double($0) }
        case .int64(let values), .timestamp(let values), .duration(let values):
            self.init(values.values, values.validity) { Double($0) }
        case .float64(let values):
            self.init(values.values.map(Self.sortable), values.validity, Self.number)
        case .string(let texts):
            var ranks = [Int32](repeating: -1, count: texts.count)
            var known: [UInt64: Int32] = [:]
            for (row, hash) in KeyHash.ofTexts(texts).enumerated() where texts.validity?[row] ?? true {
                let next = Int32(known.count)
                ranks[row] = known[hash] ?? next
                if ranks[row] == next { known[hash] = next }
            }
            self.init(ranks: ranks, count: known.count, numbers: nil)
        }
    }

    private init(ranks: [Int32], count: Int, numbers: [Double]?) {
        (self.ranks, self.count, self.numbers) = (ranks, count, numbers)
    }

    private init(_ keys: [Int64], _ validity: [Bool]?, _ number: (Int64) -> Double) {
        var order: [(key: Int64, row: Int32)] = []
        order.reserveCapacity(keys.count)
        for row in keys.indices where validity?[row] ?? true { order.append((keys[row], Int32(row))) }
        order.sort { $0.key < $1.key }
        var ranks = [Int32](repeating: -1, count: keys.count)
        var numbers: [Double] = []
        var last: Int64?
        for (key, row) in order {
            if key != last { numbers.append(number(key)) }
            last = key
            ranks[Int(row)] = Int32(numbers.count - 1)
        }
        self.init(ranks: ranks, count: numbers.count, numbers: numbers)
    }

    /// A whole number that sorts as a number does: one for both zeros, and one, the greatest, for all that are NaN.
    private static func sortable(_ number: Double) -> Int64 {
        if number.isNaN { return .max }
        let bits = Int64(bitPattern: (number + 0).bitPattern)
        return bits < 0 ? bits ^ .max : bits
    }

    private static func number(_ key: Int64) -> Double {
        if key == .max { return .nan }
        return Double(bitPattern: UInt64(bitPattern: key < 0 ? key ^ .max : key))
    }
}
