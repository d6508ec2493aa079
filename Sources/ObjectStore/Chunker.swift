/// Cuts bytes into chunks where their content says so, so that an edit moves only the cuts near it.
///
/// This is FastCDC (Xia et al., 2020): a gear hash, a minimum that is skipped, and normalised chunking. All arithmetic
/// is on unsigned 64-bit integers, modulo 2⁶⁴.
///
/// **The hash.** Let *G*(b) be the entry of ``GearTable`` for byte b. The hash at a byte is a function of that byte and
/// of the 63 before it: with b₀ the byte itself, b₁ the one before and so on,
///
///     hash = G(b₀) + 2·G(b₁) + 4·G(b₂) + … + 2⁶³·G(b₆₃)
///
/// which is what `hash = 2·hash + G(byte)` leaves after any 64 or more bytes, since older ones are shifted out. Bit *i*
/// depends on the last *i* + 1 bytes only, so the test below looks at the highest bits, which see the most.
///
/// **The cut.** A chunk that starts at byte s has the smallest length L, `minimum` ≤ L, such that one of these holds:
/// - L = `maximum`, or the bytes end at s + L (a file's last chunk may be shorter than `minimum`);
/// - L < `average` and the highest log₂(`average`) + 2 bits of the hash at byte s + L − 1 are zero;
/// - L ≥ `average` and the highest log₂(`average`) − 2 bits of the hash at byte s + L − 1 are zero.
///
/// As `minimum` ≥ 64, the hash never looks back past the chunk's start. The 2 is ``normalisation``: it makes early
/// cuts rarer and late cuts more frequent, which gathers the lengths around the average.
///
///     var rest = UnsafeRawBufferPointer(file)
///     while !rest.isEmpty {
///         let length = chunker.firstCut(in: rest)
///         store(rest[..<length])
///         rest = .init(rebasing: rest[length...])
///     }
package struct Chunker: Sendable {
    /// The number of bytes that a hash depends on.
    package static let windowLength = 64

    /// How many bits more are tested below the average, and how many fewer from it on.
    package static let normalisation = 2

    /// The sizes in force.
    package let parameters: ChunkingParameters

    // A hash has its k highest bits zero exactly when it is below 2^(64 - k).
    private let earlyBound: UInt64
    private let lateBound: UInt64

    /// Makes a chunker of the given sizes.
    package init(_ parameters: ChunkingParameters) {
        self.init(parameters, normalisation: Self.normalisation)
    }

    /// Makes a chunker of another normalisation than a store's; for measuring what that would change.
    init(_ parameters: ChunkingParameters, normalisation: Int) {
        self.parameters = parameters
        let bits = parameters.average.trailingZeroBitCount
        earlyBound = 1 << (64 - bits - normalisation)
        lateBound = 1 << (64 - bits + normalisation)
    }

    /// The length of the first chunk of `bytes`: 1 to `maximum`, or 0 if there are none.
    ///
    /// `bytes` must hold at least `maximum` bytes unless it reaches the end of the file; what follows the first
    /// `maximum` bytes is not looked at.
    ///
    /// - Complexity: O(length of the chunk); the first `minimum` − 64 bytes are not read.
    package func firstCut(in bytes: UnsafeRawBufferPointer) -> Int {
        let end = min(bytes.count, parameters.maximum)
        guard end > parameters.minimum, let base = bytes.baseAddress else { return end }
        // Every index below is less than `end`, hence within `bytes`; the gear has an entry for every byte value.
        return GearTable.values.withUnsafeBufferPointer { gear in
            var scan = GearScan(bytes: base.assumingMemoryBound(to: UInt8.self), gear: gear.baseAddress!)
            scan.position = parameters.minimum - Self.windowLength
            scan.skip(to: parameters.minimum - 1)
            if scan.advance(to: min(parameters.average - 1, end), bound: earlyBound) { return scan.position }
            if scan.advance(to: end, bound: lateBound) { return scan.position }
            return end
        }
    }
}

/// A running gear hash over bytes.
private struct GearScan {
    let bytes: UnsafePointer<UInt8>
    let gear: UnsafePointer<UInt64>
    /// The next byte to take.
    var position = 0
    var hash: UInt64 = 0

    init(bytes: UnsafePointer<UInt8>, gear: UnsafePointer<UInt64>) {
        self.bytes = bytes
        self.gear = gear
    }

    /// Takes bytes up to `end`.
    @inline(__always)
    mutating func skip(to end: Int) {
        while position < end {
            hash = hash &<< 1 &+ number(bytes[position])
            position &+= 1
        }
    }

    /// Takes bytes up to `end`, and stops after one at which the hash is below `bound`; tells whether there was one.
    @inline(__always)
    mutating func advance(to end: Int, bound: UInt64) -> Bool {
        // Eight bytes a step. Each second hash comes from the one two bytes before, so the chain of additions that
        // the processor must wait for is half as long; eight tests joined by `||` become one branch. If a hash of the
        // eight is below the bound, the loop after this one finds out which.
        while position &+ 8 <= end {
            let next = bytes + position
            let (g1, g2, g3, g4) = (number(next[0]), number(next[1]), number(next[2]), number(next[3]))
            let (g5, g6, g7, g8) = (number(next[4]), number(next[5]), number(next[6]), number(next[7]))
            let (h1, h2) = (hash &<< 1 &+ g1, hash &<< 2 &+ (g1 &<< 1 &+ g2))
            let (h3, h4) = (h2 &<< 1 &+ g3, h2 &<< 2 &+ (g3 &<< 1 &+ g4))
            let (h5, h6) = (h4 &<< 1 &+ g5, h4 &<< 2 &+ (g5 &<< 1 &+ g6))
            let (h7, h8) = (h6 &<< 1 &+ g7, h6 &<< 2 &+ (g7 &<< 1 &+ g8))
            if h1 < bound || h2 < bound || h3 < bound || h4 < bound
                || h5 < bound || h6 < bound || h7 < bound || h8 < bound
            {
                break
            }
            hash = h8
            position &+= 8
        }
        while position < end {
            hash = hash &<< 1 &+ number(bytes[position])
            position &+= 1
            if hash < bound { return true }
        }
        return false
    }

    @inline(__always)
    private func number(_ byte: UInt8) -> UInt64 { gear[Int(byte)] }
}
