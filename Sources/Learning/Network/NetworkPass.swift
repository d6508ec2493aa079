import CKernels
import Splits

/// One batch on its way through a network, forwards and backwards.
///
///     let pass = NetworkPass(network, capacity: 256, workers: 2)
///     pass.load(matrix, rows: [0, 5, 3])
///     pass.forward()
///     pass.outputs      // 3 × outputs
///
/// All memory is taken once, for the largest batch. One thread at a time uses a pass; it shares work out itself.
package final class NetworkPass {
    private let network: Network
    /// The weights in the order of reading, where they do not change.
    private let packed: [PackedMatrix]?
    private let multiplier: MatrixMultiplier
    /// How many rows the batch has.
    package private(set) var count = 0
    /// batch × inputWidth
    private let input: FloatBuffer
    /// What each layer makes, the activation done: batch × its outputs.
    private let results: [FloatBuffer]
    /// The same where dropout has left some out; the next layer takes these.
    private let dropped: [FloatBuffer]
    /// What dropout multiplied with.
    private let masks: [FloatBuffer]
    /// The loss's derivatives by what each layer makes: batch × its outputs.
    private let deltas: [FloatBuffer]
    /// The loss's derivatives by the input; only where tables are part of it.
    private let inputDelta: FloatBuffer?
    /// batch × tables
    private var codes: [Int32]
    private var dropout: Float = 0

    /// Takes memory for batches.
    ///
    /// - Parameters:
    ///   - capacity: how many rows a batch has at most.
    ///   - dropout: the share of each hidden layer's results that ``forward(dropping:)`` leaves out.
    package convenience init(_ network: Network, capacity: Int, workers: Int, dropout: Float = 0) {
        self.init(network, packed: nil, capacity: capacity, workers: workers, dropout: dropout, learns: true)
    }

    /// Takes memory for batches that only go forwards, on one thread.
    convenience init(_ network: PackedNetwork, capacity: Int) {
        self.init(
            network.network, packed: network.layers, capacity: capacity, workers: 1, dropout: 0, learns: false)
    }

    private init(
        _ network: Network, packed: [PackedMatrix]?, capacity: Int, workers: Int, dropout: Float, learns: Bool
    ) {
        self.network = network
        self.packed = packed
        self.dropout = dropout
        multiplier = MatrixMultiplier(workers: workers)
        let shape = network.architecture
        input = FloatBuffer(count: capacity * shape.inputWidth)
        results = network.layers.map { FloatBuffer(count: capacity * $0.outputs) }
        deltas = learns ? network.layers.map { FloatBuffer(count: capacity * $0.outputs) } : []
        let drops = learns && dropout > 0
        dropped = drops ? shape.hidden.map { FloatBuffer(count: capacity * $0) } : []
        masks = drops ? shape.hidden.map { FloatBuffer(count: capacity * $0) } : []
        let hasTables = !shape.tables.isEmpty && !shape.addsTables
        inputDelta = learns && hasTables ? FloatBuffer(count: capacity * shape.inputWidth) : nil
        codes = []
    }

    /// What came out: batch × outputs.
    package var outputs: UnsafeMutableBufferPointer<Float> {
        let shape = network.architecture
        return results[network.layers.count - 1][0..<(count * shape.outputs)]
    }

    /// The loss's derivatives by what came out, to be filled before ``backward(_:)``: batch × outputs.
    package var outputDelta: UnsafeMutableBufferPointer<Float> {
        let shape = network.architecture
        return deltas[network.layers.count - 1][0..<(count * shape.outputs)]
    }

    // MARK: Forwards

    /// Takes some rows of data as the batch.
    package func load(_ matrix: FeatureMatrix, rows: some RandomAccessCollection<Int32>) {
        let shape = network.architecture
        precondition(matrix.width == shape.numbers && matrix.tables == shape.tables.count, "the data has another shape")
        count = rows.count
        codes.removeAll(keepingCapacity: true)
        let width = shape.inputWidth
        precondition(count * width <= input.count || width == 0, "the batch is larger than the memory for it")
        matrix.numbers.withUnsafeBufferPointer { numbers in
            matrix.codes.withUnsafeBufferPointer { given in
                var target = input.base
                for row in rows {
                    let row = Int(row)
                    for column in 0..<matrix.width { target[column] = numbers[row * matrix.width + column] }
                    var place = matrix.width
                    for (number, table) in shape.tables.enumerated() {
                        let code = given[row * matrix.tables + number]
                        precondition(code >= 0 && Int(code) < table.rows, "a code has no row in its table")
                        codes.append(code)
                        if shape.addsTables { continue }
                        let values =
                            network.weights.base + network.table(number).range.lowerBound
                            + Int(code) * table.dimension
                        (target + place).update(from: values, count: table.dimension)
                        place += table.dimension
                    }
                    target += width
                }
            }
        }
    }

    /// Computes what comes out.
    ///
    /// - Parameter random: chooses what dropout leaves out; `nil` leaves out nothing.
    package func forward(dropping random: RandomSource? = nil) {
        let shape = network.architecture
        var random = random
        for (number, layer) in network.layers.enumerated() {
            let isLast = number == shape.hidden.count
            let left = MatrixMultiplier.Place(
                taken(by: number, isDropping: random != nil), rowStride: layer.inputs)
            if let packed {
                MatrixMultiplier.multiply(
                    left, packed[number], rows: count, into: results[number].base, stride: layer.outputs,
                    bias: network.bias(number))
            } else {
                multiplier.multiply(
                    left, .init(network.weight(number), rowStride: layer.outputs), rows: count, depth: layer.inputs,
                    width: layer.outputs, into: results[number].base, stride: layer.outputs,
                    bias: network.bias(number))
            }
            if isLast { break }
            vintage_activate(shape.activation.kernel, results[number].base, Int64(count * layer.outputs))
            if random != nil, dropout > 0 { drop(number, &random!) }
        }
        if shape.addsTables { addTables() }
    }

    /// What a layer takes.
    private func taken(by layer: Int, isDropping: Bool) -> UnsafeMutablePointer<Float> {
        if layer == 0 { return input.base }
        return isDropping && dropout > 0 ? dropped[layer - 1].base : results[layer - 1].base
    }

    /// Leaves out some of a layer's results, and raises the others so that their sum stays as it is on average.
    private func drop(_ layer: Int, _ random: inout RandomSource) {
        let size = count * network.architecture.hidden[layer]
        let raise = 1 / (1 - dropout)
        // Four numbers of 16 bits out of each draw.
        let threshold = UInt64((dropout * 65536).rounded())
        var bits: UInt64 = 0
        let (mask, from, to) = (masks[layer].base, results[layer].base, dropped[layer].base)
        for place in 0..<size {
            if place & 3 == 0 { bits = random.next() }
            let factor = bits & 0xffff < threshold ? 0 : raise
            bits >>= 16
            mask[place] = factor
            to[place] = from[place] * factor
        }
    }

    private func addTables() {
        let shape = network.architecture
        let output = results[0].base
        for row in 0..<count {
            for number in shape.tables.indices {
                let values =
                    network.weights.base + network.table(number).range.lowerBound
                    + Int(codes[row * shape.tables.count + number]) * shape.outputs
                for column in 0..<shape.outputs { output[row * shape.outputs + column] += values[column] }
            }
        }
    }

    // MARK: Backwards

    /// Computes the loss's derivatives by all weights, from ``outputDelta``.
    ///
    /// - Parameter isDropping: whether the batch went forwards with dropout.
    package func backward(_ gradient: Gradient, isDropping: Bool = false) {
        let shape = network.architecture
        gradient.begin()
        for (number, layer) in network.layers.enumerated().reversed() {
            let delta = deltas[number].base
            if number < shape.hidden.count {
                let size = count * layer.outputs
                if isDropping, dropout > 0 {
                    let mask = masks[number].base
                    for place in 0..<size { delta[place] *= mask[place] }
                }
                vintage_activation_gradient(shape.activation.kernel, results[number].base, delta, Int64(size))
            }
            let taken = MatrixMultiplier.Place(taken(by: number, isDropping: isDropping), rowStride: layer.inputs)
            multiplier.multiply(
                taken.transposed, .init(delta, rowStride: layer.outputs), rows: layer.inputs, depth: count,
                width: layer.outputs, into: gradient.values.base + network.parts[2 * number].range.lowerBound,
                stride: layer.outputs)
            vintage_column_sums(
                delta, Int64(count), Int64(layer.outputs), Int64(layer.outputs),
                gradient.values.base + network.parts[2 * number + 1].range.lowerBound)
            guard let target = number > 0 ? deltas[number - 1] : inputDelta else { continue }
            multiplier.multiply(
                .init(delta, rowStride: layer.outputs),
                MatrixMultiplier.Place(network.weight(number), rowStride: layer.outputs).transposed, rows: count,
                depth: layer.outputs, width: layer.inputs, into: target.base, stride: layer.inputs)
        }
        addTableGradients(gradient)
    }

    private func addTableGradients(_ gradient: Gradient) {
        let shape = network.architecture
        if shape.tables.isEmpty { return }
        let from = shape.addsTables ? deltas[0].base : inputDelta?.base
        guard let from else { return }
        let stride = shape.addsTables ? shape.outputs : shape.inputWidth
        var first = shape.addsTables ? 0 : shape.numbers
        for (number, table) in shape.tables.enumerated() {
            for row in 0..<count {
                let code = codes[row * shape.tables.count + number]
                let target = gradient.touch(table: number, row: code)
                let source = from + row * stride + first
                for column in 0..<table.dimension { target[column] += source[column] }
            }
            if !shape.addsTables { first += table.dimension }
        }
    }
}

