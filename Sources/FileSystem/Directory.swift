import SystemPackage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// An open folder: names are looked up in it, never through a symbolic link that replaced it meanwhile.
///
/// All operations take a single name and do not follow a symbolic link of that name, which is what keeps a stored tree
/// from being written outside of its artifact.
public struct Directory: ~Copyable, Sendable {
    let descriptor: Int32
    /// The path it was opened by, for messages.
    public let path: FilePath

    private init(descriptor: Int32, path: FilePath) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit { _ = close(descriptor) }

    /// Opens a folder by path; symbolic links on the way are followed.
    public init(_ path: FilePath) throws(FileError) {
        let descriptor = retryingInterrupts {
            path.withPlatformString { open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        }
        guard descriptor >= 0 else { throw FileError("open", path) }
        self.init(descriptor: descriptor, path: path)
    }

    private func child(_ name: some Collection<UInt8>) -> FilePath {
        path.appending(bytes: name)
    }

    private func failure(_ operation: String, _ name: some Collection<UInt8>) -> FileError {
        let code = Errno.current
        return FileError(operation, child(name), code)
    }

    /// Opens a folder inside this one, refusing a symbolic link.
    public func directory(_ name: some Collection<UInt8>) throws(FileError) -> Directory {
        let result = withCName(name) { text in
            retryingInterrupts { openat(descriptor, text, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) }
        }
        guard result >= 0 else { throw failure("open", name) }
        return Directory(descriptor: result, path: child(name))
    }

    /// Opens a file inside this folder for reading, refusing a symbolic link.
    public func file(reading name: some Collection<UInt8>) throws(FileError) -> File {
        let result = withCName(name) { text in
            retryingInterrupts { openat(descriptor, text, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC) }
        }
        guard result >= 0 else { throw failure("open", name) }
        return File(descriptor: result, path: child(name))
    }

    /// Creates a new file inside this folder; it must not exist.
    public func file(creating name: some Collection<UInt8>, permissions: UInt32 = 0o666) throws(FileError) -> File {
        let result = withCName(name) { text in
            retryingInterrupts {
                openat(descriptor, text, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode_t(permissions))
            }
        }
        guard result >= 0 else { throw failure("create", name) }
        return File(descriptor: result, path: child(name))
    }

    /// What the file system says of a name; `nil` if it is not there.
    public func status(_ name: some Collection<UInt8>) throws(FileError) -> FileStatus? {
        var status = stat()
        let result = withCName(name) { fstatat(descriptor, $0, &status, AT_SYMLINK_NOFOLLOW) }
        if result == 0 { return FileStatus(status) }
        if errno == ENOENT { return nil }
        throw failure("examine", name)
    }

    /// The target of a symbolic link, as bytes.
    public func linkTarget(_ name: some Collection<UInt8>) throws(FileError) -> [UInt8] {
        var capacity = 256
        while true {
            var count = 0
            let target = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, filled in
                count = withCName(name) { text in
                    buffer.withMemoryRebound(to: CChar.self) {
                        readlinkat(descriptor, text, $0.baseAddress!, capacity)
                    }
                }
                filled = max(0, count)
            }
            guard count >= 0 else { throw failure("read the link", name) }
            if count < capacity { return target }
            capacity *= 4
        }
    }

    /// Makes a folder inside this one; one that is there already is left as it is.
    public func makeDirectory(_ name: some Collection<UInt8>) throws(FileError) {
        let result = withCName(name) { mkdirat(descriptor, $0, 0o777) }
        guard result == 0 || errno == EEXIST else { throw failure("make the folder", name) }
    }

    /// Makes a symbolic link with the given target.
    public func makeLink(_ name: some Collection<UInt8>, to target: [UInt8]) throws(FileError) {
        let result = withCName(target) { target in withCName(name) { symlinkat(target, descriptor, $0) } }
        guard result == 0 else { throw failure("make the link", name) }
    }

