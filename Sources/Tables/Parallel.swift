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

extension Range<Int> {
    /// The range in pieces of a size, the last of them smaller.
    package func pieces(of size: Int) -> [Range<Int>] {
        stride(from: lowerBound, to: upperBound, by: size).map { $0..<Swift.min($0 + size, upperBound) }
    }
}
