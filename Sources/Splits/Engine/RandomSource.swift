/// The random numbers of splits and samples: SplitMix64 (Steele, Lea and Flood, 2014).
///
///     var random = RandomSource(seed: 7)
///     let die = random.below(6) + 1
///
/// A seed gives the same numbers on every machine and in every version. What draws from it does so on one thread, in the
/// order of rows, so that a result does not depend on how many threads there are. The shuffling and the ranges of the
/// standard library are not used, because they may change.
public struct RandomSource: Sendable {
    private var state: UInt64

    /// Begins the numbers of a seed.
    public init(seed: UInt64) { state = seed }

    /// The next 64 random bits.
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A number from 0 to one less than `bound`, each as likely as another (Lemire, 2019).
    public mutating func below(_ bound: Int) -> Int {
        precondition(bound > 0, "there is no number below \(bound)")
        let bound = UInt64(bound)
        var product = next().multipliedFullWidth(by: bound)
        if product.low < bound {
            let threshold = (0 &- bound) % bound
            while product.low < threshold { product = next().multipliedFullWidth(by: bound) }
        }
        return Int(product.high)
    }

    /// The numbers from 0 to one less than `count` in a random order (Fisher and Yates).
    public mutating func permutation(of count: Int) -> [Int] {
        var order = Array(0..<count)
        var end = count
        while end > 1 {
            let place = below(end)
            end -= 1
            order.swapAt(place, end)
        }
        return order
    }
}
