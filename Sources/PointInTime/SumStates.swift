/// How many values of each kind that no sum holds are in a window.
struct SpecialCounts {
    private var notANumber = 0
    private var positiveInfinity = 0
    private var negativeInfinity = 0

    mutating func change(_ value: Double, by change: Int) {
        if value.isNaN {
            notANumber += change
        } else if value == .infinity {
            positiveInfinity += change
        } else if value == -.infinity {
            negativeInfinity += change
        }
    }

    /// The sum if such values decide it.
    var sum: Double? {
        if notANumber > 0 || (positiveInfinity > 0 && negativeInfinity > 0) { return .nan }
        if positiveInfinity > 0 { return .infinity }
        return negativeInfinity > 0 ? -.infinity : nil
    }
}

/// Sums an entity's values exactly, as whole multiples of a power of two, where these fit 128 bits.
struct NarrowSumState: SlidingState {
    private let isValid: UnsafeMutableBufferPointer<Bool>
    /// The values in units of 2^`exponent`; 0 for a null or a value that is not finite.
    let units: UnsafeMutableBufferPointer<Int128>
    /// The values as doubles, if some are not finite.
    private let specials: UnsafeMutableBufferPointer<Double>?
    let exponent: Int
    private(set) var count = 0
    private(set) var total: Int128 = 0
    private(set) var special = SpecialCounts()

    init(
        isValid: UnsafeMutableBufferPointer<Bool>, units: UnsafeMutableBufferPointer<Int128>, exponent: Int,
        specials: UnsafeMutableBufferPointer<Double>?
    ) {
        self.isValid = isValid
        self.units = units
        self.exponent = exponent
        self.specials = specials
    }

    @inline(__always)
    mutating func add(_ rank: Int) {
        count &+= isValid[rank] ? 1 : 0
        total &+= units[rank]
        if let specials, isValid[rank] { special.change(specials[rank], by: 1) }
    }

    @inline(__always)
    mutating func remove(_ rank: Int) {
        count &-= isValid[rank] ? 1 : 0
        total &-= units[rank]
        if let specials, isValid[rank] { special.change(specials[rank], by: -1) }
    }

    /// The sum, rounded to the nearest double.
    var sum: Double {
        if let sum = special.sum { return sum }
        let magnitude = LeadingBits(total.magnitude, exponent: exponent).nearestDouble
        return total < 0 ? -magnitude : magnitude
    }
}

/// Sums an entity's values and their squares exactly, where these fit 128 bits.
struct NarrowDeviationState: SlidingState {
    private var sums: NarrowSumState
    private var squares: UInt128 = 0

    /// - Parameter sums: sums of values of which no square of a sum, times their number, exceeds 256 bits.
    init(_ sums: NarrowSumState) { self.sums = sums }

    @inline(__always)
    mutating func add(_ rank: Int) {
        sums.add(rank)
        let unit = sums.units[rank].magnitude
        squares &+= unit &* unit
    }

    @inline(__always)
    mutating func remove(_ rank: Int) {
        sums.remove(rank)
        let unit = sums.units[rank].magnitude
        squares &-= unit &* unit
    }

    /// The sample standard deviation, worked out as ``WideSumState/standardDeviation`` is.
    var standardDeviation: Double? {
        let count = sums.count
        guard count >= 2 else { return nil }
        if sums.special.sum != nil { return .nan }
        let sum = sums.total.magnitude
        let (all, square) = (squares.multipliedFullWidth(by: UInt128(count)), sum.multipliedFullWidth(by: sum))
        let (low, borrows) = all.low.subtractingReportingOverflow(square.low)
        let high = all.high &- square.high &- (borrows ? 1 : 0)
        return LeadingBits(high: high, low: low, exponent: 2 * sums.exponent).deviation(count: count)
    }
}

/// An entity's values by rank.
enum ExactValues {
    case numbers(UnsafeMutableBufferPointer<Double>)
    case integers(UnsafeMutableBufferPointer<Int64>)
}

/// Sums an entity's values exactly whatever they are, and their squares if asked for.
struct WideSumState: SlidingState {
    private let isValid: UnsafeMutableBufferPointer<Bool>
    private let values: ExactValues
    private let exponent: Int
    private(set) var count = 0
    private var total: WideInteger
    private var squares: WideInteger?
    private var special = SpecialCounts()

    init(
        isValid: UnsafeMutableBufferPointer<Bool>, values: ExactValues, range: BitRange, hasSquares: Bool
    ) {
        self.isValid = isValid
        self.values = values
        exponent = range.scale
        let width = range.sumWidth(count: isValid.count)
        total = WideInteger(bits: width)
        squares = hasSquares ? WideInteger(bits: 2 * width) : nil
    }

    mutating func add(_ rank: Int) { change(rank, isRemoval: false) }

    mutating func remove(_ rank: Int) { change(rank, isRemoval: true) }

    private mutating func change(_ rank: Int, isRemoval: Bool) {
        guard isValid[rank] else { return }
        count += isRemoval ? -1 : 1
        let parts: ExactParts
        switch values {
        case .integers(let values): parts = ExactParts(values[rank])
        case .numbers(let values):
            let value = values[rank]
            guard value.isFinite else { return special.change(value, by: isRemoval ? -1 : 1) }
            parts = ExactParts(value)
        }
        guard parts.significand != 0 else { return }
        // The last bits set in the significand are worth at least a unit.
        let zeros = parts.significand.trailingZeroBitCount
        let significand = UInt128(parts.significand >> zeros)
        let bit = parts.exponent + zeros - exponent
        total.add(significand, at: bit, isSubtracted: parts.isNegative != isRemoval)
        squares?.add(significand * significand, at: 2 * bit, isSubtracted: isRemoval)
    }

    /// The sum, rounded to the nearest double.
    var sum: Double {
        if let sum = special.sum { return sum }
        let magnitude = LeadingBits(total.magnitude, exponent: exponent).nearestDouble
        return total.isNegative ? -magnitude : magnitude
    }

    /// The sample standard deviation; `nil` for fewer than two values.
    ///
    /// With *n* values, *n* Σx² − (Σx)² is worked out exactly, rounded to 53 bits, divided by *n* (*n* − 1), and its root
    /// is taken.
    var standardDeviation: Double? {
        guard count >= 2, let squares else { return nil }
        if special.sum != nil { return .nan }
        let sum = total.magnitude
        let numerator = WideInteger.difference(
            WideInteger.product(squares.magnitude, [UInt64(count)]), WideInteger.product(sum, sum))
        return LeadingBits(numerator, exponent: 2 * exponent).deviation(count: count)
    }
}

extension LeadingBits {
    /// The standard deviation of `count` values if this is *n* Σx² − (Σx)².
    fileprivate func deviation(count: Int) -> Double {
        var (significand, exponent) = rounded()
        guard significand != 0 else { return 0 }
        // The same value has one significand, so that the result does not depend on the unit.
        let zeros = significand.trailingZeroBitCount
        significand >>= UInt64(zeros)
        exponent += zeros
        let isOdd = exponent & 1 != 0
        let variance = Double(isOdd ? 2 * significand : significand) / (Double(count) * Double(count - 1))
        return Double(sign: .plus, exponent: (exponent - (isOdd ? 1 : 0)) / 2, significand: variance.squareRoot())
    }
}
