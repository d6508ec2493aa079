/// Carries any bytes through a `String` and back.
///
/// File names are bytes, while the argument parser takes text. Bytes that are no part of valid UTF-8 become private-use
/// characters, one each: byte 0xE9 becomes U+10F7E9. A user's own characters of that range are escaped byte by byte
/// too, so that every argument comes back as it was.
enum ByteEscape {
    private static let base: UInt32 = 0x10F700
    private static let range = (base + 0x80)...(base + 0xFF)

    /// The text that stands for the bytes; plain text stands for itself.
    static func text(of bytes: [UInt8]) -> String {
        if let text = String(validating: bytes, as: UTF8.self), !text.unicodeScalars.contains(where: isEscape) {
            return text
        }
        var text = String.UnicodeScalarView()
        var rest = bytes[...]
        while let first = rest.first {
            if let (scalar, length) = scalar(at: rest), !isEscape(scalar) {
                text.append(scalar)
                rest = rest.dropFirst(length)
            } else {
                // An ASCII byte is always a valid scalar, so this one is 0x80 or more.
                text.append(Unicode.Scalar(base + UInt32(first))!)
                rest = rest.dropFirst()
            }
        }
        return String(text)
    }

    /// The bytes that a text stands for.
    static func bytes(of text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            if isEscape(scalar) {
                bytes.append(UInt8(scalar.value - base))
            } else {
                bytes += UTF8.encode(scalar)!
            }
        }
        return bytes
    }

    private static func isEscape(_ scalar: Unicode.Scalar) -> Bool { range.contains(scalar.value) }

    /// The scalar that some bytes begin with, and its length in bytes; `nil` if they begin with none.
    private static func scalar(at bytes: ArraySlice<UInt8>) -> (Unicode.Scalar, Int)? {
        for length in 1...4 where length <= bytes.count {
            let text = String(validating: bytes.prefix(length), as: UTF8.self)
            if let scalar = text?.unicodeScalars.first { return (scalar, length) }
        }
        return nil
    }
}
