import SystemPackage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A whole file mapped read-only into memory, for files that are never changed once they are in place.
///
/// `@unchecked Sendable`: the mapping is private and read-only, and its bounds never change until the last reference is
/// gone, so any number of threads may read it.
public final class MappedFile: @unchecked Sendable {
    /// The file's bytes.
    public let bytes: UnsafeRawBufferPointer
    /// The path it was mapped from.
    public let path: FilePath

    /// Maps a file.
    public init(_ path: FilePath) throws(FileError) {
        let file = try File(reading: path)
        let size = Int(try file.status().size)
        self.path = path
        if size == 0 {
            bytes = UnsafeRawBufferPointer(start: nil, count: 0)
        } else {
            guard let address = mmap(nil, size, PROT_READ, MAP_PRIVATE, file.descriptor, 0), address != MAP_FAILED
            else {
                throw FileError("map", path)
            }
            bytes = UnsafeRawBufferPointer(start: address, count: size)
        }
    }

    deinit {
        if let address = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: address), bytes.count) }
    }
}
