import Foundation
import Learning
import SystemPackage
import Tables
import Testing
import TextFormats

@Suite struct ModelTests {
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
            let predictor = try Predictor(model, reader, keeping: ["id"], workers: 2)
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
        _ = try Predictor(model, reader, keeping: ["delay"], workers: 1).run { batch in
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
            _ = try Predictor(model, reader, keeping: nil, workers: 1).run { _ in }
            Issue.record("it is taken")
        } catch {
            #expect("\(error)".contains("has no column 'temp'; did you mean 'tmp'?"))
        }
    }

    @Test("a folder that holds something else is not written over")
    func foreignFile() throws {
        let trained = try FlightsTable.run(scratch, "label: late\nfeatures: [temp]\nepochs: 1\n")
        let folder = FilePath(scratch.file("m"))
        try trained.write(to: folder)
        try trained.write(to: folder)
        try scratch.write([1], to: "m/notes.txt")
        #expect(throws: LearningError.self) { try trained.write(to: folder) }
        #expect(try scratch.read("m/notes.txt") == [1])
    }

    // MARK: Hostile models

    @Test(
        "a model with a changed file is refused with the file's name",
        arguments: [
            ("model.json", "\"version\": 1", "\"version\": 2"),
            ("model.json", "\"kind\": \"mlp\"", "\"kind\": \"tree\""),
            ("model.json", "\"outputs\": 1", "\"outputs\": 2"), ("model.json", "\"numbers\": 3", "\"numbers\": 4"),
            ("model.json", "\"rows\": 6", "\"rows\": 7"),
            ("model.json", "\"loss\": \"logistic\"", "\"loss\": \"softmax\""),
            ("model.json", "\"activation\": \"relu\"", "\"activation\": \"step\""),
            ("model.json", "\"dimension\": 7", "\"dimension\": 9007199254740992"),
            ("model.json", "\"false\",", "\"true\","), ("model.json", "{", "["),
            ("preprocessing.json", "\"indicator\": true", "\"indicator\": false"),
            ("preprocessing.json", "\"column\": \"temp\"", "\"column\": \"wind\""),
            ("preprocessing.json", "\"scale\": ", "\"scale\": -"), ("preprocessing.json", "\"AA\"", "\"B6\""),
            ("weights.safetensors", "layers.0.weight", "layers.9.weight"),
            ("weights.safetensors", "\"F32\"", "\"I32\""),
        ])
    func changedText(_ file: String, _ old: String, _ new: String) throws {
        _ = try write("label: late\nmodel: mlp\nfeatures: [carrier, temp, wind]\nepochs: 1\n")
        _ = try read()
        let bytes = try scratch.read("m/\(file)")
        guard let range = bytes.firstRange(of: Array(old.utf8)) else {
            Issue.record("\(file) has no \(old)")
            return
        }
        try scratch.write(bytes[..<range.lowerBound] + Array(new.utf8) + bytes[range.upperBound...], to: "m/\(file)")
        do {
            _ = try read()
            Issue.record("it is taken")
        } catch {
            #expect("\(error)".contains("models/m/\(file)") || "\(error)".contains("models/m/model.json"), "\(error)")
        }
    }

    @Test("weights that are cut, or no numbers, are refused, and so is a model without a file")
    func damagedFiles() throws {
        _ = try write("label: late\nfeatures: [temp]\nhidden: [2]\nepochs: 1\n")
        let bytes = try scratch.read("m/weights.safetensors")
        for damaged in [Array(bytes.dropLast()), bytes + [0], bytes.dropLast(4) + [0, 0, 0xc0, 0x7f], []] {
            try scratch.write(damaged, to: "m/weights.safetensors")
            #expect(throws: SafetensorsError.self) { try read() }
        }
        for file in ["weights.safetensors", "preprocessing.json", "model.json"] {
            try FileManager.default.removeItem(atPath: scratch.file("m/\(file)"))
            do {
                _ = try read()
                Issue.record("it is taken")
            } catch {
                #expect("\(error)".contains("models/m/\(file)") && "\(error)".contains("it is not there"))
            }
        }
    }
}
