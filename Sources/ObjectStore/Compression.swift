import CZstd

/// How the bytes of a piece are kept.
package enum CompressionOutcome: Hashable, Sendable {
    /// As they are: compression would gain too little. Nothing of the output buffer means anything.
    case raw
    /// As one zstd frame, in the first `count` bytes of the output buffer.
    case zstd(count: Int)
}

/// Why a piece could not be compressed or decompressed.
package enum CompressionError: Error, Hashable, Sendable {
    /// There was not enough memory for zstd's working state.
    case outOfMemory
    /// The bytes are not a zstd frame of the declared length.
    case damagedFrame(reason: String)
}

extension CompressionError: CustomStringConvertible {
    /// What is wrong and what to do, in one line.
    package var description: String {
        switch self {
        case .outOfMemory:
            "not enough memory to compress or decompress; close other programs or use fewer threads"
        case .damagedFrame(let reason):
            "compressed data is damaged (\(reason)); run fsck to see what it touches"
        }
    }
}

/// Compresses pieces of data, one after another, each into a zstd frame of its own; one for each thread.
///
/// A frame carries neither a checksum nor its content's length: both are kept outside, by whoever stores the piece.
///
///     var compressor = try Compressor()
///     switch compressor.compress(piece, level: Compressor.defaultLevel, into: output) {
///     case .raw: append(piece)
///     case .zstd(let count): append(output[..<count])
///     }
package struct Compressor: ~Copyable {
    /// The level used when none is configured. `Benchmarks/chunking.md` has the reasons.
    package static let defaultLevel = 1

    /// The levels that may be configured, the fastest first.
    package static let allowedLevels = 1...19

    /// The highest level that passes over incompressible data fast enough to need no trial before it.
    private static let fastestSearches = 4

    /// The binary logarithm of the entries of level 1's hash table. zstd takes 13 bits for pieces of this length; a table
    /// of 16 KiB leaves room for the piece in the processor's first cache. `Benchmarks/chunking.md` has the figures.
    private static let fastestHashLog: CInt = 12

    private let context: OpaquePointer
    private var level: Int?

    /// Makes a compressor.
    ///
    /// - Throws: ``CompressionError/outOfMemory``.
    package init() throws(CompressionError) {
        guard let context = ZSTD_createCCtx() else { throw .outOfMemory }
        self.context = context
        // Neither call can fail: both parameters exist in every release and the values are within their bounds.
        ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0)
        ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 0)
    }

    deinit { ZSTD_freeCCtx(context) }

    /// Compresses `bytes` into `output`, unless it would gain less than a thirty-second part.
    ///
    /// - Parameters:
    ///   - level: zstd's level, within ``allowedLevels``; others are clamped.
    ///   - output: room for at least as many bytes as `bytes` has.
    package mutating func compress(
        _ bytes: UnsafeRawBufferPointer, level: Int, into output: UnsafeMutableRawBufferPointer
    ) -> CompressionOutcome {
        precondition(output.count >= bytes.count)
        guard let source = bytes.baseAddress, let target = output.baseAddress, !bytes.isEmpty else { return .raw }
        let level = min(max(level, Self.allowedLevels.lowerBound), Self.allowedLevels.upperBound)
        // A frame that does not fit into the room that is worth it is given up by zstd itself.
        let room = bytes.count - bytes.count / 32
        if level > Self.fastestSearches, ByteSample(of: bytes).isFlat {
            // A thorough search would take ten times as long to find nothing. A fast one through the whole piece,
            // not a part of it, cannot miss what repeats far apart.
            use(level: Self.allowedLevels.lowerBound)
            let count = ZSTD_compress2(context, target, room, source, bytes.count)
            if ZSTD_isError(count) != 0 { return .raw }
        }
        use(level: level)
        let count = ZSTD_compress2(context, target, room, source, bytes.count)
        return ZSTD_isError(count) == 0 ? .zstd(count: count) : .raw
    }

    private mutating func use(level: Int) {
        if level == self.level { return }
        ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, CInt(level))
        // Zero leaves it to zstd.
        ZSTD_CCtx_setParameter(context, ZSTD_c_hashLog, level == 1 ? Self.fastestHashLog : 0)
        self.level = level
    }
}

/// How often each byte value occurs in a sample of a piece.
private struct ByteSample {
    /// Whether the values are about equally frequent, as in data that is compressed, encrypted or random.
    let isFlat: Bool

    /// Takes 64 runs of 64 bytes, evenly spaced, or all bytes if there are no more than those.
    init(of bytes: UnsafeRawBufferPointer) {
        let (runs, length) = bytes.count > 4096 ? (64, 64) : (1, bytes.count)
        let total = runs * length
        isFlat = withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 256) { counts in
            counts.initialize(repeating: 0)
            for run in 0..<runs {
                let start = run * (bytes.count / runs)
                for byte in bytes[start..<(start + length)] { counts[Int(byte)] += 1 }
            }
            // Of all pairs of bytes in the sample, one in 256 is equal if all values are equally frequent; a quarter
            // more than that is still within what Huffman coding gains little from.
            let equalPairs = counts.reduce(0) { $0 + Int($1) * (Int($1) - 1) }
            return equalPairs * 256 * 4 < total * (total - 1) * 5
        }
    }
}

/// Decompresses what a ``Compressor`` made; one for each thread.
package struct Decompressor: ~Copyable {
    private let context: OpaquePointer

    /// Makes a decompressor.
    ///
    /// - Throws: ``CompressionError/outOfMemory``.
    package init() throws(CompressionError) {
        guard let context = ZSTD_createDCtx() else { throw .outOfMemory }
        self.context = context
    }

    deinit { ZSTD_freeDCtx(context) }

    /// Decompresses a frame into a buffer of exactly its content's length.
    ///
    /// Damage is noticed here only if it breaks the frame or its length; whether the bytes are the right ones is for
    /// the caller's hash to tell.
    ///
    /// - Parameter output: as long as the raw bytes are declared to be. Its bytes mean nothing after an error.
    /// - Throws: ``CompressionError/damagedFrame(reason:)`` if the bytes are no frame, or one of another length.
    package mutating func decompress(
        _ frame: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(CompressionError) {
        // zstd takes no bytes at all for no frames, which hold nothing.
        guard !frame.isEmpty else { throw .damagedFrame(reason: "it is empty") }
        let count = ZSTD_decompressDCtx(context, output.baseAddress, output.count, frame.baseAddress, frame.count)
        guard ZSTD_isError(count) == 0 else {
            throw .damagedFrame(reason: String(cString: ZSTD_getErrorName(count)))
        }
        guard count == output.count else {
            throw .damagedFrame(reason: "it holds \(count) bytes instead of \(output.count)")
        }
    }
}
