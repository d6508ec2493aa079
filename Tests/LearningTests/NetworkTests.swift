import CKernels
import Foundation
import Learning
import LearningSupport
import Testing

/// What changes the kernels for all threads runs alone.
@Suite(.serialized) struct NetworkTests {
    private let shape = Architecture(
        numbers: 37,
        tables: [
            Architecture.Table(name: "a", rows: 40, dimension: 5), Architecture.Table(name: "b", rows: 3, dimension: 2),
        ], hidden: [130, 65], activation: .tanh, outputs: 3)

    private func trained(
        workers: Int, epochs: Int = 2, _ change: (inout TrainerSettings) -> Void = { _ in }
    ) throws -> (weights: [UInt32], history: [EpochRecord]) {
        var sample = SampleRows(seed: 5)
        var settings = TrainerSettings(loss: .softmax)
        settings.epochs = epochs
        settings.batchSize = 200
        settings.dropout = 0.2
        settings.optimizer.weightDecay = 0.01
        settings.optimizer.schedule.course = .cosine
        change(&settings)
        let trainer = Trainer(
            Network(shape), settings, training: sample.rows(900, shape, .softmax),
            validation: sample.rows(300, shape, .softmax), workers: workers)
        while !trainer.isFinished { try trainer.runEpoch() }
        trainer.finish()
        return (trainer.network.weights.values.map(\.bitPattern), trainer.history)
    }

    @Test("outputs are those of the definition, for one row and for many, on one thread and on three")
    func outputs() {
        let network = Network(shape)
        network.initialize(seed: 1)
        let oracle = NetworkOracle(network)
        var sample = SampleRows(seed: 2)
        for count in [1, 5, 600] {
            let rows = sample.rows(count, shape, .softmax)
            let found = network.outputs(of: rows.matrix, workers: 3)
            #expect(found == network.outputs(of: rows.matrix, workers: 1))
            for row in stride(from: 0, to: count, by: 37) {
                let numbers = rows.matrix.numbers[(row * 37)..<((row + 1) * 37)].map { Double($0) }
                let expected = oracle.output(numbers, rows.matrix.codes[(row * 2)..<(row * 2 + 2)].map { Int($0) })
                for (column, value) in expected.enumerated() {
                    #expect(abs(Double(found[row * 3 + column]) - value) < 1e-4)
                }
            }
        }
    }

    @Test("training gives the same bits on any number of threads")
    func threads() throws {
        let one = try trained(workers: 1)
        for workers in [2, 3, 8] {
            let other = try trained(workers: workers)
            #expect(other.weights == one.weights)
            #expect(other.history == one.history)
        }
    }

    @Test("training gives the same bits with any processor's instructions")
    func instructions() throws {
        let best = vintage_kernel_level()
        defer { vintage_set_kernel_level(best) }
        let expected = try trained(workers: 2, epochs: 1)
        for level in 0..<best {
            vintage_set_kernel_level(level)
            #expect(vintage_kernel_level() == level)
            #expect(try trained(workers: 2, epochs: 1).weights == expected.weights)
        }
    }

    @Test("another seed gives other weights")
    func seeds() throws {
        #expect(try trained(workers: 2).weights != trained(workers: 2) { $0.seed = 1 }.weights)
    }

    @Test("exp, tanh and the logistic function are right to a few units in the last place")
    func functions() {
        var random = SeededNumbers(seed: 8)
        for _ in 0..<2000 {
            let x = 80 * random.signed()
            var values: [Float] = [x, x / 20, x]
            vintage_exp(&values, 1)
            #expect(abs(Double(values[0]) / exp(Double(x)) - 1) < 3e-7)
            values.withUnsafeMutableBufferPointer { values in
                vintage_activate(1, values.baseAddress! + 1, 1)
                vintage_activate(2, values.baseAddress! + 2, 1)
            }
            #expect(abs(Double(values[1]) / tanh(Double(x / 20)) - 1) < 5e-7 || x == 0)
            #expect(abs(Double(values[2]) * (1 + exp(-Double(x))) - 1) < 5e-7)
            let wide = Double(x) * 8
            #expect(abs(PlainMath.exponential(wide) / exp(wide) - 1) < 1e-15 * max(4, abs(wide)))
            let positive = exp(Double(x))
            #expect(abs(PlainMath.logarithm(positive) - log(positive)) <= 4e-16 * max(1, abs(log(positive))))
            let turn = Double(abs(random.signed()))
            #expect(abs(PlainMath.cosine(halfTurns: turn) - cos(turn * .pi)) < 1e-15)
        }
        var special: [Float] = [.nan, 1000, -1000]
        vintage_exp(&special, 3)
        #expect(special[0].isNaN && special[1].isFinite && special[2] == 0)
        var nothing: [Float] = [.nan]
        vintage_activate(0, &nothing, 1)
        #expect(nothing[0].isNaN, "what is no number must show in the loss")
    }

    @Test("a schedule warms up, then falls to its floor")
    func schedules() {
        var schedule = Schedule()
        schedule.course = .cosine
        schedule.warmup = 4
        schedule.floor = 0.1
        let shares = (0..<24).map { schedule.share(step: $0, stepsPerEpoch: 8, epochs: 3) }
        #expect(shares[0] == 0.2 && shares[3] == 0.8 && shares[4] == 1)
        #expect(zip(shares[4...], shares[5...]).allSatisfy { $0 > $1 })
        #expect(shares[23] > 0.1 && shares[23] < 0.12)
        schedule.course = .linear
        #expect(abs(schedule.share(step: 14, stepsPerEpoch: 8, epochs: 3) - 0.55) < 1e-12)
        schedule.course = .step
        (schedule.every, schedule.factor) = (2, 0.5)
        #expect([15, 16, 31, 32].map { schedule.share(step: $0, stepsPerEpoch: 8, epochs: 9) } == [1, 0.5, 0.5, 0.25])
    }

    @Test("a step of Adam and one of gradient descent are those of their definitions")
    func optimizers() {
        let shape = Architecture(numbers: 1, tables: [], hidden: [], activation: .relu, outputs: 1)
        for rule in OptimizerSettings.Rule.allCases {
            var settings = OptimizerSettings()
            (settings.rule, settings.learningRate, settings.weightDecay) = (rule, 0.1, 0.01)
            let network = Network(shape)
            (network.weights.base[0], network.weights.base[1]) = (2, 3)
            let optimizer = Optimizer(settings, network)
            let gradient = Gradient(network)
            var (weight, bias, m, v) = (2.0, 3.0, 0.0, 0.0)
            for step in 1...5 {
                let g = Double(step) - 2.5
                gradient.values.values.update(repeating: Float(g))
                optimizer.advance(gradient, share: 0.5)
                if rule == .adam {
                    m = 0.9 * m + 0.1 * g
                    v = 0.999 * v + 0.001 * g * g
                    let size = (v / (1 - pow(0.999, Double(step)))).squareRoot() + 1e-8
                    let move = m / (1 - pow(0.9, Double(step))) / size
                    weight -= 0.05 * (move + 0.01 * weight)
                    bias -= 0.05 * move
                } else {
                    m = 0.9 * m + g
                    weight -= 0.05 * (m + 0.01 * weight)
                    bias -= 0.05 * m
                }
                #expect(abs(Double(network.weights.base[0]) - weight) < 1e-5)
                #expect(abs(Double(network.weights.base[1]) - bias) < 1e-5)
            }
        }
    }
}
