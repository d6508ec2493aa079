import CKernels

/// As a file of tensors a quantized network has, of each layer, `layers.N.weight` (`I8` [inputs, outputs]),
/// `layers.N.scale` (`F32` [outputs]) and `layers.N.bias` (`F32` [outputs]), and of each table `tables.NAME` (`I8` [rows,
/// dimension]) and `table_scales.NAME` (`F32` [rows]).
extension QuantizedNetwork {
    /// The file with the weights.
    package var tensors: [UInt8] {
        var writer = SafetensorsWriter(
            metadata: ["format": "vintage-model", "quantization": "int8", "version": "1"])
        func add(_ name: String, _ shape: [Int], _ values: [Int8]) {
            writer.add(name, .int8, shape: shape, values.map { UInt8(bitPattern: $0) })
        }
        for (number, layer) in layers.enumerated() {
            let shape = architecture.layers[number]
            add("layers.\(number).weight", [shape.inputs, shape.outputs], layer.codes.values)
            writer.add("layers.\(number).scale", shape: [shape.outputs], layer.codes.scales)
            writer.add("layers.\(number).bias", shape: [shape.outputs], layer.bias)
        }
        for (number, table) in architecture.tables.enumerated() {
            add("tables.\(table.name)", [table.rows, table.dimension], tables[number].values)
            writer.add("table_scales.\(table.name)", shape: [table.rows], tables[number].scales)
        }
        return writer.bytes()
    }

    /// Takes the weights of a file.
    ///
    /// - Throws: ``SafetensorsError`` for weights that are another network's, weights of -128, scales that are negative
    ///   or not finite; ``LearningError/malformedModel(file:reason:)`` for too many or too few of them, or a layer that
    ///   takes more numbers than sums of 32 bits have room for.
    package convenience init(_ shape: Architecture, _ file: SafetensorsFile) throws {
        if shape.layers.contains(where: { $0.inputs > Int(VINTAGE_QUANTIZED_DEPTH) }) {
            throw LearningError.malformedModel(
                file: file.name, reason: "a layer of 8 bits takes more than \(VINTAGE_QUANTIZED_DEPTH) numbers")
        }
        guard file.tensors.count == 3 * shape.layers.count + 2 * shape.tables.count else {
            throw LearningError.malformedModel(file: file.name, reason: "it has not as many tensors as the network")
        }
        func codes(_ name: String, _ sizes: [Int], scales scaleName: String, count: Int) throws -> Codes {
            let scales = try file.floats(scaleName, shape: [count])
            if let index = scales.firstIndex(where: { $0 < 0 }) {
                throw SafetensorsError(
                    file: file.name, problem: .malformedTensor(scaleName, reason: "scale \(index) is negative"))
            }
            if let found = file[name], found.type != .int8 || found.shape != sizes {
                throw SafetensorsError(
                    file: file.name,
                    problem: .unexpected(name, found: "\(found.type.rawValue)\(found.shape)", expected: "I8\(sizes)"))
            }
            let values = try file.withBytes(of: name) { $0.map { Int8(bitPattern: $0) } }
            if let index = values.firstIndex(of: -128) {
                throw SafetensorsError(
                    file: file.name, problem: .malformedTensor(name, reason: "value \(index) is -128"))
            }
            return Codes(values: values, scales: scales)
        }
        var layers: [Layer] = []
        for (number, layer) in shape.layers.enumerated() {
            let name = "layers.\(number)"
            let weights = try codes(
                "\(name).weight", [layer.inputs, layer.outputs], scales: "\(name).scale", count: layer.outputs)
            let bias = try file.floats("\(name).bias", shape: [layer.outputs])
            layers.append(Layer(codes: weights, bias: bias, inputs: layer.inputs))
        }
        let tables = try shape.tables.map { table in
            try codes(
                "tables.\(table.name)", [table.rows, table.dimension], scales: "table_scales.\(table.name)",
                count: table.rows)
        }
        self.init(shape, layers: layers, tables: tables)
    }
}
