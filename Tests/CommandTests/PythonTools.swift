import Foundation

/// The programs of `Tests/requirements.txt`, which are installed when they are first needed.
enum PythonTools {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// The root of the repository.
    static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized

    private static let folder: Result<String, any Error> = Result {
        try run(root.appending(path: "Scripts/test-venv").path, []).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// The path of a program.
    static func program(_ name: String) throws -> String { "\(try folder.get())/\(name)" }

    /// Runs a program with the environment of the tests, and returns what it prints.
    ///
    /// - Throws: ``Failure`` with all that it printed, unless it ends with status 0.
    @discardableResult
    static func run(_ program: String, _ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let message = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(description: "\(program) \(arguments): \(text)\(message)")
        }
        return text
    }
}
