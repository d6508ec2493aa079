import Inference
import Learning
import LearningSupport
import SystemPackage
import Testing

@Suite struct BinnedTreesTests {
    private let scratch: ScratchFolder

    init() throws {
        scratch = try ScratchFolder()
        try scratch.write(Array(FlightsTable.text(rows: 2000).utf8), to: "flights.csv")
    }

    private func place(_ name: String) throws -> DataPlace {
        try DataPlace(file: FilePath(scratch.file(name)), name: name)
    }

    private func compress(_ settings: String) throws -> CompressedModel {
        let trained = try FlightsTable.run(
            scratch, "model: trees\nfeatures: [carrier, temp, wind]\nslices: [carrier]\n" + settings)
        try trained.write(to: FilePath(scratch.file("m")))
        return try Compression(
            of: place("m"), data: place("flights.csv"), options: .init(naiveTimestamps: .kept), workers: 2
        ).quantize(Quantization(.int8))
    }

    private func rows(_ model: Model) -> FeatureMatrix {
        var random = SeededNumbers(seed: 6)
        return FeatureMatrix(
            count: 3000, width: 2,
            numbers: (0..<6000).map { _ in random.below(20) == 0 ? .nan : 60 * random.signed() }, tables: 1,
            codes: (0..<3000).map { _ in Int32(random.below(model.preprocessing.categories[0].vocabulary.codeCount)) })
    }

    /// The greatest difference between what the trees and the binned ones say.
    private func difference(_ small: CompressedModel) throws -> Double {
        let exact = try Predictor(Model(place("m")))
        let rows = rows(exact.model)
        let (old, new) = (exact.predict(rows), try Predictor(small.trained.model).predict(rows))
        return zip(old, new).map { abs($0 - $1) }.max() ?? .infinity
    }

    @Test("trees with few thresholds keep them all: only leaves are rounded, each by at most half a step")
    func exact() throws {
        let small = try compress("label: delay\ntrees: {rounds: 30, bins: 200}\n")
        // Thirty leaves, the largest of a tree in 32,767 steps; delays go to 300.
        #expect(try difference(small) < 30 * 300.0 / 32767 / 2)
        #expect(small.report.after.bytes * 5 < small.report.before.bytes)
        #expect(abs(small.report.loss ?? 1) < 0.001)
    }

    @Test("of too many thresholds those stay that part the rows evenly, and the model says nearly the same")
    func moved() throws {
        let small = try compress("label: delay\ntrees: {rounds: 100, depth: 8, bins: 4096}\n")
        #expect(try difference(small) > 0)
        #expect(abs(small.report.loss ?? 1) < 0.05)
    }

    @Test(
        "what is written is read as it was, of any kind of label",
        arguments: ["label: late\n", "label: size\n", "label: delay\n"])
    func roundTrip(_ settings: String) throws {
        let small = try compress(settings + "trees: {rounds: 9}\n")
        try small.write(to: FilePath(scratch.file("s")))
        let model = try Model(place("s"))
        #expect(model.quantization == Quantization(.int8))
        let rows = rows(model)
        #expect(try Predictor(model).predict(rows) == Predictor(small.trained.model).predict(rows))
    }

    @Test("the report has each slice before and after, and the files' sizes")
    func report() throws {
        let report = try compress("label: late\ntrees: {rounds: 20}\n").report
        #expect(report.metric == .auc)
        #expect(report.before.report.slices.count == 1 && report.after.report.slices.count == 1)
        #expect(report.before.report.slices[0].slices.map(\.value) == report.after.report.slices[0].slices.map(\.value))
        #expect(report.sliceLosses.isEmpty == report.before.report.slices[0].slices.allSatisfy { $0.count < 100 })
        #expect(report.before.rowLatency > 0 && report.after.rowsPerSecond > 0)
    }

    @Test("trees in bins that are damaged are refused with a reason")
    func hostile() throws {
        let small = try compress("label: late\ntrees: {rounds: 4, depth: 3}\n")
        try small.write(to: FilePath(scratch.file("s")))
        let bytes = try scratch.read("s/trees.safetensors")
        let file = try SafetensorsFile(parsing: bytes, name: "t")
        let start = bytes.count - (file.tensors.map(\.bytes.upperBound).max() ?? 0)
        let changes: [(String, [UInt8], String)] = [
            ("nodes.bin", [0], "lengths"), ("nodes.bin", [255], "threshold"),
            ("nodes.value", [0xff, 0xff], "column"), ("trees.size", [0, 0, 0, 0], "no nodes"),
            ("trees.size", [255, 255, 255, 0], "lengths"), ("trees.output", [1, 0, 0, 0], "output"),
            ("columns.size", [255], "borders"), ("trees.scale", [0, 0, 0xc0, 0x7f], "finite"),
            ("columns.borders", [0xff, 0xff, 0x7f, 0x7f], "rise"),
        ]
        for (name, change, reason) in changes {
            var changed = bytes
            let place = start + (file[name]?.bytes.lowerBound ?? 0)
            changed.replaceSubrange(place..<(place + change.count), with: change)
            try scratch.write(changed, to: "s/trees.safetensors")
            #expect {
                try Predictor(Model(self.place("s")))
            } throws: {
                "\($0)".contains(reason)
            }
        }
    }
}
