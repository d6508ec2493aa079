/// A JSON value whose objects keep the order of their keys.
package enum JSON {
    case null
    case bool(Bool)
    case integer(Int64)
    case unsigned(UInt64)
    case number(Double)
    case string(String)
    case array([JSON])
    case object(JSONObject)

    /// A text, or `null`.
    package init(_ text: String?) { self = text.map { .string($0) } ?? .null }
    /// A whole number.
    package init(_ number: some BinaryInteger) {
        self = Int64(exactly: number).map { .integer($0) } ?? .unsigned(UInt64(clamping: number))
    }
    /// A number; one that JSON cannot write is `null`.
    package init(_ number: Double) { self = number.isFinite ? .number(number) : .null }
    /// A list.
    package init<Element>(_ elements: some Sequence<Element>, _ value: (Element) -> JSON) {
        self = .array(elements.map(value))
    }

    /// The value as text, indented by two spaces.
    package var text: String {
        var text = ""
        write(to: &text, indentation: "")
        return text
    }

    /// The value as text of one line without blanks, for formats of one value a line.
    package var line: String {
        var text = ""
        writeLine(to: &text)
        return text
    }

    private func writeLine(to text: inout String) {
        switch self {
        case .array(let values):
            text += "["
            for (index, value) in values.enumerated() {
                if index > 0 { text += "," }
                value.writeLine(to: &text)
            }
            text += "]"
        case .object(let object):
            text += "{"
            for (index, member) in object.members.enumerated() {
                if index > 0 { text += "," }
                Self.write(member.key, to: &text)
                text += ":"
                member.value.writeLine(to: &text)
            }
            text += "}"
        default: write(to: &text, indentation: "")
        }
    }

    private func write(to text: inout String, indentation: String) {
        switch self {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .integer(let value): text += String(value)
        case .unsigned(let value): text += String(value)
        case .number(let value): text += value.description
        case .string(let value): Self.write(value, to: &text)
        case .array(let values):
            Self.write(values, between: ("[", "]"), to: &text, indentation) { value, text, indentation in
                value.write(to: &text, indentation: indentation)
            }
        case .object(let object):
            Self.write(object.members, between: ("{", "}"), to: &text, indentation) { member, text, indentation in
                Self.write(member.key, to: &text)
                text += ": "
                member.value.write(to: &text, indentation: indentation)
            }
        }
    }

    private static func write<Element>(
        _ elements: [Element], between brackets: (String, String), to text: inout String, _ indentation: String,
        _ writeElement: (Element, inout String, String) -> Void
    ) {
        text += brackets.0
        let inner = indentation + "  "
        for (index, element) in elements.enumerated() {
            text += index == 0 ? "\n" : ",\n"
            text += inner
            writeElement(element, &text, inner)
        }
        if !elements.isEmpty { text += "\n" + indentation }
        text += brackets.1
    }

    private static func write(_ string: String, to text: inout String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\t": text += "\\t"
            // Some readers take a byte order mark within a text for one before it, and drop it.
            case "\u{FEFF}": text += "\\ufeff"
            case "\r": text += "\\r"
            case let scalar where scalar.value < 0x20 || scalar.value == 0x7f:
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}

/// The members of a JSON object, in the order in which they were set.
package struct JSONObject {
    /// Each key with its value.
    package private(set) var members: [(key: String, value: JSON)] = []

    /// An object without members.
    package init() {}

    /// The value of a key, `null` where there is none. A key is set once.
    package subscript(key: String) -> JSON {
        get { members.first { $0.key == key }?.value ?? .null }
        set { members.append((key, newValue)) }
    }
}

/// The text of bytes in Base64.
package func base64(_ bytes: [UInt8]) -> String {
    let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var text: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
        let group = bytes[start..<min(start + 3, bytes.count)]
        let bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
        for digit in 0..<4 {
            text.append(digit <= group.count ? digits[Int(bits >> UInt32(18 - 6 * digit) & 63)] : UInt8(ascii: "="))
        }
    }
    return String(decoding: text, as: UTF8.self)
}
