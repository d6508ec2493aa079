import Crypto

/// The identity of an object: the SHA-256 of its bytes.
///
///     ObjectID(of: Array("hello".utf8)).description  // 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824
public struct ObjectID: Hashable, Sendable {
    // Four big-endian words, so that comparing words compares bytes.
    @usableFromInline let words: (UInt64, UInt64, UInt64, UInt64)

    @usableFromInline init(words: (UInt64, UInt64, UInt64, UInt64)) {
        self.words = words
    }

    /// The number of bytes of an id.
    public static let byteCount = 32

    /// The id of no bytes at all.
    public static let empty = ObjectID(of: [])

    /// Reads an id from the 32 bytes at an offset.
    public init(loading bytes: UnsafeRawBufferPointer, at offset: Int = 0) {
        precondition(offset >= 0 && bytes.count - offset >= Self.byteCount)
        words = (
            UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)),
            UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self)),
            UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset + 16, as: UInt64.self)),
            UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset + 24, as: UInt64.self))
        )
    }

    /// Hashes bytes in memory.
    public init(of bytes: UnsafeRawBufferPointer) {
        var hash = SHA256()
        hash.update(bufferPointer: bytes)
        self = hash.finalize().withUnsafeBytes { ObjectID(loading: $0) }
    }

    /// Hashes an array.
    public init(of bytes: [UInt8]) {
        self = bytes.withUnsafeBytes { ObjectID(of: $0) }
    }

    /// Parses 64 lower-case hexadecimal digits; `nil` for anything else.
    public init?(hex: some StringProtocol) {
        let digits = Array(hex.utf8)
        guard digits.count == 64 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(32)
        for pair in stride(from: 0, to: 64, by: 2) {
            guard let high = Self.value(ofDigit: digits[pair]), let low = Self.value(ofDigit: digits[pair + 1]) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        self = bytes.withUnsafeBytes { ObjectID(loading: $0) }
    }

    private static func value(ofDigit digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }

    /// The 32 bytes.
    public var bytes: [UInt8] {
        withUnsafeTemporaryAllocation(byteCount: Self.byteCount, alignment: 8) { buffer in
            store(into: buffer, at: 0)
            return Array(buffer)
        }
    }

    /// Writes the 32 bytes at an offset of a buffer.
    public func store(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) {
        precondition(offset >= 0 && buffer.count - offset >= Self.byteCount)
        buffer.storeBytes(of: words.0.bigEndian, toByteOffset: offset, as: UInt64.self)
        buffer.storeBytes(of: words.1.bigEndian, toByteOffset: offset + 8, as: UInt64.self)
        buffer.storeBytes(of: words.2.bigEndian, toByteOffset: offset + 16, as: UInt64.self)
        buffer.storeBytes(of: words.3.bigEndian, toByteOffset: offset + 24, as: UInt64.self)
    }

    /// The first 12 hexadecimal digits, for people.
    public var short: String { String(description.prefix(12)) }

    /// Compares byte by byte.
    public static func == (left: ObjectID, right: ObjectID) -> Bool {
        left.words == right.words
    }

    /// Hashes the first word: an id is uniform already.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
    }
}

extension ObjectID: Comparable {
    /// Orders ids as their bytes.
    @inlinable
    public static func < (left: ObjectID, right: ObjectID) -> Bool {
        left.words < right.words
    }
}

extension ObjectID: CustomStringConvertible {
    private static let digits = Array("0123456789abcdef".utf8)

    /// 64 lower-case hexadecimal digits.
    public var description: String {
        String(decoding: bytes.flatMap { [Self.digits[Int($0 >> 4)], Self.digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
