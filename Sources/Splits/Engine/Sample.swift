/// Some rows of a table, each with the number of rows that it stands for.
public struct Sample: Sendable, Equatable {
    /// The rows, in order.
    public let rows: [Int]
    /// For each, the rows of its kind divided by those that were taken.
    public let weights: [Double]

    /// Any rows, each as likely as another.
    ///
    /// - Throws: ``SplitError/sampleTooLarge(asked:rows:)`` if there are not as many.
    /// - Complexity: O(n) for n rows.
    public init(of count: Int, size: Int, _ random: RandomSource) throws(SplitError) {
        if size > count { throw .sampleTooLarge(asked: size, rows: count) }
        var reservoir = Reservoir(size: size, random)
        for row in 0..<count { reservoir.offer(row) }
        rows = reservoir.rows
        weights = Array(repeating: Double(count) / Double(max(size, 1)), count: rows.count)
    }

    /// As many rows of each stratum as its share of all, within one row of exact, and `size` in all.
    ///
    /// - Throws: ``SplitError`` if there are not as many rows, or hardly two to a stratum.
    /// - Complexity: O(n + s log s) for n rows and s strata.
    public init(stratified strata: Categories, size: Int, _ random: RandomSource) throws(SplitError) {
        let count = strata.codes.count
        if size > count { throw .sampleTooLarge(asked: size, rows: count) }
        if strata.count > 1, strata.count * 2 > count { throw .tooManyStrata(strata.count, rows: count) }
        var random = random
        let sizes = strata.sizes
        var (taken, rests, left): ([Int], [Int128], Int) = ([], [], size)
        for rows in sizes {
            let (whole, rest) = (Int128(rows) * Int128(size)).quotientAndRemainder(dividingBy: Int128(max(count, 1)))
            taken.append(Int(whole))
            rests.append(rest)
            left -= Int(whole)
        }
        // The largest rests are rounded up; equal ones in a random order.
        let shuffled = random.permutation(of: strata.count)
        let order = shuffled.indices.sorted { (rests[shuffled[$1]], $0) < (rests[shuffled[$0]], $1) }
        for place in order.prefix(left) { taken[shuffled[place]] += 1 }
        self.init(taking: taken, of: strata, sizes, &random)
    }

    /// All rows that are not negatives, and some of the negatives, whose weight makes up for the others.
    ///
    /// - Parameters:
    ///   - isNegative: whether each row is a negative.
    ///   - size: how many negatives are taken.
    /// - Throws: ``SplitError/sampleTooLarge(asked:rows:)`` if there are not as many.
    /// - Complexity: O(n) for n rows.
    public init(negatives isNegative: [Bool], size: Int, _ random: RandomSource) throws(SplitError) {
        let categories = Categories(isNegative.map { $0 ? 1 : 0 }, count: 2)
        let sizes = categories.sizes
        if size > sizes[1] { throw .sampleTooLarge(asked: size, rows: sizes[1]) }
        var random = random
        self.init(taking: [sizes[0], size], of: categories, sizes, &random)
    }

    /// Takes a number of rows of each category: row by row, with the chance that just as many are taken.
    private init(taking taken: [Int], of categories: Categories, _ sizes: [Int], _ random: inout RandomSource) {
        let weight = zip(sizes, taken).map { Double($0) / Double(max($1, 1)) }
        var (wanted, left) = (taken, sizes)
        var (rows, weights): ([Int], [Double]) = ([], [])
        for (row, code) in categories.codes.enumerated() {
            let category = Int(code)
            // Where all or none of the rest are taken nothing is drawn.
            let isTaken =
                wanted[category] == left[category]
                || (wanted[category] > 0 && random.below(left[category]) < wanted[category])
            left[category] -= 1
            guard isTaken else { continue }
            wanted[category] -= 1
            rows.append(row)
            weights.append(weight[category])
        }
        (self.rows, self.weights) = (rows, weights)
    }
}
