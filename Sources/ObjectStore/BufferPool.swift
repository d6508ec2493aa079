import Synchronization

/// Equal buffers that are used again, since fresh memory costs a page fault every 4 KiB.
final class BufferPool: Sendable {
    /// A buffer on loan.
    final class Buffer: @unchecked Sendable {
        // `@unchecked Sendable`: a buffer has one user at a time, from `take` to `give`.
        let bytes: UnsafeMutableRawBufferPointer

        init(size: Int) { bytes = .allocate(byteCount: size, alignment: 16) }

        deinit { bytes.deallocate() }
    }

    private let size: Int
    private let free = Mutex<[Buffer]>([])

    init(size: Int) { self.size = size }

    func take() -> Buffer { free.withLock { $0.popLast() } ?? Buffer(size: size) }

    func give(_ buffer: Buffer) { free.withLock { $0.append(buffer) } }
}
