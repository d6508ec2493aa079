import Synchronization

/// The rows that a store gave last, by entity: what can still be answered when it is gone.
///
/// It holds a number of bytes at most, and forgets what was not asked for lately.
final class RememberedRows: Sendable {
    private struct State {
        /// What was read since the others became the old ones; a row that is `nil` is known not to be there.
        var young: [OnlineKey: [UInt8]?] = [:]
        var old: [OnlineKey: [UInt8]?] = [:]
        /// The bytes of the young ones, about.
        var bytes = 0
    }

    private let state = Mutex(State())
    private let limit: Int

    /// What an entry takes besides its bytes, about.
    private static let overhead = 128

    /// Begins with nothing.
    ///
    /// - Parameter limit: the bytes that are held at most, about.
    init(limit: Int) { self.limit = limit }

    /// Keeps what was read.
    func remember(_ keys: [OnlineKey], _ values: ArraySlice<[UInt8]?>) {
        state.withLock { state in
            for (key, value) in zip(keys, values) {
                let last = state.young.updateValue(value, forKey: key)
                let added = Self.overhead + key.entity.count + (value?.count ?? 0)
                let removed = last.map { Self.overhead + key.entity.count + ($0?.count ?? 0) } ?? 0
                state.bytes += added - removed
                if state.bytes > limit / 2 { (state.old, state.young, state.bytes) = (state.young, [:], 0) }
            }
        }
    }

    /// What was read of a key last; `nil` if that is not remembered.
    func rows(of keys: [OnlineKey]) -> [[UInt8]??] {
        state.withLock { state in keys.map { state.young[$0] ?? state.old[$0] } }
    }
}
