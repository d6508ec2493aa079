import Dispatch

/// Does something at the same time as a test.
final class WriterThread: Sendable {
    private let group = DispatchGroup()

    init(_ body: @escaping @Sendable () -> Void) {
        DispatchQueue.global().async(group: group, execute: body)
    }

    func join() { group.wait() }
}
