import Foundation

/// A temporary folder that goes when it is let go.
final class ScratchFolder {
    let url: URL

    /// - Parameter isFast: whether the folder may be in memory, where waiting for the disk costs nothing.
    init(isFast: Bool = false) throws {
        let memory = URL(fileURLWithPath: "/dev/shm", isDirectory: true)
        let isThere = FileManager.default.isWritableFile(atPath: memory.path)
        let parent = isFast && isThere ? memory : FileManager.default.temporaryDirectory
        url = parent.appendingPathComponent("vintage-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func write(_ text: String, to path: String) throws {
        try Data(text.utf8).write(to: url.appendingPathComponent(path))
    }

    /// Runs git here, apart from the user's configuration, and gives what it printed.
    @discardableResult
    func git(_ arguments: String..., input: [UInt8] = [], allowing statuses: Set<Int32> = [0]) throws -> [UInt8] {
        let inputFile = url.appendingPathExtension("input")
        try Data(input).write(to: inputFile)
        defer { try? FileManager.default.removeItem(at: inputFile) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["git"] + arguments
        process.currentDirectoryURL = url
        var environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("GIT_") }
        environment["GIT_CONFIG_GLOBAL"] = "/dev/null"
        environment["GIT_CONFIG_NOSYSTEM"] = "1"
        process.environment = environment
        process.standardInput = try FileHandle(forReadingFrom: inputFile)
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let printed = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard statuses.contains(process.terminationStatus) else {
            throw GitFailure(arguments: arguments, status: process.terminationStatus)
        }
        return Array(printed)
    }

    struct GitFailure: Error {
        let arguments: [String]
        let status: Int32
    }
}
