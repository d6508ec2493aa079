import Foundation
import Learning
import LearningSupport
import SystemPackage
import Tables
import Testing
import TextFormats

@Suite struct TrainingRunTests {
    private let scratch: ScratchFolder

    init() throws {
        scratch = try ScratchFolder()
        try scratch.write(Array(FlightsTable.text(rows: 3000).utf8), to: "flights.csv")
    }

    @Test("a linear model finds the weights that made the numbers")
    func linear() throws {
        let trained = try FlightsTable.run(
            scratch,
            """
            model: linear
            label: delay
            features: [carrier, temp, wind, flag]
            epochs: 40
            optimizer: {learning_rate: 0.02, schedule: {name: cosine}}
            """)
        #expect(trained.value(.r2) > 0.99)
        #expect(trained.value(.rmse) < 8)
    }

    @Test("each kind of model for classes learns, and says how certain it is")
    func classes() throws {
        for model in ["logistic", "mlp"] {
            let trained = try FlightsTable.run(
                scratch,
                """
                model: \(model)
                label: late
                features: [carrier, temp, wind, flag]
                epochs: 30
                batch_size: 64
                optimizer: {learning_rate: 0.01}
                slices: [carrier]
                """)
            #expect(trained.value(.auc) > 0.98, "\(model)")
            let report = try #require(trained.headline)
            #expect(report.part == .test && report.rows == 600)
            for measured in report.metrics { #expect(measured.interval?.contains(measured.value) == true) }
            #expect((report.calibration?.error ?? 1) < 0.1)
            #expect(report.slices.first?.slices.map(\.value).sorted() == FlightsTable.carriers)
            #expect(trained.reports.first?.metrics.allSatisfy { $0.interval == nil } == true)
        }
    }

    @Test("several classes, counts, and the other losses")
    func otherLosses() throws {
        let several = try FlightsTable.run(
            scratch,
            "label: size\nfeatures: [carrier, temp, wind]\nepochs: 20\nbatch_size: 64\nclass_weights: balanced\n")
        #expect(several.value(.accuracy) > 0.85)
        #expect(several.model.coding == .classes(["big", "mid", "small"]))
        for loss in ["huber", "absolute_error"] {
            let trained = try FlightsTable.run(
                scratch, "label: delay\nfeatures: [carrier, temp, wind]\nloss: \(loss)\nepochs: 20\nbatch_size: 64\n")
            #expect(trained.value(.r2) > 0.9, "\(loss)")
        }
    }

    @Test("the same table, settings and seed give the same files on any number of threads")
    func sameBytes() throws {
        let settings = """
            label: late
            exclude: [delay, size, id]
            epochs: 3
            dropout: 0.1
            slices: [carrier, wind]

            """
        try FlightsTable.run(scratch, settings, workers: 1).write(to: FilePath(scratch.file("one")))
        try FlightsTable.run(scratch, settings, workers: 3).write(to: FilePath(scratch.file("three")))
        let files = try FlightsTable.files(scratch, "one")
        #expect(
            Set(files.keys)
                == ["model.json", "preprocessing.json", "weights.safetensors", "metrics.json", "curves.csv"])
        #expect(try FlightsTable.files(scratch, "three") == files)
        try FlightsTable.run(scratch, settings + "seed: 1\n", workers: 3).write(to: FilePath(scratch.file("three")))
        #expect(try FlightsTable.files(scratch, "three")["weights.safetensors"] != files["weights.safetensors"])
    }

    @Test("the preprocessing is learned from the training alone, and knows what is missing")
    func preprocessing() throws {
        try scratch.write(
            Array(
                """
                x,c,y,split
                1,a,0,train
                ,a,1,train
                5,b,0,train
                3,,1,train
                1000,z,0,test
                -1000,z,1,test
                7,q,1,purged
                """.utf8), to: "small.csv")
        let trained = try FlightsTable.run(
            scratch, "model: logistic\nlabel: y\nepochs: 1\nimpute: median\n", file: "small.csv")
        let found = trained.model.preprocessing
        #expect(found.numbers.map(\.name) == ["x"])
        #expect(found.numbers[0].fill == 3)
        #expect(found.numbers[0].shift == 3)
        #expect(abs(found.numbers[0].scale - (8.0 / 3).squareRoot()) < 1e-12)
        #expect(found.numbers[0].hasIndicator)
        #expect(found.categories[0].vocabulary.values == ["a", "b"])
        let batch = RecordBatch([
            ("x", Column([nil, 3, .infinity] as [Double?], .float64)), ("c", Column(strings: ["b", nil, "z"])),
        ])
        let matrix = try found.matrix(of: batch, table: "t")
        #expect(matrix.numbers == [0, 1, 0, 0, 0, 1])
        #expect(matrix.codes == [3, 1, 0])
    }

