/// A part for each row, drawn at random.
public struct Assignment: Sendable, Equatable {
    /// The number of each row's part, from 0.
    public let parts: [Int32]
    /// How many parts there are.
    public let partCount: Int

    /// How many rows each part has.
    public var sizes: [Int] { Categories(parts, count: partCount).sizes }

    /// Rows drawn so that each part has its share of every stratum, within one row of exact.
    ///
    /// Within a stratum every choice of rows is as likely as another. With one stratum it is a plain random division.
    ///
    /// - Throws: ``SplitError`` if there are fewer rows than parts, or hardly two rows to a stratum.
    /// - Complexity: O(n · parts) for n rows.
    public init(stratified strata: Categories, _ shares: Shares, _ random: inout RandomSource) throws(SplitError) {
        let (rows, count) = (strata.codes.count, shares.parts.count)
        if rows < count { throw .tooFew("rows", found: rows, needed: count) }
        if strata.count > 1, strata.count * 2 > rows { throw .tooManyStrata(strata.count, rows: rows) }
        let sizes = strata.sizes
        var apportionment = Apportionment(shares)
        var rest = [Int](repeating: 0, count: strata.count * count)
        for stratum in random.permutation(of: strata.count) {
            for (part, size) in apportionment.divide(sizes[stratum]).enumerated() {
                rest[stratum * count + part] = size
            }
        }
        var left = sizes
        var parts = [Int32](repeating: 0, count: rows)
        for row in 0..<rows {
            let stratum = Int(strata.codes[row])
            var place = random.below(left[stratum])
            var part = 0
            while place >= rest[stratum * count + part] {
                place -= rest[stratum * count + part]
                part += 1
            }
            rest[stratum * count + part] -= 1
            left[stratum] -= 1
            parts[row] = Int32(truncatingIfNeeded: part)
        }
        (self.parts, partCount) = (parts, count)
    }

    /// Whole groups, dealt so that the parts' rows come close to the shares, and with strata also the rows of each stratum.
    ///
    /// The larger groups are dealt first, each to the part that then comes nearest to its share; groups of one size are
    /// dealt in a random order.
    ///
    /// - Throws: ``SplitError/tooFew(_:found:needed:)`` if there are fewer groups than parts.
    /// - Complexity: O(n + g log g + p · s) for n rows, g groups, p parts and s pairs of a group and a stratum.
    public init(
        grouped groups: Categories, strata: Categories? = nil, _ shares: Shares, _ random: inout RandomSource
    ) throws(SplitError) {
        let count = shares.parts.count
        if groups.count < count { throw .tooFew("groups", found: groups.count, needed: count) }
        let strata = strata ?? Categories(one: groups.codes.count)
        let (sizes, strataSizes, members) = (groups.sizes, strata.sizes, groups.members)
        var lack = [Double](repeating: 0, count: strata.count * count)
        for stratum in 0..<strata.count {
            for part in 0..<count {
                let exact = Double(strataSizes[stratum]) * Double(shares.parts[part])
                lack[stratum * count + part] = exact / Double(shares.denominator)
            }
        }
        let partOrder = random.permutation(of: count)
        var isEmpty = [Bool](repeating: true, count: count)
        var emptyCount = count
        let shuffled = random.permutation(of: groups.count)
        let order = shuffled.indices.sorted { (sizes[shuffled[$1]], $0) < (sizes[shuffled[$0]], $1) }
        var partOfGroup = [Int32](repeating: 0, count: groups.count)
        var counts = [Int](repeating: 0, count: strata.count)
        for (dealt, place) in order.enumerated() {
            let group = shuffled[place]
            var touched: [Int] = []
            for row in members.rows[members.starts[group]..<members.starts[group + 1]] {
                let stratum = Int(strata.codes[row])
                if counts[stratum] == 0 { touched.append(stratum) }
                counts[stratum] += 1
            }
            // The last groups go to the parts that would have none.
            let isForced = groups.count - dealt <= emptyCount
            var best: (part: Int, score: Double)?
            for part in partOrder where !isForced || isEmpty[part] {
                var score = 0.0
                for stratum in touched {
                    let rows = Double(counts[stratum])
                    score += rows * (2 * lack[stratum * count + part] - rows) / Double(strataSizes[stratum])
                }
                if best == nil || score > best!.score { best = (part, score) }
            }
            let part = best?.part ?? 0
            for stratum in touched {
                lack[stratum * count + part] -= Double(counts[stratum])
                counts[stratum] = 0
            }
            if isEmpty[part] {
                isEmpty[part] = false
                emptyCount -= 1
            }
            partOfGroup[group] = Int32(truncatingIfNeeded: part)
        }
        parts = groups.codes.map { partOfGroup[Int($0)] }
        partCount = count
    }
}
