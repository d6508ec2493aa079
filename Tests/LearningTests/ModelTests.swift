import Foundation
import Learning
import LearningSupport
import SystemPackage
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
