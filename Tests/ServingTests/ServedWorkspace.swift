import Foundation
import PythonEnvironment

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A workspace in a temporary folder, and the real `vintage serve` over it; both end with the value.
final class ServedWorkspace {
    struct Failure: Error, CustomStringConvertible { let description: String }

    /// What the definitions and the rows of `feast.py` are here.
    static let delays = [
        "features/delays.yaml": """
        entities:
          carrier: {keys: {carrier: string}}
        sources:
          delays_push: {path: data/delays.csv, event_time: event_time}
        views:
          delays: {entity: carrier, source: delays_push, ttl: 36500d, features: [mean_delay, flights, home, is_open]}
        services:
          arrival: {features: [delays]}

        """,
        "data/delays.csv": """
        carrier,event_time,mean_delay,flights,home,is_open
        AA,2026-01-01T10:00:00Z,7.25,12,DFW,true
        UA,2026-01-01T11:30:00.25Z,,30,,false

        """,
    ]

    let folder: URL
    private(set) var port = 0
    private(set) var address = ""
    private var server: Process?

    static var binary: String {
        ProcessInfo.processInfo.environment["VINTAGE_BINARY"]
            ?? PythonEnvironment.root.appending(path: ".build/release/vintage").path
    }

    init(_ files: [String: String] = delays) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "vintage-serving-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try vintage("init", "--no-git")
        for (path, text) in files { try write(text, to: path) }
        try vintage("add", "data")
    }

    deinit {
        if let server {
            kill(server.processIdentifier, SIGKILL)
            server.waitUntilExit()
        }
        try? FileManager.default.removeItem(at: folder)
    }

    func write(_ text: String, to path: String) throws {
        let place = folder.appending(path: path)
        try FileManager.default.createDirectory(
            at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: place)
    }

    func text(_ path: String) throws -> String {
        String(decoding: try Data(contentsOf: folder.appending(path: path)), as: UTF8.self)
    }

    private func process(_ words: [String]) throws -> Process {
        let process = Process()
        process.executableURL = URL(filePath: Self.binary)
        process.arguments = words
        process.currentDirectoryURL = folder
        process.standardInput = FileHandle.nullDevice
        return process
    }

    /// Runs a command to its end.
    ///
    /// - Returns: its status and all that it printed.
    func run(_ words: [String]) throws -> (status: Int32, text: String) {
        let process = try process(words)
        let output = Pipe()
        (process.standardOutput, process.standardError) = (output, output)
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, text)
    }

    @discardableResult
    func vintage(_ words: String...) throws -> String {
        let (status, text) = try run(words)
        guard status == 0 else { throw Failure(description: "vintage \(words): status \(status): \(text)") }
        return text
    }

    // MARK: The server

    /// Starts the server on a free port, and waits until it listens.
    func start(_ options: [String] = []) throws {
        let process = try process(["serve", "--features", "--port", "0"] + options)
        process.standardOutput = try file("server.out")
        process.standardError = try file("server.err")
        try process.run()
        server = process
        for _ in 0..<6000 {
            let lines = try text("server.out").split(separator: "\n")
            if let line = lines.first, let colon = line.lastIndex(of: ":"),
                let number = Int(line[line.index(after: colon)...])
            {
                (port, address) = (number, String(line.dropFirst("listening on ".count)))
                return
            }
            guard process.isRunning else { break }
            usleep(10_000)
        }
        throw Failure(description: "the server did not begin to listen: \(try text("server.err"))")
    }

    private func file(_ name: String) throws -> FileHandle {
        let place = folder.appending(path: name)
        try Data().write(to: place)
        return try FileHandle(forWritingTo: place)
    }

    /// Asks the server to end, and waits for it.
    ///
    /// - Returns: its status.
    func stop(_ number: Int32 = SIGTERM) -> Int32 {
        signal(number)
        return wait()
    }

    /// Sends the server a signal.
    func signal(_ number: Int32) {
        if let server { kill(server.processIdentifier, number) }
    }

    /// Waits for the server's end.
    ///
    /// - Returns: its status.
    func wait() -> Int32 {
        guard let server else { return -1 }
        server.waitUntilExit()
        self.server = nil
        return server.terminationReason == .exit ? server.terminationStatus : 128 + server.terminationStatus
    }

    /// What the server logged.
    var log: [String] {
        get throws { try text("server.err").split(separator: "\n").map(String.init) }
    }

    /// Asks on a connection of its own.
    func ask(
        _ method: String, _ path: String, _ body: String? = nil, fields: [String: String] = [:]
    ) throws -> HTTPClient.Answer {
        try HTTPClient(port: port).ask(method, path, body, fields: fields)
    }

    /// Asks for features.
    func features(_ body: String, fields: [String: String] = [:]) throws -> HTTPClient.Answer {
        try ask("POST", "/get-online-features", body, fields: fields)
    }
}
