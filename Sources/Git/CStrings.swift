import CGit2
import FileSystem
import SystemPackage

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension RelativePath {
    /// The bytes with a NUL behind them, as C wants them.
    var cString: [CChar] { bytes.map(CChar.init(bitPattern:)) + [0] }

    /// A path that libgit2 gave; `nil` if git's path is none of ours, such as one that climbs out of the root.
    init?(gitPath: UnsafePointer<CChar>?) {
        guard let gitPath else { return nil }
        var bytes = UnsafeRawBufferPointer(start: gitPath, count: strlen(gitPath))[...]
        // libgit2 marks a folder with a separator at the end.
        if bytes.last == UInt8(ascii: "/") { bytes = bytes.dropLast() }
        guard let path = try? RelativePath(bytes: bytes) else { return nil }
        self = path
    }
}

extension FilePath {
    /// The bytes with a NUL behind them, as C wants them.
    var cString: [CChar] {
        withPlatformString { Array(UnsafeBufferPointer(start: $0, count: length + 1)) }
    }

    /// The path of bytes that end with a NUL.
    init(nulTerminated cString: [CChar]) {
        self = cString.withUnsafeBufferPointer { bytes in
            bytes.baseAddress.map { FilePath(platformString: $0) } ?? FilePath()
        }
    }

    /// A path that libgit2 gave, or `nil` for none.
    init?(gitPath: UnsafePointer<CChar>?) {
        guard let gitPath else { return nil }
        self.init(platformString: gitPath)
    }
}

/// Calls `body` with C's form of a list of paths, which lives as long as the call.
func withStringArray<Result>(
    _ paths: [RelativePath], _ body: (git_strarray) throws(GitError) -> Result
) throws(GitError) -> Result {
    var strings: [UnsafeMutablePointer<CChar>?] = paths.map { strdup($0.cString) }
    defer { strings.forEach { free($0) } }
    let storage = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: max(strings.count, 1))
    defer { storage.deallocate() }
    storage.initialize(from: &strings, count: strings.count)
    return try body(git_strarray(strings: storage, count: strings.count))
}
