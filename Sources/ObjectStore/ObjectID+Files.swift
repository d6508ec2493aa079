import Crypto
import FileSystem
import SystemPackage

extension ObjectID {
    /// Hashes a file, a megabyte of it in memory at a time.
    ///
    /// - Throws: `FileError` if it cannot be read.
    public init(ofFile path: FilePath) throws(FileError) {
        let file = try File(reading: path)
        file.expectSequentialReads()
        var hash = SHA256()
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
        defer { piece.deallocate() }
        var count = piece.count
        while count == piece.count {
            count = try file.read(into: piece)
            hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: piece[..<count]))
        }
        self = hash.finalize().withUnsafeBytes { ObjectID(loading: $0) }
    }
}
