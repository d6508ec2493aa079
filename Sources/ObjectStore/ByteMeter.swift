import Synchronization

/// Counts bytes as they are handled, for a progress line that another thread draws.
public final class ByteMeter: Sendable {
    private let handled = Atomic<UInt64>(0)

    /// A meter at 0.
    public init() {}

    /// How many bytes have been handled.
    public var count: UInt64 { handled.load(ordering: .relaxed) }

    /// Counts further bytes.
    public func add(_ bytes: UInt64) { handled.add(bytes, ordering: .relaxed) }
}
