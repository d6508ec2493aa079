extension Model {
    /// A network with its numbers in fewer bits.
    ///
    /// - Parameter calibration: rows of the training, where ``Quantization/activations`` wants them.
    /// - Throws: ``LearningError/misuse(_:)`` for a model that is in fewer bits already, for trees, and for weights that the
    ///   format has no numbers for.
    package func quantized(_ quantization: Quantization, calibration: FeatureMatrix?) throws(LearningError) -> Model {
        guard self.quantization == nil, case .network(let network) = engine else {
            throw .misuse("only the numbers that training found can be put in fewer bits; name that version")
        }
        guard let type = quantization.format.tensorType else {
            let whole = try QuantizedNetwork(network, quantization.format, calibration: calibration)
            return replacing(.quantized(whole), quantization)
        }
        let rounded = Network(network.architecture)
        rounded.weights.copy(network.weights)
        for part in rounded.parts where part.decays {
            for place in part.range {
                let weight = rounded.weights.base[place]
                let kept = type.bytes(of: weight).withUnsafeBytes { type.float($0, index: 0) }
                if weight.isFinite, !kept.isFinite {
                    throw .misuse(
                        "a weight of '\(part.name)' is \(weight), which '\(quantization.format.rawValue)' has no number for; "
                            + "take 'bf16'")
                }
                rounded.weights.base[place] = kept
            }
        }
        return replacing(.network(rounded), quantization)
    }
}
