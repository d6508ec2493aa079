/// Reads numbers and runs of bytes from left to right; `nil` where there are no more.
struct ByteReader {
    private var rest: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer) { rest = bytes }

    /// Whether all was read.
    var isAtEnd: Bool { rest.isEmpty }

    /// How many bytes are left.
    var remaining: Int { rest.count }

    mutating func byte() -> UInt8? { bytes(1)?[0] }

    mutating func bytes(_ count: Int) -> UnsafeRawBufferPointer? {
        guard count <= rest.count else { return nil }
        defer { rest = UnsafeRawBufferPointer(rebasing: rest[count...]) }
        return UnsafeRawBufferPointer(rebasing: rest[..<count])
    }

    mutating func varint() -> UInt64? {
        var (number, shift) = (UInt64(0), UInt64(0))
        while let byte = byte() {
            if shift > 63 { return nil }
            number |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return number }
            shift += 7
        }
        return nil
    }

    /// A number of things, each of which takes a bit at least of what is left.
    mutating func count() -> Int? {
        guard let number = varint(), number <= UInt64(rest.count) * 8 else { return nil }
        return Int(number)
    }

    mutating func zigzag() -> Int64? {
        varint().map { Int64(bitPattern: $0 >> 1) ^ -Int64(bitPattern: $0 & 1) }
    }
}

extension [UInt8] {
    mutating func append(varint number: UInt64) {
        var number = number
        while number >= 0x80 {
            append(UInt8(truncatingIfNeeded: number) | 0x80)
            number >>= 7
        }
        append(UInt8(number))
    }

    mutating func append(zigzag number: Int64) {
        append(varint: UInt64(bitPattern: number << 1) ^ UInt64(bitPattern: number >> 63))
    }
}
