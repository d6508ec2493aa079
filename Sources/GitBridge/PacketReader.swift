import FileSystem
import ObjectStore
import SystemPackage

/// Reads git's packets: four hexadecimal digits that count themselves and the bytes that follow.
///
/// Packets of length 0 end a list or a content. `gitprotocol-common(5)` has the format, `gitattributes(5)` what git's
/// filters do with it.
struct PacketReader: ~Copyable {
    private let descriptor: Int32
    private let buffer = ByteBuffer(capacity: 1 << 17)
    /// The part of the buffer that is not used up yet.
    private var unread = 0..<0
    /// How many bytes of the present packet are left.
    private var packetLeft = 0

    init(_ descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// Waits for a while for something to read.
    ///
    /// - Returns: `false` if nothing came.
    func waits(atMost milliseconds: Int32) -> Bool {
        if !unread.isEmpty { return true }
        return isReadable(descriptor, within: milliseconds)
    }

    /// The next text packet without its line feed; `nil` for the end of a list, or of everything.
    mutating func text() throws(FileError) -> [UInt8]? {
        guard try startPacket() else { return nil }
        let count = packetLeft
        guard try fill(count) else { throw Self.malformed }
        var text = Array(buffer.bytes[unread.lowerBound..<unread.lowerBound + count])
        consume(count)
        packetLeft = 0
        if text.last == 0x0a { text.removeLast() }
        return text
    }

    /// The texts of a list; `nil` where git has ended the conversation.
    mutating func list() throws(FileError) -> [[UInt8]]? {
        if try !fill(1) { return nil }
        var list: [[UInt8]] = []
        while let text = try text() { list.append(text) }
        return list
    }

    /// Reads a content until the space is full or the content ends.
    ///
    /// - Parameter isAtEnd: whether the content has ended; `false` before its first byte.
    mutating func content(into space: UnsafeMutableRawBufferPointer, _ isAtEnd: inout Bool) throws(FileError) -> Int {
        var filled = 0
        while filled < space.count, !isAtEnd {
            if packetLeft == 0, try !startPacket() {
                isAtEnd = true
                break
            }
            let target = UnsafeMutableRawBufferPointer(rebasing: space[filled...].prefix(packetLeft))
            if unread.isEmpty {
                // Straight to where it is needed, and the next packet's length with it: nothing is copied twice.
                let count = try receive(into: target, target.count == packetLeft ? Self.lengthCount : 0)
                guard count > 0 else { throw Self.malformed }
                filled += count
                packetLeft -= count
            } else {
                let count = min(target.count, unread.count)
                target.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer.bytes[unread].prefix(count)))
                consume(count)
                filled += count
                packetLeft -= count
            }
        }
        return filled
    }

    /// Begins the next packet.
    ///
    /// - Returns: `false` for a packet that ends something, and at the end of everything.
    private mutating func startPacket() throws(FileError) -> Bool {
        guard try fill(Self.lengthCount) else {
            if unread.isEmpty { return false }
            throw Self.malformed
        }
        var length = 0
        for byte in buffer.bytes[unread].prefix(Self.lengthCount) {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): length = length << 4 | Int(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): length = length << 4 | Int(byte - UInt8(ascii: "a") + 10)
            default: throw Self.malformed
            }
        }
        consume(Self.lengthCount)
        if length == 0 { return false }
        guard length > Self.lengthCount, length <= PacketWriter.maximumLength else { throw Self.malformed }
        packetLeft = length - Self.lengthCount
        return true
    }

    private mutating func consume(_ count: Int) {
        unread = unread.lowerBound + count..<unread.upperBound
        if unread.isEmpty { unread = 0..<0 }
    }

    /// Makes sure that the next `count` bytes are in the buffer; `false` if there are no more so many.
    private mutating func fill(_ count: Int) throws(FileError) -> Bool {
        while unread.count < count {
            if unread.lowerBound > 0 {
                // Source and target may overlap, which `copyMemory` allows.
                UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[..<unread.count])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer.bytes[unread]))
                unread = 0..<unread.count
            }
            let count = try receive(into: UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[unread.upperBound...]))
            if count == 0 { return false }
            unread = unread.lowerBound..<unread.upperBound + count
        }
        return true
    }

    /// Reads what is there, at least one byte, and what follows the target into the buffer, which is empty.
    ///
    /// - Returns: how many bytes the target has; 0 at the end.
    private mutating func receive(
        into target: UnsafeMutableRawBufferPointer, _ following: Int
    ) throws(FileError) -> Int {
        if following == 0 { return try receive(into: target) }
        let rest = UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[..<following])
        do throws(Errno) {
            let count = try readSome(descriptor, target, rest)
            unread = 0..<max(0, count - target.count)
            return min(count, target.count)
        } catch {
            throw FileError(operation: "read", path: Self.name, code: error)
        }
    }

    /// Reads what is there, at least one byte; 0 at the end.
    private func receive(into target: UnsafeMutableRawBufferPointer) throws(FileError) -> Int {
        do throws(Errno) {
            return try readSome(descriptor, target)
        } catch {
            throw FileError(operation: "read", path: Self.name, code: error)
        }
    }

    /// The digits of a packet's length.
    private static let lengthCount = 4
    private static let name = "what git sends"
    private static let malformed = FileError(operation: "understand", path: name, code: .badMessage)
}
