import FileSystem
import Foundation
import SystemPackage
import Testing

/// A real `redis-server` on a free port of this machine, with a folder of its own; it ends with the value.
final class RedisServer {
    let port: Int
    let folder: FilePath
    private var process: Process?
    private let options: [String]

    struct Failure: Error, CustomStringConvertible { let description: String }

    init(_ options: [String] = []) throws {
        self.options = options
        folder = FilePath(NSTemporaryDirectory()).appending("redis-tests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
        port = try Self.freePort()
        try start()
    }

    deinit {
        stop()
        try? FileManager.default.removeItem(atPath: folder.string)
    }

    /// Starts it, again after ``stop()``, and waits until it answers.
    func start() throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            [
                "redis-server", "--port", "\(port)", "--bind", "127.0.0.1", "--dir", folder.string, "--save", "",
                "--appendonly", "yes", "--appendfsync", "always", "--daemonize", "no",
            ] + options
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.run()
        self.process = process
        for _ in 0..<1000 {
            if Self.answers(port) { return }
            guard process.isRunning else { throw Failure(description: "redis-server ended at once; is it installed?") }
            pause(milliseconds: 10)
        }
        throw Failure(description: "redis-server did not begin to listen")
    }

    /// Ends it and waits for its end. A server that inherits a mask in which a thread of tests blocks signals hears no other
    /// than this one.
    func stop() {
        guard let process else { return }
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        self.process = nil
    }

    private static func socketAddress(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        return address
    }

    private static func withAddress<Result>(
        _ port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        var address = socketAddress(port)
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, size) }
        }
    }

    /// Whether a server is there and has read what it kept.
    private static func answers(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        guard withAddress(port, { connect(descriptor, $0, $1) }) == 0 else { return false }
        let question = Array("PING\r\n".utf8)
        guard write(descriptor, question, question.count) == question.count else { return false }
        var answer = [UInt8](repeating: 0, count: 64)
        let count = read(descriptor, &answer, answer.count)
        return count > 0 && !answer.starts(with: Array("-LOADING".utf8))
    }

    private static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        var address = sockaddr_in()
        let code = withAddress(0) { bind(descriptor, $0, $1) }
        let named = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &size) }
        }
        guard code == 0, named == 0 else { throw Failure(description: "no port is free") }
        return Int(in_port_t(bigEndian: address.sin_port))
    }
}
