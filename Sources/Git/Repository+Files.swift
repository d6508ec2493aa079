import FileSystem
import SystemPackage

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The small files that git keeps beside HEAD, such as `MERGE_HEAD` and `COMMIT_EDITMSG`.
extension Repository {
    /// Replaces a file at once: readers see the old content or the new, whole.
    func writeFile(_ path: FilePath, _ bytes: [UInt8]) throws(GitError) {
        var temporary = path
        temporary.extension = "\(getpid()).tmp"
        do {
            let file = try FileDescriptor.open(
                temporary, .writeOnly, options: [.create, .truncate, .closeOnExec],
                permissions: [.ownerReadWrite, .groupRead, .otherRead])
            try file.closeAfter { _ = try file.writeAll(bytes) }
        } catch {
            throw .failed(operation: "writing \(path)", message: "\(error)")
        }
        guard rename(temporary.cString, path.cString) == 0 else {
            throw .failed(operation: "writing \(path)", message: String(cString: strerror(errno)))
        }
    }

    /// The bytes of a file; `nil` if there is none.
    func readFile(_ path: FilePath) throws(GitError) -> [UInt8]? {
        do {
            let file = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
            return try file.closeAfter {
                var bytes: [UInt8] = []
                var buffer = [UInt8](repeating: 0, count: 16_384)
                while case let count = try buffer.withUnsafeMutableBytes({ try file.read(into: $0) }), count > 0 {
                    bytes += buffer[..<count]
                }
                return bytes
            }
        } catch Errno.noSuchFileOrDirectory {
            return nil
        } catch {
            throw .failed(operation: "reading \(path)", message: "\(error)")
        }
    }
}

/// Files of the working tree.
extension Repository {
    /// What is at a path, as the file type bits of its mode; `nil` if nothing is.
    func kind(at path: RelativePath) throws(GitError) -> mode_t? {
        var information = stat()
        if lstat(try workingPath(of: path), &information) == 0 { return information.st_mode & S_IFMT }
        if errno == ENOENT || errno == ENOTDIR { return nil }
        throw .failed(operation: "looking at \(path)", message: String(cString: strerror(errno)))
    }

    /// Removes a file, if there is one, and the folders above it that are empty then.
    func removeFile(at path: RelativePath) throws(GitError) {
        guard let kind = try kind(at: path), kind != S_IFDIR else { return }
        guard unlink(try workingPath(of: path)) == 0 else {
            throw .failed(operation: "removing \(path)", message: String(cString: strerror(errno)))
        }
        var folder = path.parent
        while let empty = folder, !empty.isRoot, rmdir(try workingPath(of: empty)) == 0 { folder = empty.parent }
    }

    private func workingPath(of path: RelativePath) throws(GitError) -> [CChar] {
        try requireWorkingDirectory().cString.dropLast() + [CChar(bitPattern: UInt8(ascii: "/"))] + path.cString
    }
}
