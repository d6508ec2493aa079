import Splits
import Tables

/// Rows to learn from or to judge by.
package struct LearningSet: Sendable {
    /// The data.
    package var matrix: FeatureMatrix
    /// The number, or the number of the class, of each row.
    package var target: [Float]
    /// How much each row counts.
    package var weight: [Float]
    /// Which rows are ranked among each other; `nil` if none are.
    package var groups: RowGroups?

    /// Takes rows.
    package init(matrix: FeatureMatrix, target: [Float], weight: [Float]? = nil, groups: RowGroups? = nil) {
        self.groups = groups
        let weight = weight ?? Array(repeating: 1, count: target.count)
        precondition(matrix.count == target.count && weight.count == target.count, "a row has one target")
        (self.matrix, self.target, self.weight) = (matrix, target, weight)
    }
}

/// How a network is trained.
public struct TrainerSettings: Sendable, Equatable {
    /// What is made small.
    public var loss: Loss
    /// How weights follow their gradient.
    public var optimizer = OptimizerSettings()
    /// How often each row is seen.
    public var epochs = 20
    /// How many rows make a step.
    public var batchSize = 256
    /// The share of a hidden layer's results that is left out in each step.
    public var dropout = 0.0
    /// After how many epochs without a better loss on the validation training ends; `nil` for all epochs.
    public var patience: Int?
    /// By how much a loss has to be less to be better.
    public var minimumGain = 0.0
    /// What chance begins with.
    public var seed: UInt64 = 0

    /// The settings of a loss, with nothing else said.
    public init(loss: Loss) { self.loss = loss }
}

/// What one epoch came to.
public struct EpochRecord: Sendable, Equatable {
    /// The epoch, from 1.
    public let epoch: Int
    /// How many steps were made so far.
    public let step: Int
    /// The learning rate of the epoch's last step.
    public let learningRate: Double
    /// The mean loss of the training's rows, each as its batch saw it.
    public let trainingLoss: Double
    /// The mean loss of the validation's rows afterwards; `nil` without a validation.
    public let validationLoss: Double?
}

extension EpochRecord {
    /// Whether what the epoch made is kept instead of the best so far; without early stopping the last epoch counts.
    func isKept(over best: EpochRecord?, _ settings: TrainerSettings) -> Bool {
        guard settings.patience != nil, let known = best?.validationLoss, let loss = validationLoss else { return true }
        return loss < known - settings.minimumGain
    }
}

