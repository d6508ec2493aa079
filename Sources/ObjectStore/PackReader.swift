import FileSystem
import Synchronization

/// Reads records from packs, keeping a bounded number of them open.
package final class PackReader: Sendable {
    /// An open pack.
    private final class OpenPack: Sendable {
        let file: File

        init(_ file: consuming File) { self.file = file }
    }

    private struct State {
        var open: [ObjectID: OpenPack] = [:]
        var order: [ObjectID] = []
    }

    private let layout: StoreLayout
    private let state = Mutex(State())
    private let capacity = 64

    package init(layout: StoreLayout) { self.layout = layout }

    private func pack(_ id: ObjectID) throws(StoreError) -> OpenPack {
        if let pack = state.withLock({ $0.open[id] }) { return pack }
        let path = layout.pack(id)
        let opened = try withFileErrors { () throws(FileError) in OpenPack(try File(reading: path)) }
        state.withLock { state in
            if state.open[id] == nil {
                state.open[id] = opened
                state.order.append(id)
                if state.order.count > capacity { state.open[state.order.removeFirst()] = nil }
            }
        }
        return opened
    }

    /// Reads a record, header and payload, into the start of a buffer and checks the header.
    ///
    /// - Returns: the payload.
    package func read(
        _ location: RecordLocation, into buffer: inout ByteBuffer
    ) throws(StoreError) -> UnsafeRawBufferPointer {
        let pack = try pack(location.pack)
        let length = PackFormat.recordHeaderCount + Int(location.header.storedLength)
        buffer.reserve(length)
        let target = UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[..<length])
        let count = try withFileErrors { () throws(FileError) in
            try pack.file.read(into: target, at: Int64(location.offset))
        }
        let key = location.header.key
        guard count == length else {
            throw .damaged(key.id, key.kind, reason: "its pack \(location.pack.short) ends too early")
        }
        guard RecordHeader(decoding: UnsafeRawBufferPointer(target)) == location.header else {
            throw .damaged(key.id, key.kind, reason: "its record in pack \(location.pack.short) names something else")
        }
        return UnsafeRawBufferPointer(rebasing: target[PackFormat.recordHeaderCount...])
    }

    /// Fills a buffer with a record's payload, which nothing has checked then.
    package func readPayload(
        _ location: RecordLocation, into target: UnsafeMutableRawBufferPointer
    ) throws(StoreError) {
        let pack = try pack(location.pack)
        let offset = Int64(location.offset) + Int64(PackFormat.recordHeaderCount)
        let count = try withFileErrors { () throws(FileError) in try pack.file.read(into: target, at: offset) }
        guard count == target.count else {
            let key = location.header.key
            throw .damaged(key.id, key.kind, reason: "its pack \(location.pack.short) ends too early")
        }
    }

    /// Forgets open packs, so that deleted ones free their space.
    package func closeAll() {
        state.withLock { $0 = State() }
    }
}
