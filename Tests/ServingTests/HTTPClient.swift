import TextFormats

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A connection to a server of this machine, on which requests are written byte for byte.
final class HTTPClient {
    /// What a server answered.
    struct Answer {
        let status: Int
        let head: String
        let body: [UInt8]

        var text: String { String(decoding: body, as: UTF8.self) }
        var json: JSON { (try? JSON(parsing: body)) ?? .string("no JSON: \(text)") }

        /// The value of a field of the head.
        func field(_ name: String) -> String? {
            for line in head.split(separator: "\r\n").dropFirst() {
                let parts = line.split(separator: ":", maxSplits: 1)
                if parts.count == 2, parts[0].lowercased() == name.lowercased() {
                    return String(parts[1].drop { $0 == " " })
                }
            }
            return nil
        }
    }

    struct Failure: Error, CustomStringConvertible { let description: String }

    private let descriptor: Int32
    private var received: [UInt8] = []

    /// How long an answer may take, in seconds.
    private static let patience = 60
    // A server that has gone is an error, not the end of the tests.
    #if canImport(Glibc)
        private static let flags = Int32(MSG_NOSIGNAL)
    #else
        private static let flags: Int32 = 0
    #endif

    init(port: Int) throws {
        #if canImport(Glibc)
            let kind = Int32(SOCK_STREAM.rawValue)
        #else
            let kind = SOCK_STREAM
        #endif
        descriptor = socket(AF_INET, kind, 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0 else {
            close(descriptor)
            throw Failure(description: "nobody listens on port \(port)")
        }
        var time = timeval(tv_sec: Self.patience, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(descriptor) }

    /// Writes bytes as they are.
    func write(_ bytes: some Collection<UInt8>) throws {
        let all = Array(bytes)
        var sent = 0
        while sent < all.count {
            let count = all.withUnsafeBytes {
                send(descriptor, $0.baseAddress! + sent, all.count - sent, Self.flags)
            }
            guard count > 0 else { throw Failure(description: "the server closed the connection") }
            sent += count
        }
    }

    /// Says that nothing more will be written.
    func finish() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Asks, and waits for the answer.
    func ask(
        _ method: String, _ path: String, _ body: String? = nil, fields: [String: String] = [:]
    ) throws -> Answer {
        var head = "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\n"
        var fields = fields
        if let body {
            fields["Content-Length"] = fields["Content-Length"] ?? "\(body.utf8.count)"
            fields["Content-Type"] = fields["Content-Type"] ?? "application/json"
        }
        for (name, value) in fields { head += "\(name): \(value)\r\n" }
        try write(Array("\(head)\r\n\(body ?? "")".utf8))
        return try answer()
    }

    /// Reads the next answer.
    func answer() throws -> Answer {
        var end: Int?
        while true {
            end = received.indices.dropLast(3).first {
                received[$0] == 13 && received[$0 + 1] == 10 && received[$0 + 2] == 13 && received[$0 + 3] == 10
            }
            if end != nil { break }
            try receive()
        }
        let head = String(decoding: received[..<end!], as: UTF8.self)
        let words = head.split(separator: "\r\n")[0].split(separator: " ")
        guard words.count >= 2, words[0] == "HTTP/1.1", let status = Int(words[1]) else {
            throw Failure(description: "this is no answer: \(head)")
        }
        let length = Int(Answer(status: status, head: head, body: []).field("Content-Length") ?? "0") ?? 0
        let start = end! + 4
        while received.count < start + length { try receive() }
        let body = Array(received[start..<start + length])
        received.removeFirst(start + length)
        return Answer(status: status, head: head, body: body)
    }

    /// Reads a line.
    func line() throws -> String {
        while !received.contains(10) { try receive() }
        let end = received.firstIndex(of: 10)!
        let line = String(decoding: received[..<end].filter { $0 != 13 }, as: UTF8.self)
        received.removeFirst(end + 1)
        return line
    }

    private func receive() throws {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count > 0 else {
            throw Failure(description: count == 0 ? "the server closed the connection" : "no answer came in time")
        }
        received += buffer[..<count]
    }
}
