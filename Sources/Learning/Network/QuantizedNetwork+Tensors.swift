import CKernels

/// As a file of tensors a quantized network has, of each layer, `layers.N.weight` [inputs, outputs], `layers.N.scale` (`F32`
/// [outputs]), `layers.N.bias` (`F32` [outputs]) and, where it was calibrated, `layers.N.range` (`F32` [1]); of each table
/// `tables.NAME` [rows, dimension] and `table_scales.NAME` (`F32` [rows]).
///
/// Whole numbers of 8 bits are `I8`. Those of 4 bits are `U8` in one dimension, two to a byte in the order of the matrix, the
/// first in the lower half, each plus 8; a last half without a number is 8.
extension QuantizedNetwork {
    /// The file with the weights.
    package var tensors: [UInt8] {
        var writer = SafetensorsWriter(
            metadata: ["format": "vintage-model", "quantization": format.rawValue, "version": "1"])
        func add(_ name: String, _ shape: [Int], _ values: [Int8]) {
            if format == .int8 {
                return writer.add(name, .int8, shape: shape, values.map { UInt8(bitPattern: $0) })
            }
            let packed = stride(from: 0, to: values.count, by: 2).map { place in
                let second = place + 1 < values.count ? values[place + 1] : 0
                return UInt8(values[place] + 8) | UInt8(second + 8) << 4
            }
            writer.add(name, .uint8, shape: [packed.count], packed)
        }
        for (number, layer) in layers.enumerated() {
            let shape = architecture.layers[number]
            add("layers.\(number).weight", [shape.inputs, shape.outputs], layer.codes.values)
            writer.add("layers.\(number).scale", shape: [shape.outputs], layer.codes.scales)
            writer.add("layers.\(number).bias", shape: [shape.outputs], layer.bias)
            if layer.range > 0 { writer.add("layers.\(number).range", shape: [1], [layer.range]) }
        }
        for (number, table) in architecture.tables.enumerated() {
            add("tables.\(table.name)", [table.rows, table.dimension], tables[number].values)
            writer.add("table_scales.\(table.name)", shape: [table.rows], tables[number].scales)
        }
        return writer.bytes()
    }

    /// Takes the weights of a file.
    ///
    /// - Throws: ``SafetensorsError`` for weights that are another network's or no codes, scales and ranges that are
    ///   negative or not finite; ``LearningError/malformedModel(file:reason:)`` for too many or too few tensors, or a layer
    ///   that takes more numbers than sums of 32 bits have room for.
    package convenience init(_ shape: Architecture, _ format: Quantization.Format, _ file: SafetensorsFile) throws {
        if shape.layers.contains(where: { $0.inputs > Int(VINTAGE_QUANTIZED_DEPTH) }) {
            throw LearningError.malformedModel(
                file: file.name, reason: "a layer of whole numbers takes more than \(VINTAGE_QUANTIZED_DEPTH)")
        }
        let reader = CodeReader(file: file, format: format)
        var ranges = 0
        var layers: [Layer] = []
        for (number, layer) in shape.layers.enumerated() {
            let name = "layers.\(number)"
            let codes = try reader.codes(
                "\(name).weight", [layer.inputs, layer.outputs], scales: "\(name).scale", count: layer.outputs)
            let bias = try file.floats("\(name).bias", shape: [layer.outputs])
            var range: Float = 0
            if file["\(name).range"] != nil {
                range = try reader.sizes("\(name).range", count: 1)[0]
                ranges += 1
            }
            layers.append(Layer(codes: codes, bias: bias, range: range, inputs: layer.inputs))
        }
        let tables = try shape.tables.map { table in
            try reader.codes(
                "tables.\(table.name)", [table.rows, table.dimension], scales: "table_scales.\(table.name)",
                count: table.rows)
        }
        guard file.tensors.count == 3 * shape.layers.count + 2 * shape.tables.count + ranges else {
            throw LearningError.malformedModel(file: file.name, reason: "it has not as many tensors as the network")
        }
        self.init(shape, format, layers: layers, tables: tables)
    }
}

/// Reads whole numbers and their scales, checked.
private struct CodeReader {
    let file: SafetensorsFile
    let format: Quantization.Format

    private func failure(_ name: String, _ reason: String) -> SafetensorsError {
        SafetensorsError(file: file.name, problem: .malformedTensor(name, reason: reason))
    }

    /// Numbers that are not negative.
    func sizes(_ name: String, count: Int) throws(SafetensorsError) -> [Float] {
        let sizes = try file.floats(name, shape: [count])
        if let index = sizes.firstIndex(where: { $0 < 0 }) { throw failure(name, "value \(index) is negative") }
        return sizes
    }

    func codes(
        _ name: String, _ shape: [Int], scales: String, count: Int
    ) throws(SafetensorsError) -> QuantizedNetwork.Codes {
        let scales = try sizes(scales, count: count)
        let number = shape.reduce(1, *)
        let (type, stored): (TensorType, [Int]) = format == .int8 ? (.int8, shape) : (.uint8, [(number + 1) / 2])
        if let found = file[name], found.type != type || found.shape != stored {
            throw SafetensorsError(
                file: file.name,
                problem: .unexpected(
                    name, found: "\(found.type.rawValue)\(found.shape)", expected: "\(type.rawValue)\(stored)"))
        }
        var values = try file.withBytes(of: name) { bytes in
            if format == .int8 { return bytes.map { Int8(bitPattern: $0) } }
            return bytes.flatMap { [Int8($0 & 15) - 8, Int8($0 >> 4) - 8] }
        }
        let lowest: Int8 = format == .int8 ? -128 : -8
        if let index = values.firstIndex(of: lowest) { throw failure(name, "value \(index) is \(lowest)") }
        if values.count > number {
            if values[number] != 0 { throw failure(name, "a half of its last byte belongs to no weight, and is not 8") }
            values.removeLast()
        }
        return QuantizedNetwork.Codes(values: values, scales: scales)
    }
}
