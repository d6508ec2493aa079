import Learning
import LearningSupport
import SystemPackage
import Testing

@Suite struct QuantizationTests {
    private let scratch: ScratchFolder

    init() throws {
        scratch = try ScratchFolder()
        try scratch.write(Array(FlightsTable.text(rows: 600).utf8), to: "flights.csv")
    }

    private func trained(_ settings: String = "") throws -> Model {
        try FlightsTable.run(
            scratch, "label: late\nfeatures: [carrier, temp, wind]\nhidden: [9]\nepochs: 2\n" + settings
        )
        .model
    }

    private func network(_ model: Model) throws -> Network {
        guard case .network(let network) = model.engine else { throw LearningError.misuse("it is no network") }
        return network
    }

    /// Writes a model's files and reads them again.
    private func roundTrip(_ model: Model) throws -> Model {
        try OutputFolder.write(model.files, to: FilePath(scratch.file("m")))
        return try read()
    }

    private func read() throws -> Model { try Model(DataPlace(file: FilePath(scratch.file("m")), name: "models/m")) }

    private func rows(_ model: Model) -> FeatureMatrix {
        var random = SeededNumbers(seed: 4)
        let shape = model.preprocessing
        return FeatureMatrix(
            count: 500, width: shape.width, numbers: (0..<500 * shape.width).map { _ in 3 * random.signed() },
            tables: shape.categories.count,
            codes: (0..<500).flatMap { _ in shape.categories.map { Int32(random.below($0.vocabulary.codeCount)) } })
    }

    @Test("a model in any format is read as it was written, and says the same", arguments: Quantization.Format.allCases)
    func roundTrip(_ format: Quantization.Format) throws {
        let model = try trained()
        let rows = rows(model)
        let choices: [Quantization.Activations?] = format.largestCode == nil ? [nil] : [.dynamic, .calibrated]
        for activations in choices {
            let quantization = Quantization(format, activations: activations)
            let small = try model.quantized(quantization, calibration: activations == .calibrated ? rows : nil)
            let found = try roundTrip(small)
            #expect(found.quantization == quantization)
            let (said, expected) = (try found.predict(rows, workers: 1), try small.predict(rows, workers: 2))
            #expect(said == expected)
            let exact = try model.predict(rows, workers: 1)
            let worst = zip(said, exact).map { abs($0 - $1) }.max() ?? 1
            #expect(worst > 0 && worst < (format == .int4 ? 0.3 : 0.05))
        }
    }

    @Test("16 bits are the nearest numbers that there are, half to even")
    func nearest() throws {
        let network = Network(Architecture(numbers: 6, tables: [], hidden: [], activation: .relu, outputs: 1))
        // Between neighbours of 16 bits, at their middle, and below the least.
        let weights: [Float] = [1 + 0x1p-11, 1 + 0x3p-11, 1 + 0x1p-8, 1 + 0x3p-8, -0x1p-30, 3.1415927]
        for (place, weight) in weights.enumerated() { network.weights.base[place] = weight }
        func kept(_ format: Quantization.Format) throws -> [Float] {
            let file = try SafetensorsFile(parsing: network.tensors(format), name: "w")
            return try file.floats(
                "layers.0.weight", shape: [6, 1], type: format == .float16 ? .float16 : .bfloat16)
        }
        #expect(try kept(.float16) == [1, 1 + 0x1p-9, 1 + 0x1p-8, 1 + 0x3p-8, -0.0, 3.140625])
        #expect(try kept(.bfloat16) == [1, 1, 1, 1 + 0x1p-6, -0x1p-30, 3.140625])
    }

    @Test("a weight that half precision has no number for is refused, and named bf16 instead")
    func tooLarge() throws {
        let model = try trained()
        let network = try network(model)
        withExtendedLifetime(network) { network.weights.base[3] = 70_000 }
        #expect {
            try model.quantized(Quantization(.float16), calibration: nil)
        } throws: {
            "\($0)".contains("70000") && "\($0)".contains("bf16")
        }
        let rounded = try self.network(model.quantized(Quantization(.bfloat16), calibration: nil))
        withExtendedLifetime(rounded) { #expect(rounded.weights.base[3] == 70_144) }
    }

