import Foundation

/// Reads reports with the Python packages of `Tests/requirements.txt`, which are installed when they are first needed.
enum PythonValidator {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// What a reader finds for each check: its id, how it ended, and the messages.
    struct Row: Decodable, Equatable {
        let id: String
        let kinds: [String]
        let messages: [String]

        init(_ id: String, _ kinds: [String], _ messages: [String]) {
            (self.id, self.kinds, self.messages) = (id, kinds, messages)
        }

        init(from decoder: any Decoder) throws {
            var row = try decoder.unkeyedContainer()
            id = try row.decode(String.self)
            kinds = try (try? row.decode([String].self)) ?? [row.decode(String.self)]
            messages = try row.decode([String].self)
        }
    }

    static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized

    /// The folder of the environment's programs.
    private static let programs: Result<String, any Error> = Result {
        String(
            decoding: try run(root.appending(path: "Scripts/test-venv").path, []), as: UTF8.self
        ).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Reads a report.
    ///
    /// - Throws: what the reader or the schema has against it.
    static func rows(of report: String, as kind: String) throws -> [Row] {
        let file = FileManager.default.temporaryDirectory.appending(path: "vintage-report-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(report.utf8).write(to: file)
        let script = root.appending(path: "Tests/validate-report.py").path
        let output = try run(try programs.get() + "/python", [script, kind, file.path])
        return try JSONDecoder().decode([Row].self, from: output)
    }

    private static func run(_ program: String, _ arguments: [String]) throws -> Data {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        let message = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        if process.terminationStatus != 0 { throw Failure(description: "\(program): \(message)") }
        return data
    }
}
