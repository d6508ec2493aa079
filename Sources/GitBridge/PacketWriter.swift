import FileSystem
import ObjectStore
import SystemPackage

/// Writes packets for git, many in one piece.
struct PacketWriter: ~Copyable {
    /// The most bytes of a packet, its length included.
    static let maximumLength = 65520

    private let descriptor: Int32
    private let buffer = ByteBuffer(capacity: 1 << 18)
    private var filled = 0

    init(_ descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// Writes a text packet.
    mutating func text(_ text: String) throws(FileError) {
        try Array((text + "\n").utf8).withUnsafeTypedBytes { (bytes) throws(FileError) in try self.packet(bytes) }
    }

    /// Writes a text packet of a key and a value that is bytes.
    mutating func text(_ key: String, _ value: [UInt8]) throws(FileError) {
        try (Array(key.utf8) + value + [0x0a]).withUnsafeTypedBytes { (bytes) throws(FileError) in
            try self.packet(bytes)
        }
    }

    /// Writes a part of a content, in as many packets as it takes.
    mutating func content(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = rest.prefix(Self.maximumLength - 4)
            try packet(UnsafeRawBufferPointer(rebasing: part))
            rest = rest.dropFirst(part.count)
        }
    }

    /// Ends a list or a content.
    mutating func end() throws(FileError) {
        if buffer.bytes.count - filled < 4 { try flush() }
        for offset in 0..<4 { buffer.bytes[filled + offset] = UInt8(ascii: "0") }
        filled += 4
    }

    private mutating func packet(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
        let length = bytes.count + 4
        if buffer.bytes.count - filled < length { try flush() }
        for offset in 0..<4 {
            let digit = UInt8(length >> (12 - 4 * offset) & 15)
            buffer.bytes[filled + offset] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
        }
        UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[(filled + 4)...]).copyMemory(from: bytes)
        filled += length
    }

    /// Hands git what was written.
    mutating func flush() throws(FileError) {
        do throws(Errno) {
            try writeAll(descriptor, UnsafeRawBufferPointer(rebasing: buffer.bytes[..<filled]))
        } catch {
            throw FileError(operation: "write", path: "to git", code: error)
        }
        filled = 0
    }
}
