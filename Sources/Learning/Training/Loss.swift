/// What training makes small.
public enum Loss: String, Sendable, CaseIterable {
    /// Half the squared difference.
    case squaredError = "squared_error"
    /// The difference without its sign.
    case absoluteError = "absolute_error"
    /// Half the squared difference up to a difference of 1, beyond it a line (Huber, 1964).
    case huber
    /// For counts: exp(output) - target × output.
    case poisson
    /// For two classes: the cross entropy of the logistic function of the output.
    case logistic
    /// For two classes: as `logistic`, weighted by (1 - the probability of the right class)² (Lin and others, 2017).
    case focal
    /// For several classes: the cross entropy of the outputs' softmax.
    case softmax

    /// For rows that are ranked among those of their group: what the normalized gain of the first places lacks. Trees
    /// alone learn it.
    case ndcg

    /// Whether the target is a class and not a number.
    public var isForClasses: Bool { self == .logistic || self == .focal || self == .softmax }

    /// Computes the loss of a batch, and its derivatives.
    ///
    /// - Parameters:
    ///   - outputs: what the network made: batch × width.
    ///   - width: how many outputs a row has; more than 1 for ``softmax`` only.
    ///   - target: the number, or the number of the class, of each row.
    ///   - weight: how much each row counts.
    ///   - delta: gets the derivatives of the weighted mean by the outputs, if it is there: batch × width.
    /// - Returns: the rows' losses, each times its weight, added up.
    package func evaluate(
        _ outputs: UnsafeMutableBufferPointer<Float>, width: Int, target: [Float], weight: [Float],
        delta: UnsafeMutableBufferPointer<Float>? = nil
    ) -> Double {
        precondition(outputs.count == target.count * width && weight.count == target.count, "a row has one target")
        let total = weight.reduce(0.0) { $0 + Double($1) }
        let scale = total > 0 ? 1 / total : 0
        var sum = 0.0
        for row in target.indices {
            let factor = Double(weight[row])
            if self == .softmax {
                let values = outputs[(row * width)..<((row + 1) * width)]
                sum += factor * Self.softmax(values, Int(target[row]), factor * scale, delta, row * width)
                continue
            }
            let (loss, slope) = value(Double(outputs[row]), Double(target[row]))
            sum += factor * loss
            delta?[row] = Float(factor * scale * slope)
        }
        return sum
    }

    /// The loss of one output, and its derivative.
    func value(_ output: Double, _ target: Double) -> (loss: Double, slope: Double) {
        let difference = output - target
        switch self {
        case .squaredError: return (difference * difference / 2, difference)
        case .absoluteError: return (abs(difference), difference == 0 ? 0 : difference < 0 ? -1 : 1)
        case .huber:
            let size = abs(difference)
            return size <= 1 ? (size * size / 2, difference) : (size - 0.5, difference < 0 ? -1 : 1)
        case .poisson:
            // Above 30 a line goes on, so that one wild step does not end in infinity.
            let bounded = min(output, 30)
            let rate = PlainMath.exponential(bounded)
            return (rate * (1 + output - bounded) - target * output, rate - target)
        case .logistic: return (PlainMath.softplus(output) - target * output, PlainMath.logistic(output) - target)
        case .focal:
            // z is the output as the right class sees it.
            let sign = target > 0.5 ? 1.0 : -1.0
            let z = sign * output
            let (wrong, entropy) = (PlainMath.logistic(-z), PlainMath.softplus(-z))
            return (wrong * wrong * entropy, -sign * wrong * wrong * (2 * (1 - wrong) * entropy + wrong))
        case .softmax, .ndcg: preconditionFailure("the loss is not one of single outputs")
        }
    }

    private static func softmax(
        _ outputs: Slice<UnsafeMutableBufferPointer<Float>>, _ target: Int, _ scale: Double,
        _ delta: UnsafeMutableBufferPointer<Float>?, _ place: Int
    ) -> Double {
        precondition(target >= 0 && target < outputs.count, "there is no such class")
        let largest = Double(outputs.max() ?? 0)
        var sum = 0.0
        for value in outputs { sum += PlainMath.exponential(Double(value) - largest) }
        if let delta {
            for (number, value) in outputs.enumerated() {
                let probability = PlainMath.exponential(Double(value) - largest) / sum
                delta[place + number] = Float(scale * (probability - (number == target ? 1 : 0)))
            }
        }
        return PlainMath.logarithm(sum) - (Double(outputs[outputs.startIndex + target]) - largest)
    }

    /// What an output says: the mean for a number, the probability of each class for a class.
    ///
    /// - Returns: a number a row for a regression and for two classes (that of the second), else one for each class.
    package func predictions(_ outputs: UnsafeMutableBufferPointer<Float>, width: Int) -> [Double] {
        switch self {
        case .squaredError, .absoluteError, .huber, .ndcg: return outputs.map { Double($0) }
        case .poisson: return outputs.map { PlainMath.exponential(min(Double($0), 30)) }
        case .logistic, .focal: return outputs.map { PlainMath.logistic(Double($0)) }
        case .softmax:
            var probabilities: [Double] = []
            for row in 0..<(outputs.count / width) {
                let values = outputs[(row * width)..<((row + 1) * width)]
                let largest = Double(values.max() ?? 0)
                let powers = values.map { PlainMath.exponential(Double($0) - largest) }
                let sum = powers.reduce(0, +)
                probabilities += powers.map { $0 / sum }
            }
            return probabilities
        }
    }
}
