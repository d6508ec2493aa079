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
    /// The level used when none is configured.
    package static let defaultLevel = 3

    /// The levels that may be configured, the fastest first.
    package static let allowedLevels = 1...19

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
        use(level: level)
        // A frame that would not fit into the room that is worth it is given up by zstd itself.
        let count = ZSTD_compress2(context, target, bytes.count - bytes.count / 32, source, bytes.count)
        return ZSTD_isError(count) == 0 ? .zstd(count: count) : .raw
    }

    private mutating func use(level: Int) {
        let level = min(max(level, Self.allowedLevels.lowerBound), Self.allowedLevels.upperBound)
        if level == self.level { return }
        ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, CInt(level))
        self.level = level
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