/// The loss's derivatives by the weights of a network, where they lie as the weights do.
///
/// Of tables only the rows that a batch has looked up are there.
package final class Gradient {
    /// The derivatives. Those of a table's row that is not in ``touched`` are zero.
    package let values: FloatBuffer
    /// The rows of each table that the batch has looked up, in the order in which it did.
    package private(set) var touched: [[Int32]]
    private let network: Network
    private var isTouched: [[Bool]]

    /// Derivatives that are all zero.
    package init(_ network: Network) {
        self.network = network
        values = FloatBuffer(count: network.weights.count)
        touched = network.architecture.tables.map { _ in [] }
        isTouched = network.architecture.tables.map { Array(repeating: false, count: $0.rows) }
    }

    /// Forgets what the last batch has looked up.
    func begin() {
        for (number, table) in network.architecture.tables.enumerated() {
            for row in touched[number] {
                isTouched[number][Int(row)] = false
                (values.base + place(number, row)).update(repeating: 0, count: table.dimension)
            }
            touched[number].removeAll(keepingCapacity: true)
        }
    }

    /// The derivatives of a table's row, to be added to.
    func touch(table: Int, row: Int32) -> UnsafeMutablePointer<Float> {
        if !isTouched[table][Int(row)] {
            isTouched[table][Int(row)] = true
            touched[table].append(row)
        }
        return values.base + place(table, row)
    }

    private func place(_ table: Int, _ row: Int32) -> Int {
        network.table(table).range.lowerBound + Int(row) * network.architecture.tables[table].dimension
    }
}
