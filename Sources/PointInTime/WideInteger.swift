/// A whole number of a fixed number of 64-bit limbs in two's complement, the least first: sums of any doubles fit exactly.
struct WideInteger {
    private(set) var limbs: [UInt64]

    /// Zero, of at least so many bits and a sign.
    init(bits: Int) {
        limbs = Array(repeating: 0, count: bits / 64 + 1)
    }

    /// Adds or subtracts `magnitude` × 2^`bit`. What exceeds the number's bits is lost.
    mutating func add(_ magnitude: UInt128, at bit: Int, isSubtracted: Bool) {
        var (limb, shift) = (bit / 64, bit % 64)
        let (low, high) = (UInt64(truncatingIfNeeded: magnitude), UInt64(truncatingIfNeeded: magnitude >> 64))
        let parts = (low << shift, shift == 0 ? high : high << shift | low >> (64 - shift))
        let top = shift == 0 ? 0 : high >> (64 - shift)
        shift = 0
        var carry = false
        while limb < limbs.count {
            let part = shift == 0 ? parts.0 : shift == 1 ? parts.1 : shift == 2 ? top : 0
            if shift > 2 && !carry { return }
            if isSubtracted {
                let (first, borrowed) = limbs[limb].subtractingReportingOverflow(part)
                let (second, borrowedAgain) = first.subtractingReportingOverflow(carry ? 1 : 0)
                limbs[limb] = second
                carry = borrowed || borrowedAgain
            } else {
                let (first, carried) = limbs[limb].addingReportingOverflow(part)
                let (second, carriedAgain) = first.addingReportingOverflow(carry ? 1 : 0)
                limbs[limb] = second
                carry = carried || carriedAgain
            }
            limb += 1
            shift += 1
        }
    }

    var isNegative: Bool { limbs[limbs.count - 1] >> 63 == 1 }

    /// The limbs of the number without its sign.
    var magnitude: [UInt64] {
        guard isNegative else { return limbs }
        var carry = true
        return limbs.map { limb in
            let (negated, overflow) = (~limb).addingReportingOverflow(carry ? 1 : 0)
            carry = overflow
            return negated
        }
    }

    /// The product of two numbers without signs.
    static func product(_ left: [UInt64], _ right: [UInt64]) -> [UInt64] {
        var product = [UInt64](repeating: 0, count: left.count + right.count)
        for (place, factor) in left.enumerated() where factor != 0 {
            var carry: UInt64 = 0
            for (offset, other) in right.enumerated() {
                let (high, low) = factor.multipliedFullWidth(by: other)
                let (first, carried) = low.addingReportingOverflow(product[place + offset])
                let (second, carriedAgain) = first.addingReportingOverflow(carry)
                product[place + offset] = second
                carry = high &+ (carried ? 1 : 0) &+ (carriedAgain ? 1 : 0)
            }
            product[place + right.count] = carry
        }
        return product
    }

    /// The difference of two numbers without signs, the first of which is not the lesser.
    static func difference(_ left: [UInt64], _ right: [UInt64]) -> [UInt64] {
        var borrow = false
        return (0..<max(left.count, right.count)).map { place in
            let (first, borrowed) = (place < left.count ? left[place] : 0)
                .subtractingReportingOverflow(place < right.count ? right[place] : 0)
            let (second, borrowedAgain) = first.subtractingReportingOverflow(borrow ? 1 : 0)
            borrow = borrowed || borrowedAgain
            return second
        }
    }
}

/// A number without sign, as its leading 128 bits and the power of two of the last of these. Bits that were cut off are
/// remembered by setting the last bit, which decides no rounding by itself.
struct LeadingBits {
    var bits: UInt128
    var exponent: Int

    /// The number that is exactly `bits` × 2^`exponent`.
    init(_ bits: UInt128, exponent: Int) {
        self.bits = bits
        self.exponent = exponent
    }

    /// The leading bits of a number of 256 bits times 2^`exponent`.
    init(high: UInt128, low: UInt128, exponent: Int) {
        let shift = high.leadingZeroBitCount
        if high == 0 {
            self.init(low, exponent: exponent)
        } else if shift == 0 {
            self.init(low != 0 ? high | 1 : high, exponent: exponent + 128)
        } else {
            let bits = high << UInt128(shift) | low >> UInt128(128 - shift)
            self.init(low << UInt128(shift) != 0 ? bits | 1 : bits, exponent: exponent + 128 - shift)
        }
    }

    /// The leading bits of a number of several limbs, the least first, times 2^`exponent`.
    init(_ limbs: [UInt64], exponent: Int) {
        guard let top = limbs.lastIndex(where: { $0 != 0 }) else {
            self.init(0, exponent: exponent)
            return
        }
        func limb(_ place: Int) -> UInt128 { place < 0 ? 0 : UInt128(limbs[place]) }
        let shift = limbs[top].leadingZeroBitCount
        var bits = limb(top) << 64 | limb(top - 1)
        if shift > 0 { bits = bits << shift | limb(top - 2) >> (64 - shift) }
        let isCut = top >= 2 && (limbs[top - 2] << shift != 0 || limbs[..<(top - 2)].contains { $0 != 0 })
        self.init(isCut ? bits | 1 : bits, exponent: exponent + (top - 1) * 64 - shift)
    }

    /// The leading 53 bits, rounded to the nearest, ties to even, and the power of two of the last of these.
    ///
    /// - Parameter least: the least power of two that the last bit may have.
    func rounded(least: Int = .min) -> (significand: UInt64, exponent: Int) {
        guard bits != 0 else { return (0, 0) }
        let excess = max(128 - bits.leadingZeroBitCount - 53, least == .min ? .min : least - exponent)
        guard excess > 0 else { return (UInt64(truncatingIfNeeded: bits), exponent) }
        guard excess <= 128 else { return (0, 0) }
        let kept = excess == 128 ? 0 : bits >> excess
        let rest = excess == 128 ? bits : bits & ((1 << excess) - 1)
        let half: UInt128 = 1 << (excess - 1)
        let isRoundedUp = rest > half || (rest == half && kept & 1 == 1)
        return (UInt64(truncatingIfNeeded: kept) + (isRoundedUp ? 1 : 0), exponent + excess)
    }

    /// The nearest double, ties to even; infinity if it is beyond all of them.
    var nearestDouble: Double {
        let (significand, exponent) = rounded(least: -1074)
        if exponent >= -1022 && exponent <= 1023 {
            return Double(significand) * Double(bitPattern: UInt64(exponent + 1023) << 52)
        }
        return Double(sign: .plus, exponent: exponent, significand: Double(significand))
    }
}
