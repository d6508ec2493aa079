import Splits

extension RandomSource {
    /// A number of a range.
    mutating func number(_ range: ClosedRange<Int>) -> Int { range.lowerBound + below(range.count) }

    /// True so many times in a hundred.
    mutating func chance(_ percent: Int) -> Bool { below(100) < percent }

    /// Numbers of categories, each of which some row has, the first ones more often.
    mutating func categories(rows: Int, atMost limit: Int) -> Categories {
        var (known, codes): (Int, [Int32]) = (0, [])
        for _ in 0..<rows {
            if known == 0 || (known < limit && chance(25)) {
                codes.append(Int32(known))
                known += 1
            } else {
                codes.append(Int32(min(below(known), below(known))))
            }
        }
        return Categories(codes, count: known)
    }
}
