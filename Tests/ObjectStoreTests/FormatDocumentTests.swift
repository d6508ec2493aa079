import FileSystem
import Foundation
import ObjectStore
import SystemPackage
import Testing

/// `Docs/format-example.py` is a reader written from `Docs/format.md` alone. It must read what this module writes.
@Suite("The format document")
struct FormatDocumentTests {
    private static let script = FilePath(#filePath).removingLastComponent().removingLastComponent()
        .removingLastComponent().appending("Docs/format-example.py")

    /// Runs the reader.
    private func read(_ arguments: [String]) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", Self.script.string] + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: bytes, as: UTF8.self))
    }

    private func withFolder(_ body: (FilePath) throws -> Void) throws {
        let folder = FilePath(NSTemporaryDirectory()).appending("format-tests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder.string) }
        try body(folder)
    }

    @Test("a second implementation reads manifests and listings of several levels, in raw and compressed records")
    func severalLevels() throws {
        try withFolder { folder in
            let parameters = try ChunkingParameters(minimum: 64, average: 128, maximum: 512)
            let store = try Store.create(at: folder.appending("store"), parameters: parameters)
            var random = SampleBytes(seed: 20130601)
            // Noise, lines of text, and one byte over and over, which is cut at the maximum.
            let contents = [
                random.bytes(.random, count: 800_000), random.bytes(.rows, count: 200_000),
                random.bytes(.zeros, count: 600_000), [], [1],
            ]
            let writer = try store.makeWriter(packSize: 1 << 20)
            let files = try archive(contents, in: folder, writer)
            #expect(files[0].level >= 2, "the test needs a manifest of several levels")
            var names: Set<[UInt8]> = []
            while names.count < 6000 {
                let name = (0..<Int.random(in: 1...12, using: &random)).map { _ in
                    UInt8.random(in: 1 ... .max, using: &random)
                }
                if reasonRefused(name) == nil { names.insert(name) }
            }
            var builder = TreeBuilder()
            for (number, name) in names.sorted(by: { $0.lexicographicallyPrecedes($1) }).enumerated() {
                let node = Node.file(files[number < files.count ? number : 4], isExecutable: number % 3 == 0)
                try builder.append(TreeEntry(name: name, node: node)) { (node) throws(StoreError) in
                    try writer.put(node, kind: .tree)
                }
            }
            let tree = try builder.finish { (node) throws(StoreError) in try writer.put(node, kind: .tree) }
            #expect(tree.level >= 1, "the test needs a listing of several levels")
            let artifact = try RelativePath(bytes: Array("odd\n\"name\\".utf8) + [0x80, 0x2f, 0x2e, 0xff])
            var snapshot = Snapshot(
                artifact: artifact, root: .directory(tree), time: -1, offsetMinutes: -330, parents: [ObjectID.empty],
                inputs: [Snapshot.Input(artifact: try RelativePath("data/é"), snapshot: .empty)])
            snapshot.provenance.parameters = ["seed": "7", "Seed": "", "é": "x"]
            let id = try writer.put(snapshot)
            try writer.finish()
            try store.setTag(artifact: artifact, name: "v1/clean+1", snapshot: id, replacing: false)
            let long = try RelativePath(bytes: Array(String(repeating: "a ", count: 120).utf8))
            try store.setTag(artifact: long, name: ".first", snapshot: id, replacing: false)

            let (status, output) = try read(["check", store.path.string])
            #expect(status == 0, "\(output.suffix(500))")
            #expect(output.contains(id.description))
        }
    }

    /// Stores contents as files of a folder.
    private func archive(
        _ contents: [[UInt8]], in folder: FilePath, _ writer: StoreWriter
    ) throws -> [FileReference] {
        for (number, content) in contents.enumerated() {
            try folder.appending("\(number)").replaceContents(with: content, isDurable: false)
        }
        let sizes = contents.map { UInt64($0.count) }
        return try Archiver(writer: writer).archive(sizes: sizes) { (number) throws(StoreError) in
            do throws(FileError) {
                return try File(reading: folder.appending("\(number)"))
            } catch {
                throw .file(error)
            }
        }.map(\.file)
    }
}
