import Synchronization

/// Counts bytes as they are handled, for a progress line that another thread draws.
public final class ByteMeter: Sendable {
    private let handled = Atomic<UInt64>(0)
    private let known = Atomic<UInt64>(0)

    /// A meter at 0.
    public init() {}

    /// How many bytes have been handled.
    public var count: UInt64 { handled.load(ordering: .relaxed) }

    /// How many bytes there will be, as far as is known by now; 0 while nothing is.
    public var expected: UInt64 { known.load(ordering: .relaxed) }

    /// Counts further bytes.
    public func add(_ bytes: UInt64) { handled.add(bytes, ordering: .relaxed) }

    /// Announces further bytes before they are handled.
    public func expect(_ bytes: UInt64) { known.add(bytes, ordering: .relaxed) }
}
