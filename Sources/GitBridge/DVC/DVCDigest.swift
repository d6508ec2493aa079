import Crypto

/// The MD5 of a content, taken piece by piece.
struct DVCDigest {
    private var hash = Insecure.MD5()
    /// Also takes what DVC hashed before its version 3.
    private var legacy: Legacy?

    /// - Parameter isPlain: whether the bytes count as they are only.
    init(isPlain: Bool) { legacy = isPlain ? nil : Legacy() }

    mutating func take(_ bytes: UnsafeRawBufferPointer) {
        hash.update(bufferPointer: bytes)
        legacy?.take(bytes)
    }

    /// The MD5 of the bytes as they are.
    var value: String { Self.text(hash.finalize()) }

    /// Whether the bytes are those that DVC named so.
    mutating func matches(_ name: DVCHash) -> Bool {
        value == name.digits || (legacy?.finish()).map { $0 == name.digits } ?? false
    }

    private static func text(_ digest: Insecure.MD5Digest) -> String {
        digest.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }

    /// Before its version 3, DVC took a line feed for the ends of lines of two bytes, in pieces of a mebibyte that look
    /// like text: a difference of line ends made no other file.
    private struct Legacy {
        private var hash = Insecure.MD5()
        private var piece: [UInt8] = []

        private static let pieceSize = 1 << 20

        mutating func take(_ bytes: UnsafeRawBufferPointer) {
            var rest = bytes[...]
            while !rest.isEmpty {
                let part = rest.prefix(Self.pieceSize - piece.count)
                piece += part
                rest = rest.dropFirst(part.count)
                if piece.count == Self.pieceSize { consume() }
            }
        }

        mutating func finish() -> String {
            consume()
            return DVCDigest.text(hash.finalize())
        }

        private mutating func consume() {
            if Self.isText(piece.prefix(512)) {
                var unix: [UInt8] = []
                unix.reserveCapacity(piece.count)
                for (index, byte) in piece.enumerated() {
                    if byte == 0x0d, index + 1 < piece.count, piece[index + 1] == 0x0a { continue }
                    unix.append(byte)
                }
                hash.update(data: unix)
            } else {
                hash.update(data: piece)
            }
            piece.removeAll(keepingCapacity: true)
        }

        /// Whether at most three in ten bytes are none of a text's, and none is zero.
        private static func isText(_ block: ArraySlice<UInt8>) -> Bool {
            if block.contains(0) { return false }
            let others = block.count { !((0x20..<0x7f).contains($0) || [0x0a, 0x0d, 0x09, 0x0c, 0x08].contains($0)) }
            return block.isEmpty || Double(others) / Double(block.count) <= 0.30
        }
    }
}
