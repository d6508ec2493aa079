/// Texts of characters that formats trip over, the same for the same seed.
struct RandomText {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

    private static let scalars: [Unicode.Scalar] =
        (0..<0x80).compactMap { Unicode.Scalar($0) } + ["é", "\u{301}", "\u{2028}", "\u{FEFF}", "\u{FFFD}", "𝄞", "語"]

    /// A text of up to 40 characters.
    mutating func next() -> String {
        var text = String.UnicodeScalarView()
        for _ in 0..<(1 + random() % 40) { text.append(Self.scalars[Int(random() % UInt64(Self.scalars.count))]) }
        return String(text)
    }

    private mutating func random() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state >> 11
    }
}
