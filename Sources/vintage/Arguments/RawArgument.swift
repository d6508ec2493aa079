import ArgumentParser

/// An argument as the bytes that the shell passed: a path, a revision, a message.
struct RawArgument: ExpressibleByArgument, Hashable {
    /// The bytes.
    let bytes: [UInt8]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    init(argument: String) {
        bytes = ByteEscape.bytes(of: argument)
    }

    /// The bytes as text; those that are no UTF-8 are replaced.
    var text: String { String(decoding: bytes, as: UTF8.self) }
}

extension CommandLine {
    /// The arguments after the program's name, byte for byte.
    static var rawArguments: [[UInt8]] {
        var arguments: [[UInt8]] = []
        for index in stride(from: 1, to: Int(argc), by: 1) {
            guard let argument = unsafeArgv[index] else { break }
            var bytes: [UInt8] = []
            var next = argument
            while next.pointee != 0 {
                bytes.append(UInt8(bitPattern: next.pointee))
                next += 1
            }
            arguments.append(bytes)
        }
        return arguments
    }
}
