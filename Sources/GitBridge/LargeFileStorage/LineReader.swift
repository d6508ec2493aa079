import FileSystem
import SystemPackage

/// Reads lines from a pipe as they come.
struct LineReader: ~Copyable {
    private let descriptor: Int32
    private var unread: [UInt8] = []
    private var isAtEnd = false

    /// No message is longer; a line without an end must not take all memory.
    private static let maximumLength = 16 << 20

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    /// Waits for a while for something to read.
    ///
    /// - Returns: `false` if nothing came.
    func waits(atMost milliseconds: Int32) -> Bool {
        unread.contains(0x0a) || isReadable(descriptor, within: milliseconds)
    }

    /// The next line that is not blank, without its end; `nil` at the end of everything.
    mutating func next() throws(FileError) -> [UInt8]? {
        while true {
            if let end = unread.firstIndex(of: 0x0a) {
                let line = Array(unread[..<end])
                unread.removeFirst(end + 1)
                if line.contains(where: { $0 > 0x20 }) { return line }
            } else if isAtEnd {
                defer { unread = [] }
                return unread.contains(where: { $0 > 0x20 }) ? unread : nil
            } else {
                guard unread.count < Self.maximumLength else {
                    throw FileError(operation: "understand", path: "what git-lfs sends", code: .badMessage)
                }
                let descriptor = descriptor
                let piece = try [UInt8].reading(1 << 16) { (space) throws(FileError) in
                    do throws(Errno) {
                        return try readSome(descriptor, space)
                    } catch {
                        throw FileError(operation: "read", path: "what git-lfs sends", code: error)
                    }
                }
                isAtEnd = piece.isEmpty
                unread += piece
            }
        }
    }
}
