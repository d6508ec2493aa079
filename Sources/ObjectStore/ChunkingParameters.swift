/// The sizes, in bytes, that decide where a ``Chunker`` cuts.
///
/// A store records them when it is made and keeps them for good: other sizes cut the same file elsewhere, and nothing
/// would be found to be stored already.
///
///     let parameters = try ChunkingParameters(minimum: 1 << 15, average: 1 << 16, maximum: 1 << 18)
public struct ChunkingParameters: Hashable, Sendable {
    /// The shortest chunk, except the last one of a file, in bytes.
    public let minimum: Int

    /// The length, in bytes, at which cutting becomes easy. Chunks are about this long on average.
    public let average: Int

    /// The longest chunk, in bytes.
    public let maximum: Int

    /// The lengths that any of the three may have, in bytes: not below the gear hash's window, and not above the
    /// largest object of a pack.
    public static let allowedLengths = Chunker.windowLength...PackFormat.maximumObjectSize

    /// The sizes of a new store: 32 KiB, 64 KiB, 256 KiB. `Benchmarks/chunking.md` has the reasons.
    public static let standard = ChunkingParameters(unchecked: 1 << 15, 1 << 16, 1 << 18)

    private init(unchecked minimum: Int, _ average: Int, _ maximum: Int) {
        self.minimum = minimum
        self.average = average
        self.maximum = maximum
    }

    /// Checks and takes three sizes.
    ///
    /// - Throws: ``InvalidChunkingParameters`` unless `minimum` ≤ `average` ≤ `maximum`, all within
    ///   ``allowedLengths``, and `average` is a power of two.
    public init(minimum: Int, average: Int, maximum: Int) throws(InvalidChunkingParameters) {
        for length in [minimum, average, maximum] where !Self.allowedLengths.contains(length) {
            throw .lengthOutOfRange(length)
        }
        guard average.nonzeroBitCount == 1 else { throw .averageNotPowerOfTwo(average) }
        guard minimum <= average, average <= maximum else {
            throw .notAscending(minimum: minimum, average: average, maximum: maximum)
        }
        self.init(unchecked: minimum, average, maximum)
    }
}

/// Why sizes were refused as ``ChunkingParameters``.
public enum InvalidChunkingParameters: Error, Hashable, Sendable {
    /// A size, in bytes, lies outside ``ChunkingParameters/allowedLengths``.
    case lengthOutOfRange(Int)
    /// The average, in bytes, is not a power of two.
    case averageNotPowerOfTwo(Int)
    /// The sizes, in bytes, do not ascend.
    case notAscending(minimum: Int, average: Int, maximum: Int)
}

extension InvalidChunkingParameters: CustomStringConvertible {
    /// What is wrong and what to do, in one line.
    public var description: String {
        switch self {
        case .lengthOutOfRange(let length):
            let allowed = ChunkingParameters.allowedLengths
            return "chunk size \(length) is out of range; "
                + "choose between \(allowed.lowerBound) and \(allowed.upperBound) bytes"
        case .averageNotPowerOfTwo(let average):
            return "average chunk size \(average) is not a power of two; choose one such as 65536"
        case .notAscending(let minimum, let average, let maximum):
            return "chunk sizes \(minimum), \(average), \(maximum) do not ascend; "
                + "choose minimum ≤ average ≤ maximum"
        }
    }
}
