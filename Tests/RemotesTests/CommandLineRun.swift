import FileSystem
import Foundation
import SystemPackage
import Testing

/// Runs the built command, and git beside it, apart from the user's own settings.
struct CommandLineRun {
    struct Outcome {
        let status: Int32
        let output: String
        let errors: String
    }

    /// More variables of the environment, within a task.
    @TaskLocal static var variables: [String: String] = [:]

    static let binary =
        ProcessInfo.processInfo.environment["VINTAGE_BINARY"]
        ?? FileManager.default.currentDirectoryPath + "/.build/release/vintage"

    static func process(_ program: String, _ arguments: [String], in folder: FilePath) -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder.string)
        var environment = ProcessInfo.processInfo.environment.filter {
            !$0.key.hasPrefix("GIT_") && !$0.key.hasPrefix("VINTAGE_")
        }
        // Git calls the command by its name.
        let path = environment["PATH"] ?? "/usr/bin:/bin"
        environment["PATH"] = "\(FilePath(binary).removingLastComponent()):\(path)"
        environment["GIT_CONFIG_GLOBAL"] = "/dev/null"
        environment["GIT_CONFIG_NOSYSTEM"] = "1"
        for role in ["AUTHOR", "COMMITTER"] {
            environment["GIT_\(role)_NAME"] = "Ada"
            environment["GIT_\(role)_EMAIL"] = "ada@example.com"
        }
        process.environment = environment.merging(variables) { $1 }
        return process
    }

    static func run(_ program: String, _ arguments: [String], in folder: FilePath) throws -> Outcome {
        let process = process(program, arguments, in: folder)
        let scratch = FilePath(NSTemporaryDirectory()).appending("run-\(UUID().uuidString)")
        try scratch.makeDirectories()
        defer { try? scratch.removeAll() }
        // Files, not pipes: nobody has to read while the command runs.
        let (output, errors) = (scratch.appending("out"), scratch.appending("err"))
        for path in [output, errors] { try path.replaceContents(with: [], isDurable: false) }
        process.standardOutput = FileHandle(forWritingAtPath: output.string)
        process.standardError = FileHandle(forWritingAtPath: errors.string)
        process.standardInput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return Outcome(
            status: process.terminationStatus, output: String(decoding: try output.contents(), as: UTF8.self),
            errors: String(decoding: try errors.contents(), as: UTF8.self))
    }

    /// Runs the command and expects it to end well.
    @discardableResult
    static func vintage(
        _ arguments: String..., in folder: FilePath, expecting status: Int32 = 0,
        _ location: SourceLocation = #_sourceLocation
    ) throws -> Outcome {
        let outcome = try run(binary, arguments, in: folder)
        #expect(outcome.status == status, "\(arguments): \(outcome.errors)", sourceLocation: location)
        return outcome
    }

    /// Runs git and expects it to end well.
    @discardableResult
    static func git(
        _ arguments: String..., in folder: FilePath, _ location: SourceLocation = #_sourceLocation
    ) throws -> Outcome {
        let outcome = try run("git", arguments, in: folder)
        #expect(outcome.status == 0, "git \(arguments): \(outcome.errors)", sourceLocation: location)
        return outcome
    }
}
