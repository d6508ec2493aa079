#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What tells a benchmark the time; a test's own passes as the test says.
package protocol BenchmarkClock: Sendable {
    /// The nanoseconds since some moment.
    func now() -> UInt64
    /// Comes back at a moment, or at once if it is past.
    func wait(until moment: UInt64)
}

/// The machine's clock, which never goes backwards.
package struct MonotonicClock: BenchmarkClock {
    package init() {}

    package func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// How early the system is asked to wake the thread, since it is late by some tens of microseconds.
    private static let margin: UInt64 = 200_000

    package func wait(until moment: UInt64) {
        while true {
            let time = now()
            if time >= moment { return }
            if moment - time <= Self.margin { continue }
            let rest = moment - time - Self.margin
            var pause = timespec(tv_sec: Int(rest / 1_000_000_000), tv_nsec: Int(rest % 1_000_000_000))
            nanosleep(&pause, nil)
        }
    }
}
