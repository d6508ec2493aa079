/// Numbers of single precision in one piece of memory, all zero at first.
///
/// `@unchecked Sendable`: the memory is freed with the last reference, and whoever lets several threads write gives
/// each of them elements of its own.
package final class FloatBuffer: @unchecked Sendable {
    /// How many numbers there are.
    package let count: Int
    /// The first of them.
    package let base: UnsafeMutablePointer<Float>

    /// Takes memory.
    package init(count: Int) {
        self.count = count
        base = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1) * 4, alignment: 64)
            .bindMemory(to: Float.self, capacity: max(count, 1))
        base.initialize(repeating: 0, count: max(count, 1))
    }

    deinit { base.deallocate() }

    /// The numbers of a range.
    package subscript(range: Range<Int>) -> UnsafeMutableBufferPointer<Float> {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "the range lies outside of the buffer")
        return UnsafeMutableBufferPointer(start: base + range.lowerBound, count: range.count)
    }

    /// All of the numbers.
    package var values: UnsafeMutableBufferPointer<Float> { self[0..<count] }

    /// Copies all numbers of a buffer of the same size.
    package func copy(_ other: FloatBuffer) {
        precondition(other.count == count, "the buffers have different sizes")
        base.update(from: other.base, count: count)
    }
}
