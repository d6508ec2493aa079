import NIOPosix
import Synchronization

/// The threads that ask the store, which blocks them, and the requests that wait for one: no more than are allowed, so that
/// a slow store makes clients wait or ask again, and never fills memory.
final class StorageQueue: Sendable {
    private let pool: NIOThreadPool
    private let count = Atomic<Int>(0)
    private let most: Int

    init(threads: Int, most: Int) {
        pool = NIOThreadPool(numberOfThreads: threads)
        pool.start()
        self.most = most
    }

    /// How many requests wait or are answered.
    var waiting: Int { count.load(ordering: .relaxed) }

    /// Does something that blocks, once a thread is free.
    ///
    /// - Parameter isUrgent: whether it waits however many do: what tells how the server does must not be turned away.
    /// - Throws: what `body` throws, and a refusal with status 503 if too many wait already.
    func run<Value: Sendable>(
        isUrgent: Bool = false, _ body: @escaping @Sendable () throws(ServingRefusal) -> Value
    ) async throws(ServingRefusal) -> Value {
        let place = count.add(1, ordering: .relaxed).newValue
        defer { count.subtract(1, ordering: .relaxed) }
        if place > most, !isUrgent {
            throw ServingRefusal(503, "The server has as much to do as it can; ask again", retryAfter: 1)
        }
        do {
            return try await pool.runIfActive { try body() }
        } catch let refusal as ServingRefusal {
            throw refusal
        } catch {
            throw ServingRefusal(503, "The server ends")
        }
    }

    /// Lets the threads end, once nothing waits.
    func end() async { try? await pool.shutdownGracefully() }
}
