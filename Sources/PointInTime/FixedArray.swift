#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A fixed number of values at one place, for loops in which several threads write to places of their own.
///
/// An index is checked in debug builds only: every use is inside this module, on indices that it made.
struct FixedArray<Element: BitwiseCopyable>: ~Copyable {
    let values: UnsafeMutableBufferPointer<Element>

    init(repeating value: Element, count: Int) {
        self.init(uninitializedCount: count)
        values.initialize(repeating: value)
    }

    /// Values that are to be written before they are read.
    init(uninitializedCount count: Int) {
        let size = count * MemoryLayout<Element>.stride
        let isLarge = size >= 4 * Self.hugePage
        let memory = UnsafeMutableRawPointer.allocate(
            byteCount: size, alignment: isLarge ? Self.hugePage : MemoryLayout<Element>.alignment)
        #if os(Linux)
            // Places are read in no order: in pages of 2 MiB the processor finds them without walking its tables. A
            // refusal costs only speed.
            if isLarge { _ = madvise(memory, size, MADV_HUGEPAGE) }
        #endif
        values = UnsafeMutableBufferPointer(start: memory.bindMemory(to: Element.self, capacity: count), count: count)
    }

    private static var hugePage: Int { 1 << 21 }

    deinit { values.deallocate() }

    subscript(index: Int) -> Element {
        get { values[index] }
        nonmutating set { values[index] = newValue }
    }
}
