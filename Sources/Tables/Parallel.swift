import Dispatch
import FileSystem
import Synchronization

/// Calls `body` once for each part, on several threads, and returns when all calls have.
///
/// - Parameters:
///   - parts: how many parts there are; they are begun in order.
///   - workers: how many threads work, the caller's included.
///   - body: called by any of them; each call writes only what no other touches.
/// - Throws: the error of the first part that failed; parts that were not begun then are left out.
package func inParallel<Failure: Error>(
    _ parts: Int, workers: Int = availableCores, _ body: (_ part: Int) throws(Failure) -> Void
) throws(Failure) {
    let workers = min(workers, parts)
    if workers <= 1 {
        for part in 0..<max(0, parts) { try body(part) }
        return
    }
    let next = Atomic(0)
    let failure = Mutex<(part: Int, error: Failure)?>(nil)
    withoutActuallyEscaping(body) { body in
        // Sound: `concurrentPerform` returns after the last call of its closure, so that nothing escapes, and the
        // callers keep the promise that calls do not touch the same memory.
        nonisolated(unsafe) let body = body
        DispatchQueue.concurrentPerform(iterations: workers) { _ in
            while true {
                let part = next.add(1, ordering: .relaxed).oldValue
                if part >= parts { return }
                do throws(Failure) {
                    try body(part)
                } catch {
                    next.store(parts, ordering: .relaxed)
                    failure.withLock { known in
                        if known == nil || known!.part > part { known = (part, error) }
                    }
                }
            }
        }
    }
    if let (_, error) = failure.withLock({ $0 }) { throw error }
}

/// Calls `body` once for each task, a few at a time, and returns when all calls have.
///
/// Unlike the parts of `inParallel`, a task may divide its own work among threads in turn, so that one task's threads work
/// while another's wait for each other.
///
/// - Parameters:
///   - tasks: how many tasks there are; they are begun in order.
///   - atOnce: how many are under way at a time.
///   - body: called by any thread; each call writes only what no other touches.
/// - Throws: the error of the first task that failed; tasks that were not begun then are left out.
package func overlapped(
    _ tasks: Int, atOnce: Int = 2, _ body: (_ task: Int) throws -> Void
) throws {
    let workers = min(atOnce, tasks)
    if workers <= 1 {
        for task in 0..<max(0, tasks) { try body(task) }
        return
    }
    let next = Atomic(0)
    let failure = Mutex<(task: Int, error: any Error)?>(nil)
    try withoutActuallyEscaping(body) { body in
        // Sound: this waits for the last call of the closure, so that nothing escapes, and the callers keep the promise that
        // calls do not touch the same memory.
        nonisolated(unsafe) let body = body
        let work: @Sendable () -> Void = {
            while true {
                let task = next.add(1, ordering: .relaxed).oldValue
                if task >= tasks { return }
                do {
                    try body(task)
                } catch {
                    next.store(tasks, ordering: .relaxed)
                    failure.withLock { known in
                        if known == nil || known!.task > task { known = (task, error) }
                    }
                }
            }
        }
        let others = DispatchGroup()
        for _ in 1..<workers { DispatchQueue.global().async(group: others, execute: work) }
        work()
        others.wait()
        if let (_, error) = failure.withLock({ $0 }) { throw error }
    }
}

extension Range<Int> {
    /// The range in pieces of a size, the last of them smaller.
    package func pieces(of size: Int) -> [Range<Int>] {
        stride(from: lowerBound, to: upperBound, by: size).map { $0..<Swift.min($0 + size, upperBound) }
    }
}