    @Test("settings may split the table by time")
    func splitByTime() throws {
        let trained = try FlightsTable.run(
            scratch,
            """
            label: late
            features: [temp]
            epochs: 1
            split: {time: time, fractions: [0.5, 0.2, 0.3], horizon: 10h}
            """)
        #expect(trained.reports.map(\.part) == [.train, .validation, .test])
        // Ten rows of an hour each before a border, and the one at it, are purged.
        #expect(trained.reports.map(\.rows) == [1490, 590, 900])
    }

    @Test("a folder that a split made is read part by part")
    func folder() throws {
        let lines = FlightsTable.text(rows: 500).split(separator: "\n").map(String.init)
        try FileManager.default.createDirectory(atPath: scratch.file("parts"), withIntermediateDirectories: true)
        try scratch.write(Array(lines[0...300].joined(separator: "\n").utf8), to: "parts/train.csv")
        try scratch.write(Array(([lines[0]] + lines[301...]).joined(separator: "\n").utf8), to: "parts/test.csv")
        try scratch.write(Array("{}".utf8), to: "parts/split.json")
        let trained = try FlightsTable.run(scratch, "label: late\nfeatures: [temp]\nepochs: 1\n", file: "parts")
        #expect(trained.reports.map(\.rows) == [300, 200])
    }

    @Test(
        "rows that cannot be used are told",
        arguments: [
            ("label: nothing\n", "has no column 'nothing'"),
            ("label: late\nfeatures: [tmp]\n", "did you mean 'temp'?"),
            ("label: late\nfeatures: [time]\n", "which is no feature"),
            ("label: carrier\nmodel: linear\n", "flights.csv cannot be the label: string is no number"),
            ("label: wind\nfeatures: [temp]\nmodel: linear\n", "have no label in the column 'wind', the first is row"),
            ("label: late\nfeatures: [temp]\nsplit: {column: carrier}\n", "has 'train' in the column 'carrier'"),
            ("label: late\nfeatures: [temp]\npositive: maybe\n", "'maybe' is not one of two classes, false, true"),
            ("label: late\nfeatures: [temp]\nweight: delay\n", "has no weight of 0 or more in the column 'delay'"),
            ("label: late\nfeatures: [temp]\nloss: softmax\n", "use 'logistic'"),
            (
                "label: late\nfeatures: [temp]\nclass_weights: {maybe: 2}\n",
                "names 'maybe'; the classes are false, true"
            ),
            ("label: id\nmodel: logistic\nfeatures: [temp]\n", "it has 2100 classes"),
            (
                "label: late\nfeatures: [temp]\nsplit: {time: time, fractions: [0.5, 0.5]}\nearly_stopping: {patience: 1}\n",
                "no row for the validation, which 'early_stopping' looks at"
            ),
        ])
    func refused(_ settings: String, _ message: String) throws {
        do {
            _ = try FlightsTable.run(scratch, settings + "epochs: 1\n")
            Issue.record("\(settings) is taken")
        } catch {
            #expect("\(error)".contains(message), "\(error)")
        }
    }

    @Test("a table that nothing splits is refused")
    func noSplit() throws {
        try scratch.write(Array("x,y\n1,0\n2,1\n".utf8), to: "small.csv")
        #expect(throws: LearningError.self) { try FlightsTable.run(scratch, "label: y\n", file: "small.csv") }
    }

    @Test("a class that the training does not have is told with its row")
    func newClass() throws {
        try scratch.write(Array("x,y,split\n1,a,train\n2,b,train\n3,c,test\n".utf8), to: "small.csv")
        do {
            _ = try FlightsTable.run(scratch, "label: y\nepochs: 1\n", file: "small.csv")
            Issue.record("it is taken")
        } catch {
            #expect("\(error)".contains("row 3 is 'c', a class that the rows to learn from do not have"))
        }
    }
}
