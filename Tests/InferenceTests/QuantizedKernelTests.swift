import CKernels
import LearningSupport
import Testing

/// What changes the kernels for all threads runs alone.
@Suite(.serialized) struct QuantizedKernelTests {
    /// A layer and rows for it.
    private struct Layer {
        var depth: Int
        var width: Int
        var weights: [Int8]
        var scales: [Float]
        var bias: [Float]
        var rows: [Float]

        /// The extremes come often, because sums of them are the largest.
        init(depth: Int, width: Int, count: Int, seed: UInt64) {
            var random = SeededNumbers(seed: seed)
            (self.depth, self.width) = (depth, width)
            weights = (0..<(depth * width)).map { _ in
                random.below(4) == 0 ? (random.below(2) == 0 ? 127 : -127) : Int8(random.below(255) - 127)
            }
            scales = (0..<width).map { _ in 0.001 + abs(random.signed()) }
            bias = (0..<width).map { _ in random.signed() }
            rows = (0..<(depth * count)).map { _ in
                random.below(4) == 0 ? (random.below(2) == 0 ? 3 : -3) : 3 * random.signed()
            }
        }

        var count: Int { rows.count / depth }

        /// What the kernels make of it.
        func computed() -> (codes: [UInt8], scales: [Float], results: [Float]) {
            let stride = Int(vintage_quantized_stride(Int64(depth)))
            var packed = [Int8](repeating: 1, count: Int(vintage_quantized_size(Int64(depth), Int64(width))))
            var sums = [Int32](repeating: 1, count: (width + 15) / 16 * 16)
            vintage_quantized_pack(weights, Int64(depth), Int64(width), &packed, &sums)
            var codes = [UInt8](repeating: 1, count: count * stride)
            var rowScales = [Float](repeating: 1, count: count)
            vintage_quantize_rows(rows, Int64(count), Int64(depth), 0, &codes, &rowScales)
            var results = [Float](repeating: .nan, count: count * width)
            vintage_quantized_multiply(
                codes, rowScales, Int64(count), packed, sums, scales, bias, Int64(depth), Int64(width), &results)
            return (codes, rowScales, results)
        }

        /// The same from the definition, number by number.
        func expected() -> [Float] {
            var results: [Float] = []
            for row in 0..<count {
                let numbers = rows[(row * depth)..<((row + 1) * depth)]
                let largest = numbers.map(abs).max() ?? 0
                let codes = numbers.map { Int(($0 * (127 / largest)).rounded(.toNearestOrEven)) }
                for column in 0..<width {
                    let sum = codes.indices.reduce(0) { $0 + codes[$1] * Int(weights[$1 * width + column]) }
                    results.append(Float(sum) * (largest / 127 * scales[column]) + bias[column])
                }
            }
            return results
        }
    }

    /// Calls `body` with each set of instructions that the processor has.
    private func withEachLevel(_ body: (Int32) -> Void) {
        let best = vintage_kernel_level()
        defer { vintage_set_kernel_level(best) }
        for level in 0...best {
            vintage_set_kernel_level(level)
            body(level)
        }
    }

    @Test(
        "a layer of 8 bits gives its definition's bits with any processor's instructions",
        arguments: [(1, 1), (3, 16), (16, 17), (33, 64), (64, 65), (130, 100), (512, 512), (4099, 5)])
    func layers(_ depth: Int, _ width: Int) {
        for count in [1, 2, 4, 5, 11] {
            let layer = Layer(depth: depth, width: width, count: count, seed: UInt64(depth + count))
            let expected = layer.expected().map(\.bitPattern)
            withEachLevel { level in
                #expect(layer.computed().results.map(\.bitPattern) == expected, "level \(level), \(count) rows")
            }
        }
    }

    @Test("the largest sums do not leave their 32 bits")
    func largestSums() {
        var layer = Layer(depth: Int(VINTAGE_QUANTIZED_DEPTH), width: 2, count: 1, seed: 1)
        layer.weights = layer.weights.indices.map { $0 % 2 == 0 ? 127 : -127 }
        layer.rows = layer.rows.map { _ in 2 }
        let expected = layer.expected().map(\.bitPattern)
        withEachLevel { level in #expect(layer.computed().results.map(\.bitPattern) == expected, "level \(level)") }
    }

    @Test("half a step is rounded to even, and what fills a row up counts nothing")
    func rounding() {
        var layer = Layer(depth: 6, width: 1, count: 1, seed: 1)
        layer.rows = [127, 0.5, 1.5, -0.5, -1.5, -127]
        withEachLevel { level in
            let codes = layer.computed().codes
            #expect(codes == [255, 128, 130, 128, 126, 1] + [UInt8](repeating: 128, count: 10), "level \(level)")
        }
    }

    @Test("a row of zeros gives the bias, and one with a number that is not finite gives none")
    func specialRows() {
        for (value, isNumber) in [(Float(0), true), (1e-35, true), (.nan, false), (.infinity, false)] {
            var layer = Layer(depth: 40, width: 20, count: 1, seed: 4)
            if isNumber { layer.rows = layer.rows.map { _ in value } } else { layer.rows[33] = value }
            withEachLevel { _ in
                let results = layer.computed().results
                #expect(isNumber ? results == layer.bias : results.allSatisfy(\.isNaN), "\(value)")
            }
        }
    }
}
