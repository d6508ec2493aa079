/// Divides whole rows by shares, time after time, so that each division is within one row of exact and what one gives too
/// much the next ones take back.
struct Apportionment {
    private let shares: Shares
    /// By part, how many denominators of a row it has got too few so far.
    private var owed: [Int128]

    init(_ shares: Shares) {
        self.shares = shares
        owed = Array(repeating: 0, count: shares.parts.count)
    }

    /// How many of some rows each part gets: its exact share, rounded down or up.
    mutating func divide(_ rows: Int) -> [Int] {
        let denominator = Int128(shares.denominator)
        var (given, left): ([Int], Int) = ([], rows)
        var rounded: [Int] = []
        for (part, share) in shares.parts.enumerated() {
            let (whole, rest) = (Int128(rows) * Int128(share)).quotientAndRemainder(dividingBy: denominator)
            given.append(Int(whole))
            left -= Int(whole)
            owed[part] += rest
            if rest > 0 { rounded.append(part) }
        }
        // The rests add up to whole rows, fewer than there are rests.
        rounded.sort { (owed[$1], $0) < (owed[$0], $1) }
        for part in rounded.prefix(left) {
            given[part] += 1
            owed[part] -= denominator
        }
        return given
    }
}
