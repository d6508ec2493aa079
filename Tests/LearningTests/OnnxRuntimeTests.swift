import Learning
import LearningSupport
import PythonEnvironment
import Testing

@Suite struct OnnxRuntimeTests {
    private let scratch: ScratchFolder

    init() throws { scratch = try ScratchFolder() }

    private static let shape = Architecture(
        numbers: 19, tables: [.init(name: "a", rows: 12, dimension: 4), .init(name: "b", rows: 4, dimension: 2)],
        hidden: [48, 32], activation: .relu, outputs: 3)

    private func network(_ activation: Activation) -> Network {
        var shape = Self.shape
        shape.activation = activation
        let network = Network(shape)
        network.initialize(seed: 11)
        var random = SeededNumbers(seed: 3)
        for part in network.parts where !part.decays {
            for place in part.range { network.weights.base[place] = random.signed() / 4 }
        }
        return network
    }

    private func rows() -> FeatureMatrix {
        var random = SeededNumbers(seed: 5)
        return FeatureMatrix(
            count: 300, width: 19, numbers: (0..<300 * 19).map { _ in 2 * random.signed() }, tables: 2,
            codes: (0..<300).flatMap { _ in [Int32(random.below(12)), Int32(random.below(4))] })
    }

    /// What ONNX Runtime makes of a file of weights and rows.
    private func reference(_ weights: [UInt8], _ rows: FeatureMatrix, _ activation: Activation) throws -> [Float] {
        try scratch.write(weights, to: "weights.safetensors")
        var writer = SafetensorsWriter()
        writer.add("numbers", shape: [rows.count, rows.width], rows.numbers)
        writer.add(
            "codes", .int32, shape: [rows.count, rows.tables],
            rows.codes.flatMap { code in withUnsafeBytes(of: code.littleEndian) { Array($0) } })
        try scratch.write(writer.bytes(), to: "rows.safetensors")
        let files = ["weights", "rows", "outputs"].map { scratch.file("\($0).safetensors") }
        let name = [Activation.relu: "Relu", .tanh: "Tanh", .sigmoid: "Sigmoid"][activation] ?? ""
        try PythonEnvironment.python("LearningTests/networks.py", files + [name] + Self.shape.tables.map(\.name))
        let outputs = try SafetensorsFile(parsing: scratch.read("outputs.safetensors"), name: "outputs")
        return try outputs.floats("outputs", shape: [rows.count, 3])
    }

    @Test("a network says what ONNX Runtime says, to the rounding of its sums", arguments: Activation.allCases)
    func exact(_ activation: Activation) throws {
        let (network, rows) = (network(activation), rows())
        let expected = try reference(network.tensors(nil), rows, activation)
        let found = network.outputs(of: rows, workers: 2)
        #expect(found.count == 900)
        #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-5 })
    }

    @Test(
        "a network of whole numbers says what ONNX Runtime says from the same definition",
        arguments: [Quantization.Format.int8, .int4], [false, true])
    func quantized(_ format: Quantization.Format, isCalibrated: Bool) throws {
        let (network, rows) = (network(.relu), rows())
        let quantized = try QuantizedNetwork(network, format, calibration: isCalibrated ? rows : nil)
        let expected = try reference(quantized.tensors, rows, .relu)
        let found = quantized.outputs(of: rows, workers: 2)
        #expect(found.count == 900)
        // Where a number lies at the middle between two steps, one rounding makes it the one or the other.
        let apart = zip(found, expected).map { abs($0 - $1) }
        #expect(apart.allSatisfy { $0 < 0.05 })
        #expect(apart.count { $0 > 1e-5 } < 9)
    }
}
