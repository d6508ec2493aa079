extension Model {
    /// The model without a part of itself, trained further if that is wanted.
    ///
    /// - Parameters:
    ///   - run: what trains it further.
    ///   - rounds: how many rounds of trees there are.
    /// - Returns: the model, and what each epoch came to.
    /// - Throws: ``LearningError/misuse(_:)`` for what the model does not have, and for one in few bits.
    package func pruned(
        _ pruning: Pruning, by run: TrainingRun, rounds: Int
    ) throws(LearningError) -> (model: Model, history: [EpochRecord], best: Int) {
        guard quantization == nil else {
            throw .misuse("only what training found can be pruned; name that version, and quantize it afterwards")
        }
        switch (engine, pruning.unit) {
        case (.network(let network), .weights), (.network(let network), .neurons):
            if pruning.unit == .neurons, network.architecture.hidden.isEmpty {
                throw .misuse("a \(kind.rawValue) model has no neurons to take out; take out weights")
            }
            let (pruned, mask): (Network, FloatBuffer?) =
                pruning.unit == .weights ? network.prunedWeights(pruning) : (network.prunedNeurons(pruning), nil)
            guard pruning.epochs > 0 else { return (replacing(.network(pruned), nil), [], 0) }
            let (history, best) = try run.tune(pruned, epochs: pruning.epochs, mask: mask)
            return (replacing(.network(pruned), nil), history, best)
        case (.trees(let trees), .splits):
            var bytes = try TreePruning(
                trees.bytes, pruning, learningRate: run.configuration.trees.learningRate
            ).bytes
            if pruning.epochs > 0 { bytes = try run.refreshed(bytes, rounds: rounds) }
            let pruned = TreeModel(bytes, file: trees.file, inputs: trees.inputs, outputs: trees.outputs)
            return (replacing(.trees(pruned), nil), [], 0)
        default:
            throw .misuse("the model is '\(kind.rawValue)', which has no \(pruning.unit.rawValue) to take out")
        }
    }
}
