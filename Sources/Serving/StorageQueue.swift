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
    /// - Throws: what `body` throws, and a refusal with status 503 if too many wait already.
    func run<Value: Sendable>(
        _ body: @escaping @Sendable () throws(ServingRefusal) -> Value
    ) async throws(ServingRefusal) -> Value {
        let place = count.add(1, ordering: .relaxed).newValue
        defer { count.subtract(1, ordering: .relaxed) }
        if place > most {
            throw ServingRefusal(503, "The server has as much to do as it can; ask again", retryAfter: 1)
        }
        return try await onThread(body)
    }

    /// Asks the store how it does, however many wait, and does not wait itself for a store that stands still.
    ///
    /// - Throws: what `body` throws, and a refusal with status 503 if that takes longer than `patience`.
    func probe<Value: Sendable>(
        within patience: Duration, _ body: @escaping @Sendable () throws(ServingRefusal) -> Value
    ) async throws -> Value {
        let (answers, source) = AsyncThrowingStream<Value, any Error>.makeStream()
        Task {
            do {
                source.yield(try await onThread(body))
            } catch {
                source.finish(throwing: error)
            }
        }
        let alarm = Task {
            try await Task.sleep(for: patience)
            source.finish(throwing: ServingRefusal(503, "The store did not answer within \(patience)", retryAfter: 1))
        }
        defer { alarm.cancel() }
        for try await answer in answers { return answer }
        throw ServingRefusal(503, "The server ends")
    }

    private func onThread<Value: Sendable>(
        _ body: @escaping @Sendable () throws(ServingRefusal) -> Value
    ) async throws(ServingRefusal) -> Value {
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
