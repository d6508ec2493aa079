/// Why a text is no JSON.
package struct JSONSyntaxError: Error, Equatable, CustomStringConvertible {
    /// Where it goes wrong, in bytes from the beginning.
    package let offset: Int
    /// What is wrong there.
    package let reason: String

    /// One line for people.
    package var description: String { "it is no JSON: \(reason) at byte \(offset)" }
}

extension JSON {
    /// Reads a JSON text, as RFC 8259 has it. Of a key that an object has twice, the first value is found.
    ///
    /// - Throws: ``JSONSyntaxError``, also for more than 256 levels of arrays and objects.
    package init(parsing text: some Collection<UInt8>) throws(JSONSyntaxError) {
        var reader = JSONReader(Array(text))
        self = try reader.document()
    }

    /// The value of a key, `null` where there is none or where this is no object.
    package subscript(key: String) -> JSON {
        if case .object(let object) = self { object[key] } else { .null }
    }

    /// The text, if it is one.
    package var string: String? { if case .string(let text) = self { text } else { nil } }

    /// The whole number, if it is one that is not negative.
    package var count: UInt64? {
        switch self {
        case .integer(let number): UInt64(exactly: number)
        case .unsigned(let number): number
        default: nil
        }
    }

    /// The elements, if it is an array.
    package var elements: [JSON]? { if case .array(let elements) = self { elements } else { nil } }

    /// Whether it is `true`.
    package var isTrue: Bool { if case .bool(true) = self { true } else { false } }
}

/// Reads a text from left to right.
private struct JSONReader {
    private let text: [UInt8]
    private var position = 0
    private var depth = 0

    init(_ text: [UInt8]) { self.text = text }

    mutating func document() throws(JSONSyntaxError) -> JSON {
        let value = try value()
        skipBlanks()
        if position < text.count { throw failure("something follows the value") }
        return value
    }

    private func failure(_ reason: String) -> JSONSyntaxError { JSONSyntaxError(offset: position, reason: reason) }

    private mutating func skipBlanks() {
        while position < text.count, [0x20, 0x09, 0x0a, 0x0d].contains(text[position]) { position += 1 }
    }

    /// Takes a character, after blanks, if it is the next one.
    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipBlanks()
        guard position < text.count, text[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func value() throws(JSONSyntaxError) -> JSON {
        skipBlanks()
        guard position < text.count else { throw failure("it ends too early") }
        switch text[position] {
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try array()
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        default:
            for (word, value) in [("null", JSON.null), ("true", .bool(true)), ("false", .bool(false))]
            where text[position...].starts(with: word.utf8) {
                position += word.utf8.count
                return value
            }
            throw failure("no value begins so")
        }
    }

    private mutating func enter() throws(JSONSyntaxError) {
        position += 1
        depth += 1
        // A list of brackets must not end the thread's stack.
        if depth > 256 { throw failure("it is nested too deep") }
    }

    private mutating func object() throws(JSONSyntaxError) -> JSON {
        try enter()
        var object = JSONObject()
        if !take("}") {
            repeat {
                skipBlanks()
                guard position < text.count, text[position] == UInt8(ascii: "\"") else {
                    throw failure("a key is missing")
                }
                let key = try string()
                guard take(":") else { throw failure("a ':' is missing") }
                object[key] = try value()
            } while take(",")
            guard take("}") else { throw failure("a '}' is missing") }
        }
        depth -= 1
        return .object(object)
    }

    private mutating func array() throws(JSONSyntaxError) -> JSON {
        try enter()
        var elements: [JSON] = []
        if !take("]") {
            repeat { elements.append(try value()) } while take(",")
            guard take("]") else { throw failure("a ']' is missing") }
        }
        depth -= 1
        return .array(elements)
    }

    // MARK: Numbers

    private mutating func digits() throws(JSONSyntaxError) {
        let start = position
        while position < text.count, (0x30...0x39).contains(text[position]) { position += 1 }
        if position == start { throw failure("a digit is missing") }
    }

    private mutating func number() throws(JSONSyntaxError) -> JSON {
        let start = position
        if text[position] == UInt8(ascii: "-") { position += 1 }
        let first = position
        try digits()
        if text[first] == UInt8(ascii: "0"), position > first + 1 { throw failure("a number begins with 0") }
        var isWhole = true
        if position < text.count, text[position] == UInt8(ascii: ".") {
            isWhole = false
            position += 1
            try digits()
        }
        if position < text.count, text[position] | 0x20 == UInt8(ascii: "e") {
            isWhole = false
            position += 1
            if position < text.count, [UInt8(ascii: "+"), UInt8(ascii: "-")].contains(text[position]) { position += 1 }
            try digits()
        }
        let written = String(decoding: text[start..<position], as: UTF8.self)
        if isWhole, let number = Int64(written) { return .integer(number) }
        if isWhole, let number = UInt64(written) { return .unsigned(number) }
        guard let number = Double(written), number.isFinite else { throw failure("a number is too large") }
        return .number(number)
    }

    // MARK: Texts

    private mutating func string() throws(JSONSyntaxError) -> String {
        position += 1
        var bytes: [UInt8] = []
        while true {
            guard position < text.count else { throw failure("a text does not end") }
            let byte = text[position]
            if byte == UInt8(ascii: "\"") { break }
            if byte < 0x20 { throw failure("a text holds a control character") }
            if byte == UInt8(ascii: "\\") {
                bytes += try escape()
            } else {
                bytes.append(byte)
                position += 1
            }
        }
        guard let string = String(validating: bytes, as: UTF8.self) else { throw failure("a text is no UTF-8") }
        position += 1
        return string
    }

    private mutating func escape() throws(JSONSyntaxError) -> [UInt8] {
        guard position + 1 < text.count else { throw failure("a text does not end") }
        position += 2
        switch text[position - 1] {
        case UInt8(ascii: "n"): return [0x0a]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "r"): return [0x0d]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0c]
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [text[position - 1]]
        case UInt8(ascii: "u"): return try unicodeEscape()
        default: throw failure("an escape is unknown")
        }
    }

    private mutating func unicodeEscape() throws(JSONSyntaxError) -> [UInt8] {
        var value = try hexadecimal()
        if (0xd800..<0xdc00).contains(value), text[position...].starts(with: "\\u".utf8) {
            position += 2
            let low = try hexadecimal()
            guard (0xdc00..<0xe000).contains(low) else { throw failure("half a character is missing") }
            value = 0x10000 + (value - 0xd800) << 10 + (low - 0xdc00)
        }
        guard let scalar = Unicode.Scalar(value) else { throw failure("half a character is missing") }
        return Array(UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    }

    private mutating func hexadecimal() throws(JSONSyntaxError) -> UInt32 {
        let digits = text[position...].prefix(4)
        guard digits.count == 4, digits.allSatisfy({ Unicode.Scalar($0).properties.isASCIIHexDigit }),
            let value = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw failure("four hexadecimal digits are missing") }
        position += 4
        return value
    }
}
