import Dispatch
import Synchronization

/// Calls `body` with each item on several threads, and waits.
///
/// - Throws: the first error; items not begun by then are left out.
func forEachInParallel<Item: Sendable>(
    _ items: [Item], workers: Int, _ body: @escaping @Sendable (Item) throws(RemoteError) -> Void
) throws(RemoteError) {
    if items.count <= 1 || workers <= 1 {
        for item in items { try body(item) }
        return
    }
    let work = SharedWork()
    let group = DispatchGroup()
    for _ in 0..<min(workers, items.count) {
        DispatchQueue.global().async(group: group) {
            while let index = work.next(below: items.count) {
                do throws(RemoteError) {
                    try body(items[index])
                } catch {
                    work.fail(error)
                }
            }
        }
    }
    group.wait()
    if let failure = work.failure { throw failure }
}

/// Which item is next, and what went wrong.
private final class SharedWork: Sendable {
    private struct State {
        var next = 0
        var failure: RemoteError?
    }

    private let state = Mutex(State())

    var failure: RemoteError? { state.withLock { $0.failure } }

    func next(below count: Int) -> Int? {
        state.withLock { state in
            guard state.failure == nil, state.next < count else { return nil }
            state.next += 1
            return state.next - 1
        }
    }

    func fail(_ error: RemoteError) {
        state.withLock { if $0.failure == nil { $0.failure = error } }
    }
}
