import CKernels
import Learning
import LearningSupport
import Testing

/// What changes the kernels for all threads runs alone.
@Suite(.serialized) struct PackedNetworkTests {
    private static let shapes = [
        Architecture(
            numbers: 37, tables: [Architecture.Table(name: "a", rows: 40, dimension: 5)], hidden: [130, 65],
            activation: .tanh, outputs: 3),
        Architecture(
            numbers: 5, tables: [Architecture.Table(name: "a", rows: 40, dimension: 1)], hidden: [], activation: .relu,
            outputs: 1),
    ]

    @Test("what is packed predicts the bits that learning sees, for any number of rows and kernels", arguments: shapes)
    func sameBits(_ shape: Architecture) {
        defer { vintage_set_kernel_level(2) }
        var sample = SampleRows(seed: 4)
        let rows = sample.rows(500, shape, .squaredError)
        for level in [0, 1, 2] as [Int32] {
            vintage_set_kernel_level(level)
            let network = Network(shape)
            network.initialize(seed: 3)
            let pass = NetworkPass(network, capacity: 500, workers: 1)
            pass.load(rows.matrix, rows: Int32(0)..<500)
            pass.forward()
            let expected = Array(pass.outputs)
            let packed = PackedNetwork(network)
            for count in [0, 1, 2, 3, 4, 7, 191, 192, 193, 500] {
                var some = rows.matrix
                (some.count, some.numbers) = (count, Array(some.numbers.prefix(count * shape.numbers)))
                some.codes = Array(some.codes.prefix(count))
                for workers in [1, 3] {
                    #expect(packed.outputs(of: some, workers: workers) == Array(expected.prefix(count * shape.outputs)))
                }
            }
        }
    }
}
