import Learning
import SystemPackage
import TextFormats

extension BenchmarkReport {
    /// The names of the files.
    static let fileNames = (report: "benchmark.json", plot: "plot.svg")

    /// Checks that a folder may be written, before any work is done for it.
    ///
    /// - Throws: `LearningError` if it holds what no benchmark wrote.
    public static func check(_ folder: FilePath) throws {
        try OutputFolder.check(folder, known: [fileNames.report, fileNames.plot], maker: "benchmark")
    }

    /// Writes the report and its plot as a folder, which is there as a whole or as it was.
    ///
    /// - Throws: `LearningError` as ``check(_:)`` does, `FileError`.
    public func write(to folder: FilePath) throws {
        try Self.check(folder)
        let text = JSON.object(json).text + "\n"
        try OutputFolder.write(
            [(Self.fileNames.report, Array(text.utf8)), (Self.fileNames.plot, Array(plot.utf8))], to: folder)
    }

    /// What tells a benchmark's snapshot from others.
    public var parameters: [String: String] {
        var parameters = [
            "data": data, "machine": machine.processor, "cores": String(machine.cores), "system": machine.system,
            "models": versions.map(\.name).joined(separator: ", "), "rounds": String(rounds),
        ]
        if let baseline { parameters["baseline"] = baseline }
        if baseline != nil { parameters["regressed"] = String(hasRegressed) }
        return parameters
    }
}
