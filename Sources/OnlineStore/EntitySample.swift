import ObjectStore

/// Some entities by chance: those that come first in an order which a seed decides.
///
/// The same seed draws the same of the same entities, in whatever order and however often each is told.
struct EntitySample {
    private let limit: Int
    private let seed: UInt64
    private var drawn: [[UInt8]: ObjectID] = [:]
    /// What comes after it is not among the first.
    private var last: ObjectID?

    init(limit: Int, seed: UInt64) { (self.limit, self.seed) = (limit, seed) }

    /// A number by chance that belongs to a seed and some bytes.
    static func chance(_ seed: UInt64, _ bytes: [UInt8]) -> ObjectID {
        ObjectID(of: withUnsafeBytes(of: seed.littleEndian) { Array($0) } + bytes)
    }

    /// Takes in an entity.
    mutating func add(_ entity: [UInt8]) {
        let place = Self.chance(seed, entity)
        if let last, place > last { return }
        drawn[entity] = place
        if drawn.count >= 2 * limit + 1024 { prune() }
    }

    private mutating func prune() {
        let first = drawn.sorted { $0.value < $1.value }.prefix(limit)
        drawn = Dictionary(uniqueKeysWithValues: first.map { ($0.key, $0.value) })
        if first.count == limit { last = first.last?.value }
    }

    /// The entities, in the seed's order.
    var entities: [[UInt8]] { drawn.sorted { $0.value < $1.value }.prefix(limit).map(\.key) }
}
