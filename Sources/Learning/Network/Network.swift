import Splits

/// The weights of a network.
///
/// All lie in one piece of memory, the dense layers' first: `weight` [inputs, outputs] and `bias` [outputs] of each,
/// then the tables [rows, dimension].
package final class Network: Sendable {
    /// One tensor of weights.
    package struct Part: Sendable {
        /// As it is called in files.
        package let name: String
        /// The length of each dimension.
        package let shape: [Int]
        /// Where it lies.
        package let range: Range<Int>
        /// Whether weight decay pulls it towards 0.
        package let decays: Bool
    }

    /// The shape.
    package let architecture: Architecture
    /// The dense layers, as ``Architecture/layers`` has them.
    let layers: [(inputs: Int, outputs: Int)]
    /// The weights.
    package let weights: FloatBuffer
    /// The dense layers' tensors, weight and bias in turns, then the tables.
    package let parts: [Part]

    /// A network whose weights are all zero.
    package init(_ architecture: Architecture) {
        self.architecture = architecture
        layers = architecture.layers
        var parts: [Part] = []
        var end = 0
        func add(_ name: String, _ shape: [Int], decays: Bool) {
            let size = shape.reduce(1, *)
            parts.append(Part(name: name, shape: shape, range: end..<(end + size), decays: decays))
            end += size
        }
        for (number, layer) in layers.enumerated() {
            add("layers.\(number).weight", [layer.inputs, layer.outputs], decays: true)
            add("layers.\(number).bias", [layer.outputs], decays: false)
        }
        for table in architecture.tables { add("tables.\(table.name)", [table.rows, table.dimension], decays: true) }
        self.parts = parts
        weights = FloatBuffer(count: end)
    }

    /// Where a layer's weights lie.
    func weight(_ layer: Int) -> UnsafeMutablePointer<Float> { weights.base + parts[2 * layer].range.lowerBound }

    /// Where a layer's biases lie.
    func bias(_ layer: Int) -> UnsafeMutablePointer<Float> { weights.base + parts[2 * layer + 1].range.lowerBound }

    /// The tensor of a table.
    func table(_ number: Int) -> Part { parts[2 * layers.count + number] }

    /// How many weights the dense layers have, which come first.
    var denseCount: Int { parts[2 * layers.count - 1].range.upperBound }

    /// Draws weights to begin with; a linear model begins with zeros.
    ///
    /// Layers draw from ±√(6 / inputs) before a `relu` (He and others, 2015), else from ±√(6 / (inputs + outputs))
    /// (Glorot and Bengio, 2010), tables from ±0.05. What is not known and what is missing begin with zeros, because
    /// data may have none.
    package func initialize(seed: UInt64) {
        weights.values.update(repeating: 0)
        if architecture.addsTables { return }
        var random = RandomSource(seed: seed)
        func draw(_ range: Range<Int>, _ bound: Float) {
            for place in range {
                // 24 bits, as many as a number of single precision has.
                let unit = Float(random.next() >> 40) * (1 / Float(1 << 24))
                weights.base[place] = (2 * unit - 1) * bound
            }
        }
        for (number, layer) in layers.enumerated() {
            let isBeforeRelu = architecture.activation == .relu && number < architecture.hidden.count
            let width = isBeforeRelu ? layer.inputs : layer.inputs + layer.outputs
            draw(parts[2 * number].range, (6 / Float(max(1, width))).squareRoot())
        }
        for (number, shape) in architecture.tables.enumerated() {
            let range = table(number).range
            let first = min(range.upperBound, range.lowerBound + Vocabulary.reservedCodes * shape.dimension)
            draw(first..<range.upperBound, 0.05)
        }
    }
}
