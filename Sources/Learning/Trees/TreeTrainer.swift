/// Grows gradient-boosted trees with XGBoost, round by round.
///
/// Growing can go on from where ``isAtCheckpoint`` says so, to the same trees.
final class TreeTrainer {
    /// What each round came to.
    private(set) var history: [EpochRecord] = []
    /// The round up to which trees are kept.
    private(set) var best: EpochRecord?
    private(set) var booster: TreeBooster
    private let parameters: [(String, String)]
    private let settings: TreeSettings
    private let trainer: TrainerSettings
    private let training: TreeBooster.Rows
    private let validation: TreeBooster.Rows?
    /// For the loss `ndcg`: those of the training, and of the validation if there is one.
    private let rankings: [RankingGradient]
    /// What the trees so far say of the training's rows, for the next round; only for the loss `ndcg`.
    private var scores: [Float]?
    private let workers: Int

    /// - Parameter cutoff: how many places of a ranking count, for the loss `ndcg`.
    init(
        _ settings: TreeSettings, _ trainer: TrainerSettings, training: LearningSet, validation: LearningSet?,
        base: Double, outputs: Int, cutoff: Int, workers: Int
    ) throws(LearningError) {
        (self.settings, self.trainer, self.workers) = (settings, trainer, workers)
        rankings =
            trainer.loss == .ndcg
            ? [training, validation].compactMap { set in
                set.flatMap { set in
                    set.groups.map { RankingGradient($0, relevance: set.target, cutoff: cutoff) }
                }
            } : []
        func rows(_ set: LearningSet) throws(LearningError) -> TreeBooster.Rows {
            // Weights that are all 1 change nothing, and XGBoost would multiply with them in every round.
            let weight = set.weight.allSatisfy { $0 == 1 } ? nil : set.weight
            return try TreeBooster.Rows(
                set.matrix.codesAsNumbers, target: set.target, weight: weight, workers: workers)
        }
        self.training = try rows(training)
        self.validation = try validation.map(rows)
        var parameters = try settings.parameters(
            trainer.loss, outputs: outputs, seed: trainer.seed, threads: workers)
        if !trainer.loss.isForClasses { parameters.append(("base_score", "\(base)")) }
        self.parameters = parameters
        booster = try TreeBooster([self.training] + [self.validation].compactMap { $0 }, parameters)
    }

    /// Whether no round is left, or the validation has not become better for long enough.
    var isFinished: Bool {
        if history.count >= settings.rounds { return true }
        guard let patience = trainer.patience, let best else { return false }
        return history.count - best.epoch >= patience
    }

    /// Adds a round's trees.
    func runRound() throws(LearningError) {
        let round = history.count
        let losses = rankings.isEmpty ? try grow(round) : try rank()
        let record = EpochRecord(
            epoch: round + 1, step: round + 1, learningRate: settings.learningRate, trainingLoss: losses[0],
            validationLoss: losses.count > 1 ? losses[1] : nil)
        guard record.trainingLoss.isFinite, record.validationLoss?.isFinite ?? true else {
            throw .diverged(epoch: round + 1)
        }
        history.append(record)
        if record.isKept(over: best, trainer) { best = record }
        // What XGBoost draws rows and columns with is no part of its state. A booster that begins anew from the state draws
        // as one that begins from a checkpoint does, so growing begins anew wherever there is a checkpoint.
        if isAtCheckpoint, draws { try restore(try booster.state(), history: history, best: best) }
    }

    private func grow(_ round: Int) throws(LearningError) -> [Double] {
        try booster.update(round: round, training)
        return try booster.losses(round: round, [training] + [validation].compactMap { $0 })
    }

    private func rank() throws(LearningError) -> [Double] {
        let known: [Float]
        if let scores { known = scores } else { known = try booster.margins(training, isTraining: true) }
        let (first, second) = rankings[0].derivatives(known, workers: workers)
        try booster.boost(training, first: first, second: second)
        let scores = try booster.margins(training, isTraining: true)
        self.scores = scores
        var losses = [rankings[0].loss(scores, workers: workers)]
        if let validation, rankings.count > 1 {
            losses.append(rankings[1].loss(try booster.margins(validation), workers: workers))
        }
        return losses
    }

    /// Whether chance chooses rows or columns.
    private var draws: Bool { settings.rowShare < 1 || settings.columnShare < 1 }

    /// Whether growing may go on from here: after each tenth round. To begin anew costs as much as to predict with all trees
    /// so far, so that where it has to, it is after 10 rounds, 20, 40 and so on.
    var isAtCheckpoint: Bool {
        if !draws { return history.count % 10 == 0 }
        let (tens, rest) = history.count.quotientAndRemainder(dividingBy: 10)
        return rest == 0 && tens > 0 && tens & (tens - 1) == 0
    }

    /// The trees up to the best round, as XGBoost writes them.
    func finish() throws(LearningError) -> [UInt8] {
        guard let best, best.epoch < history.count else { return try booster.model() }
        return try booster.prefix(best.epoch).model()
    }

    /// Goes on where growing was left.
    func restore(_ state: [UInt8], history: [EpochRecord], best: EpochRecord?) throws(LearningError) {
        booster = try TreeBooster([training] + [validation].compactMap { $0 }, parameters)
        try booster.restore(state)
        (self.history, self.best, scores) = (history, best, nil)
    }
}
