import Foundation
import Inference
import Learning
import LearningSupport
import SystemPackage
import Tables
import Testing

@Suite struct PredictorTests {
    private let scratch: ScratchFolder

    init() throws {
        scratch = try ScratchFolder()
        try scratch.write(Array(FlightsTable.text(rows: 600).utf8), to: "flights.csv")
    }

    private func write(_ settings: String) throws -> Model {
        let trained = try FlightsTable.run(scratch, settings)
        try trained.write(to: FilePath(scratch.file("m")))
        return trained.model
    }

    private func read() throws -> Model { try Model(DataPlace(file: FilePath(scratch.file("m")), name: "models/m")) }

    private func reader() throws -> TableReader {
        try TableReader(.file(FilePath(scratch.file("flights.csv"))), TableOptions(naiveTimestamps: .kept))
    }

    @Test(
        "a model that is read predicts as the one that was written, whatever the size of a batch",
        arguments: [
            "label: late\nfeatures: [carrier, temp, wind]\nepochs: 2\n",
            "label: size\nfeatures: [carrier, temp, wind]\nepochs: 2\n",
            "label: delay\nmodel: linear\nfeatures: [carrier, temp, flag]\nepochs: 2\n",
            "label: delay\nfeatures: [temp]\nepochs: 2\n",
        ])
    func roundTrip(_ settings: String) throws {
        let written = try write(settings)
        let found = try read()
        let reader = try reader()
        func predictions(_ model: Model, _ size: Int) throws -> [[Cell]] {
            var cells: [[Cell]] = []
            let predictor = try TablePredictor(Predictor(model), reader, keeping: ["id"], workers: 2)
            let count = try predictor.run(batchSize: size) { batch in
                #expect(batch.schema == predictor.schema)
                for row in 0..<batch.count { cells.append(batch.columns.map { $0.cell(at: row) }) }
            }
            #expect(count == 600 && cells.count == 600)
            return cells
        }
        let expected = try predictions(written, 1 << 16)
        #expect(try predictions(found, 1 << 16) == expected)
        #expect(try predictions(found, 7) == expected)
        #expect(expected[5][0] == .text("N5"))
    }

    @Test("predictions are in the units of the label")
    func units() throws {
        let model = try write(
            "label: delay\nmodel: linear\nfeatures: [carrier, temp, wind, flag]\nepochs: 60\n"
                + "batch_size: 32\noptimizer: {learning_rate: 0.02}\n")
        let reader = try reader()
        var worst = 0.0
        _ = try TablePredictor(Predictor(model), reader, keeping: ["delay"], workers: 1).run { batch in
            for row in 0..<batch.count {
                guard case .number(let truth) = batch.columns[0].cell(at: row),
                    case .number(let found) = batch.columns[1].cell(at: row)
                else { continue }
                worst = max(worst, abs(truth - found))
            }
        }
        #expect(worst > 0 && worst < 60)
    }

    @Test("a table without a column that the model takes is an error that names it")
    func missingColumn() throws {
        let model = try write("label: late\nfeatures: [temp]\nepochs: 1\n")
        try scratch.write(Array("id,tmp\n1,2\n".utf8), to: "other.csv")
        let reader = try TableReader(.file(FilePath(scratch.file("other.csv"))))
        do {
            _ = try TablePredictor(Predictor(model), reader, keeping: nil, workers: 1).run { _ in }
            Issue.record("it is taken")
        } catch {
            #expect("\(error)".contains("has no column 'temp'; did you mean 'tmp'?"))
        }
    }

    // MARK: Trees

    private static let late = """
        model: trees
        label: late
        features: [carrier, temp, wind, flag]
        trees: {rounds: 30, depth: 4}

        """

    @Test("trees predict as XGBoost does, of values that are missing or not known too")
    func trees() throws {
        let written = try write(Self.late)
        let predictor = try Predictor(try read())
        let batch = RecordBatch([
            ("carrier", Column(strings: ["AA", nil, "XX"])), ("temp", Column([1, nil, 30] as [Double?], .float64)),
            ("wind", Column([nil, 2, 3] as [Double?], .float64)), ("flag", Column(booleans: [true, nil, false])),
        ])
        let matrix = try written.preprocessing.matrix(of: batch, table: "t")
        let expected = try written.predict(matrix, workers: 1)
        let found = try predictor.predict(batch, table: "t")
        #expect(found.count == 3 && zip(found, expected).allSatisfy { abs($0 - $1) < 1e-6 })
    }

    @Test(
        "trees that are damaged, or another model's, are refused with the file's name",
        arguments: [
            ("\"num_feature\":\"4\"", "\"num_feature\":\"5\"", "it takes 5 columns, and the preprocessing makes 4"),
            ("\"name\":\"binary:logistic\"", "\"name\":\"reg:squarederror\"", "its objective is 'reg:squarederror'"),
            ("\"num_class\":\"0\"", "\"num_class\":\"3\"", "it has 3 outputs, and the label needs 1"),
            ("\"left_children\":[1", "\"left_children\":[0", "tree 0, node 0: it is below two nodes"),
            ("{\"learner\"", "", "an object is missing at byte 0"),
        ])
    func foreignTrees(_ old: String, _ new: String, _ message: String) throws {
        _ = try write(Self.late)
        let text = String(decoding: try scratch.read("m/trees.json"), as: UTF8.self)
        #expect(text.contains(old))
        try scratch.write(Array(text.replacing(old, with: new).utf8), to: "m/trees.json")
        do {
            _ = try Predictor(try read())
            Issue.record("it is taken")
        } catch {
            #expect("\(error)".contains("models/m/trees.json") && "\(error)".contains(message), "\(error)")
        }
    }
}
