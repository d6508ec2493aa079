/// The layout of a pack: a header, then one record an object, to the end of the file.
///
/// A pack is named by the SHA-256 of its bytes and never changes. All numbers are little-endian.
package enum PackFormat {
    /// The first 16 bytes of every pack.
    package static let header: [UInt8] = Array("vintage pack 1\n\0".utf8)
    /// A record's bytes before its payload: kind, encoding, two zero bytes, raw length, stored length, id.
    package static let recordHeaderCount = 44
    /// A pack is closed once it has grown past this many bytes.
    package static let targetSize: UInt64 = 64 << 20
    /// The largest object: larger than any chunk or node an honest writer makes.
    package static let maximumObjectSize = 16 << 20
}
