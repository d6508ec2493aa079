import Foundation

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A real `redis-server` that keeps what it was told, on a free port of this machine; it ends with the value.
final class RedisServer {
    struct Failure: Error, CustomStringConvertible { let description: String }

    let port: Int
    var address: String { "redis://127.0.0.1:\(port)" }
    private let folder: URL
    private var process: Process?

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "redis-serving-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        port = try Self.freePort()
        try start()
    }

    deinit {
        stop()
        try? FileManager.default.removeItem(at: folder)
    }

    /// Starts it, again after ``stop()``, and waits until it answers.
    func start() throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments =
            ["redis-server", "--port", "\(port)", "--bind", "127.0.0.1", "--dir", folder.path, "--save", ""]
            + ["--appendonly", "yes", "--appendfsync", "always"]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        self.process = process
        for _ in 0..<1000 {
            if answers() { return }
            guard process.isRunning else { break }
            usleep(10_000)
        }
        throw Failure(description: "redis-server did not begin to answer; is it installed?")
    }

    /// Ends it at once.
    func stop() {
        guard let process else { return }
        signal(SIGKILL)
        process.waitUntilExit()
        self.process = nil
    }

    /// Sends it a signal, such as one that has it stand still.
    func signal(_ number: Int32) {
        if let process { kill(process.processIdentifier, number) }
    }

    private func answers() -> Bool {
        guard let client = try? HTTPClient(port: port), (try? client.write(Array("PING\r\n".utf8))) != nil else {
            return false
        }
        return (try? client.line()) == "+PONG"
    }

    private static func freePort() throws -> Int {
        #if canImport(Glibc)
            let kind = Int32(SOCK_STREAM.rawValue)
        #else
            let kind = SOCK_STREAM
        #endif
        let descriptor = socket(AF_INET, kind, 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { place in
                bind(descriptor, place, size) == 0 ? getsockname(descriptor, place, &size) : -1
            }
        }
        guard code == 0 else { throw Failure(description: "no port is free") }
        return Int(in_port_t(bigEndian: address.sin_port))
    }
}
