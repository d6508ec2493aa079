import Synchronization

/// Names rows that were pushed together: when that was, and a number by chance, so that no two pushes have one name.
///
/// The order is that of the moments; of one process no two are alike.
struct PushID: Hashable, Comparable {
    /// Microseconds since 1970.
    let moment: UInt64
    let chance: UInt64

    /// How many bytes it takes.
    static let width = 16

    private static let last = Atomic<UInt64>(0)

    private init(moment: UInt64, chance: UInt64) { (self.moment, self.chance) = (moment, chance) }

    /// A name for what is pushed now, after all that this process pushed before.
    static func next() -> PushID {
        let now = UInt64(clamping: microsecondsNow())
        var known = last.load(ordering: .relaxed)
        while true {
            let moment = max(now, known + 1)
            let (exchanged, original) = last.weakCompareExchange(
                expected: known, desired: moment, ordering: .relaxed)
            if exchanged { return PushID(moment: moment, chance: .random(in: .min ... .max)) }
            known = original
        }
    }

    /// The bytes, of which those of earlier moments sort first.
    var bytes: [UInt8] {
        withUnsafeBytes(of: (moment.bigEndian, chance.bigEndian)) { Array($0) }
    }

    /// Reads the bytes; `nil` unless there are as many as it takes.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count == Self.width else { return nil }
        moment = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self))
        chance = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    }

    static func < (left: PushID, right: PushID) -> Bool {
        (left.moment, left.chance) < (right.moment, right.chance)
    }
}
