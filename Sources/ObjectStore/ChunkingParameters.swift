/// How files are cut into chunks; fixed for a store's life, since equal files must have equal chunks.
public struct ChunkingParameters: Hashable, Sendable {
    /// The smallest chunk in bytes, a file's last one excepted.
    public let minimum: Int
    /// The size in bytes about which chunks gather; a power of two.
    public let average: Int
    /// The largest chunk in bytes.
    public let maximum: Int

    /// Chooses sizes in bytes.
    ///
    /// - Throws: ``InvalidChunkingParameters`` unless `64 ≤ minimum < average < maximum ≤ 8 MiB` and `average` is a
    ///   power of two of at least 256.
    public init(minimum: Int, average: Int, maximum: Int) throws(InvalidChunkingParameters) {
        guard minimum >= 64, minimum < average, average < maximum, maximum <= 8 << 20, average >= 256,
            average.nonzeroBitCount == 1
        else { throw InvalidChunkingParameters(minimum: minimum, average: average, maximum: maximum) }
        self.init(unchecked: minimum, average, maximum)
    }

    private init(unchecked minimum: Int, _ average: Int, _ maximum: Int) {
        self.minimum = minimum
        self.average = average
        self.maximum = maximum
    }

    /// The sizes of a store that says nothing else: 16 KiB, 64 KiB and 256 KiB.
    public static let standard = ChunkingParameters(unchecked: 16 << 10, 64 << 10, 256 << 10)
}

/// Sizes that do not make chunking parameters.
public struct InvalidChunkingParameters: Error, Equatable, CustomStringConvertible {
    /// The smallest chunk that was asked for.
    public let minimum: Int
    /// The average chunk that was asked for.
    public let average: Int
    /// The largest chunk that was asked for.
    public let maximum: Int

    /// One line for people.
    public var description: String {
        "chunk sizes \(minimum), \(average), \(maximum) are not usable: they must ascend from at least 64 to at most "
            + "8388608 bytes, and the middle one must be a power of two"
    }
}
