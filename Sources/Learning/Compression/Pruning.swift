/// What is taken out of a model, and how much of it.
public struct Pruning: Sendable, Equatable {
    /// What is taken out.
    public enum Unit: String, Sendable, CaseIterable {
        /// Of each dense layer the weights of the least size (Han and others, 2015). They become 0 and stay so.
        case weights
        /// Of each hidden layer the neurons of the least strength: the length of what goes in times that of what comes out.
        case neurons
        /// Of trees the splits of the least gain, from the leaves upwards (Breiman and others, 1984).
        case splits
    }

    /// What is taken out.
    public let unit: Unit
    /// Which share of it, from 0, below 1.
    public let share: Double
    /// How many epochs of training follow; 0 for none. Trees have one, in which leaves are found anew.
    public let epochs: Int

    /// Describes what is taken out.
    ///
    /// - Throws: ``LearningError/misuse(_:)`` for a share that is none.
    public init(_ unit: Unit, share: Double, epochs: Int = 0) throws(LearningError) {
        guard share >= 0, share < 1 else { throw .misuse("the share to take out is from 0, below 1, not \(share)") }
        if unit == .splits, epochs > 1 {
            throw .misuse("the leaves of trees are found anew in 1 epoch; more change nothing")
        }
        (self.unit, self.share, self.epochs) = (unit, share, epochs)
    }

    /// How many of so many are taken out.
    func count(of all: Int) -> Int { Int((share * Double(all)).rounded(.down)) }
}

extension Network {
    /// The network without a share of the weights of each dense layer.
    ///
    /// - Returns: the network, and by what each weight is multiplied from then on: 0 or 1.
    package func prunedWeights(_ pruning: Pruning) -> (network: Network, mask: FloatBuffer) {
        let pruned = Network(architecture)
        pruned.weights.copy(weights)
        let mask = FloatBuffer(count: weights.count)
        mask.values.update(repeating: 1)
        for number in architecture.layers.indices {
            let range = parts[2 * number].range
            let ordered = range.sorted { (abs(weights.base[$0]), $0) < (abs(weights.base[$1]), $1) }
            for place in ordered.prefix(pruning.count(of: range.count)) {
                mask.base[place] = 0
                pruned.weights.base[place] = 0
            }
        }
        return (pruned, mask)
    }

    /// The network without a share of the neurons of each hidden layer; each keeps one at least.
    package func prunedNeurons(_ pruning: Pruning) -> Network {
        let layers = architecture.layers
        var kept: [[Int]] = [Array(0..<architecture.inputWidth)]
        for number in architecture.hidden.indices {
            let (inputs, width) = layers[number]
            let following = layers[number + 1].outputs
            let (into, out) = (weight(number), weight(number + 1))
            let strengths = (0..<width).map { neuron -> Double in
                var (before, after) = (0.0, 0.0)
                for place in 0..<inputs {
                    let weight = Double(into[place * width + neuron])
                    before += weight * weight
                }
                for place in 0..<following {
                    let weight = Double(out[neuron * following + place])
                    after += weight * weight
                }
                return (before * after).squareRoot()
            }
            let ordered = (0..<width).sorted { (strengths[$0], $0) < (strengths[$1], $1) }
            kept.append(ordered.dropFirst(min(pruning.count(of: width), width - 1)).sorted())
        }
        kept.append(Array(0..<architecture.outputs))
        var shape = architecture
        shape.hidden = kept.dropFirst().dropLast().map(\.count)
        let pruned = Network(shape)
        for number in layers.indices {
            let (from, to) = (weight(number), pruned.weight(number))
            let (rows, columns) = (kept[number], kept[number + 1])
            for (row, oldRow) in rows.enumerated() {
                for (column, oldColumn) in columns.enumerated() {
                    to[row * columns.count + column] = from[oldRow * layers[number].outputs + oldColumn]
                }
            }
            for (column, oldColumn) in columns.enumerated() {
                pruned.bias(number)[column] = bias(number)[oldColumn]
            }
        }
        for number in architecture.tables.indices {
            _ = pruned.weights[pruned.table(number).range].update(fromContentsOf: weights[table(number).range])
        }
        return pruned
    }
}
