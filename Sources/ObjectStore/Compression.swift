import CZstd

/// The zstd level that a store uses unless its configuration says otherwise.
public let standardCompressionLevel = 3

/// Compresses one object after the other with zstd, reusing the library's state.
package struct Compressor: ~Copyable {
    /// Data that shrinks by less than this share is kept as it is: reading it back is then free.
    private static let smallestGain = 32

    private let context: OpaquePointer

    package init() {
        guard let context = ZSTD_createCCtx() else { preconditionFailure("no memory for a compression context") }
        self.context = context
    }

    deinit { ZSTD_freeCCtx(context) }

    /// The most bytes that compressing `count` bytes can take.
    package static func bound(_ count: Int) -> Int { ZSTD_compressBound(count) }

    /// Compresses bytes.
    ///
    /// - Parameter target: memory for at least ``bound(_:)`` bytes.
    /// - Returns: how many bytes were written, or `nil` if the data is better kept as it is.
    package mutating func compress(
        _ bytes: UnsafeRawBufferPointer, level: Int, into target: UnsafeMutableRawBufferPointer
    ) -> Int? {
        if bytes.count < 16 { return nil }
        let count = ZSTD_compressCCtx(
            context, target.baseAddress!, target.count, bytes.baseAddress!, bytes.count, Int32(level))
        guard ZSTD_isError(count) == 0, count <= bytes.count - bytes.count / Self.smallestGain else { return nil }
        return count
    }
}

/// Decompresses one object after the other, reusing the library's state.
package struct Decompressor: ~Copyable {
    private let context: OpaquePointer

    package init() {
        guard let context = ZSTD_createDCtx() else { preconditionFailure("no memory for a decompression context") }
        self.context = context
    }

    deinit { ZSTD_freeDCtx(context) }

    /// Decompresses a frame that fills the target exactly.
    ///
    /// - Throws: ``CompressionError`` for damaged bytes, or a frame of another length.
    package mutating func decompress(
        _ bytes: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) throws(CompressionError) {
        let count = ZSTD_decompressDCtx(context, target.baseAddress, target.count, bytes.baseAddress, bytes.count)
        if ZSTD_isError(count) != 0 {
            throw CompressionError(reason: "zstd: \(String(cString: ZSTD_getErrorName(count)))")
        }
        guard count == target.count else {
            throw CompressionError(reason: "it decompresses to \(count) bytes where \(target.count) are stated")
        }
    }
}

/// Why bytes could not be decompressed.
package struct CompressionError: Error, Equatable, CustomStringConvertible {
    package let reason: String

    package var description: String { reason }
}
