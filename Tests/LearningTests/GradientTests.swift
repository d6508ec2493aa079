import Learning
import Testing

/// Each layer and each loss, its derivatives held against small steps of a network in double precision.
@Suite struct GradientTests {
    private static let tables = [
        Architecture.Table(name: "carrier", rows: 5, dimension: 3),
        Architecture.Table(name: "origin", rows: 4, dimension: 2),
    ]

    private func shape(
        _ hidden: [Int], _ activation: Activation, outputs: Int, tables: [Architecture.Table] = tables, numbers: Int = 4
    ) -> Architecture {
        let tables =
            hidden.isEmpty
            ? tables.map { Architecture.Table(name: $0.name, rows: $0.rows, dimension: outputs) } : tables
        return Architecture(
            numbers: numbers, tables: tables, hidden: hidden, activation: activation, outputs: outputs)
    }

    private func check(_ shape: Architecture, _ loss: Loss, rows count: Int = 7) {
        let network = Network(shape)
        var sample = SampleRows(seed: 11)
        // Weights of all sizes, also where training begins with zeros.
        for place in 0..<network.weights.count { network.weights.base[place] = 0.7 * sample.random.signed() }
        let rows = sample.rows(count, shape, loss)
        let pass = NetworkPass(network, capacity: count, workers: 1)
        let gradient = Gradient(network)
        // Another batch first: what it has left must not show.
        for part in [Array(0..<Int32(2)), Array(0..<Int32(count))] {
            pass.load(rows.matrix, rows: part)
            pass.forward()
            _ = loss.evaluate(
                pass.outputs, width: shape.outputs, target: Array(rows.target.prefix(part.count)),
                weight: Array(rows.weight.prefix(part.count)), delta: pass.outputDelta)
            pass.backward(gradient)
        }
        var oracle = NetworkOracle(network)
        for place in 0..<network.weights.count {
            let expected = oracle.derivative(place, loss, rows)
            let found = Double(gradient.values.base[place])
            let part = network.parts.first { $0.range.contains(place) }!
            #expect(
                abs(found - expected) <= 2e-5 + 2e-4 * abs(expected),
                "\(loss.rawValue), \(part.name)[\(place - part.range.lowerBound)]: \(found), not \(expected)")
        }
    }

    @Test("the derivatives of each loss", arguments: Loss.allCases.filter { $0 != .softmax && $0 != .ndcg })
    func losses(_ loss: Loss) {
        check(shape([6], .tanh, outputs: 1), loss)
        check(shape([], .relu, outputs: 1), loss)
    }

    @Test("the derivatives of the softmax of several classes")
    func softmax() {
        check(shape([6], .sigmoid, outputs: 3), .softmax)
        check(shape([], .relu, outputs: 4), .softmax)
    }

    @Test("the derivatives behind each activation, through several layers", arguments: Activation.allCases)
    func activations(_ activation: Activation) {
        check(shape([9, 5], activation, outputs: 1), .squaredError)
        check(shape([3, 4, 2], activation, outputs: 2), .softmax)
    }

    @Test("the derivatives of layers wider than a vector and than a panel")
    func wideLayers() {
        check(shape([17], .tanh, outputs: 1, numbers: 33), .logistic, rows: 20)
        check(shape([70], .relu, outputs: 1, tables: [], numbers: 3), .squaredError, rows: 5)
    }

    @Test("a model of categories alone, and one of numbers alone")
    func oneKindOfInput() {
        check(shape([], .relu, outputs: 1, numbers: 0), .logistic)
        check(shape([4], .tanh, outputs: 1, numbers: 0), .logistic)
        check(shape([4], .tanh, outputs: 1, tables: []), .huber)
    }

    @Test("derivatives behind dropout are those of the network without what was left out")
    func dropout() {
        let shape = shape([32], .tanh, outputs: 1, tables: [])
        let network = Network(shape)
        network.initialize(seed: 3)
        var sample = SampleRows(seed: 4)
        let rows = sample.rows(6, shape, .squaredError)
        let pass = NetworkPass(network, capacity: 6, workers: 1, dropout: 0.5)
        let gradient = Gradient(network)
        pass.load(rows.matrix, rows: 0..<6)
        func run() -> Double {
            pass.forward(dropping: .init(seed: 9))
            return Loss.squaredError.evaluate(
                pass.outputs, width: 1, target: rows.target, weight: rows.weight, delta: pass.outputDelta)
        }
        let total = rows.weight.reduce(0.0) { $0 + Double($1) }
        _ = run()
        pass.backward(gradient, isDropping: true)
        var dropped = 0
        for place in 0..<network.weights.count {
            let weight = network.weights.base[place]
            let found = Double(gradient.values.base[place])
            network.weights.base[place] = weight + 0.01
            let above = run()
            network.weights.base[place] = weight - 0.01
            let below = run()
            network.weights.base[place] = weight
            #expect(abs(found - (above - below) / 0.02 / total) < 2e-3)
            if found == 0 { dropped += 1 }
        }
        pass.forward()
        #expect(dropped < network.weights.count / 2)
    }
}
