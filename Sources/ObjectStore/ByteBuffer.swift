/// Memory that grows when asked and is freed at the end of its owner's life.
///
/// `@unchecked Sendable`: it is `~Copyable` and owns its memory alone, so handing it to another thread hands all access.
package struct ByteBuffer: ~Copyable, @unchecked Sendable {
    /// All of the memory; what it holds is up to the owner.
    package private(set) var bytes: UnsafeMutableRawBufferPointer

    package init(capacity: Int = 0) {
        bytes = .allocate(byteCount: capacity, alignment: 16)
    }

    deinit { bytes.deallocate() }

    /// Makes sure that `count` bytes fit; what was held is lost when the memory must grow.
    package mutating func reserve(_ count: Int) {
        if bytes.count >= count { return }
        bytes.deallocate()
        bytes = .allocate(byteCount: max(count, 64 << 10), alignment: 16)
    }
}
