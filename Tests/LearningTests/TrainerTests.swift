import FileSystem
import Foundation
import Learning
import LearningSupport
import SystemPackage
import Testing

@Suite struct TrainerTests {
    private static let shape = Architecture(
        numbers: 2, tables: [Architecture.Table(name: "c", rows: 4, dimension: 2)], hidden: [16], activation: .tanh,
        outputs: 1)

    /// Whether two numbers have one sign, which no weighted sum tells; turned around for one category.
    private func puzzle(_ count: Int, seed: UInt64) -> LearningSet {
        var sample = SampleRows(seed: seed)
        var rows = sample.rows(count, Self.shape, .logistic)
        for row in 0..<count {
            let isAlike = rows.matrix.numbers[2 * row] * rows.matrix.numbers[2 * row + 1] > 0
            rows.target[row] = isAlike != (rows.matrix.codes[row] == 3) ? 1 : 0
        }
        return rows
    }

    private func trainer(
        epochs: Int = 30, patience: Int? = nil, _ change: (inout TrainerSettings) -> Void = { _ in }
    ) -> Trainer {
        var settings = TrainerSettings(loss: .logistic)
        (settings.epochs, settings.batchSize, settings.patience) = (epochs, 32, patience)
        settings.optimizer.learningRate = 0.02
        change(&settings)
        return Trainer(
            Network(Self.shape), settings, training: puzzle(2000, seed: 1), validation: puzzle(500, seed: 2), workers: 2
        )
    }

    @Test("a perceptron learns what no weighted sum tells")
    func learns() throws {
        let trainer = trainer()
        while !trainer.isFinished { try trainer.runEpoch() }
        #expect((trainer.history.last?.validationLoss ?? 1) < 0.15)
        #expect((trainer.history.first?.validationLoss ?? 0) > 0.4)
    }

    @Test("training ends once the validation has not become better, and keeps the best epoch's weights")
    func earlyStopping() throws {
        let trainer = trainer(epochs: 500, patience: 2) { $0.minimumGain = 0.002 }
        var weights: [[Float]] = []
        while !trainer.isFinished {
            try trainer.runEpoch()
            weights.append(Array(trainer.network.weights.values))
        }
        let best = try #require(trainer.best)
        #expect(trainer.history.count == best.epoch + 2)
        #expect(trainer.history.count < 500)
        trainer.finish()
        #expect(Array(trainer.network.weights.values) == weights[best.epoch - 1])
    }

    @Test("a rate that is too high is an error, not a model of no numbers")
    func diverges() {
        var settings = TrainerSettings(loss: .squaredError)
        settings.optimizer.rule = .sgd
        settings.optimizer.learningRate = 1e30
        let rows = puzzle(100, seed: 1)
        let trainer = Trainer(Network(Self.shape), settings, training: rows, validation: nil, workers: 1)
        #expect(throws: LearningError.self) {
            for _ in 0..<10 { try trainer.runEpoch() }
        }
    }

    @Test(
        "training that goes on from a checkpoint ends with the same bits, with either rule",
        arguments: OptimizerSettings.Rule.allCases)
    func resumes(_ rule: OptimizerSettings.Rule) throws {
        let scratch = try ScratchFolder()
        let checkpoint = Checkpoint(path: FilePath(scratch.file("deep/c.safetensors")), key: "k")
        func make() -> Trainer {
            trainer(epochs: 9, patience: 4) {
                $0.optimizer.rule = rule
                $0.dropout = 0.1
            }
        }
        let whole = make()
        while !whole.isFinished { try whole.runEpoch() }
        let first = make()
        for _ in 0..<5 { try first.runEpoch() }
        try checkpoint.save(first)
        let second = make()
        #expect(try checkpoint.resume(second))
        #expect(second.history == first.history)
        #expect(second.best == first.best)
        while !second.isFinished { try second.runEpoch() }
        for trainer in [whole, second] { trainer.finish() }
        #expect(second.history == whole.history)
        #expect(second.network.weights.values.map(\.bitPattern) == whole.network.weights.values.map(\.bitPattern))
    }

    @Test("a checkpoint of another training, or a damaged one, is of no use and does no harm")
    func uselessCheckpoints() throws {
        let scratch = try ScratchFolder()
        let path = FilePath(scratch.file("c.safetensors"))
        let first = trainer(epochs: 4)
        try first.runEpoch()
        try Checkpoint(path: path, key: "other").save(first)
        let second = trainer(epochs: 4)
        let before = second.network.weights.values.map(\.bitPattern)
        #expect(try !Checkpoint(path: path, key: "k").resume(second))
        try Checkpoint(path: path, key: "k").save(first)
        let bytes = try scratch.read("c.safetensors")
        for end in [0, 7, 100, bytes.count / 2, bytes.count - 1] {
            try scratch.write(Array(bytes[..<end]), to: "c.safetensors")
            #expect(try !Checkpoint(path: path, key: "k").resume(second))
        }
        #expect(second.network.weights.values.map(\.bitPattern) == before)
        #expect(second.history.isEmpty)
    }

    @Test("rows that weigh nothing teach nothing")
    func weights() throws {
        var rows = puzzle(400, seed: 1)
        for row in 200..<400 {
            rows.weight[row] = 0
            rows.target[row] = 1 - rows.target[row]
        }
        var settings = TrainerSettings(loss: .logistic)
        (settings.epochs, settings.batchSize) = (3, 400)
        func train(_ rows: LearningSet) throws -> [Float] {
            let trainer = Trainer(Network(Self.shape), settings, training: rows, validation: nil, workers: 1)
            while !trainer.isFinished { try trainer.runEpoch() }
            return Array(trainer.network.weights.values)
        }
        let first = try train(rows)
        for row in 200..<400 { rows.target[row] = 0 }
        #expect(try train(rows) == first)
    }
}
