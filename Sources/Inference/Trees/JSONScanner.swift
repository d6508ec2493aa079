/// Reads a JSON text once, from left to right, and keeps nothing that is not asked for.
///
/// Models are long lists of numbers, of which a tree of JSON values would be many times as large. XGBoost writes `NaN` and
/// `Infinity` where a number is none, so they are numbers here; whoever takes one judges it.
struct JSONScanner {
    private let text: [UInt8]
    /// How far it has come, in bytes.
    private(set) var position = 0

    /// How deep what is skipped may be nested.
    private static let deepest = 256

    init(_ text: [UInt8]) { self.text = text }

    func failure(_ reason: String) -> TreeModelError { .syntax(offset: position, reason: reason) }

    // MARK: Structure

    /// The next character after blanks, not taken; 0 at the end.
    private mutating func next() -> UInt8 {
        while position < text.count {
            switch text[position] {
            case 0x20, 0x09, 0x0a, 0x0d: position += 1
            case let byte: return byte
            }
        }
        return 0
    }

    private mutating func take(_ character: UInt8) -> Bool {
        if next() != character { return false }
        position += 1
        return true
    }

    /// Takes an object; `body` takes the value of each key, whole.
    mutating func members(
        _ body: (String, inout JSONScanner) throws(TreeModelError) -> Void
    ) throws(TreeModelError) {
        guard take(UInt8(ascii: "{")) else { throw failure("an object is missing") }
        if take(UInt8(ascii: "}")) { return }
        repeat {
            let key = try string()
            guard take(UInt8(ascii: ":")) else { throw failure("a ':' is missing") }
            try body(key, &self)
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "}")) else { throw failure("a '}' is missing") }
    }

    /// Takes an array; `body` takes each element, whole.
    mutating func elements(_ body: (inout JSONScanner) throws(TreeModelError) -> Void) throws(TreeModelError) {
        guard take(UInt8(ascii: "[")) else { throw failure("an array is missing") }
        if take(UInt8(ascii: "]")) { return }
        repeat { try body(&self) } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "]")) else { throw failure("a ']' is missing") }
    }

    /// Nothing may follow.
    mutating func finish() throws(TreeModelError) {
        if next() != 0 || position < text.count { throw failure("something follows the model") }
    }

    /// Passes a value, whatever it is.
    mutating func skip() throws(TreeModelError) { try skip(depth: 0) }

    private mutating func skip(depth: Int) throws(TreeModelError) {
        if depth > Self.deepest { throw failure("it is nested too deep") }
        switch next() {
        case UInt8(ascii: "{"):
            try members { (_, scanner) throws(TreeModelError) in try scanner.skip(depth: depth + 1) }
        case UInt8(ascii: "["): try elements { (scanner) throws(TreeModelError) in try scanner.skip(depth: depth + 1) }
        case UInt8(ascii: "\""): _ = try string()
        case UInt8(ascii: "t") where takeWord("true"): return
        case UInt8(ascii: "f") where takeWord("false"): return
        case UInt8(ascii: "n") where takeWord("null"): return
        case UInt8(ascii: "N") where takeWord("NaN"): return
        case UInt8(ascii: "I") where takeWord("Infinity"): return
        default: try skipNumber()
        }
    }

    private mutating func skipNumber() throws(TreeModelError) {
        let start = position
        _ = take(UInt8(ascii: "-"))
        if takeWord("Infinity") { return }
        loop: while position < text.count {
            switch text[position] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"),
                UInt8(ascii: "+"), UInt8(ascii: "-"):
                position += 1
            default: break loop
            }
        }
        if position == start { throw failure("no value begins so") }
    }

    private mutating func takeWord(_ word: StaticString) -> Bool {
        let isThere = word.withUTF8Buffer { text[position...].starts(with: $0) }
        if isThere { position += word.utf8CodeUnitCount }
        return isThere
    }

    // MARK: Texts

    /// Takes a text. Escapes stay as they are written: no name that is looked for has one.
    mutating func string() throws(TreeModelError) -> String {
        guard take(UInt8(ascii: "\"")) else { throw failure("a text is missing") }
        let start = position
        while position < text.count, text[position] != UInt8(ascii: "\"") {
            position += text[position] == UInt8(ascii: "\\") ? 2 : 1
        }
        guard position < text.count else { throw failure("a text does not end") }
        position += 1
        return String(decoding: text[start..<(position - 1)], as: UTF8.self)
    }

    // MARK: Numbers

    /// Takes a whole number.
    mutating func integer() throws(TreeModelError) -> Int32 {
        let isNegative = take(UInt8(ascii: "-"))
        var (value, digits): (Int64, Int) = (0, 0)
        while position < text.count, let digit = digit(text[position]), digits < 11 {
            value = value * 10 + Int64(digit)
            (position, digits) = (position + 1, digits + 1)
        }
        guard digits > 0, let number = Int32(exactly: isNegative ? -value : value) else {
            throw failure("a whole number is missing")
        }
        return number
    }

    /// Takes what is 0 or 1, `false` or `true`.
    mutating func flag() throws(TreeModelError) -> Bool {
        switch next() {
        case UInt8(ascii: "t") where takeWord("true"): return true
        case UInt8(ascii: "f") where takeWord("false"): return false
        default:
            let number = try integer()
            guard number == 0 || number == 1 else { throw failure("a flag is neither 0 nor 1") }
            return number == 1
        }
    }

    private func digit(_ byte: UInt8) -> UInt8? { byte >= 0x30 && byte <= 0x39 ? byte - 0x30 : nil }

    /// Takes a number, as the nearest one of single precision.
    mutating func number() throws(TreeModelError) -> Float {
        _ = next()
        let start = position
        let isNegative = take(UInt8(ascii: "-"))
        if takeWord("NaN") { return .nan }
        if takeWord("Infinity") { return isNegative ? -.infinity : .infinity }
        var (digits, mantissa, exponent) = (0, UInt64(0), 0)
        func isDigit() -> Bool { position < text.count && digit(text[position]) != nil }
        while isDigit() {
            if digits < 19 { mantissa = mantissa * 10 + UInt64(text[position] - 0x30) }
            (position, digits) = (position + 1, digits + 1)
        }
        guard digits > 0 else { throw failure("a number is missing") }
        if position < text.count, text[position] == UInt8(ascii: ".") {
            position += 1
            guard isDigit() else { throw failure("a digit is missing") }
            while isDigit() {
                if digits < 19 { mantissa = mantissa * 10 + UInt64(text[position] - 0x30) }
                (position, digits, exponent) = (position + 1, digits + 1, exponent - 1)
            }
        }
        if position < text.count, text[position] | 0x20 == UInt8(ascii: "e") {
            position += 1
            var sign = 1
            if position < text.count, text[position] == UInt8(ascii: "-") || text[position] == UInt8(ascii: "+") {
                if text[position] == UInt8(ascii: "-") { sign = -1 }
                position += 1
            }
            guard isDigit() else { throw failure("a digit is missing") }
            var power = 0
            while isDigit() {
                power = min(power * 10 + Int(text[position] - 0x30), 100_000)
                position += 1
            }
            exponent += sign * power
        }
        if digits <= 19, let number = Self.nearest(mantissa, exponent) { return isNegative ? -number : number }
        return Float(String(decoding: text[start..<position], as: UTF8.self)) ?? .nan
    }

    /// mantissa × 10^exponent, where it can be told at once (Clinger, 1990): both are exact numbers of double precision, so that
    /// their product is the nearest one, and that is rounded again to the right side unless it lies in the middle.
    private static func nearest(_ mantissa: UInt64, _ exponent: Int) -> Float? {
        guard mantissa <= 1 << 53, abs(exponent) < powers.count else { return nil }
        let power = powers[abs(exponent)]
        let number = exponent < 0 ? Double(mantissa) / power : Double(mantissa) * power
        return number.bitPattern & 0x1fff_ffff == 0x1000_0000 ? nil : Float(number)
    }

    private static let powers: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20,
        1e21, 1e22,
    ]
}
