/// How a whole is divided into parts, exactly: each part is a whole number of `denominator`ths.
///
///     let shares = try Shares(parsing: ["0.8", "0.2"])
///     let fifths = Shares(equal: 5)
public struct Shares: Sendable, Equatable {
    /// The parts; they add up to ``denominator``.
    public let parts: [Int64]
    /// What the parts are counted in.
    public let denominator: Int64

    private static let digits = 9

    /// Parts of one size.
    public init(equal count: Int) {
        precondition(count > 0, "there is at least one part")
        (parts, denominator) = (Array(repeating: 1, count: count), Int64(count))
    }

    /// Reads decimal fractions with at most nine digits, such as `0.15`.
    ///
    /// - Throws: ``SplitError`` if one is no such number or not more than zero, or if they do not add up to 1.
    public init(parsing texts: [String]) throws(SplitError) {
        var parts: [Int64] = []
        for text in texts {
            guard let part = Self.billionths(text), part > 0 else { throw .badFraction(text) }
            parts.append(part)
        }
        denominator = Self.billion
        let sum = parts.reduce(Int64(0)) { $0.addingClamped($1) }
        if sum != denominator { throw .fractionsDoNotAddUp(Self.text(sum)) }
        self.parts = parts
    }

    static let billion: Int64 = 1_000_000_000

    /// A decimal number below a million in billionths, without rounding; `nil` if it is none.
    static func billionths(_ text: String) -> Int64? {
        let pieces = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = pieces.first, whole.count <= 6, text.utf8.contains(where: isDigit),
            pieces.allSatisfy({ $0.utf8.allSatisfy(isDigit) })
        else { return nil }
        var decimals = pieces.count > 1 ? String(pieces[1]) : ""
        guard decimals.count <= digits else { return nil }
        decimals += String(repeating: "0", count: digits - decimals.count)
        guard let integer = Int64(whole.isEmpty ? "0" : String(whole)), let rest = Int64(decimals) else { return nil }
        return integer * billion + rest
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func text(_ billionths: Int64) -> String {
        var decimals = String(String(billion + billionths % billion).dropFirst())
        while decimals.count > 1, decimals.last == "0" { decimals.removeLast() }
        return "\(billionths / billion).\(decimals)"
    }

    /// For every part but the last, how many of some rows come before its end, rounded to the nearest.
    func ends(of rows: Int) -> [Int] {
        var (sum, ends): (Int64, [Int]) = (0, [])
        for part in parts.dropLast() {
            sum += part
            let doubled = 2 * Int128(rows) * Int128(sum) + Int128(denominator)
            ends.append(Int(doubled / (2 * Int128(denominator))))
        }
        return ends
    }
}
