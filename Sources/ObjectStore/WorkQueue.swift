import Dispatch
import Synchronization

/// Runs jobs on a fixed number of threads with a bounded queue, so that memory stays bounded however much there is to do.
///
/// A job may submit further jobs. When the queue is full, the submitter runs its job itself at once: nobody ever waits
/// for a free place, so that jobs which submit jobs cannot block each other.
///
///     try WorkQueue.run(workers: 4, capacity: 16) { (queue) throws(StoreError) in
///         for file in files { try queue.submit { () throws(StoreError) in try store(file) } }
///     }
package final class WorkQueue: Sendable {
    package typealias Job = @Sendable () throws(StoreError) -> Void

    private struct State {
        var waiting: [Job] = []
        var head = 0
        /// Jobs that wait or run.
        var outstanding = 0
        var isClosed = false
        var failure: StoreError?

        mutating func next() -> Job? {
            guard head < waiting.count else { return nil }
            let job = waiting[head]
            waiting[head] = {}
            head += 1
            if head == waiting.count {
                waiting.removeAll(keepingCapacity: true)
                head = 0
            }
            return job
        }
    }

    private let state = Mutex(State())
    /// Signalled once a job that is put into the queue, once when the last job ends, and for each worker when it closes.
    private let arrivals = DispatchSemaphore(value: 0)
    private let capacity: Int

    private init(capacity: Int) { self.capacity = capacity }

    /// Calls `produce`, which submits jobs, and returns when all of them are done.
    ///
    /// - Parameters:
    ///   - workers: how many threads work, the caller's included.
    ///   - capacity: how many jobs may wait.
    /// - Throws: the first error of `produce` or a job; the jobs that follow it are dropped.
    package static func run(
        workers: Int, capacity: Int, _ produce: (WorkQueue) throws(StoreError) -> Void
    ) throws(StoreError) {
        let queue = WorkQueue(capacity: workers > 1 ? capacity : 0)
        let group = DispatchGroup()
        for _ in 1..<max(1, workers) {
            DispatchQueue.global().async(group: group) { queue.work() }
        }
        do throws(StoreError) {
            try produce(queue)
        } catch {
            queue.fail(error)
        }
        queue.drain()
        queue.state.withLock { $0.isClosed = true }
        for _ in 1..<max(1, workers) { queue.arrivals.signal() }
        group.wait()
        if let failure = queue.state.withLock({ $0.failure }) { throw failure }
    }

    /// Hands a job to the workers, or runs it at once when enough of them wait already.
    ///
    /// - Throws: the error that a job failed with before, so that a producer stops.
    package func submit(_ job: @escaping Job) throws(StoreError) {
        let (isQueued, failure) = state.withLock { state -> (Bool, StoreError?) in
            if let failure = state.failure { return (false, failure) }
            guard state.waiting.count - state.head < capacity else { return (false, nil) }
            state.waiting.append(job)
            state.outstanding += 1
            return (true, nil)
        }
        if let failure { throw failure }
        if isQueued { arrivals.signal() } else { try job() }
    }

    private func fail(_ error: StoreError) {
        state.withLock { if $0.failure == nil { $0.failure = error } }
    }

    private func runOne() -> Bool {
        guard let (job, hasFailed) = state.withLock({ state in state.next().map { ($0, state.failure != nil) } }) else {
            return false
        }
        if !hasFailed {
            do throws(StoreError) {
                try job()
            } catch {
                fail(error)
            }
        }
        let isLast = state.withLock { state in
            state.outstanding -= 1
            return state.outstanding == 0
        }
        if isLast { arrivals.signal() }
        return true
    }

    /// What each worker does: runs jobs until the queue closes.
    private func work() {
        while true {
            arrivals.wait()
            if runOne() { continue }
            if state.withLock({ $0.isClosed }) { return }
        }
    }

    /// Works along until no job waits or runs.
    private func drain() {
        while true {
            if runOne() { continue }
            if state.withLock({ $0.outstanding == 0 }) { return }
            arrivals.wait()
        }
    }
}
