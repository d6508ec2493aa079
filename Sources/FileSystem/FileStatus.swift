#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What the file system says of a file: its kind, size, times and identity.
public struct FileStatus: Equatable, Sendable {
    /// The kinds of file that matter here.
    public enum Kind: UInt8, Sendable {
        case regular, directory, symbolicLink, other
    }

    /// The kind of file.
    public let kind: Kind
    /// Whether its owner may run it.
    public let isExecutable: Bool
    /// Its size in bytes.
    public let size: Int64
    /// When its content last changed, in nanoseconds since 1970.
    public let modified: Int64
    /// When its inode last changed, in nanoseconds since 1970.
    public let changed: Int64
    /// Its inode.
    public let inode: UInt64

    /// Puts together what was known of a file.
    package init(
        kind: Kind, isExecutable: Bool, size: Int64, modified: Int64, changed: Int64, inode: UInt64
    ) {
        self.kind = kind
        self.isExecutable = isExecutable
        self.size = size
        self.modified = modified
        self.changed = changed
        self.inode = inode
    }

    init(_ status: stat) {
        switch status.st_mode & S_IFMT {
        case S_IFREG: kind = .regular
        case S_IFDIR: kind = .directory
        case S_IFLNK: kind = .symbolicLink
        default: kind = .other
        }
        isExecutable = status.st_mode & S_IXUSR != 0
        size = Int64(status.st_size)
        #if canImport(Darwin)
            modified = Self.nanoseconds(status.st_mtimespec)
            changed = Self.nanoseconds(status.st_ctimespec)
        #else
            modified = Self.nanoseconds(status.st_mtim)
            changed = Self.nanoseconds(status.st_ctim)
        #endif
        inode = UInt64(status.st_ino)
    }

    private static func nanoseconds(_ time: timespec) -> Int64 {
        Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }
}

/// The wall clock as the file system stamps files with it, in nanoseconds since 1970.
///
/// On Linux this is the coarse clock, which moves in ticks of a few milliseconds: a file written now gets this very
/// value as its modification time.
public func fileSystemClock() -> Int64 {
    var now = timespec()
    #if os(Linux)
        clock_gettime(CLOCK_REALTIME_COARSE, &now)
    #else
        clock_gettime(CLOCK_REALTIME, &now)
    #endif
    return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
}

/// `lstat` by a name that no extension of `FilePath` hides.
func linkStatus(_ path: UnsafePointer<CChar>) -> FileStatus? {
    var status = stat()
    return lstat(path, &status) == 0 ? FileStatus(status) : nil
}
