import Features

/// What an aggregation makes of some rows, computed from the definition of each function.
struct WindowValue {
    let aggregation: Aggregation
    let values: ExpressionVector?

    /// Whether values can be compared: a list is in no column that the guard reads, and an estimate is off by its error.
    var isComparable: Bool {
        switch aggregation.function {
        case .lastK: false
        case .countDistinct, .quantile: aggregation.error == 0
        default: true
        }
    }

    /// The value over rows, which are in the order of a plain view.
    func of(_ rows: [Int]) -> GuardValue {
        guard let values else { return .integer(Int64(rows.count)) }
        let present = rows.map { values.value($0) }.filter { $0 != .null }
        switch aggregation.function {
        case .count: return .integer(Int64(present.count))
        case .countDistinct: return .integer(Int64(Set(present.map(Self.canonical)).count))
        case .first: return present.first ?? .null
        case .last: return present.last ?? .null
        case .min: return present.min(by: Self.isBefore) ?? .null
        case .max: return present.max(by: Self.isBefore) ?? .null
        case .lastK: return .null
        case .sum, .mean, .standardDeviation, .quantile: break
        }
        let numbers = present.compactMap(\.number)
        if numbers.isEmpty { return .null }
        switch aggregation.function {
        case .sum:
            let integers = present.compactMap { if case .integer(let value) = $0 { value } else { nil } }
            if integers.count == present.count {
                let sum = integers.reduce(Int128(0)) { $0 + Int128($1) }
                return .integer(Int64(clamping: sum))
            }
            return .number(Self.sum(numbers))
        case .mean: return .number(Self.sum(numbers) / Double(numbers.count))
        case .standardDeviation:
            if numbers.count < 2 { return .null }
            let mean = Self.sum(numbers) / Double(numbers.count)
            let squares = Self.sum(numbers.map { ($0 - mean) * ($0 - mean) })
            return .number((squares / Double(numbers.count - 1)).squareRoot())
        default:
            let sorted = numbers.sorted()
            let position = (aggregation.share ?? 0) * Double(sorted.count - 1)
            let below = Int(position)
            let share = position - Double(below)
            if share == 0 || below + 1 >= sorted.count { return .number(sorted[below]) }
            return .number(sorted[below] * (1 - share) + sorted[below + 1] * share)
        }
    }

    /// How far a value may be off for the order in which it was summed, relative to the greatest summand.
    func agrees(_ stored: GuardValue, _ expected: GuardValue, _ rows: [Int]) -> Bool {
        if stored.matches(expected) { return true }
        switch aggregation.function {
        case .sum, .mean, .standardDeviation:
            // Near zero a relative error says nothing: what was added up sets the scale.
            guard let values, let left = stored.number, let right = expected.number, stored != .null, expected != .null
            else { return false }
            let scale = rows.reduce(0.0) { max($0, abs(values.value($1).number ?? 0)) }
            return abs(left - right) <= 1e-9 * scale * Double(max(rows.count, 1))
        default: return false
        }
    }

    /// Kahan's sum, so that long windows lose nothing that matters.
    private static func sum(_ numbers: [Double]) -> Double {
        var (sum, rest) = (0.0, 0.0)
        for number in numbers {
            let next = number - rest
            let total = sum + next
            rest = total.isFinite ? (total - sum) - next : 0
            sum = total
        }
        return sum
    }

    private static func canonical(_ value: GuardValue) -> GuardValue {
        guard case .number(let number) = value else { return value }
        return number.isNaN ? .text("nan") : .number(number + 0.0)
    }

    private static func isBefore(_ left: GuardValue, _ right: GuardValue) -> Bool {
        switch (left, right) {
        case (.text(let left), .text(let right)): return Array(left.utf8).lexicographicallyPrecedes(Array(right.utf8))
        case (.integer(let left), .integer(let right)), (.time(let left), .time(let right)): return left < right
        default:
            guard let left = left.number, let right = right.number else { return false }
            // NaN is greater than every number.
            if left.isNaN || right.isNaN { return !left.isNaN && right.isNaN }
            return left < right
        }
    }
}