/// Trains a network, epoch by epoch.
///
///     let trainer = Trainer(network, settings, training: rows, validation: later, workers: 2)
///     while !trainer.isFinished { try trainer.runEpoch() }
///     trainer.finish()
///
/// The same rows, settings and seed give the same weights, bit by bit, however many threads work. What an epoch draws
/// by chance depends on the seed and its number alone, so that training can go on from any epoch's end.
package final class Trainer {
    /// The network, its weights as the last epoch left them; after ``finish()`` those of the best epoch.
    package let network: Network
    /// How it is trained.
    package let settings: TrainerSettings
    /// What each epoch came to.
    package private(set) var history: [EpochRecord] = []
    /// The epoch whose weights are kept; `nil` before the first.
    package private(set) var best: EpochRecord?
    let optimizer: Optimizer
    let bestWeights: FloatBuffer
    private let training: LearningSet
    private let validation: LearningSet?
    private let pass: NetworkPass
    private let gradient: Gradient
    private let workers: Int
    private let mask: FloatBuffer?

    /// Prepares training.
    ///
    /// - Parameters:
    ///   - isTrained: whether training goes on from the network's weights; else they are drawn.
    ///   - mask: what each weight is multiplied with after each step; `nil` for nothing.
    package init(
        _ network: Network, _ settings: TrainerSettings, training: LearningSet, validation: LearningSet?,
        isTrained: Bool = false, mask: FloatBuffer? = nil, workers: Int
    ) {
        (self.network, self.settings, self.training, self.validation) = (network, settings, training, validation)
        (self.workers, self.mask) = (workers, mask)
        if !isTrained { network.initialize(seed: Self.seed(settings.seed, stream: 0)) }
        optimizer = Optimizer(settings.optimizer, network)
        bestWeights = FloatBuffer(count: network.weights.count)
        pass = NetworkPass(
            network, capacity: min(settings.batchSize, training.target.count), workers: workers,
            dropout: Float(settings.dropout))
        gradient = Gradient(network)
    }

    /// The seed of one of the things that chance decides.
    private static func seed(_ seed: UInt64, stream: UInt64) -> UInt64 {
        var random = RandomSource(seed: seed)
        return random.next() ^ (stream &* 0xD134_2543_DE82_EF95)
    }

    /// Whether no epoch is left, or the validation has not become better for long enough.
    package var isFinished: Bool {
        if history.count >= settings.epochs { return true }
        guard let patience = settings.patience, let best else { return false }
        return history.count - best.epoch >= patience
    }

    private var stepsPerEpoch: Int {
        (training.target.count + settings.batchSize - 1) / max(1, settings.batchSize)
    }

    /// Shows each row of the training once, in a random order.
    ///
    /// - Throws: ``LearningError/diverged(epoch:)``.
    package func runEpoch() throws(LearningError) {
        let number = history.count
        let stream = UInt64(number + 1)
        var random = RandomSource(seed: Self.seed(settings.seed, stream: 2 * stream))
        let order = random.permutation(of: training.target.count).map { Int32(truncatingIfNeeded: $0) }
        let drops = settings.dropout > 0 && !network.architecture.hidden.isEmpty
        var (sum, total, share) = (0.0, 0.0, 1.0)
        for (step, range) in order.indices.pieces(of: settings.batchSize).enumerated() {
            let rows = order[range]
            pass.load(training.matrix, rows: rows)
            let masks = RandomSource(
                seed: Self.seed(settings.seed, stream: 2 * stream + 1) &+ UInt64(step) &* 0x9FB2_1C65_1E98_DF25)
            pass.forward(dropping: drops ? masks : nil)
            let target = rows.map { training.target[Int($0)] }
            let weight = rows.map { training.weight[Int($0)] }
            sum += settings.loss.evaluate(
                pass.outputs, width: network.architecture.outputs, target: target, weight: weight,
                delta: pass.outputDelta)
            total += weight.reduce(0.0) { $0 + Double($1) }
            pass.backward(gradient, isDropping: drops)
            share = settings.optimizer.schedule.share(
                step: optimizer.step, stepsPerEpoch: stepsPerEpoch, epochs: settings.epochs)
            optimizer.advance(gradient, share: share)
            if let mask { for place in 0..<mask.count { network.weights.base[place] *= mask.base[place] } }
        }
        let loss = total > 0 ? sum / total : 0
        let judged = validation.map { self.loss(of: $0) }
        guard loss.isFinite, judged?.isFinite ?? true else { throw .diverged(epoch: number + 1) }
        let record = EpochRecord(
            epoch: number + 1, step: optimizer.step, learningRate: settings.optimizer.learningRate * share,
            trainingLoss: loss, validationLoss: judged)
        history.append(record)
        keep(record)
    }

    private func keep(_ record: EpochRecord) {
        guard record.isKept(over: best, settings) else { return }
        best = record
        bestWeights.copy(network.weights)
    }

    /// Puts the best epoch's weights in place.
    package func finish() { if best != nil { network.weights.copy(bestWeights) } }

    /// The mean loss of some rows.
    package func loss(of rows: LearningSet) -> Double {
        var outputs = network.outputs(of: rows.matrix, workers: workers)
        let sum = outputs.withUnsafeMutableBufferPointer { outputs in
            settings.loss.evaluate(
                outputs, width: network.architecture.outputs, target: rows.target, weight: rows.weight)
        }
        let total = rows.weight.reduce(0.0) { $0 + Double($1) }
        return total > 0 ? sum / total : 0
    }

    /// Takes up training where it was left.
    func restore(history: [EpochRecord], best: EpochRecord?) { (self.history, self.best) = (history, best) }
}