    @Test("a range that rows have shown leaves out what is rare and far away")
    func calibration() throws {
        let model = try trained()
        var rows = rows(model)
        rows.numbers[7] = 5000
        let small = try model.quantized(Quantization(.int8, activations: .calibrated), calibration: rows)
        guard case .quantized(let network) = small.engine else {
            Issue.record("it is no network of whole numbers")
            return
        }
        // One number of many thousands would take all steps from the others.
        #expect(network.layers[0].range < 5000)
        #expect(network.layers.allSatisfy { $0.range > 0 })
    }

    @Test("what is not in single precision is not put into fewer bits again")
    func once() throws {
        let small = try trained().quantized(Quantization(.bfloat16), calibration: nil)
        #expect(throws: LearningError.self) { try small.quantized(Quantization(.bfloat16), calibration: nil) }
    }

    @Test("the settings that a model has recorded are those that it was trained with")
    func settings() throws {
        for settings in [
            "",
            "dropout: 0.25\nearly_stopping: {patience: 2}\noptimizer: {name: sgd, schedule: {name: cosine, warmup: 2}}\n",
            "class_weights: {\"true\": 2}\npositive: \"true\"\nweight: temp\n", "class_weights: balanced\nseed: 9\n",
            "split: {by: time, time: time, fractions: [0.5, 0.25, 0.25], horizon: 24h, embargo: 90s}\n",
            "split: {by: random, fractions: [0.5, 0.25, 0.25], seed: 3}\n",
            "split: {column: split}\nembedding: {dimension: 3, minimum_count: 2}\nslices: [carrier]\n",
        ] {
            for kind in ["mlp", "logistic", "trees"] {
                if kind != "mlp" && settings.contains("dropout") || kind == "trees" && settings.contains("optimizer")
                    || kind == "logistic" && settings.contains("dimension")
                    || kind == "trees" && settings.contains("dimension")
                {
                    continue
                }
                let text = "label: late\nmodel: \(kind)\n" + settings
                let configuration = try TrainingConfiguration(parsing: Array(text.utf8), file: "train.yaml")
                let read = try TrainingConfiguration(recorded: .object(configuration.record), file: "model.json")
                #expect(read.digest == configuration.digest, "\(text)")
            }
        }
    }

    // MARK: Hostile files

    @Test(
        "weights in few bits that are damaged are refused with the file's name",
        arguments: [
            ("model.json", "\"format\": \"int4\"", "\"format\": \"int3\""),
            ("model.json", "\"format\": \"int4\"", "\"format\": \"int8\""),
            ("model.json", "\"format\": \"int4\"", "\"format\": \"bf16\""),
            ("model.json", "\"activations\": \"dynamic\"", "\"activations\": \"some\""),
            ("model.json", "\"activations\": \"dynamic\"", "\"activations\": null"),
            ("weights.safetensors", "layers.1.scale", "layers.9.scale"),
            ("weights.safetensors", "table_scales.carrier", "table_scales.carrieR"),
        ])
    func changedText(_ file: String, _ old: String, _ new: String) throws {
        _ = try roundTrip(trained().quantized(Quantization(.int4, activations: .dynamic), calibration: nil))
        let bytes = try scratch.read("m/\(file)")
        let range = try #require(bytes.firstRange(of: Array(old.utf8)))
        try scratch.write(bytes[..<range.lowerBound] + Array(new.utf8) + bytes[range.upperBound...], to: "m/\(file)")
        #expect {
            try read()
        } throws: {
            "\($0)".contains("models/m/")
        }
    }

    @Test("codes that no rounding makes, and scales that are negative, are refused")
    func hostileCodes() throws {
        for format in [Quantization.Format.int8, .int4] {
            _ = try roundTrip(trained().quantized(Quantization(format, activations: .dynamic), calibration: nil))
            let bytes = try scratch.read("m/weights.safetensors")
            let file = try SafetensorsFile(parsing: bytes, name: "w")
            let start = bytes.count - (file.tensors.map(\.bytes.upperBound).max() ?? 0)
            for (name, change) in [
                ("layers.0.weight", [UInt8(format == .int8 ? 0x80 : 0x08)]), ("layers.0.scale", [0, 0, 0x80, 0xbf]),
            ] {
                var changed = bytes
                let place = start + (file[name]?.bytes.lowerBound ?? 0)
                changed.replaceSubrange(place..<(place + change.count), with: change)
                try scratch.write(changed, to: "m/weights.safetensors")
                #expect(throws: SafetensorsError.self) { try read() }
            }
        }
    }
}
