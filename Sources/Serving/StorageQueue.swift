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

    /// How many requests wait or are answered, those among them whose clients have been told something else meanwhile.
    var waiting: Int { count.load(ordering: .relaxed) }

    /// Does something that blocks, once a thread is free.
    ///
    /// - Parameter patience: how long that may take; as long as it does if it is `nil`.
    /// - Throws: what `body` throws, and a refusal with status 503 if too many wait already, or it takes too long. What
    ///   has begun then goes on, and what has not never does.
    func run<Value: Sendable>(
        within patience: Duration?, _ body: @escaping @Sendable () throws(ServingRefusal) -> Value
    ) async throws -> Value {
        if count.add(1, ordering: .relaxed).newValue > most {
            count.subtract(1, ordering: .relaxed)
            throw ServingRefusal(
                503, "The server has as much to do as it can; ask again", retryAfter: 1, isOutage: true)
        }
        return try await race(patience, isCounted: true, body)
    }

    /// Asks the store how it does, however many wait, and does not wait itself for a store that stands still.
    ///
    /// - Throws: what `body` throws, and a refusal with status 503 if that takes longer than `patience`.
    func probe<Value: Sendable>(
        within patience: Duration, _ body: @escaping @Sendable () throws(ServingRefusal) -> Value
    ) async throws -> Value {
        try await race(patience, isCounted: false, body)
    }

    /// Has a thread do something, and waits for it or for the end of patience.
    private func race<Value: Sendable>(
        _ patience: Duration?, isCounted: Bool, _ body: @escaping @Sendable () throws(ServingRefusal) -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let answer = Answer<Value>(continuation)
            let alarm = patience.map { patience in
                Task {
                    try await Task.sleep(for: patience)
                    answer.give(
                        .failure(
                            ServingRefusal(
                                503, "The store did not answer within \(patience)", retryAfter: 1, isOutage: true)))
                }
            }
            pool.submit { [self] state in
                var result: Result<Value, any Error> = .failure(ServingRefusal(503, "The server ends"))
                // If the alarm was faster, nobody waits for it.
                if state == .active, answer.isWanted {
                    result = Result(catching: body).mapError { $0 as any Error }
                }
                alarm?.cancel()
                // Before it is answered, so that who has the answer counts as waiting no more.
                if isCounted { count.subtract(1, ordering: .relaxed) }
                answer.give(result)
            }
        }
    }

    /// Tells a waiting request one thing, once.
    private final class Answer<Value: Sendable>: Sendable {
        private let waiting: Mutex<CheckedContinuation<Value, any Error>?>

        init(_ continuation: CheckedContinuation<Value, any Error>) { waiting = Mutex(continuation) }

        /// Whether the request still waits.
        var isWanted: Bool { waiting.withLock { $0 != nil } }

        func give(_ result: Result<Value, any Error>) {
            let continuation = waiting.withLock { waiting in
                defer { waiting = nil }
                return waiting
            }
            continuation?.resume(with: result)
        }
    }

    /// Lets the threads end, once nothing waits.
    func end() async { try? await pool.shutdownGracefully() }
}
