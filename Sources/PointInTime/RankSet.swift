/// A set of small whole numbers that finds its next and previous member in a step for each six bits of their range.
struct RankSet {
    /// Each level has a bit for each word of the one below that is not zero; the first has the members.
    private var levels: [[UInt64]] = []

    /// An empty set of numbers below `count`.
    init(count: Int) {
        // As many words as `count` itself would need, since it may be asked what is below it.
        var words = count / 64 + 1
        while true {
            levels.append(Array(repeating: 0, count: words))
            if words <= 1 { return }
            words = (words + 63) / 64
        }
    }

    mutating func insert(_ rank: Int) {
        var place = rank
        for level in levels.indices {
            let word = levels[level][place / 64]
            levels[level][place / 64] = word | 1 << UInt64(place % 64)
            if word != 0 { return }
            place /= 64
        }
    }

    mutating func remove(_ rank: Int) {
        var place = rank
        for level in levels.indices {
            levels[level][place / 64] &= ~(1 << UInt64(place % 64))
            if levels[level][place / 64] != 0 { return }
            place /= 64
        }
    }

    /// The least member that is not below `rank`.
    func first(notBelow rank: Int) -> Int? {
        var place = rank
        for level in levels.indices {
            if place / 64 >= levels[level].count { return nil }
            let word = levels[level][place / 64] & (~0 << UInt64(place % 64))
            if word != 0 { return descend(from: level, to: place / 64 * 64 + word.trailingZeroBitCount, isFirst: true) }
            place = place / 64 + 1
        }
        return nil
    }

    /// The greatest member below `rank`.
    func last(below rank: Int) -> Int? {
        var place = rank
        for level in levels.indices {
            // The bits below `place` in its word; at a word's start there are none, and the level above looks further.
            if place % 64 != 0 {
                let word = levels[level][place / 64] & ((1 << UInt64(place % 64)) - 1)
                if word != 0 {
                    return descend(
                        from: level, to: place / 64 * 64 + 63 - word.leadingZeroBitCount, isFirst: false)
                }
            }
            place /= 64
        }
        return nil
    }

    private func descend(from level: Int, to place: Int, isFirst: Bool) -> Int {
        var place = place
        for level in (0..<level).reversed() {
            let word = levels[level][place]
            place = place * 64 + (isFirst ? word.trailingZeroBitCount : 63 - word.leadingZeroBitCount)
        }
        return place
    }
}
