import Foundation

/// The Python packages of `Tests/requirements.txt`, which are installed when they are first needed.
package enum PythonEnvironment {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String

        package init(description: String) { self.description = description }
    }

    /// The root of the repository.
    package static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized

    private static let programs: Result<String, any Error> = Result {
        try run(root.appending(path: "Scripts/test-venv").path, []).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// The folder of the environment's programs.
    package static var folder: String {
        get throws { try programs.get() }
    }

    /// The path of a program.
    package static func program(_ name: String) throws -> String { "\(try folder)/\(name)" }

    /// Runs a Python script, and returns what it prints.
    ///
    /// - Parameters:
    ///   - script: its path in the folder of the tests.
    ///   - input: its standard input.
    /// - Throws: ``Failure`` with all that it printed, unless it ends with status 0.
    @discardableResult
    package static func python(_ script: String, _ arguments: [String] = [], input: Data = Data()) throws -> String {
        try run(program("python"), [root.appending(path: "Tests/\(script)").path] + arguments, input: input)
    }

    /// Runs a program, and returns what it prints.
    ///
    /// - Throws: ``Failure`` with all that it printed, unless it ends with status 0.
    @discardableResult
    package static func run(_ program: String, _ arguments: [String], input: Data = Data()) throws -> String {
        // In a file, which holds any input without anyone reading it.
        let file = FileManager.default.temporaryDirectory.appending(path: "vintage-input-\(UUID().uuidString)")
        try input.write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        process.standardInput = try FileHandle(forReadingFrom: file)
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
