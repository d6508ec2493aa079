import PointInTime

extension Oracle {
    /// A whole number beside each value, null where it is: small ones, and now and then the ends of what there is.
    static func integer(_ fact: Fact) -> Int64? {
        guard let value = fact.value else { return nil }
        if value.isInfinite { return value < 0 ? .min : .max }
        return value.isNaN ? -3 : Int64(max(-3, min(3, value.rounded())))
    }

    /// An aggregation of column 0 (the values) or 1 (the whole numbers), from the definition of each function; the whole
    /// numbers' sum is `nil` if it is too large.
    func aggregate(_ aggregation: Aggregation) -> [Cell] {
        labels.map { label in
            let rows = window(label, length: aggregation.window)
            guard let column = aggregation.column else { return .count(rows.count) }
            let valid = rows.filter { $0.value != nil }
            switch aggregation.function {
            case .count: return .count(valid.count)
            case .first: return .rows([valid.first?.row ?? -1])
            case .last: return .rows([valid.last?.row ?? -1])
            case .lastRows(let count):
                let last = valid.suffix(count).reversed().map(\.row)
                return .rows(last + Array(repeating: -1, count: count - last.count))
            default: break
            }
            return column == 0
                ? Self.aggregate(valid.compactMap(\.value), aggregation.function)
                : Self.aggregate(valid.compactMap(Self.integer), aggregation.function)
        }
    }

    private static func aggregate(_ values: [Double], _ function: Aggregation.Function) -> Cell {
        switch function {
        case .distinctCount:
            return .count(Set(values.map { $0.isNaN ? Double.nan.bitPattern : ($0 + 0.0).bitPattern }).count)
        case .standardDeviation: return deviation(values).map { .near($0) } ?? .null
        default: break
        }
        if values.isEmpty { return .null }
        let ascending =
            values.filter { !$0.isNaN }.sorted { $0 < $1 || ($0 == $1 && $0.sign == .minus && $1.sign == .plus) }
            + values.filter(\.isNaN)
        switch function {
        case .sum: return .number(sum(values))
        case .mean: return .number(sum(values) / Double(values.count))
        case .minimum: return .number(ascending[0])
        case .maximum: return .number(ascending[values.count - 1])
        case .quantile(let fraction): return .number(quantile(ascending, fraction))
        default: return .null
        }
    }

    private static func aggregate(_ values: [Int64], _ function: Aggregation.Function) -> Cell {
        switch function {
        case .distinctCount: return .count(Set(values).count)
        case .standardDeviation:
            // Too large for doubles to hold, the ends are as good as their neighbours.
            return deviation(values.map(Double.init)).map { .near($0) } ?? .null
        default: break
        }
        if values.isEmpty { return .null }
        let sum = values.reduce(Int128(0)) { $0 + Int128($1) }
        switch function {
        case .sum: return Int64(exactly: sum).map { .integer($0) } ?? .tooLarge
        case .mean: return .number(Double(sum) / Double(values.count))
        case .minimum: return .integer(values.min() ?? 0)
        case .maximum: return .integer(values.max() ?? 0)
        case .quantile(let fraction): return .number(quantile(values.sorted().map(Double.init), fraction))
        default: return .null
        }
    }

    private static func special(_ values: [Double]) -> Double? {
        let special = values.filter { !$0.isFinite }
        return special.isEmpty ? nil : special.reduce(0, +)
    }

    private static func sum(_ values: [Double]) -> Double {
        special(values) ?? values.reduce(ExactNumber(0.0)) { $0 + ExactNumber($1) }.nearest
    }

    private static func deviation(_ values: [Double]) -> Double? {
        if values.count < 2 { return nil }
        if special(values) != nil { return .nan }
        let numbers = values.map { ExactNumber($0) }
        let sum = numbers.reduce(ExactNumber(0.0), +)
        let squares = numbers.map { $0 * $0 }.reduce(ExactNumber(0.0) * ExactNumber(0.0), +)
        let (significand, exponent) = (ExactNumber(values.count) * squares + -(sum * sum)).leading
        let isOdd = exponent % 2 != 0
        let variance = significand * (isOdd ? 2 : 1) / Double(values.count * (values.count - 1))
        return Double(sign: .plus, exponent: (exponent - (isOdd ? 1 : 0)) / 2, significand: variance.squareRoot())
    }

    private static func quantile(_ ascending: [Double], _ fraction: Double) -> Double {
        let position = fraction * Double(ascending.count - 1)
        let below = Int(position)
        let share = position - Double(below)
        if share == 0 || ascending[below] == ascending[below + 1] { return ascending[below] }
        return ascending[below] * (1 - share) + ascending[below + 1] * share
    }
}

/// One result of an aggregation.
enum Cell: Equatable {
    case null
    case count(Int)
    case integer(Int64)
    case number(Double)
    /// A number that need only be as near as rounding a few times leaves it.
    case near(Double)
    case rows([Int32])
    case tooLarge

    static func == (left: Cell, right: Cell) -> Bool {
        switch (left, right) {
        case (.null, .null), (.tooLarge, .tooLarge): true
        case (.count(let left), .count(let right)): left == right
        case (.integer(let left), .integer(let right)): left == right
        case (.rows(let left), .rows(let right)): left == right
        case (.number(let left), .number(let right)):
            left.bitPattern == right.bitPattern || (left.isNaN && right.isNaN)
        case (.near(let left), .number(let right)), (.number(let left), .near(let right)):
            left == right || (left.isNaN && right.isNaN) || abs(left - right) <= 1e-14 * abs(left)
        default: false
        }
    }
}

extension AggregatedColumn {
    /// The results one by one.
    var cells: [Cell] {
        switch self {
        case .counts(let counts): counts.map { .count(Int($0)) }
        case .integers(let values, let isValid): zip(values, isValid).map { $1 ? .integer($0) : .null }
        case .numbers(let values, let isValid): zip(values, isValid).map { $1 ? .number($0) : .null }
        case .rows(let rows, let perLabel):
            stride(from: 0, to: rows.count, by: perLabel).map { .rows(Array(rows[$0..<$0 + perLabel])) }
        }
    }
}