    /// Renames inside this folder, replacing a file of the new name.
    public func rename(_ old: some Collection<UInt8>, to new: some Collection<UInt8>) throws(FileError) {
        let result = withCName(old) { old in withCName(new) { renameat(descriptor, old, descriptor, $0) } }
        guard result == 0 else { throw failure("rename to", new) }
    }

    /// Removes a file or link; nothing happens if it is not there.
    public func remove(_ name: some Collection<UInt8>) throws(FileError) {
        let result = withCName(name) { unlinkat(descriptor, $0, 0) }
        guard result == 0 || errno == ENOENT else { throw failure("remove", name) }
    }

    /// Removes an empty folder.
    ///
    /// - Returns: `false` if it is not empty.
    @discardableResult
    public func removeDirectory(_ name: some Collection<UInt8>) throws(FileError) -> Bool {
        let result = withCName(name) { unlinkat(descriptor, $0, AT_REMOVEDIR) }
        if result == 0 || errno == ENOENT { return true }
        if errno == ENOTEMPTY || errno == EEXIST { return false }
        throw failure("remove", name)
    }

    /// Removes a name and, if it is a folder, all below it.
    public func removeAll(_ name: some Collection<UInt8>) throws(FileError) {
        guard let status = try status(name) else { return }
        if status.kind == .directory {
            let folder = try directory(name)
            let listing = try folder.listing()
            for index in listing.indices { try folder.removeAll(Array(listing[index])) }
            try removeDirectory(name)
        } else {
            try remove(name)
        }
    }

    /// Waits until the folder's names are on the disk.
    public func synchronize() throws(FileError) {
        guard retryingInterrupts({ fsync(descriptor) }) == 0 || errno == EINVAL else { throw FileError("flush", path) }
    }

    /// The names in the folder, sorted by their bytes, without `.` and `..`.
    ///
    /// - Complexity: O(*n* log *n*); the names share one buffer.
    public func listing() throws(FileError) -> DirectoryListing {
        let copy = retryingInterrupts { openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        guard copy >= 0 else { throw FileError("list", path) }
        guard let stream = fdopendir(copy) else {
            let code = Errno.current
            _ = close(copy)
            throw FileError("list", path, code)
        }
        defer { closedir(stream) }
        var listing = DirectoryListing()
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                guard errno == 0 else { throw FileError("list", path) }
                break
            }
            // The name is read in place: `dirent` is larger than the record the system returns.
            let name = UnsafeRawPointer(entry) + MemoryLayout<dirent>.offset(of: \.d_name)!
            let text = name.assumingMemoryBound(to: CChar.self)
            let bytes = UnsafeRawBufferPointer(start: name, count: strlen(text))
            let isDot = bytes[0] == UInt8(ascii: ".")
            if isDot && (bytes.count == 1 || (bytes.count == 2 && bytes[1] == UInt8(ascii: "."))) { continue }
            listing.append(bytes)
        }
        listing.sort()
        return listing
    }
}

/// The names in a folder, sorted by bytes, in one buffer.
public struct DirectoryListing: RandomAccessCollection, Sendable {
    private var bytes: [UInt8] = []
    private var ranges: [(start: Int, end: Int)] = []

    init() {}

    mutating func append(_ name: UnsafeRawBufferPointer) {
        let start = bytes.count
        bytes.append(contentsOf: name)
        ranges.append((start, bytes.count))
    }

    mutating func sort() {
        bytes.withUnsafeBytes { bytes in
            ranges.sort { left, right in
                let (a, b) = (left.end - left.start, right.end - right.start)
                let order = memcmp(bytes.baseAddress! + left.start, bytes.baseAddress! + right.start, Swift.min(a, b))
                return order < 0 || (order == 0 && a < b)
            }
        }
    }

    /// The first position.
    public var startIndex: Int { 0 }
    /// The position past the last.
    public var endIndex: Int { ranges.count }
    /// A name's bytes.
    public subscript(position: Int) -> ArraySlice<UInt8> { bytes[ranges[position].start..<ranges[position].end] }
}
