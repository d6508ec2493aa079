import FileSystem
import SystemPackage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Bytes that are kept until all of them have come: in memory, and beyond a few megabytes in a nameless file.
struct Spool: ~Copyable {
    private static let limit = 8 << 20

    private var memory: [UInt8] = []
    private var descriptor: Int32 = -1

    init() {}

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Takes bytes.
    mutating func append(_ bytes: some Collection<UInt8>) throws(FileError) {
        memory += bytes
        if memory.count >= Self.limit { try spill() }
    }

    private mutating func spill() throws(FileError) {
        if descriptor < 0 {
            let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
            var template = Array("\(folder)/vintage-XXXXXX".utf8CString)
            descriptor = mkstemp(&template)
            guard descriptor >= 0 else { throw failure("make a temporary file in", folder) }
            unlink(template)
        }
        do throws(Errno) {
            try memory.withUnsafeTypedBytes { (bytes) throws(Errno) in try writeAll(descriptor, bytes) }
        } catch {
            throw FileError(operation: "write", path: "a temporary file", code: error)
        }
        memory.removeAll(keepingCapacity: true)
    }

    /// Gives all bytes back, in order.
    mutating func read(_ body: (UnsafeRawBufferPointer) throws(FileError) -> Void) throws(FileError) {
        if descriptor >= 0 {
            try spill()
            guard lseek(descriptor, 0, SEEK_SET) == 0 else { throw failure("read", "a temporary file") }
            while true {
                let piece = try [UInt8].reading(1 << 16) { (space) throws(FileError) in
                    do throws(Errno) {
                        return try readSome(descriptor, space)
                    } catch {
                        throw FileError(operation: "read", path: "a temporary file", code: error)
                    }
                }
                if piece.isEmpty { return }
                try piece.withUnsafeTypedBytes(body)
            }
        }
        try memory.withUnsafeTypedBytes(body)
    }

    private func failure(_ operation: String, _ path: String) -> FileError {
        FileError(operation: operation, path: path, code: Errno(rawValue: errno))
    }
}
