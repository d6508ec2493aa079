import Foundation

/// `tensors.py` in the environment of the tests.
enum PythonPeer {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private static let tests = URL(filePath: #filePath).deletingLastPathComponent()

    private static let programs: Result<String, any Error> = Result {
        let script = tests.appending(path: "../../Scripts/test-venv").standardized.path
        return try run(script, []).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Runs the script, and returns what it prints.
    @discardableResult
    static func tensors(_ arguments: String...) throws -> String {
        try run(try programs.get() + "/python", [tests.appending(path: "tensors.py").path] + arguments)
    }

    private static func run(_ program: String, _ arguments: [String]) throws -> String {
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
        if process.terminationStatus != 0 { throw Failure(description: "\(program): \(text)\(message)") }
        return text
    }
}

/// A folder that is gone with the test.
final class ScratchFolder {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "vintage-learning-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { path + "/" + name }

    func write(_ bytes: [UInt8], to name: String) throws { try Data(bytes).write(to: URL(filePath: file(name))) }

    func read(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: file(name)))) }
}
