import Synchronization
import Tables

/// What came of requests that were sent at a fixed rate.
public struct LoadResult: Sendable, Equatable {
    /// The latencies, those of requests that nobody began as long as they have waited.
    public internal(set) var latencies = LatencyHistogram()
    /// How many requests came.
    public internal(set) var arrivals = 0
    /// How many of them nobody began: the rate is more than the threads can answer.
    public internal(set) var unanswered = 0
}

/// Requests that come at a fixed rate, whether those before are answered or not, as users send them.
///
/// A latency counts from when a request was to be sent. A benchmark that sends the next one only after an answer leaves out
/// those that a slow answer has kept waiting (coordinated omission), and so tells users' latencies far too well.
package struct OpenLoop: Sendable {
    /// How many requests come in a second.
    package let rate: Double
    /// For how long they come, in nanoseconds.
    package let duration: UInt64
    /// How many threads answer.
    package let workers: Int

    package init(rate: Double, duration: UInt64, workers: Int) {
        (self.rate, self.duration, self.workers) = (rate, duration, workers)
    }

    /// How many requests come.
    package var arrivals: Int { max(1, Int(rate * Double(duration) / 1e9)) }

    /// Sends all requests. Once twice the duration is over, none is begun any more.
    ///
    /// - Parameter answer: answers a request by its number; threads call it at once.
    package func run(_ clock: some BenchmarkClock, _ answer: (_ request: Int) -> Void) -> LoadResult {
        let next = Atomic(0)
        let total = Mutex(LoadResult())
        let count = arrivals
        let start = clock.now()
        inParallel(workers, workers: workers) { _ in
            var result = LoadResult()
            while true {
                let number = next.add(1, ordering: .relaxed).oldValue
                if number >= count { break }
                let due = start + UInt64(Double(number) * 1e9 / rate)
                clock.wait(until: due)
                result.arrivals += 1
                let begun = clock.now()
                if begun > start + 2 * duration {
                    result.unanswered += 1
                    result.latencies.record(begun - due)
                    continue
                }
                answer(number)
                result.latencies.record(clock.now() - due)
            }
            total.withLock { total in
                total.latencies.add(result.latencies)
                total.arrivals += result.arrivals
                total.unanswered += result.unanswered
            }
        }
        return total.withLock { $0 }
    }
}
