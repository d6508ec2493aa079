/// A finite number as a whole number times a power of two.
struct ExactParts {
    var isNegative: Bool
    var significand: UInt64
    /// The power of two of the significand's last bit.
    var exponent: Int

    init(_ value: Double) {
        let bits = value.bitPattern
        let (fraction, biased) = (bits & (1 << 52 - 1), Int(bits >> 52 & 0x7FF))
        isNegative = bits >> 63 == 1
        significand = biased == 0 ? fraction : fraction | 1 << 52
        exponent = max(biased, 1) - 1075
    }

    init(_ value: Int64) {
        isNegative = value < 0
        significand = value.magnitude
        exponent = 0
    }
}

/// The powers of two between which the bits of some numbers lie.
struct BitRange {
    /// The power of two of the last bit set in any value.
    private(set) var least = Int.max
    /// One more than the power of two of the first bit set in any value.
    private(set) var end = Int.min

    mutating func include(_ parts: ExactParts) {
        guard parts.significand != 0 else { return }
        least = min(least, parts.exponent + parts.significand.trailingZeroBitCount)
        end = max(end, parts.exponent + 64 - parts.significand.leadingZeroBitCount)
    }

    /// How many bits a sum of `count` such values has, its sign aside.
    func sumWidth(count: Int) -> Int { end < least ? 1 : end - least + Int.bitWidth - count.leadingZeroBitCount }

    /// How many bits a sum of squares of `count` such values has.
    func squareSumWidth(count: Int) -> Int {
        end < least ? 1 : 2 * (end - least) + Int.bitWidth - count.leadingZeroBitCount
    }

    /// The power of two by which values are divided to make whole numbers of them.
    var scale: Int { end < least ? 0 : least }
}

extension Int64 {
    /// A number that sorts as the double with these bits: −0 before 0, and any NaN after everything.
    static func sortable(_ value: Double) -> Int64 {
        if value.isNaN { return .max }
        let bits = Int64(bitPattern: value.bitPattern)
        return bits ^ (bits >> 63 & .max)
    }

    /// The double that this number stands for; see ``sortable(_:)``.
    var fromSortable: Double {
        if self == .max { return .nan }
        return Double(bitPattern: UInt64(bitPattern: self ^ (self >> 63 & .max)))
    }
}
