import Remotes
import Synchronization

/// A remote in memory that can be told to fail, or to answer wrongly: for what a folder does not do on its own.
final class MemoryRemote: Remote {
    /// A request that a test can spoil.
    enum Request: Equatable {
        case list, size, read, create
    }

    private struct State {
        var objects: [String: [UInt8]] = [:]
        var requests: [Request] = []
        /// How many requests of a kind are answered before the remote is gone.
        var left: [Request: Int] = [:]
    }

    private let state = Mutex(State())

    let location = "memory"
    let parallelRequests = 4

    /// The objects by their names.
    var objects: [String: [UInt8]] {
        get { state.withLock { $0.objects } }
        set { state.withLock { $0.objects = newValue } }
    }

    /// Has the remote go away after so many requests of a kind; `nil` for never.
    func fail(_ request: Request, after count: Int?) { state.withLock { $0.left[request] = count } }

    /// How many requests of a kind there were.
    func count(_ request: Request) -> Int { state.withLock { $0.requests.count { $0 == request } } }

    private func answer(_ request: Request) throws(RemoteError) {
        let isGone = state.withLock { state in
            state.requests.append(request)
            guard let left = state.left[request] else { return false }
            state.left[request] = max(0, left - 1)
            return left == 0
        }
        if isGone { throw .noFolder(location: location) }
    }

    func prepare() throws(RemoteError) {}

    func list(_ prefix: String) throws(RemoteError) -> [RemoteObject] {
        try answer(.list)
        return objects.filter { $0.key.hasPrefix(prefix) }
            .map { RemoteObject(name: $0.key, size: UInt64($0.value.count)) }
    }

    func size(of name: String) throws(RemoteError) -> UInt64? {
        try answer(.size)
        return objects[name].map { UInt64($0.count) }
    }

    func read(
        _ name: String, at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer
    ) throws(RemoteError) -> Int? {
        try answer(.read)
        guard let bytes = state.withLock({ $0.objects[name] }) else { return nil }
        let part = bytes[min(Int(offset), bytes.count)...].prefix(buffer.count)
        buffer.copyBytes(from: part)
        return part.count
    }

    func create(_ name: String, _ bytes: UnsafeRawBufferPointer) throws(RemoteError) -> Bool {
        try answer(.create)
        let bytes = Array(bytes)
        return state.withLock { state in
            if state.objects[name] != nil { return false }
            state.objects[name] = bytes
            return true
        }
    }
}
