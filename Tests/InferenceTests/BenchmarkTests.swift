import Foundation
import Inference
import Learning
import LearningSupport
import SystemPackage
import Tables
import Testing
import TextFormats

/// What a benchmark reports; how long things take is nowhere asked.
@Suite struct BenchmarkTests {
    private let scratch: ScratchFolder
    private let data: DataPlace
    private let options = TableOptions(naiveTimestamps: .kept)

    init() throws {
        scratch = try ScratchFolder()
        try scratch.write(Array(FlightsTable.text(rows: 600).utf8), to: "flights.csv")
        data = try DataPlace(file: FilePath(scratch.file("flights.csv")), name: "flights.csv")
    }

    private func model(_ settings: String, _ name: String) throws -> DataPlace {
        try FlightsTable.run(scratch, settings).write(to: FilePath(scratch.file(name)))
        return try DataPlace(file: FilePath(scratch.file(name)), name: name)
    }

    private var settings: BenchmarkSettings {
        var settings = BenchmarkSettings()
        (settings.batchSizes, settings.threads, settings.rates) = ([1, 7], [1, 2], [100])
        (settings.loadSeconds, settings.rounds, settings.mostRounds, settings.slice) = (0.02, 2, 2, 0.001)
        return settings
    }

    @Test("models of two formats, with other columns, are measured side by side and held against the baseline")
    func sideBySide() throws {
        let trees = try model("model: trees\nlabel: late\nfeatures: [carrier, temp]\ntrees: {rounds: 5}\n", "trees")
        let network = try model("label: late\nfeatures: [temp, wind, flag]\nepochs: 1\n", "network")
        let benchmark = try Benchmark([trees, network], data: data, settings, options: options, workers: 2)
        let report = benchmark.run(baseline: 1, gate: RegressionGate(limit: 0.05))
        #expect(report.versions.map(\.name) == ["trees", "network"] && report.baseline == "network")
        #expect(report.rounds == 2 && report.rowCount == 600 && report.data == "flights.csv")
        for version in report.versions {
            #expect(version.rowLatency.count > 0 && version.requestLatency == nil && version.bytes > 500)
            let shapes = version.throughput.map { "\($0.shape.rows) \($0.shape.threads)" }
            #expect(shapes == ["1 1", "7 1", "1 2", "7 2"])
            #expect(version.throughput.allSatisfy { $0.rowsPerSecond > 0 })
            #expect(version.loads.map(\.rate) == [100] && version.loads[0].result.arrivals == 2)
        }
        #expect(report.comparisons.map(\.version) == Array(repeating: "trees", count: 6))
        #expect(Set(report.comparisons.map(\.figure)).count == 6)
    }

    @Test("metrics are those of the model's predictions of all rows, and none where the rows have no label")
    func metrics() throws {
        let place = try model("model: linear\nlabel: delay\nfeatures: [temp, wind]\nepochs: 3\n", "m")
        let version = try Benchmark([place], data: data, settings, options: options, workers: 1).run().versions[0]
        let batch = try data.table(options).read()
        let predictions = try Predictor(Model(place)).predict(batch, table: "t")
        let truth = batch["delay"]?.numbers() ?? []
        let errors = zip(predictions, truth).map { abs($0 - $1) }
        let mean = errors.reduce(0, +) / Double(errors.count)
        #expect(abs((version.metrics.first { $0.metric == .mae }?.value ?? 0) - mean) < 1e-9 * mean)
        try scratch.write(Array("temp,wind\n1,2\n3,\n".utf8), to: "new.csv")
        let unlabelled = try DataPlace(file: FilePath(scratch.file("new.csv")), name: "new.csv")
        let report = try Benchmark([place], data: unlabelled, settings, workers: 1).run()
        #expect(report.versions[0].metrics.isEmpty && report.rowCount == 2)
        #expect(report.warnings == ["new.csv has 2 rows, so that batches of 7 have the same ones several times"])
    }

    @Test("a trace's requests are measured with their sizes, and its largest is warned of where no batch is as large")
    func trace() throws {
        let place = try model("model: linear\nlabel: delay\nfeatures: [temp]\nepochs: 1\n", "m")
        var settings = settings
        settings.trace = RequestTrace(sizes: [2, 40, 2])
        settings.isPrepared = true
        let report = try Benchmark([place], data: data, settings, options: options, workers: 1).run()
        #expect((report.versions[0].requestLatency?.count ?? 0) > 0)
        #expect(report.warnings.count == 1 && report.warnings[0].contains("add 40 to --batch-sizes"))
    }

    @Test("the report and its plot are kept as files that other programs read")
    func files() throws {
        let place = try model("model: linear\nlabel: delay\nfeatures: [temp]\nepochs: 1\n", "m")
        let report = try Benchmark([place], data: data, settings, options: options, workers: 1).run()
        try report.write(to: FilePath(scratch.file("result")))
        let json = try JSON(parsing: scratch.read("result/benchmark.json"))
        #expect(json["format"].string == "vintage-benchmark" && json["machine"]["cores"].count ?? 0 > 0)
        #expect(json["versions"].elements?.first?["throughput"].elements?.count == 4)
        #expect(json["versions"].elements?.first?["one_row"]["calls"].count ?? 0 > 0)
        let plot = String(decoding: try scratch.read("result/plot.svg"), as: UTF8.self)
        // Latency: single rows and one rate; throughput: one and two threads. Each has its line and its key.
        #expect(plot.components(separatedBy: "<polyline").count == 9)
        try scratch.write([1], to: "result/notes.txt")
        #expect(throws: LearningError.self) { try report.write(to: FilePath(scratch.file("result"))) }
    }

    @Test("a table without rows is refused")
    func noRows() throws {
        let place = try model("model: linear\nlabel: delay\nfeatures: [temp]\nepochs: 1\n", "m")
        try scratch.write(Array("temp\n".utf8), to: "none.csv")
        let none = try DataPlace(file: FilePath(scratch.file("none.csv")), name: "none.csv")
        #expect(throws: (any Error).self) { try Benchmark([place], data: none, settings, workers: 1) }
    }
}
