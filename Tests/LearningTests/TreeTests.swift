import Foundation
import Learning
import LearningSupport
import SystemPackage
import Tables
import Testing
import TextFormats

@Suite struct TreeTests {
    private let scratch: ScratchFolder

    init() throws {
        scratch = try ScratchFolder()
        try scratch.write(Array(FlightsTable.text(rows: 3000).utf8), to: "flights.csv")
    }

    private static let late = """
        model: trees
        label: late
        features: [carrier, temp, wind, flag]
        trees: {rounds: 30, depth: 4, row_share: 0.8, column_share: 0.7}

        """

    @Test(
        "trees learn classes, numbers and counts",
        arguments: [
            ("late", "", Metric.auc, 0.97), ("size", "", .accuracy, 0.9), ("delay", "", .r2, 0.95),
            ("delay", "loss: absolute_error\n", .r2, 0.8), ("delay", "loss: huber\n", .r2, 0.8),
        ])
    func learns(_ label: String, _ loss: String, _ metric: Metric, _ least: Double) throws {
        let trained = try FlightsTable.run(
            scratch,
            "model: trees\nlabel: \(label)\n\(loss)features: [carrier, temp, wind, flag]\ntrees: {rounds: 80}\n")
        #expect(trained.value(metric) > least, "\(trained.value(metric))")
        #expect(trained.model.preprocessing.numbers.allSatisfy { $0.fill == nil })
    }

    @Test("the same table, settings and seed give the same files on any number of threads")
    func sameBytes() throws {
        try FlightsTable.run(scratch, Self.late, workers: 1).write(to: FilePath(scratch.file("one")))
        try FlightsTable.run(scratch, Self.late, workers: 2).write(to: FilePath(scratch.file("two")))
        let files = try FlightsTable.files(scratch, "one")
        #expect(Set(files.keys) == ["model.json", "preprocessing.json", "trees.json", "metrics.json", "curves.csv"])
        #expect(try FlightsTable.files(scratch, "two") == files)
        try FlightsTable.run(scratch, Self.late + "seed: 1\n").write(to: FilePath(scratch.file("two")))
        #expect(try FlightsTable.files(scratch, "two")["trees.json"] != files["trees.json"])
    }

    @Test(
        "growing that is broken off goes on to the same trees",
        arguments: [
            late, late.replacing(", column_share: 0.7", with: ""), late.replacing("row_share: 0.8, ", with: ""),
            late.replacing(", row_share: 0.8, column_share: 0.7", with: ""),
        ])
    func resumes(_ settings: String) throws {
        let configuration = try TrainingConfiguration(parsing: Array(settings.utf8), file: "train.yaml")
        let place = try DataPlace(file: FilePath(scratch.file("flights.csv")), name: "flights.csv")
        let run = try TrainingRun(place, configuration, options: TableOptions(naiveTimestamps: .kept), workers: 2)
        try run.train().write(to: FilePath(scratch.file("whole")))
        struct Stop: Error {}
        let checkpoint = FilePath(scratch.file("checkpoint"))
        for end in [14, 25] {
            #expect(throws: Stop.self) {
                try run.train(checkpoint: checkpoint, key: "k", progress: { if $0.epoch == end { throw Stop() } })
            }
        }
        var resumed = 0
        try run.train(checkpoint: checkpoint, key: "k", resumed: { resumed = $0 }).write(
            to: FilePath(scratch.file("parts")))
        #expect(resumed == 20)
        #expect(try FlightsTable.files(scratch, "parts") == FlightsTable.files(scratch, "whole"))
    }

    @Test("growing ends once the validation has not become better, and the trees after the best round are left out")
    func earlyStopping() throws {
        let trained = try FlightsTable.run(
            scratch,
            """
            model: trees
            label: late
            features: [carrier, temp]
            trees: {rounds: 500, learning_rate: 0.5}
            early_stopping: {patience: 5}
            """)
        #expect(trained.best < 400 && trained.history.count == trained.best + 5)
        try trained.write(to: FilePath(scratch.file("m")))
        let trees = try JSON(parsing: scratch.read("m/trees.json"))
        let count = trees["learner"]["gradient_booster"]["model"]["gbtree_model_param"]["num_trees"].string
        #expect(count == "\(trained.best)")
    }

    @Test("a model that is read predicts as the one that was written, missing and unknown values too")
    func roundTrip() throws {
        let trained = try FlightsTable.run(scratch, Self.late)
        try trained.write(to: FilePath(scratch.file("m")))
        let found = try Model(DataPlace(file: FilePath(scratch.file("m")), name: "m"))
        let batch = RecordBatch([
            ("carrier", Column(strings: ["AA", nil, "XX"])), ("temp", Column([1, nil, 30] as [Double?], .float64)),
            ("wind", Column([nil, 2, 3] as [Double?], .float64)), ("flag", Column(booleans: [true, nil, false])),
        ])
        let matrix = try found.preprocessing.matrix(of: batch, table: "t")
        #expect(matrix.numbers[1].isNaN && matrix.numbers[3].isNaN && matrix.numbers[5].isNaN)
        let expected = try trained.model.predict(matrix, workers: 1)
        #expect(expected.allSatisfy { $0 > 0 && $0 < 1 })
        #expect(try found.predict(matrix, workers: 1) == expected)
    }

    @Test(
        "settings that do not go with trees are refused with their line",
        arguments: [
            ("model: trees\nlabel: late\nepochs: 3\n", "train.yaml:3:9: 'epochs' does not go with the model 'trees'"),
            (
                "label: late\ntrees: {rounds: 3}\n",
                "train.yaml:2:8: 'trees' goes with the model 'trees', not with 'mlp'"
            ),
            (
                "model: trees\nlabel: late\ntrees: {rounds: 0}\n",
                "train.yaml:3:17: 'rounds' must be a whole number from 1"
            ),
            (
                "model: trees\nlabel: late\nloss: focal\nfeatures: [temp]\n",
                "the loss 'focal' does not go with the model 'trees'"
            ),
        ])
    func settings(_ text: String, _ message: String) throws {
        do {
            _ = try FlightsTable.run(scratch, text)
            Issue.record("it is taken")
        } catch {
            #expect("\(error)".contains(message), "\(error)")
        }
    }
}
