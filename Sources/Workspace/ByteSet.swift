/// A set of bytes, such as `[a-z]` or `[![:space:]]` in an ignore pattern.
struct ByteSet: Sendable {
    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    /// Whether the set holds a byte.
    func contains(_ byte: UInt8) -> Bool {
        let word =
            switch byte >> 6 {
            case 0: words.0
            case 1: words.1
            case 2: words.2
            default: words.3
            }
        return word >> UInt64(byte & 63) & 1 == 1
    }

    private mutating func insert(_ byte: UInt8) {
        let bit: UInt64 = 1 << UInt64(byte & 63)
        switch byte >> 6 {
        case 0: words.0 |= bit
        case 1: words.1 |= bit
        case 2: words.2 |= bit
        default: words.3 |= bit
        }
    }

    private mutating func invert() {
        words = (~words.0, ~words.1, ~words.2, ~words.3)
    }

    /// Parses the bracket expression that begins at an index of a pattern, as git's matcher reads it.
    ///
    /// - Returns: The set, which never holds `/`, and the index after the closing bracket; `nil` if it is not closed or
    ///   names an unknown class.
    static func parse(_ pattern: [UInt8], at open: Int) -> (set: ByteSet, end: Int)? {
        func byte(_ index: Int) -> UInt8? { index < pattern.count ? pattern[index] : nil }
        var set = ByteSet()
        var index = open + 1
        let isNegated = byte(index) == UInt8(ascii: "!") || byte(index) == UInt8(ascii: "^")
        if isNegated { index += 1 }
        // What a `-` that follows would start its range from; a range or a class starts none.
        var start: UInt8?
        repeat {
            guard var current = byte(index) else { return nil }
            if current == UInt8(ascii: "\\") {
                index += 1
                guard let escaped = byte(index) else { return nil }
                set.insert(escaped)
                start = escaped
            } else if current == UInt8(ascii: "-"), let first = start, let next = byte(index + 1),
                next != UInt8(ascii: "]")
            {
                index += 1
                current = next
                if current == UInt8(ascii: "\\") {
                    index += 1
                    guard let escaped = byte(index) else { return nil }
                    current = escaped
                }
                if first <= current { for member in first...current { set.insert(member) } }
                start = nil
            } else if current == UInt8(ascii: "["), byte(index + 1) == UInt8(ascii: ":") {
                guard let close = pattern[(index + 2)...].firstIndex(of: UInt8(ascii: "]")) else { return nil }
                if close > index + 2 && pattern[close - 1] == UInt8(ascii: ":") {
                    guard let isMember = characterClass(pattern[(index + 2)..<(close - 1)]) else { return nil }
                    for member in UInt8.min...UInt8.max where isMember(member) { set.insert(member) }
                    index = close
                    start = nil
                } else {
                    set.insert(current)
                    start = current
                }
            } else {
                set.insert(current)
                start = current
            }
            index += 1
        } while byte(index) != UInt8(ascii: "]")
        if isNegated { set.invert() }
        set.words.0 &= ~(1 << UInt64(UInt8(ascii: "/")))
        return (set, index + 1)
    }

    /// The test for membership of a POSIX character class, of ASCII only.
    private static func characterClass(_ name: ArraySlice<UInt8>) -> ((UInt8) -> Bool)? {
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        let lower = UInt8(ascii: "a")...UInt8(ascii: "z")
        let upper = UInt8(ascii: "A")...UInt8(ascii: "Z")
        let visible: ClosedRange<UInt8> = 0x21...0x7e
        func isLetter(_ byte: UInt8) -> Bool { lower.contains(byte) || upper.contains(byte) }
        return switch String(decoding: name, as: UTF8.self) {
        case "alnum": { isLetter($0) || digits.contains($0) }
        case "alpha": isLetter
        case "blank": { $0 == 0x20 || $0 == 0x09 }
        case "cntrl": { $0 < 0x20 || $0 == 0x7f }
        case "digit": digits.contains
        case "graph": visible.contains
        case "lower": lower.contains
        case "print": { $0 == 0x20 || visible.contains($0) }
        case "punct": { visible.contains($0) && !isLetter($0) && !digits.contains($0) }
        // Neither vertical tab nor form feed, as in git.
        case "space": { $0 == 0x20 || $0 == 0x09 || $0 == 0x0a || $0 == 0x0d }
        case "upper": upper.contains
        case "xdigit": { digits.contains($0) || (0x61...0x66).contains($0) || (0x41...0x46).contains($0) }
        default: nil
        }
    }
}
