import Inference
import Synchronization
import Testing

@Suite struct OpenLoopTests {
    /// A clock that passes as the test says.
    private final class Clock: BenchmarkClock {
        private let time = Mutex<UInt64>(1_000)
        func now() -> UInt64 { time.withLock { $0 } }
        func wait(until moment: UInt64) { time.withLock { $0 = max($0, moment) } }
        func pass(_ nanoseconds: UInt64) { time.withLock { $0 += nanoseconds } }
    }

    private static let millisecond: UInt64 = 1_000_000

    @Test("requests come at their times, and an answer that is quick makes none come earlier")
    func arrivals() {
        let clock = Clock()
        var starts: [UInt64] = []
        let loop = OpenLoop(rate: 1000, duration: 5 * Self.millisecond, workers: 1)
        let started = Mutex<[UInt64]>([])
        let result = loop.run(clock) { _ in
            started.withLock { $0.append(clock.now()) }
            clock.pass(1_000)
        }
        starts = started.withLock { $0 }
        #expect(starts == (0..<5).map { 1_000 + $0 * Self.millisecond })
        #expect(result.arrivals == 5 && result.unanswered == 0)
        #expect(result.latencies.quantile(0) == result.latencies.quantile(1))
        #expect(result.latencies.longest == 1_000)
    }

    @Test("a stall counts for every request that it keeps waiting, not only for the one that stalls")
    func coordinatedOmission() {
        let clock = Clock()
        // 1000 requests, one a millisecond, each answered in 10 µs; the 500th takes 200 ms.
        let result = OpenLoop(rate: 1000, duration: 1000 * Self.millisecond, workers: 1).run(clock) { number in
            clock.pass(number == 500 ? 200 * Self.millisecond : 10_000)
        }
        #expect(result.arrivals == 1000 && result.latencies.count == 1000)
        // Some 200 have waited: the one before last of them almost nothing, the first almost 200 ms.
        #expect(abs(result.latencies.quantile(0.9) - 100e6) < 3e6, "\(result.latencies.quantile(0.9))")
        #expect(abs(result.latencies.quantile(0.99) - 190e6) < 3e6)
        #expect(result.latencies.quantile(0.75) < 11_000)
    }

    @Test("at a rate that cannot be answered, the loop ends, and what waits is counted with its waiting")
    func overload() {
        let clock = Clock()
        let result = OpenLoop(rate: 1000, duration: 100 * Self.millisecond, workers: 1).run(clock) { _ in
            clock.pass(10 * Self.millisecond)
        }
        #expect(result.arrivals == 100 && result.latencies.count == 100)
        // In 200 ms twenty are answered, and one more that begins just then.
        #expect(result.unanswered == 79)
        #expect(result.latencies.quantile(0.5) > 100e6)
    }

    @Test("threads share the requests, each of which is answered once")
    func threads() {
        let seen = Mutex<[Int]>([])
        let result = OpenLoop(rate: 1000, duration: 1000 * Self.millisecond, workers: 2).run(Clock()) { number in
            seen.withLock { $0.append(number) }
        }
        #expect(result.arrivals == 1000 && result.unanswered == 0)
        #expect(seen.withLock { $0.sorted() } == Array(0..<1000))
    }
}
