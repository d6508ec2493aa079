import Crypto
import ObjectStore

/// The SHA-256 of a content, taken piece by piece.
struct ContentDigest {
    private var hash = SHA256()
    /// How many bytes were taken.
    private(set) var count: UInt64 = 0

    mutating func take(_ bytes: UnsafeRawBufferPointer) {
        hash.update(bufferPointer: bytes)
        count += UInt64(bytes.count)
    }

    /// The hash of all bytes taken so far.
    var value: ObjectID { hash.finalize().withUnsafeBytes { ObjectID(loading: $0) } }
}
