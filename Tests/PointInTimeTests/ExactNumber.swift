/// A whole number of any size times 2^-1074, of which every finite double is one: sums without any rounding, as slow and
/// as plain as can be.
struct ExactNumber {
    private var isNegative = false
    /// Limbs of 32 bits, the least first.
    private var limbs: [UInt32] = []
    /// The number is `limbs` × 2^-1074 to this power.
    private var power = 1

    init(_ integer: Int) {
        isNegative = integer < 0
        limbs = [UInt32(truncatingIfNeeded: integer.magnitude), UInt32(truncatingIfNeeded: integer.magnitude >> 32)]
        power = 0
    }

    init(_ value: Double) {
        isNegative = value.sign == .minus
        let exponent = max(Int(value.exponentBitPattern), 1) - 1
        let significand = value.significandBitPattern | (value.exponentBitPattern == 0 ? 0 : 1 << 52)
        limbs = Array(repeating: 0, count: exponent / 32)
        let shifted = UInt128(significand) << UInt128(exponent % 32)
        limbs += (0..<3).map { UInt32(truncatingIfNeeded: shifted >> UInt128(32 * $0)) }
    }

    private init(isNegative: Bool, limbs: [UInt32], power: Int) {
        self.isNegative = isNegative
        self.limbs = limbs
        self.power = power
    }

    static func + (left: ExactNumber, right: ExactNumber) -> ExactNumber {
        let power = max(left.power, right.power)
        if left.isNegative == right.isNegative {
            return ExactNumber(isNegative: left.isNegative, limbs: sum(left.limbs, right.limbs), power: power)
        }
        if isLess(left.limbs, right.limbs) {
            return ExactNumber(isNegative: right.isNegative, limbs: gap(right.limbs, left.limbs), power: power)
        }
        return ExactNumber(isNegative: left.isNegative, limbs: gap(left.limbs, right.limbs), power: power)
    }

    static prefix func - (number: ExactNumber) -> ExactNumber {
        ExactNumber(isNegative: !number.isNegative, limbs: number.limbs, power: number.power)
    }

    static func * (left: ExactNumber, right: ExactNumber) -> ExactNumber {
        var product = [UInt32](repeating: 0, count: left.limbs.count + right.limbs.count + 1)
        for (place, factor) in left.limbs.enumerated() {
            var carry: UInt64 = 0
            for (offset, other) in (right.limbs + [0]).enumerated() {
                let sum = UInt64(factor) * UInt64(other) + UInt64(product[place + offset]) + carry
                product[place + offset] = UInt32(truncatingIfNeeded: sum)
                carry = sum >> 32
            }
        }
        return ExactNumber(
            isNegative: left.isNegative != right.isNegative, limbs: product, power: left.power + right.power)
    }

    var isZero: Bool { limbs.allSatisfy { $0 == 0 } }

    /// About the number: its leading bits, and the power of two to multiply them by.
    var leading: (significand: Double, exponent: Int) {
        guard let top = limbs.lastIndex(where: { $0 != 0 }) else { return (0, 0) }
        var significand = 0.0
        for place in (max(0, top - 2)...top).reversed() { significand = significand * 0x1p32 + Double(limbs[place]) }
        return (isNegative ? -significand : significand, 32 * max(0, top - 2) - 1074 * power)
    }

    /// The nearest double, the even one of two: found by trying neighbours.
    var nearest: Double {
        if isZero { return 0 }
        let (significand, exponent) = leading
        var best = Double(sign: .plus, exponent: exponent, significand: significand)
        if best.isInfinite { best = best < 0 ? -.greatestFiniteMagnitude : .greatestFiniteMagnitude }
        for _ in 0..<8 {
            for other in [best.nextUp, best.nextDown] {
                let (there, here) = (distance(to: other), distance(to: best))
                let isTie = !Self.isLess(there, here) && !Self.isLess(here, there)
                if Self.isLess(there, here) || (isTie && other.significandBitPattern & 1 == 0) { best = other }
            }
        }
        return best
    }

    private func distance(to value: Double) -> [UInt32] {
        // What would be the next double after the last one stands for infinity.
        let infinity = ExactNumber(0x1p1023) + ExactNumber(0x1p1023)
        let other = value.isInfinite ? (value < 0 ? -infinity : infinity) : ExactNumber(value)
        return (self + -other).limbs
    }

    private static func sum(_ left: [UInt32], _ right: [UInt32]) -> [UInt32] {
        var carry: UInt64 = 0
        return (0...max(left.count, right.count)).map { place in
            let sum =
                UInt64(place < left.count ? left[place] : 0) + UInt64(place < right.count ? right[place] : 0) + carry
            carry = sum >> 32
            return UInt32(truncatingIfNeeded: sum)
        }
    }

    private static func gap(_ left: [UInt32], _ right: [UInt32]) -> [UInt32] {
        var borrow: Int64 = 0
        return (0..<max(left.count, right.count)).map { place in
            let (own, other) = (place < left.count ? left[place] : 0, place < right.count ? right[place] : 0)
            var gap = Int64(own) - Int64(other) - borrow
            borrow = gap < 0 ? 1 : 0
            if gap < 0 { gap += 1 << 32 }
            return UInt32(gap)
        }
    }

    private static func isLess(_ left: [UInt32], _ right: [UInt32]) -> Bool {
        for place in (0..<max(left.count, right.count)).reversed() {
            let (own, other) = (place < left.count ? left[place] : 0, place < right.count ? right[place] : 0)
            if own != other { return own < other }
        }
        return false
    }
}
