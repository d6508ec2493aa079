/// Appends the store's canonical encoding: fixed bytes, LEB128 numbers, counted byte strings.
package struct Encoder {
    package private(set) var bytes: [UInt8] = []

    package init() {}

    package mutating func append(_ byte: UInt8) { bytes.append(byte) }

    package mutating func append(fixed text: StaticString) {
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    /// An unsigned number in LEB128, seven bits a byte, lowest first.
    package mutating func append(number: UInt64) {
        var rest = number
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    /// A signed number: zigzag, then LEB128.
    package mutating func append(signed number: Int64) {
        append(number: UInt64(bitPattern: (number << 1) ^ (number >> 63)))
    }

    package mutating func append(counted string: some Collection<UInt8>) {
        append(number: UInt64(string.count))
        bytes.append(contentsOf: string)
    }

    package mutating func append(_ id: ObjectID) { bytes.append(contentsOf: id.bytes) }

    package mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }
}

/// Reads the store's canonical encoding and refuses anything that ``Encoder`` would not write.
package struct Decoder {
    private let bytes: [UInt8]
    private var position = 0

    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    package var isAtEnd: Bool { position == bytes.count }
    package var remaining: Int { bytes.count - position }

    package mutating func byte() throws(DecodingFailure) -> UInt8 {
        guard position < bytes.count else { throw DecodingFailure("it ends too early") }
        defer { position += 1 }
        return bytes[position]
    }

    package mutating func expect(_ text: StaticString) throws(DecodingFailure) {
        let count = text.utf8CodeUnitCount
        let matches = text.withUTF8Buffer { bytes.count - position >= count && bytes[position...].starts(with: $0) }
        guard matches else { throw DecodingFailure("it does not start as its kind does") }
        position += count
    }

    package mutating func number() throws(DecodingFailure) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let byte = try byte()
            let isLast = byte < 0x80
            guard shift < 63 || (shift == 63 && byte <= 1) else { throw DecodingFailure("a number is too large") }
            value |= UInt64(byte & 0x7f) << shift
            if isLast {
                guard byte != 0 || shift == 0 else { throw DecodingFailure("a number is not in its shortest form") }
                return value
            }
            shift += 7
        }
    }

    package mutating func signed() throws(DecodingFailure) -> Int64 {
        let value = try number()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    /// A count of things that take at least one byte each, so that a hostile count cannot ask for more than is there.
    package mutating func count() throws(DecodingFailure) -> Int {
        let value = try number()
        guard value <= UInt64(remaining) else { throw DecodingFailure("a count exceeds the object") }
        return Int(value)
    }

    package mutating func counted() throws(DecodingFailure) -> [UInt8] {
        let count = try count()
        defer { position += count }
        return Array(bytes[position..<position + count])
    }

    package mutating func text() throws(DecodingFailure) -> String {
        guard let text = String(validating: try counted(), as: UTF8.self) else {
            throw DecodingFailure("a text is not UTF-8")
        }
        return text
    }

    package mutating func id() throws(DecodingFailure) -> ObjectID {
        guard remaining >= ObjectID.byteCount else { throw DecodingFailure("it ends too early") }
        defer { position += ObjectID.byteCount }
        return bytes.withUnsafeBytes { ObjectID(loading: $0, at: position) }
    }

    package func end() throws(DecodingFailure) {
        guard isAtEnd else { throw DecodingFailure("bytes follow its end") }
    }
}

/// Why bytes are not a canonical encoding, as the end of a sentence.
package struct DecodingFailure: Error {
    package let reason: String

    package init(_ reason: String) { self.reason = reason }
}
