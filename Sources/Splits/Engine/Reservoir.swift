/// Keeps a given number of rows out of any number that are offered one after another, each as likely as another
/// (Vitter, 1985, algorithm R).
///
///     var reservoir = Reservoir(size: 1000, RandomSource(seed: 7))
///     for row in rows { reservoir.offer(row) }
///     let sample = reservoir.rows
public struct Reservoir: Sendable {
    /// How many rows are kept at most.
    public let size: Int
    /// How many rows were offered.
    public private(set) var offered = 0
    private var kept: [Int] = []
    private var random: RandomSource

    /// An empty reservoir.
    public init(size: Int, _ random: RandomSource) {
        precondition(size >= 0, "a sample has no fewer than no rows")
        (self.size, self.random) = (size, random)
    }

    /// Takes the next row in, or not.
    public mutating func offer(_ row: Int) {
        offered += 1
        if kept.count < size {
            kept.append(row)
        } else if size > 0 {
            let place = random.below(offered)
            if place < size { kept[place] = row }
        }
    }

    /// The rows that are kept, in the order of their numbers.
    public var rows: [Int] { kept.sorted() }
}
