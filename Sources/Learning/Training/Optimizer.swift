import CKernels

/// How weights follow their gradient.
public struct OptimizerSettings: Sendable, Equatable {
    /// The rule.
    public enum Rule: String, Sendable, CaseIterable {
        /// Adam (Kingma and Ba, 2015) with decoupled weight decay (Loshchilov and Hutter, 2019).
        case adam
        /// Gradient descent with momentum.
        case sgd
    }

    /// The rule.
    public var rule = Rule.adam
    /// How far a step goes.
    public var learningRate = 0.001
    /// How the rate goes with time.
    public var schedule = Schedule()
    /// How much of the last step goes on, for ``Rule/sgd``.
    public var momentum = 0.9
    /// How slowly Adam's mean of the gradient moves.
    public var beta1 = 0.9
    /// How slowly Adam's mean of the squared gradient moves.
    public var beta2 = 0.999
    /// What keeps Adam from dividing by 0.
    public var epsilon = 1e-8
    /// How much weights are pulled towards 0, times the rate; biases are not.
    public var weightDecay = 0.0

    /// Adam with its authors' settings.
    public init() {}
}

/// Moves the weights of a network, step by step.
///
/// A table's row moves only in steps whose batch has looked it up; so does what the rule remembers of it.
package final class Optimizer {
    private let settings: OptimizerSettings
    private let network: Network
    /// What the rule remembers of each weight: the mean of the gradient, or the last step.
    package let first: FloatBuffer
    /// Adam's mean of the squared gradient; empty for gradient descent.
    package let second: FloatBuffer
    /// How many steps were made.
    package var step = 0

    /// A rule that remembers nothing yet.
    package init(_ settings: OptimizerSettings, _ network: Network) {
        (self.settings, self.network) = (settings, network)
        first = FloatBuffer(count: network.weights.count)
        second = FloatBuffer(count: settings.rule == .adam ? network.weights.count : 0)
    }

    /// Makes a step.
    ///
    /// - Parameter share: the share of the learning rate, as the schedule has it.
    package func advance(_ gradient: Gradient, share: Double) {
        step += 1
        let rate = Float(settings.learningRate * share)
        let correction = (1 / (1 - power(settings.beta1, step)), 1 / (1 - power(settings.beta2, step)))
        func move(_ place: Int, _ count: Int, decays: Bool) {
            let decay = decays ? Float(settings.weightDecay) : 0
            let weights = network.weights.base + place
            switch settings.rule {
            case .adam:
                let step = VintageAdamStep(
                    rate: rate, beta1: Float(settings.beta1), beta2: Float(settings.beta2),
                    epsilon: Float(settings.epsilon), decay: decay, inverse_correction1: Float(correction.0),
                    inverse_correction2: Float(correction.1))
                vintage_adam(
                    step, gradient.values.base + place, first.base + place, second.base + place, weights, Int64(count))
            case .sgd:
                vintage_descend(
                    rate, Float(settings.momentum), decay, gradient.values.base + place, first.base + place, weights,
                    Int64(count))
            }
        }
        for part in network.parts.prefix(2 * network.architecture.layers.count) {
            move(part.range.lowerBound, part.range.count, decays: part.decays)
        }
        for (number, table) in network.architecture.tables.enumerated() {
            let start = network.table(number).range.lowerBound
            for row in gradient.touched[number] {
                move(start + Int(row) * table.dimension, table.dimension, decays: true)
            }
        }
    }

    /// A number to the power of a whole one, by multiplications alone.
    private func power(_ base: Double, _ exponent: Int) -> Double {
        var (result, factor, rest) = (1.0, base, exponent)
        while rest > 0 {
            if rest & 1 != 0 { result *= factor }
            factor *= factor
            rest >>= 1
        }
        return result
    }
}
