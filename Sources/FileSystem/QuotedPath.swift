/// Bytes of a name for people: plain text as it is, anything else in double quotes with C escapes, as git prints paths.
///
/// Control characters, `"` and `\` force the quotes; a byte of 0x80 or more stays as it is in valid UTF-8 and becomes an
/// octal escape otherwise. The result never holds a line break, and ``unquoted(_:)`` gives the bytes back.
public func quotedForDisplay(_ bytes: some Sequence<UInt8>) -> String {
    let bytes = Array(bytes)
    let isPlain = !bytes.contains {
        $0 < 0x20 || $0 == 0x7f || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\")
    }
    let isText = String(validating: bytes, as: UTF8.self) != nil
    if isPlain && isText { return String(decoding: bytes, as: UTF8.self) }
    var quoted: [UInt8] = [UInt8(ascii: "\"")]
    for byte in bytes {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): quoted += [UInt8(ascii: "\\"), byte]
        case 0x0a: quoted += Array("\\n".utf8)
        case 0x09: quoted += Array("\\t".utf8)
        case 0x0d: quoted += Array("\\r".utf8)
        case let byte where byte < 0x20 || byte == 0x7f || (byte >= 0x80 && !isText):
            let octal = [byte >> 6, byte >> 3 & 7, byte & 7]
            quoted += [UInt8(ascii: "\\")] + octal.map { $0 + UInt8(ascii: "0") }
        default: quoted.append(byte)
        }
    }
    quoted.append(UInt8(ascii: "\""))
    return String(decoding: quoted, as: UTF8.self)
}

/// The bytes that ``quotedForDisplay(_:)`` printed, or `nil` if the text is no such form.
///
/// Text that does not begin with a double quote stands for itself. In quotes, all of C's single-letter escapes and octal
/// escapes of exactly three digits are understood, so that a path which git printed can be read too.
public func unquoted(_ text: [UInt8]) -> [UInt8]? {
    guard text.first == UInt8(ascii: "\"") else { return text }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count)
    var rest = text.dropFirst().makeIterator()
    var isClosed = false
    while let byte = rest.next() {
        if isClosed { return nil }
        switch byte {
        case UInt8(ascii: "\""): isClosed = true
        case UInt8(ascii: "\\"):
            guard let escaped = unescaped(&rest) else { return nil }
            bytes.append(escaped)
        default: bytes.append(byte)
        }
    }
    return isClosed ? bytes : nil
}

/// The byte that the rest of an escape stands for, after its backslash.
private func unescaped(_ rest: inout some IteratorProtocol<UInt8>) -> UInt8? {
    switch rest.next() {
    case UInt8(ascii: "a"): return 0x07
    case UInt8(ascii: "b"): return 0x08
    case UInt8(ascii: "t"): return 0x09
    case UInt8(ascii: "n"): return 0x0a
    case UInt8(ascii: "v"): return 0x0b
    case UInt8(ascii: "f"): return 0x0c
    case UInt8(ascii: "r"): return 0x0d
    case UInt8(ascii: "\""): return UInt8(ascii: "\"")
    case UInt8(ascii: "\\"): return UInt8(ascii: "\\")
    case let first? where (UInt8(ascii: "0")...UInt8(ascii: "3")).contains(first):
        var value = first - UInt8(ascii: "0")
        for _ in 0..<2 {
            guard let digit = rest.next(), (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(digit) else { return nil }
            value = value << 3 | (digit - UInt8(ascii: "0"))
        }
        return value
    default: return nil
    }
}
