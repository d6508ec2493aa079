import Dispatch

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
        /// The jobs that wait, the next one last.
        var waiting: [Job] = []
        /// How many jobs run on a worker.
        var running = 0
        var isClosed = false
        var failure: StoreError?
    }

    private enum Next {
        case job(Job)
        case nothingLeft
    }

    private let state = Monitor(State())
    private let capacity: Int

    private init(capacity: Int) { self.capacity = capacity }

    /// Calls `produce`, which submits jobs, and returns when all of them are done.
    ///
    /// - Parameters:
    ///   - workers: how many threads work, the caller's included.
    ///   - capacity: how many jobs may wait.
    /// - Throws: the first error of `produce` or a job; the jobs that wait then are dropped.
    package static func run(
        workers: Int, capacity: Int, _ produce: (WorkQueue) throws(StoreError) -> Void
    ) throws(StoreError) {
        let queue = WorkQueue(capacity: workers > 1 ? capacity : 0)
        let group = DispatchGroup()
        for _ in 1..<max(1, workers) {
            DispatchQueue.global().async(group: group) { queue.work { state in state.isClosed } }
        }
        do throws(StoreError) {
            try produce(queue)
        } catch {
            queue.fail(error)
        }
        queue.work { state in state.running == 0 }
        queue.state.withLock { $0.isClosed = true }
        queue.state.notifyAll()
        group.wait()
        if let failure = queue.state.withLock({ $0.failure }) { throw failure }
    }

    /// Hands a job to the workers, or runs it at once when enough of them wait already.
    ///
    /// - Throws: the error that a job failed with before, so that a producer stops.
    package func submit(_ job: @escaping Job) throws(StoreError) {
        let (isQueued, failure) = state.withLock { state -> (Bool, StoreError?) in
            if let failure = state.failure { return (false, failure) }
            guard state.waiting.count < capacity else { return (false, nil) }
            // The queue is short: moving its few jobs costs nothing beside doing one.
            state.waiting.insert(job, at: 0)
            return (true, nil)
        }
        if let failure { throw failure }
        if isQueued { state.notifyAll() } else { try job() }
    }

    private func fail(_ error: StoreError) {
        state.withLock { state in
            if state.failure == nil { state.failure = error }
            state.waiting.removeAll()
        }
        state.notifyAll()
    }

    /// Runs jobs until none waits and `isDone` holds.
    private func work(until isDone: (borrowing State) -> Bool) {
        while true {
            let next = state.wait { state -> Next? in
                if let job = state.waiting.popLast() {
                    state.running += 1
                    return .job(job)
                }
                return isDone(state) ? .nothingLeft : nil
            }
            guard case .job(let job) = next else { return }
            do throws(StoreError) {
                try job()
            } catch {
                fail(error)
            }
            let isIdle = state.withLock { state in
                state.running -= 1
                return state.running == 0 && state.waiting.isEmpty
            }
            if isIdle { state.notifyAll() }
        }
    }
}
