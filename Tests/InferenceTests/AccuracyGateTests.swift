import Foundation
import Inference
import Learning
import LearningSupport
import SystemPackage
import Tables
import Testing

@Suite struct AccuracyGateTests {
    private let scratch: ScratchFolder
    private let data: DataPlace

    init() throws {
        scratch = try ScratchFolder()
        try scratch.write(Array(FlightsTable.text(rows: 2000).utf8), to: "flights.csv")
        data = try DataPlace(file: FilePath(scratch.file("flights.csv")), name: "flights.csv")
    }

    private func report(_ candidate: String, _ baseline: String, limit: Double) throws -> BenchmarkReport {
        let places = try [("new", candidate), ("old", baseline)].map { name, settings in
            try FlightsTable.run(scratch, settings).write(to: FilePath(scratch.file(name)))
            return try DataPlace(file: FilePath(scratch.file(name)), name: name)
        }
        var settings = BenchmarkSettings()
        (settings.batchSizes, settings.threads, settings.rates) = ([1], [1], [100])
        (settings.loadSeconds, settings.rounds, settings.mostRounds, settings.slice) = (0.02, 1, 1, 0.001)
        return try Benchmark(
            places, data: data, settings, options: TableOptions(naiveTimestamps: .kept), workers: 2
        ).run(baseline: 1, gate: RegressionGate(limit: 1e9), accuracyGate: AccuracyGate(limit: limit))
    }

    private static let good = "model: trees\nlabel: late\nfeatures: [carrier, temp, wind, flag]\ntrees: {rounds: 40}\n"
    private static let poor = "model: trees\nlabel: late\nfeatures: [wind]\ntrees: {rounds: 5}\n"

    @Test("a version that predicts worse than is allowed is refused, one that predicts better is not")
    func refuses() throws {
        let worse = try report(Self.poor, Self.good, limit: 0.01)
        let loss = try #require(worse.losses.first)
        #expect(worse.losses.count == 1 && loss.version == "new" && loss.metric == .auc && loss.verdict == .regressed)
        #expect(worse.hasRegressed && loss.value > 0.05 && loss.interval.contains(loss.value))
        let values = worse.versions.map { version in version.metrics.first { $0.metric == .auc }?.value ?? 0 }
        #expect(abs(loss.value - (values[1] - values[0])) < 1e-12)
        let better = try report(Self.good, Self.poor, limit: 0)
        #expect(!better.hasRegressed && better.losses.first?.verdict == .within)
    }

    @Test("the same predictions are no worse, to the last resample")
    func same() throws {
        let loss = try #require(try report(Self.good, Self.good + "seed: 0\n", limit: 0).losses.first)
        #expect(loss.value == 0 && loss.interval == 0...0 && loss.verdict == .within)
    }

    @Test("an error that is larger is told as a share, and versions with other labels are not compared")
    func errors() throws {
        let settings = "model: linear\nlabel: delay\nepochs: 30\nfeatures: "
        let loss = try #require(
            try report(settings + "[wind]\n", settings + "[temp, wind, carrier]\n", limit: 0.1).losses.first)
        #expect(loss.metric == .rmse && loss.value > 0.1 && loss.verdict == .regressed)
        #expect(try report(settings + "[wind]\n", Self.good, limit: 0).losses.isEmpty)
    }

    @Test("a loss is refused only where the rows are enough to tell")
    func unclear() {
        let gate = AccuracyGate(limit: 0.01)
        #expect(gate.verdict(0.02, 0.011...0.03) == .regressed)
        #expect(gate.verdict(0.02, 0.009...0.03) == .unclear)
        #expect(gate.verdict(0.01, 0.0...0.03) == .within)
    }

    @Test("what is hard for both versions makes a loss no less certain")
    func paired() throws {
        var random = SeededNumbers(seed: 9)
        let truth = (0..<400).map { _ in Double(10 * random.signed()) }
        let noise = truth.map { _ in Double(5 * random.signed()) }
        func judged(_ factor: Double) -> JudgedRows {
            JudgedRows(.numbers, predictions: zip(truth, noise).map { $0 + factor * $1 }, truth: truth)
        }
        let loss = try #require(Bootstrap(seed: 1).loss(of: judged(1.1), to: judged(1), .rmse, workers: 2))
        #expect(abs(loss.value - 0.1) < 1e-9)
        #expect(loss.interval.upperBound - loss.interval.lowerBound < 1e-9)
    }
}
