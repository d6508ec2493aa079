import CKernels

/// A network whose weights are whole numbers of 8 bits, from -127 to 127, times scales.
///
/// A dense layer has a scale for each output, a table one for each row. What a layer takes is made whole numbers row by
/// row as it comes. The same rows give the same bits on every processor.
package final class QuantizedNetwork: Sendable {
    /// A matrix of whole numbers with their scales.
    package struct Codes: Sendable, Equatable {
        /// From -127 to 127, row by row.
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
        /// The weights as the kernel reads them.
        let packed: [Int8]
        /// What the kernel's sums begin with.
        let sums: [Int32]

        init(codes: Codes, bias: [Float], inputs: Int) {
            (self.codes, self.bias) = (codes, bias)
            let (depth, width) = (Int64(inputs), Int64(bias.count))
            var packed = [Int8](repeating: 0, count: Int(vintage_quantized_size(depth, width)))
            var sums = [Int32](repeating: 0, count: (bias.count + 15) / 16 * 16)
            vintage_quantized_pack(codes.values, depth, width, &packed, &sums)
            (self.packed, self.sums) = (packed, sums)
        }
    }

    /// The shape.
    package let architecture: Architecture
    /// The dense layers.
    package let layers: [Layer]
    /// The tables.
    package let tables: [Codes]

    /// Takes codes that were checked.
    init(_ architecture: Architecture, layers: [Layer], tables: [Codes]) {
        (self.architecture, self.layers, self.tables) = (architecture, layers, tables)
    }

    /// Rounds the weights of a network to the nearest whole number of steps.
    ///
    /// - Throws: ``LearningError/misuse(_:)`` if a weight is no finite number, or a layer takes more numbers than sums
    ///   of 32 bits have room for.
    package convenience init(_ network: Network) throws(LearningError) {
        let shape = network.architecture
        if !network.weights.values.allSatisfy(\.isFinite) {
            throw .misuse("the network has weights that are no finite numbers; train it again")
        }
        if shape.layers.contains(where: { $0.inputs > Int(VINTAGE_QUANTIZED_DEPTH) }) {
            throw .misuse("a layer takes more than \(VINTAGE_QUANTIZED_DEPTH) numbers; 8 bits are not for it")
        }
        var layers: [Layer] = []
        for (number, layer) in shape.layers.enumerated() {
            let weights = network.weights[network.parts[2 * number].range]
            let bias = Array(network.weights[network.parts[2 * number + 1].range])
            var scales = [Float](repeating: 0, count: layer.outputs)
            for place in weights.indices { scales[place % layer.outputs].widen(to: weights[place]) }
            let values = weights.indices.map { Self.code(weights[$0], largest: scales[$0 % layer.outputs]) }
            let codes = Codes(values: values, scales: scales.map(Self.scale))
            layers.append(Layer(codes: codes, bias: bias, inputs: layer.inputs))
        }
        var tables: [Codes] = []
        for (number, table) in shape.tables.enumerated() {
            let weights = network.weights[network.table(number).range]
            var scales = [Float](repeating: 0, count: table.rows)
            for place in weights.indices { scales[place / table.dimension].widen(to: weights[place]) }
            let values = weights.indices.map { Self.code(weights[$0], largest: scales[$0 / table.dimension]) }
            tables.append(Codes(values: values, scales: scales.map(Self.scale)))
        }
        self.init(shape, layers: layers, tables: tables)
    }

    /// Sizes below this count as 0, so that no scale loses its bits.
    private static let smallest: Float = 0x1p-100

    private static func scale(_ largest: Float) -> Float { largest < smallest ? 0 : largest / 127 }

    private static func code(_ weight: Float, largest: Float) -> Int8 {
        if largest < smallest { return 0 }
        return Int8(max(-127, min(127, (weight / largest * 127).rounded(.toNearestOrEven))))
    }

    /// What comes out for rows of data: rows × outputs.
    package func outputs(of matrix: FeatureMatrix) -> [Float] {
        precondition(
            matrix.width == architecture.numbers && matrix.tables == tables.count, "the data has another shape")
        var outputs: [Float] = []
        outputs.reserveCapacity(matrix.count * architecture.outputs)
        for first in stride(from: 0, to: matrix.count, by: 1024) {
            outputs += self.outputs(of: matrix, rows: first..<min(matrix.count, first + 1024))
        }
        return outputs
    }

    private func outputs(of matrix: FeatureMatrix, rows: Range<Int>) -> [Float] {
        var taken: [Float] = []
        taken.reserveCapacity(rows.count * architecture.inputWidth)
        for row in rows {
            taken += matrix.numbers[(row * matrix.width)..<((row + 1) * matrix.width)]
            if architecture.addsTables { continue }
            for number in tables.indices { look(up: matrix, row, number) { taken.append($1) } }
        }
        let count = Int64(rows.count)
        for (number, layer) in layers.enumerated() {
            let (depth, width) = (Int64(architecture.layers[number].inputs), Int64(layer.bias.count))
            var codes = [UInt8](repeating: 0, count: rows.count * Int(vintage_quantized_stride(depth)))
            var scales = [Float](repeating: 0, count: rows.count)
            vintage_quantize_rows(taken, count, depth, &codes, &scales)
            var results = [Float](repeating: 0, count: rows.count * layer.bias.count)
            vintage_quantized_multiply(
                codes, scales, count, layer.packed, layer.sums, layer.codes.scales, layer.bias, depth, width, &results)
            if number + 1 < layers.count {
                vintage_activate(architecture.activation.kernel, &results, count * width)
            }
            taken = results
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

extension Float {
    /// Becomes the size of a number if that is larger.
    fileprivate mutating func widen(to number: Float) { self = Swift.max(self, abs(number)) }
}
