import CKernels
import Tables

/// A network whose weights are whole numbers of few bits times scales.
///
/// A dense layer has a scale for each output, a table one for each row. What a layer takes is made whole numbers of 8 bits,
/// by the largest in each row or by a range that was found before. The same rows give the same bits on every processor,
/// however many threads work.
package final class QuantizedNetwork: Sendable {
    /// A matrix of whole numbers with their scales.
    package struct Codes: Sendable, Equatable {
        /// From minus the format's largest code to it, row by row.
        package var values: [Int8]
        /// One for each output of a layer, or for each row of a table; finite, and at least 0.
        package var scales: [Float]
    }

    /// A dense layer.
    package struct Layer: Sendable {
        /// The weights [inputs, outputs].
        package let codes: Codes
        /// What is added to each output.
        package let bias: [Float]
        /// The size that what goes in is cut off at; 0 where each row has its own.
        package let range: Float
        /// The weights as the kernel reads them.
        let packed: [Int8]
        /// What the kernel's sums begin with.
        let sums: [Int32]

        init(codes: Codes, bias: [Float], range: Float, inputs: Int) {
            (self.codes, self.bias, self.range) = (codes, bias, range)
            let (depth, width) = (Int64(inputs), Int64(bias.count))
            var packed = [Int8](repeating: 0, count: Int(vintage_quantized_size(depth, width)))
            var sums = [Int32](repeating: 0, count: (bias.count + 15) / 16 * 16)
            vintage_quantized_pack(codes.values, depth, width, &packed, &sums)
            (self.packed, self.sums) = (packed, sums)
        }
    }

    /// The shape.
    package let architecture: Architecture
    /// What weights are kept as: `int8` or `int4`.
    package let format: Quantization.Format
    /// The dense layers.
    package let layers: [Layer]
    /// The tables.
    package let tables: [Codes]

    /// How many rows go through the layers together.
    private static let strip = 256

    /// Takes codes that were checked.
    init(_ architecture: Architecture, _ format: Quantization.Format, layers: [Layer], tables: [Codes]) {
        (self.architecture, self.format, self.layers, self.tables) = (architecture, format, layers, tables)
    }

    /// Rounds the weights of a network to the nearest whole number of steps.
    ///
    /// - Parameters:
    ///   - format: `int8` or `int4`.
    ///   - calibration: rows that show what goes into layers; `nil` to take each row by itself.
    /// - Throws: ``LearningError/misuse(_:)`` if a weight is no finite number, or a layer takes more numbers than sums
    ///   of 32 bits have room for.
    package convenience init(
        _ network: Network, _ format: Quantization.Format = .int8, calibration: FeatureMatrix? = nil
    ) throws(LearningError) {
        let shape = network.architecture
        guard let most = format.largestCode else { throw .misuse("'\(format.rawValue)' has no whole numbers") }
        if !network.weights.values.allSatisfy(\.isFinite) {
            throw .misuse("the network has weights that are no finite numbers; train it again")
        }
        if shape.layers.contains(where: { $0.inputs > Int(VINTAGE_QUANTIZED_DEPTH) }) {
            throw .misuse("a layer takes more than \(VINTAGE_QUANTIZED_DEPTH) numbers; whole numbers are not for it")
        }
        var layers: [Layer] = []
        for (number, layer) in shape.layers.enumerated() {
            let weights = network.weights[network.parts[2 * number].range]
            let bias = Array(network.weights[network.parts[2 * number + 1].range])
            let codes = Codes(weights, most: most, scales: layer.outputs) { $0 % layer.outputs }
            layers.append(Layer(codes: codes, bias: bias, range: 0, inputs: layer.inputs))
        }
        let tables = shape.tables.enumerated().map { number, table in
            Codes(network.weights[network.table(number).range], most: most, scales: table.rows) {
                $0 / table.dimension
            }
        }
        if let calibration {
            var ranges = [ActivationRange](repeating: ActivationRange(), count: layers.count)
            let exact = QuantizedNetwork(shape, format, layers: layers, tables: tables)
            _ = exact.outputs(of: calibration, workers: 1) { layer, numbers in ranges[layer].add(numbers) }
            layers = layers.enumerated().map { number, layer in
                let range = ranges[number].value(largestCode: 127)
                return Layer(
                    codes: layer.codes, bias: layer.bias, range: range, inputs: shape.layers[number].inputs)
            }
        }
        self.init(shape, format, layers: layers, tables: tables)
    }

    // MARK: Answers

    /// What comes out for rows of data: rows × outputs.
    package func outputs(of matrix: FeatureMatrix, workers: Int = 1) -> [Float] {
        outputs(of: matrix, workers: workers, observe: nil)
    }

    /// The same, showing what each layer takes; with one thread, in the order of the rows.
    private func outputs(
        of matrix: FeatureMatrix, workers: Int, observe: ((Int, [Float]) -> Void)?
    ) -> [Float] {
        precondition(
            matrix.width == architecture.numbers && matrix.tables == tables.count, "the data has another shape")
        let width = architecture.outputs
        guard let observe else {
            return [Float](unsafeUninitializedCapacity: matrix.count * width) { results, filled in
                // Each strip's rows have their own places.
                let base = results.baseAddress
                let strips = (matrix.count + Self.strip - 1) / Self.strip
                inParallel(strips, workers: workers) { number in
                    let rows = (number * Self.strip)..<min(matrix.count, (number + 1) * Self.strip)
                    let made = self.outputs(of: matrix, rows: rows) { _, _ in }
                    (base.unsafelyUnwrapped + rows.lowerBound * width).initialize(from: made, count: made.count)
                }
                filled = matrix.count * width
            }
        }
        var outputs: [Float] = []
        for first in stride(from: 0, to: matrix.count, by: Self.strip) {
            outputs += self.outputs(of: matrix, rows: first..<min(matrix.count, first + Self.strip), observe)
        }
        return outputs
    }

    private func outputs(
        of matrix: FeatureMatrix, rows: Range<Int>, _ observe: (Int, [Float]) -> Void
    ) -> [Float] {
        var taken: [Float] = []
        taken.reserveCapacity(rows.count * architecture.inputWidth)
        for row in rows {
            taken += matrix.numbers[(row * matrix.width)..<((row + 1) * matrix.width)]
            if architecture.addsTables { continue }
            for number in tables.indices { look(up: matrix, row, number) { taken.append($1) } }
        }
        let count = Int64(rows.count)
        for (number, layer) in layers.enumerated() {
            observe(number, taken)
            let (depth, width) = (Int64(architecture.layers[number].inputs), Int64(layer.bias.count))
            var codes = [UInt8](repeating: 0, count: rows.count * Int(vintage_quantized_stride(depth)))
            var scales = [Float](repeating: 0, count: rows.count)
            vintage_quantize_rows(taken, count, depth, layer.range, &codes, &scales)
            taken = [Float](unsafeUninitializedCapacity: rows.count * layer.bias.count) { results, filled in
                vintage_quantized_multiply(
                    codes, scales, count, layer.packed, layer.sums, layer.codes.scales, layer.bias, depth, width,
                    results.baseAddress)
                if number + 1 < layers.count {
                    vintage_activate(architecture.activation.kernel, results.baseAddress, count * width)
                }
                filled = rows.count * layer.bias.count
            }
        }
        if architecture.addsTables {
            for (place, row) in rows.enumerated() {
                for number in tables.indices {
                    look(up: matrix, row, number) { taken[place * architecture.outputs + $0] += $1 }
                }
            }
        }
        return taken
    }

    /// Calls `body` with the places and the values of the row of a table that a row of data names.
    private func look(up matrix: FeatureMatrix, _ row: Int, _ number: Int, _ body: (Int, Float) -> Void) {
        let shape = architecture.tables[number]
        let code = Int(matrix.codes[row * tables.count + number])
        precondition(code >= 0 && code < shape.rows, "a code has no row in its table")
        let scale = tables[number].scales[code]
        for column in 0..<shape.dimension {
            body(column, Float(tables[number].values[code * shape.dimension + column]) * scale)
        }
    }
}

extension QuantizedNetwork.Codes {
    /// Sizes below this count as 0, so that no scale loses its bits.
    private static let smallest: Float = 0x1p-100

    /// Rounds weights to whole numbers.
    ///
    /// - Parameters:
    ///   - most: the largest whole number.
    ///   - scales: how many scales there are.
    ///   - scale: the number of the scale that the weight at a place has.
    init(_ weights: UnsafeMutableBufferPointer<Float>, most: Int, scales count: Int, _ scale: (Int) -> Int) {
        var largest = [Float](repeating: 0, count: count)
        for place in weights.indices { largest[scale(place)] = max(largest[scale(place)], abs(weights[place])) }
        let most = Float(most)
        values = weights.indices.map { place in
            let size = largest[scale(place)]
            if size < Self.smallest { return 0 }
            return Int8(max(-most, min(most, (weights[place] / size * most).rounded(.toNearestOrEven))))
        }
        scales = largest.map { $0 < Self.smallest ? 0 : $0 / most }
    }
}
