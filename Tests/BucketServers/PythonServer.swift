import Foundation
import PythonEnvironment

/// A server in Python, from a script beside this file. It ends with the value, or with this process.
package final class PythonServer: Sendable {
    /// The first line that it has printed.
    package let greeting: String
    private let process: Process
    // The script ends when this is closed.
    private let input: Pipe

    /// Starts a server, and waits until it prints where it is.
    package init(_ script: String, _ arguments: [String] = []) throws {
        process = Process()
        process.executableURL = URL(filePath: try PythonEnvironment.program("python"))
        process.arguments = [PythonEnvironment.root.appending(path: "Tests/BucketServers/\(script)").path] + arguments
        let output = Pipe()
        input = Pipe()
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        var line = Data()
        while !line.contains(UInt8(ascii: "\n")) {
            let part = output.fileHandleForReading.availableData
            if part.isEmpty { throw PythonEnvironment.Failure(description: "\(script) ended before it answered") }
            line += part
        }
        greeting = String(decoding: line, as: UTF8.self).trimmingCharacters(in: .newlines)
    }

    deinit {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }
}
