/// Finds the size beyond which numbers that go into a layer are cut off, so that those that are left are rounded least.
///
///     var range = ActivationRange()
///     range.add(numbers)
///     range.value(largestCode: 127)
///
/// It is the one of a hundred candidates with the smallest mean squared error of the numbers that it was shown, by a
/// histogram of their sizes. The histogram grows by joining neighbours, so that the order of the numbers changes little.
struct ActivationRange {
    private static let binCount = 2048
    private var counts = [Int](repeating: 0, count: binCount)
    /// The width of a bin: a power of two; 0 before the first number above 0.
    private var width: Float = 0

    /// Shows numbers; those that are not finite say nothing.
    mutating func add(_ numbers: some Sequence<Float>) {
        for number in numbers {
            let size = abs(number)
            guard size.isFinite else { continue }
            if width == 0 {
                if size == 0 {
                    counts[0] += 1
                    continue
                }
                width = Float(
                    sign: .plus, exponent: max(size.exponent - 10, Float.leastNormalMagnitude.exponent), significand: 1)
            }
            while size / width >= Float(Self.binCount) { widen() }
            counts[Int(size / width)] += 1
        }
    }

    private mutating func widen() {
        let half = Self.binCount / 2
        for bin in 0..<half { counts[bin] = counts[2 * bin] + counts[2 * bin + 1] }
        for bin in half..<Self.binCount { counts[bin] = 0 }
        width *= 2
    }

    /// The range; 0 if there were no numbers but 0.
    func value(largestCode: Int) -> Float {
        guard width > 0, let last = counts.lastIndex(where: { $0 > 0 }) else { return 0 }
        let largest = Double(last + 1)
        var best: (range: Double, error: Double)?
        for candidate in (1...100).reversed() {
            let range = largest * Double(candidate) / 100
            let step = range / Double(largestCode)
            var error = 0.0
            for (bin, count) in counts[...last].enumerated() where count > 0 {
                let size = Double(bin) + 0.5
                let rounded = min((size / step).rounded(.toNearestOrEven), Double(largestCode)) * step
                // Within a bin sizes are anywhere: rounding errs by a twelfth of a step's square.
                let missed = size > range ? size - rounded : max(abs(size - rounded), step / 12.0.squareRoot())
                error += Double(count) * missed * missed
            }
            if error < best?.error ?? .infinity { best = (range, error) }
        }
        return Float(best?.range ?? largest) * width
    }
}
