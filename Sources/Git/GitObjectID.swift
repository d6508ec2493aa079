import CGit2

/// The name git gives an object: the SHA-1 of its content.
///
///     let id = GitObjectID(hex: "4b825dc642cb6eb9a060e54bf8d69288fbee4904")
///
/// Repositories that name objects by SHA-256 are refused when they are opened, so an id always has 20 bytes.
public struct GitObjectID: Hashable, Sendable {
    // Big-endian words, so that comparing words compares bytes.
    private let words: (UInt64, UInt64, UInt32)

    /// The number of bytes of an id.
    public static let byteCount = 20

    /// Takes libgit2's form of an id.
    init(_ id: git_oid) {
        words = withUnsafeBytes(of: id) { bytes in
            (
                UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self)),
                UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
                UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt32.self))
            )
        }
    }

    /// Takes the 20 bytes of an id; `nil` for any other number of bytes.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        var id = git_oid()
        withUnsafeMutableBytes(of: &id) { $0.copyBytes(from: bytes) }
        self.init(id)
    }

    /// Parses 40 hexadecimal digits, of either case; `nil` for anything else.
    public init?(hex: some StringProtocol) {
        guard hex.utf8.count == 2 * Self.byteCount else { return nil }
        var id = git_oid()
        guard git_oid_fromstr(&id, String(hex)) == 0 else { return nil }
        self.init(id)
    }

    /// The 20 bytes.
    public var bytes: [UInt8] { withUnsafeBytes(of: raw) { Array($0) } }

    /// libgit2's form of the id.
    var raw: git_oid {
        var id = git_oid()
        withUnsafeMutableBytes(of: &id) { bytes in
            bytes.storeBytes(of: words.0.bigEndian, toByteOffset: 0, as: UInt64.self)
            bytes.storeBytes(of: words.1.bigEndian, toByteOffset: 8, as: UInt64.self)
            bytes.storeBytes(of: words.2.bigEndian, toByteOffset: 16, as: UInt32.self)
        }
        return id
    }

    /// Whether every byte is zero, which is how git writes "no object" in its logs.
    public var isZero: Bool { words == (0, 0, 0) }

    /// The first 7 hexadecimal digits, for people.
    public var short: String { String(description.prefix(7)) }

    /// Compares byte by byte.
    public static func == (left: GitObjectID, right: GitObjectID) -> Bool {
        left.words == right.words
    }

    /// Hashes the first word: an id is uniform already.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
    }
}

extension GitObjectID: Comparable {
    /// Orders ids as their bytes.
    public static func < (left: GitObjectID, right: GitObjectID) -> Bool {
        left.words < right.words
    }
}

extension GitObjectID: CustomStringConvertible {
    private static let digits = Array("0123456789abcdef".utf8)

    /// 40 lower-case hexadecimal digits.
    public var description: String {
        String(decoding: bytes.flatMap { [Self.digits[Int($0 >> 4)], Self.digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
