import Learning
import LearningSupport

/// A network in double precision, straight from its definition, that the fast one is held against.
struct NetworkOracle {
    let shape: Architecture
    /// All weights, as a network has them.
    var weights: [Double]
    let parts: [Range<Int>]

    init(_ network: Network) {
        shape = network.architecture
        weights = network.weights.values.map { Double($0) }
        parts = network.parts.map(\.range)
    }

    /// What comes out for a row.
    func output(_ numbers: [Double], _ codes: [Int]) -> [Double] {
        var x = numbers
        func row(_ table: Int) -> ArraySlice<Double> {
            let width = shape.tables[table].dimension
            let start = parts[2 * shape.layers.count + table].lowerBound + codes[table] * width
            return weights[start..<(start + width)]
        }
        if !shape.addsTables { for table in shape.tables.indices { x += row(table) } }
        for (number, layer) in shape.layers.enumerated() {
            let weight = parts[2 * number].lowerBound
            let bias = parts[2 * number + 1].lowerBound
            var y = [Double](repeating: 0, count: layer.outputs)
            for o in 0..<layer.outputs {
                y[o] = weights[bias + o]
                for i in 0..<layer.inputs { y[o] += x[i] * weights[weight + i * layer.outputs + o] }
            }
            if number < shape.hidden.count { y = y.map(activated) }
            x = y
        }
        if shape.addsTables {
            for table in shape.tables.indices { for (o, value) in row(table).enumerated() { x[o] += value } }
        }
        return x
    }

    private func activated(_ x: Double) -> Double {
        switch shape.activation {
        case .relu: max(x, 0)
        case .tanh: (PlainMath.exponential(2 * x) - 1) / (PlainMath.exponential(2 * x) + 1)
        case .sigmoid: 1 / (1 + PlainMath.exponential(-x))
        }
    }

    /// The weighted mean loss of rows.
    func loss(_ loss: Loss, _ rows: LearningSet) -> Double {
        var (sum, total) = (0.0, 0.0)
        let matrix = rows.matrix
        for row in 0..<matrix.count {
            let numbers = matrix.numbers[(row * matrix.width)..<((row + 1) * matrix.width)].map { Double($0) }
            let codes = matrix.codes[(row * matrix.tables)..<((row + 1) * matrix.tables)].map { Int($0) }
            let weight = Double(rows.weight[row])
            sum += weight * Self.value(loss, output(numbers, codes), Double(rows.target[row]))
            total += weight
        }
        return sum / total
    }

    /// The losses as textbooks write them.
    private static func value(_ loss: Loss, _ output: [Double], _ target: Double) -> Double {
        let y = output[0]
        let difference = abs(y - target)
        let probability = 1 / (1 + PlainMath.exponential(target > 0.5 ? -y : y))
        switch loss {
        case .squaredError: return difference * difference / 2
        case .absoluteError: return difference
        case .huber: return difference <= 1 ? difference * difference / 2 : difference - 0.5
        case .poisson: return PlainMath.exponential(y) - target * y
        case .logistic: return -PlainMath.logarithm(probability)
        case .focal: return -(1 - probability) * (1 - probability) * PlainMath.logarithm(probability)
        case .softmax:
            let powers = output.map { PlainMath.exponential($0) }
            return -PlainMath.logarithm(powers[Int(target)] / powers.reduce(0, +))
        case .ndcg: preconditionFailure("no network learns it")
        }
    }

    /// The derivative of the mean loss by a weight, by a small step to both sides.
    mutating func derivative(_ place: Int, _ loss: Loss, _ rows: LearningSet) -> Double {
        let (step, weight) = (1e-5, weights[place])
        weights[place] = weight + step
        let above = self.loss(loss, rows)
        weights[place] = weight - step
        let below = self.loss(loss, rows)
        weights[place] = weight
        return (above - below) / (2 * step)
    }
}

/// Rows by a fixed seed.
struct SampleRows {
    var random: SeededNumbers

    init(seed: UInt64) { random = SeededNumbers(seed: seed) }

    mutating func rows(_ count: Int, _ shape: Architecture, _ loss: Loss) -> LearningSet {
        let numbers = (0..<(count * shape.numbers)).map { _ in random.signed() }
        var codes: [Int32] = []
        for _ in 0..<count {
            for table in shape.tables { codes.append(Int32(random.below(table.rows))) }
        }
        let target = (0..<count).map { _ -> Float in
            switch loss {
            case .squaredError, .absoluteError, .huber: 3 * random.signed()
            case .poisson: Float(random.below(5))
            case .logistic, .focal: Float(random.below(2))
            case .softmax: Float(random.below(shape.outputs))
            case .ndcg: preconditionFailure("no network learns it")
            }
        }
        let weight = (0..<count).map { _ in 0.25 + abs(random.signed()) }
        return LearningSet(
            matrix: FeatureMatrix(
                count: count, width: shape.numbers, numbers: numbers, tables: shape.tables.count, codes: codes),
            target: target, weight: weight)
    }
}
