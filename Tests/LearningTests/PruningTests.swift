import Learning
import LearningSupport
import SystemPackage
import Testing
import TextFormats

@Suite struct PruningTests {
    private let scratch: ScratchFolder

    init() throws {
        scratch = try ScratchFolder()
        try scratch.write(Array(FlightsTable.text(rows: 1500).utf8), to: "flights.csv")
    }

    private func trained(_ settings: String) throws -> Model {
        try FlightsTable.run(scratch, "features: [carrier, temp, wind]\n" + settings).model
    }

    private func run(_ model: Model) throws -> TrainingRun {
        let place = try DataPlace(file: FilePath(scratch.file("flights.csv")), name: "flights.csv")
        return try TrainingRun(of: model, place, options: .init(naiveTimestamps: .kept), workers: 2)
    }

    private func network(_ model: Model) throws -> Network {
        guard case .network(let network) = model.engine else { throw LearningError.misuse("it is no network") }
        return network
    }

    private func trees(_ model: Model) throws -> [JSON] {
        guard case .trees(let trees) = model.engine else { throw LearningError.misuse("it has no trees") }
        let json = try JSON(parsing: trees.bytes)
        return json["learner"]["gradient_booster"]["model"]["trees"].elements ?? []
    }

    private func splits(_ trees: [JSON]) -> Int {
        trees.reduce(0) { sum, tree in sum + (tree["left_children"].elements ?? []).count { $0.count != nil } }
    }

    private func error(_ model: Model) throws -> Double {
        let report = try run(model).report(on: .test) { try model.predict($0, workers: 1) }
        return report.metrics.first { $0.metric == .rmse || $0.metric == .logLoss }?.value ?? .nan
    }

    // MARK: Networks

    @Test("the smallest weights of each layer become 0, and stay so while training goes on", arguments: [0, 2])
    func weights(_ epochs: Int) throws {
        let model = try trained("label: late\nhidden: [10]\nepochs: 2\n")
        let pruned = try model.pruned(Pruning(.weights, share: 0.6, epochs: epochs), by: run(model), rounds: 0)
        #expect(pruned.history.count == epochs)
        let (old, new) = (try network(model), try network(pruned.model))
        for number in old.architecture.layers.indices {
            let range = old.parts[2 * number].range
            let (before, after) = (Array(old.weights[range]), Array(new.weights[range]))
            let zeros = after.indices.filter { after[$0] == 0 }
            #expect(zeros.count == Int(0.6 * Double(range.count)))
            let largest = zeros.map { abs(before[$0]) }.max() ?? 0
            #expect(before.indices.filter { after[$0] != 0 }.allSatisfy { abs(before[$0]) >= largest })
            if epochs > 0 { #expect(after.indices.contains { after[$0] != 0 && after[$0] != before[$0] }) }
        }
    }

    @Test("neurons that give nothing are the first to go, and without them outputs are the same")
    func neurons() throws {
        let shape = Architecture(
            numbers: 4, tables: [.init(name: "a", rows: 5, dimension: 2)], hidden: [6, 3], activation: .relu, outputs: 2
        )
        let network = Network(shape)
        network.initialize(seed: 1)
        for neuron in [1, 4] {
            for column in 0..<3 { network.weights.base[network.parts[2].range.lowerBound + neuron * 3 + column] = 0 }
        }
        for row in 0..<6 { network.weights.base[network.parts[2].range.lowerBound + row * 3 + 2] = 0 }
        let pruned = network.prunedNeurons(try Pruning(.neurons, share: 0.34))
        #expect(pruned.architecture.hidden == [4, 2])
        var random = SeededNumbers(seed: 2)
        let rows = FeatureMatrix(
            count: 50, width: 4, numbers: (0..<200).map { _ in random.signed() }, tables: 1,
            codes: (0..<50).map { _ in Int32(random.below(5)) })
        let (expected, found) = (network.outputs(of: rows, workers: 1), pruned.outputs(of: rows, workers: 1))
        #expect(zip(expected, found).allSatisfy { abs($0 - $1) < 1e-5 })
    }

    @Test("training further makes good some of what pruning has cost")
    func tuning() throws {
        let model = try trained("label: delay\nhidden: [32]\nepochs: 15\n")
        let cut = try model.pruned(Pruning(.neurons, share: 0.7), by: run(model), rounds: 0).model
        let tuned = try model.pruned(Pruning(.neurons, share: 0.7, epochs: 10), by: run(model), rounds: 0).model
        #expect(try network(tuned).architecture.hidden == [10])
        #expect(try error(tuned) < error(cut))
    }

    @Test("a model without neurons, or trees, refuses what it does not have, and one in few bits everything")
    func unsuitable() throws {
        let linear = try trained("label: delay\nmodel: linear\nepochs: 1\n")
        for unit in [Pruning.Unit.neurons, .splits] {
            #expect(throws: LearningError.self) {
                try linear.pruned(Pruning(unit, share: 0.5), by: run(linear), rounds: 0)
            }
        }
        let small = try linear.quantized(Quantization(.bfloat16), calibration: nil)
        #expect(throws: LearningError.self) {
            try small.pruned(Pruning(.weights, share: 0.5), by: run(small), rounds: 0)
        }
        #expect(throws: LearningError.self) { try Pruning(.weights, share: 1) }
        #expect(throws: LearningError.self) { try Pruning(.splits, share: 0.5, epochs: 2) }
    }

    // MARK: Trees

    @Test("a tree pruned by gain is the one that XGBoost prunes itself by its own bound")
    func oracle() throws {
        let settings = "label: delay\nmodel: trees\n"
        let full = try trained(settings + "trees: {rounds: 1, depth: 5}\n")
        let all = splits(try trees(full))
        for bound in [100.0, 20_000, 100_000] {
            let expected = try trained(settings + "trees: {rounds: 1, depth: 5, minimum_gain: \(bound)}\n")
            let left = splits(try trees(expected))
            let share = Double(all - left) / Double(all) + 1e-9
            let pruned = try full.pruned(Pruning(.splits, share: share), by: run(full), rounds: 1).model
            #expect(splits(try trees(pruned)) == left)
            let matrix = try #require(try run(full).matrix(of: .test))
            let (found, wanted) = (try pruned.predict(matrix, workers: 1), try expected.predict(matrix, workers: 1))
            #expect(zip(found, wanted).allSatisfy { abs($0 - $1) < 1e-3 })
        }
    }

    @Test("a share of the splits of all trees goes, and leaves that are found anew fit the rows better")
    func refreshed() throws {
        let model = try trained("label: delay\nmodel: trees\ntrees: {rounds: 20, depth: 5}\n")
        let all = splits(try trees(model))
        let cut = try model.pruned(Pruning(.splits, share: 0.8), by: run(model), rounds: 20).model
        #expect(splits(try trees(cut)) == all - Int(0.8 * Double(all)))
        let refreshed = try model.pruned(Pruning(.splits, share: 0.8, epochs: 1), by: run(model), rounds: 20).model
        #expect(splits(try trees(refreshed)) == splits(try trees(cut)))
        #expect(try error(refreshed) < error(cut))
    }
}
