import Dispatch
import Synchronization

/// Calls `body` once for each index below `count`, on at most `threads` threads, and returns when all calls have.
///
/// The next free thread takes the next index, so that pieces of unequal work balance. Bodies that run at once must write
/// to places of their own.
func forEach(below count: Int, threads: Int, _ body: (Int) -> Void) {
    guard min(count, threads) > 1 else {
        for index in 0..<max(0, count) { body(index) }
        return
    }
    let next = Atomic<Int>(0)
    withoutActuallyEscaping(body) { body in
        let work = SharedBody(body: body)
        DispatchQueue.concurrentPerform(iterations: min(count, threads)) { _ in
            while true {
                let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard index < count else { return }
                work.body(index)
            }
        }
    }
}

/// Carries a closure to other threads.
///
/// `@unchecked Sendable`: `forEach` returns only when no thread runs the closure any more, and its callers' closures
/// read what nobody writes meanwhile, and write to places of their own.
private struct SharedBody: @unchecked Sendable {
    let body: (Int) -> Void
}

/// Where each of `parts` pieces of `count` things begins, of about equal size; one more entry is the end.
func evenBounds(of count: Int, parts: Int) -> [Int] {
    (0...parts).map { part in count / parts * part + min(part, count % parts) }
}
