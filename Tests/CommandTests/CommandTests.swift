import Foundation
import Testing

/// Runs each transcript of the folder `Transcripts` with the built command, in a temporary folder with the real git.
///
/// The command is that of the variable `VINTAGE_BINARY`, else `.build/release/vintage`.
@Suite("The command")
struct CommandTests {
    static let transcripts: [String] = {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.filter { $0.hasSuffix(".test") }.sorted()
    }()

    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Transcripts")

    @Test("there are transcripts, and the command is built")
    func isReady() {
        #expect(Self.transcripts.count > 10)
        #expect(FileManager.default.isExecutableFile(atPath: Playground.binary), "\(Playground.binary) is missing")
    }

    @Test("prints what the transcript says", arguments: transcripts)
    func follows(_ name: String) throws {
        let text = try String(contentsOf: Self.folder.appending(path: name), encoding: .utf8)
        let playground = try Playground()
        defer { playground.remove() }
        for step in Transcript(parsing: text).steps {
            let (printed, status) = try playground.run(step.command)
            let isExpected = Expectation.matches(printed, step.expected) && status == step.status
            if isExpected { continue }
            Issue.record(
                """
                \(name):\(step.line): $ \(step.command)
                expected [\(step.status)]:
                \(step.expected.joined(separator: "\n"))
                printed [\(status)]:
                \(printed.joined(separator: "\n"))
                """)
            // What follows builds on this step.
            return
        }
    }
}

/// A temporary folder with a home of its own, in which shell commands are run.
struct Playground {
    private let root: URL
    private let folder: URL
    private let environment: [String: String]

    /// The command under test.
    static let binary: String = {
        if let path = ProcessInfo.processInfo.environment["VINTAGE_BINARY"], !path.isEmpty { return path }
        let package = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized
        return package.appending(path: ".build/release/vintage").path
    }()

    init() throws {
        let name = "vintage-command-" + UUID().uuidString
        // Paths are compared with those that the command prints, so links are resolved.
        root = FileManager.default.temporaryDirectory.resolvingSymlinksInPath().appending(path: name)
        folder = root.appending(path: "work")
        let (home, programs) = (root.appending(path: "home"), root.appending(path: "bin"))
        for directory in [folder, home, programs] {
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        }
        try FileManager.default.createSymbolicLink(
            at: programs.appending(path: "vintage"), withDestinationURL: URL(filePath: Self.binary))
        let settings = "[user]\n\tname = Test\n\temail = test@example.com\n[init]\n\tdefaultBranch = main\n"
        try settings.write(to: home.appending(path: ".gitconfig"), atomically: true, encoding: .utf8)
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
        environment = [
            "PATH": "\(programs.path):\(path)", "HOME": home.path, "TZ": "UTC", "LC_ALL": "C.UTF-8", "TERM": "dumb",
            "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_DATE": "2013-06-01T12:00:00Z",
            "GIT_COMMITTER_DATE": "2013-06-01T12:00:00Z", "GIT_CEILING_DIRECTORIES": root.path,
        ]
    }

    /// Runs a command line of the shell.
    ///
    /// - Returns: the lines that it printed, on standard output and standard error, and its exit status.
    func run(_ command: String) throws -> (lines: [String], status: Int32) {
        // A file takes whatever is printed; a full pipe would stop the command.
        let output = root.appending(path: "output")
        _ = FileManager.default.createFile(atPath: output.path, contents: nil)
        let handle = try FileHandle(forWritingTo: output)
        let process = Process()
        process.executableURL = URL(filePath: "/bin/bash")
        process.arguments = ["-c", command]
        process.currentDirectoryURL = folder
        process.environment = environment
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = handle
        process.standardError = handle
        try process.run()
        process.waitUntilExit()
        try handle.close()
        var text = String(decoding: try Data(contentsOf: output), as: UTF8.self)
        if text.hasSuffix("\n") { text.removeLast() }
        let lines = text.isEmpty ? [] : text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let status =
            process.terminationReason == .uncaughtSignal ? 128 + process.terminationStatus : process.terminationStatus
        return (lines, status)
    }

    func remove() { try? FileManager.default.removeItem(at: root) }
}
