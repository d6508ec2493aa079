import Learning
import LearningSupport
import Testing

@Suite struct QuantizedNetworkTests {
    private func shape(hidden: [Int]) -> Architecture {
        Architecture(
            numbers: 37,
            tables: [
                Architecture.Table(name: "a", rows: 40, dimension: hidden.isEmpty ? 3 : 5),
                Architecture.Table(name: "b", rows: 3, dimension: hidden.isEmpty ? 3 : 2),
            ], hidden: hidden, activation: .tanh, outputs: 3)
    }

    @Test("each weight is at most half a step from its number of 8 bits, and the largest is 127 steps")
    func codes() throws {
        let network = Network(shape(hidden: [20]))
        network.initialize(seed: 3)
        let quantized = try QuantizedNetwork(network)
        for (number, layer) in quantized.layers.enumerated() {
            let weights = network.weights[network.parts[2 * number].range]
            let width = layer.bias.count
            for (place, weight) in weights.enumerated() {
                let scale = layer.codes.scales[place % width]
                #expect(abs(Float(layer.codes.values[place]) * scale - weight) <= scale * 0.5001)
            }
            for column in 0..<width {
                let sizes = stride(from: column, to: weights.count, by: width).map { abs(Int(layer.codes.values[$0])) }
                #expect(sizes.max() == 127)
            }
        }
    }

    @Test(
        "outputs are near those of the network, with tables before the layers and added to them",
        arguments: [[65, 33], []])
    func outputs(_ hidden: [Int]) throws {
        let shape = shape(hidden: hidden)
        let network = Network(shape)
        network.initialize(seed: 1)
        if hidden.isEmpty {
            for place in 0..<network.weights.count { network.weights.base[place] = Float(place * 37 % 101 - 50) / 100 }
        }
        let quantized = try QuantizedNetwork(network)
        var sample = SampleRows(seed: 2)
        for count in [0, 1, 1500] {
            let rows = sample.rows(count, shape, .softmax)
            let expected = network.outputs(of: rows.matrix, workers: 1)
            let found = quantized.outputs(of: rows.matrix)
            #expect(found.count == expected.count)
            #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 0.15 })
        }
    }

    @Test("weights that are no finite numbers are refused")
    func notFinite() {
        let network = Network(shape(hidden: [20]))
        network.weights.base[7] = .nan
        #expect(throws: LearningError.self) { try QuantizedNetwork(network) }
    }

    @Test("any number of threads and any batch gives the same bits")
    func threads() throws {
        let shape = shape(hidden: [33])
        let network = Network(shape)
        network.initialize(seed: 8)
        let quantized = try QuantizedNetwork(network)
        var sample = SampleRows(seed: 5)
        let rows = sample.rows(1300, shape, .softmax).matrix
        let expected = quantized.outputs(of: rows)
        #expect(quantized.outputs(of: rows, workers: 3) == expected)
        for row in [0, 255, 256, 1299] {
            let one = FeatureMatrix(
                count: 1, width: rows.width,
                numbers: Array(rows.numbers[(row * rows.width)..<((row + 1) * rows.width)]),
                tables: 2, codes: Array(rows.codes[(2 * row)..<(2 * row + 2)]))
            #expect(quantized.outputs(of: one) == Array(expected[(3 * row)..<(3 * row + 3)]))
        }
    }
}
