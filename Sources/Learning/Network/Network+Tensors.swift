/// As a file of tensors a network has, of each layer, `layers.N.weight` [inputs, outputs] and `layers.N.bias` (`F32`
/// [outputs]), and of each table `tables.NAME` [rows, dimension].
///
/// Weights and tables are `F32`, or `F16` or `BF16` where a format says so.
extension Network {
    /// The file with the weights.
    ///
    /// - Parameter format: in which format they are kept; `nil` for single precision.
    package func tensors(_ format: Quantization.Format?) -> [UInt8] {
        var metadata = ["format": "vintage-model", "version": "1"]
        if let format { metadata["quantization"] = format.rawValue }
        var writer = SafetensorsWriter(metadata: metadata)
        for part in parts {
            writer.add(part.name, shape: part.shape, as: part.type(format), weights[part.range])
        }
        return writer.bytes()
    }

    /// Takes the weights of a file.
    ///
    /// - Throws: ``SafetensorsError`` for weights that are another network's, or not finite;
    ///   ``LearningError/malformedModel(file:reason:)`` for too many or too few of them.
    package convenience init(
        _ shape: Architecture, _ format: Quantization.Format?, _ file: SafetensorsFile
    ) throws {
        // The file has as many numbers as the network, which is made only then.
        guard let expected = shape.weightCount, file.tensors.reduce(0, { $0 + $1.count }) == expected else {
            throw LearningError.malformedModel(file: file.name, reason: "it has not as many weights as the network")
        }
        self.init(shape)
        for part in parts {
            let values = try file.floats(part.name, shape: part.shape, type: part.type(format))
            _ = weights[part.range].update(fromContentsOf: values)
        }
    }
}

extension Network.Part {
    fileprivate func type(_ format: Quantization.Format?) -> TensorType {
        decays ? format?.tensorType ?? .float32 : .float32
    }
}
