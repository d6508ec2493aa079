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
            exact.observe(calibration) { layer, numbers in ranges[layer].add(numbers) }
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
        precondition(
            matrix.width == architecture.numbers && matrix.tables == tables.count, "the data has another shape")
        let width = architecture.outputs
        return [Float](unsafeUninitializedCapacity: matrix.count * width) { results, filled in
            // Each strip's rows have their own places.
            let base = results.baseAddress
            let strips = (matrix.count + Self.strip - 1) / Self.strip
            inParallel(strips, workers: workers) { number in
                guard let base else { return }
                let rows = (number * Self.strip)..<min(matrix.count, (number + 1) * Self.strip)
                self.compute(matrix, rows, into: base + rows.lowerBound * width) { _, _ in }
            }
            filled = matrix.count * width
        }
    }

    /// Shows what each layer takes, strip by strip, layer by layer.
    private func observe(_ matrix: FeatureMatrix, _ body: (Int, UnsafeBufferPointer<Float>) -> Void) {
        var results = [Float](repeating: 0, count: Self.strip * architecture.outputs)
        for first in stride(from: 0, to: matrix.count, by: Self.strip) {
            let rows = first..<min(matrix.count, first + Self.strip)
            results.withUnsafeMutableBufferPointer { results in
                if let base = results.baseAddress { compute(matrix, rows, into: base, body) }
            }
        }
    }

    /// Takes rows through all layers, in memory that is taken once.
    private func compute(
        _ matrix: FeatureMatrix, _ rows: Range<Int>, into results: UnsafeMutablePointer<Float>,
        _ observe: (Int, UnsafeBufferPointer<Float>) -> Void
    ) {
        let shapes = architecture.layers
        let gathers = !tables.isEmpty && !architecture.addsTables
        let widest = architecture.hidden.max() ?? 0
        let deepest = shapes.map(\.inputs).max() ?? 0
        let floats = rows.count * (1 + 2 * widest + (gathers ? architecture.inputWidth : 0))
        let bytes = max(1, rows.count * Int(vintage_quantized_stride(Int64(deepest))))
        withUnsafeTemporaryAllocation(of: Float.self, capacity: floats) { numbers in
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: bytes) { codes in
                matrix.numbers.withUnsafeBufferPointer { given in
                    // The temporary memory and the matrix outlive the call.
                    guard let scales = numbers.baseAddress, let codes = codes.baseAddress else { return }
                    let turns = (scales + rows.count, scales + rows.count * (1 + widest))
                    // A model of categories alone takes no numbers.
                    var taken = given.baseAddress.map { $0 + rows.lowerBound * matrix.width } ?? UnsafePointer(scales)
                    if gathers {
                        let input = scales + rows.count * (1 + 2 * widest)
                        gather(matrix, rows, given, into: input)
                        taken = UnsafePointer(input)
                    }
                    for (number, layer) in layers.enumerated() {
                        let (count, depth, width) = (rows.count, shapes[number].inputs, layer.bias.count)
                        observe(number, UnsafeBufferPointer(start: taken, count: count * depth))
                        let isLast = number + 1 == layers.count
                        let target = isLast ? results : number % 2 == 0 ? turns.0 : turns.1
                        vintage_quantize_rows(taken, Int64(count), Int64(depth), layer.range, codes, scales)
                        vintage_quantized_multiply(
                            codes, scales, Int64(count), layer.packed, layer.sums, layer.codes.scales, layer.bias,
                            Int64(depth), Int64(width), target)
                        if !isLast {
                            vintage_activate(architecture.activation.kernel, target, Int64(count * width))
                        }
                        taken = UnsafePointer(target)
                    }
                }
            }
        }
        if architecture.addsTables {
            for (place, row) in rows.enumerated() {
                for number in tables.indices {
                    look(up: matrix, row, number) { results[place * architecture.outputs + $0] += $1 }
                }
            }
        }
    }

    /// Puts each row's numbers and the rows that it looks up beside each other.
    private func gather(
        _ matrix: FeatureMatrix, _ rows: Range<Int>, _ given: UnsafeBufferPointer<Float>,
        into input: UnsafeMutablePointer<Float>
    ) {
        var target = input
        for row in rows {
            for column in 0..<matrix.width { target[column] = given[row * matrix.width + column] }
            target += matrix.width
            for number in tables.indices {
                look(up: matrix, row, number) { target[$0] = $1 }
                target += architecture.tables[number].dimension
            }
        }
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
