import Dispatch
import FileSystem
import ObjectStore

/// Contents that git will ask for again, read meanwhile on other threads.
///
/// Memory is bounded: what is read and not fetched stays below a limit, however much is waiting.
final class DelayedContents: Sendable {
    /// The sizes of contents that are worth a second question: smaller ones are read sooner than asked for, larger ones
    /// are read by all threads at once.
    static let worthwhileSizes: ClosedRange<UInt64> = (128 << 10)...(16 << 20)
    /// How many bytes may wait to be fetched.
    private static let limit: UInt64 = 64 << 20
    /// How many contents may wait to be read.
    private static let longestQueue = 10_000

    private struct State {
        var waiting: [(path: [UInt8], content: FileReference)] = []
        /// The first of `waiting` that nobody reads yet.
        var next = 0
        /// Paths whose content is read, or is known not to be readable, and of which git was not told.
        var untold: [[UInt8]] = []
        var outcomes: [[UInt8]: Result<[UInt8], StoreError>] = [:]
        /// Bytes that are being read or wait to be fetched.
        var held: UInt64 = 0
        /// Contents that were accepted and of which git was not told.
        var pending = 0
        var readers = 0
        var isClosed = false
    }

    private let store: Store
    private let workers: Int
    private let state = Monitor(State())

    init(store: Store, workers: Int) {
        self.store = store
        self.workers = workers
    }

    /// Takes a content to be read; `false` if it is not worth it or too many wait.
    func accept(_ path: [UInt8], _ content: FileReference) -> Bool {
        guard Self.worthwhileSizes.contains(content.size) else { return false }
        let (isAccepted, startsReader) = state.withLock { state in
            guard state.waiting.count - state.next < Self.longestQueue, state.outcomes[path] == nil else {
                return (false, false)
            }
            state.waiting.append((path, content))
            state.pending += 1
            let starts = state.readers < workers
            if starts { state.readers += 1 }
            return (true, starts)
        }
        if startsReader { DispatchQueue.global().async { self.read() } }
        state.notifyAll()
        return isAccepted
    }

    /// The paths that can be fetched now, at least one as long as any is pending.
    func available() -> [[UInt8]] {
        state.wait { state in
            if state.untold.isEmpty && state.pending > 0 { return nil }
            let paths = state.untold
            state.untold = []
            state.pending -= paths.count
            return paths
        }
    }

    /// The content of a path that was said to be available; `nil` for any other path.
    func fetch(_ path: [UInt8]) -> Result<[UInt8], StoreError>? {
        let outcome = state.withLock { state in
            let outcome = state.outcomes.removeValue(forKey: path)
            if case .success(let bytes) = outcome { state.held -= UInt64(bytes.count) }
            return outcome
        }
        if outcome != nil { state.notifyAll() }
        return outcome
    }

    /// Lets the readers end.
    func close() {
        state.withLock { $0.isClosed = true }
        state.notifyAll()
    }

    private func read() {
        while true {
            let next = state.wait { state -> (path: [UInt8], content: FileReference)?? in
                if state.isClosed { return .some(nil) }
                guard state.next < state.waiting.count else { return nil }
                let size = state.waiting[state.next].content.size
                guard state.held == 0 || state.held + size <= Self.limit else { return nil }
                defer { state.next += 1 }
                state.held += size
                return state.waiting[state.next]
            }
            guard let (path, content) = next else { return }
            let outcome: Result<[UInt8], StoreError>
            do throws(StoreError) {
                outcome = .success(try bytes(of: content))
            } catch {
                outcome = .failure(error)
            }
            state.withLock { state in
                if case .failure = outcome { state.held -= content.size }
                state.outcomes[path] = outcome
                state.untold.append(path)
            }
            state.notifyAll()
        }
    }

    private func bytes(of content: FileReference) throws(StoreError) -> [UInt8] {
        try FilteredContents.check(content, in: store)
        return try store.contents(of: content)
    }
}
