import CPlatform
import SystemPackage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// An open file, closed when it goes out of scope.
///
///     let file = try File(reading: "data.csv")
///     let count = try file.read(into: buffer)
public struct File: ~Copyable, Sendable {
    let descriptor: Int32
    /// The path it was opened by, for messages.
    public let path: FilePath

    init(descriptor: Int32, path: FilePath) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit { _ = close(descriptor) }

    /// Opens a file for reading.
    ///
    /// - Parameter followsLinks: whether a symbolic link as the last component is followed.
    public init(reading path: FilePath, followsLinks: Bool = true) throws(FileError) {
        let flags = O_RDONLY | O_CLOEXEC | (followsLinks ? 0 : O_NOFOLLOW)
        let descriptor = retryingInterrupts { path.withPlatformString { open($0, flags) } }
        guard descriptor >= 0 else { throw FileError("open", path) }
        self.init(descriptor: descriptor, path: path)
    }

    /// Creates a new file for reading and writing; it must not exist.
    public init(creating path: FilePath, permissions: UInt32 = 0o666) throws(FileError) {
        let descriptor = retryingInterrupts {
            path.withPlatformString { open($0, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode_t(permissions)) }
        }
        guard descriptor >= 0 else { throw FileError("create", path) }
        self.init(descriptor: descriptor, path: path)
    }

    /// Opens a file for reading and writing, creating it if it is not there.
    public init(openingOrCreating path: FilePath, permissions: UInt32 = 0o666) throws(FileError) {
        let descriptor = retryingInterrupts {
            path.withPlatformString { open($0, O_RDWR | O_CREAT | O_CLOEXEC, mode_t(permissions)) }
        }
        guard descriptor >= 0 else { throw FileError("open", path) }
        self.init(descriptor: descriptor, path: path)
    }

    /// What the file system says of the open file.
    public func status() throws(FileError) -> FileStatus {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileError("examine", path) }
        return FileStatus(status)
    }

    /// Reads until the buffer is full or the file ends.
    ///
    /// - Returns: how many bytes were read; less than the buffer's size only at the end of the file.
    public func read(into buffer: UnsafeMutableRawBufferPointer) throws(FileError) -> Int {
        var filled = 0
        while filled < buffer.count {
            let count = retryingInterrupts {
                Self.systemRead(descriptor, buffer.baseAddress! + filled, buffer.count - filled)
            }
            guard count >= 0 else { throw FileError("read", path) }
            if count == 0 { break }
            filled += count
        }
        return filled
    }

    /// Reads at an offset until the buffer is full or the file ends; the file's own position does not move.
    public func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(FileError) -> Int {
        var filled = 0
        while filled < buffer.count {
            let count = retryingInterrupts {
                pread(descriptor, buffer.baseAddress! + filled, buffer.count - filled, off_t(offset) + off_t(filled))
            }
            guard count >= 0 else { throw FileError("read", path) }
            if count == 0 { break }
            filled += count
        }
        return filled
    }

    /// The rest of the file, for files known to be small.
    public func readToEnd() throws(FileError) -> [UInt8] {
        var contents: [UInt8] = []
        var capacity = max(4096, Int(try status().size) + 1)
        while true {
            let piece = try Array<UInt8>.reading(capacity) { (buffer) throws(FileError) in try self.read(into: buffer) }
            contents += piece
            if piece.count < capacity { return contents }
            capacity = 65536
        }
    }

    /// Writes all the bytes at the file's position.
    public func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
        var written = 0
        while written < bytes.count {
            let count = retryingInterrupts {
                Self.systemWrite(descriptor, bytes.baseAddress! + written, bytes.count - written)
            }
            guard count >= 0 else { throw FileError("write", path) }
            written += count
        }
    }

    /// Writes all the bytes at the file's position.
    public func write(_ bytes: [UInt8]) throws(FileError) {
        try bytes.withUnsafeTypedBytes { (buffer) throws(FileError) in try self.write(buffer) }
    }

    /// Writes all the bytes at an offset; the file's own position does not move.
    public func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(FileError) {
        var written = 0
        while written < bytes.count {
            let count = retryingInterrupts {
                pwrite(descriptor, bytes.baseAddress! + written, bytes.count - written, off_t(offset) + off_t(written))
            }
            guard count >= 0 else { throw FileError("write", path) }
            written += count
        }
    }

    /// Sets the file's length, cutting or extending it.
    public func resize(to size: Int64) throws(FileError) {
        guard retryingInterrupts({ ftruncate(descriptor, off_t(size)) }) == 0 else { throw FileError("resize", path) }
    }

    /// Sets when the content last changed, in nanoseconds since 1970.
    public func setModified(_ nanoseconds: Int64) throws(FileError) {
        let (seconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        let time = timespec(tv_sec: Int(seconds), tv_nsec: Int(rest))
        let times = [time, time]
        guard futimens(descriptor, times) == 0 else { throw FileError("set the time of", path) }
    }

    /// Lets the owner run the file, or not; readers may run it too, as git does.
    public func setExecutable(_ isExecutable: Bool) throws(FileError) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileError("examine", path) }
        let readable = status.st_mode & 0o444
        let mode = isExecutable ? status.st_mode | readable >> 2 : status.st_mode & ~0o111
        guard mode == status.st_mode || fchmod(descriptor, mode & 0o7777) == 0 else {
            throw FileError("set the permissions of", path)
        }
    }

    /// Waits until the content is on the disk.
    public func synchronize() throws(FileError) {
        #if canImport(Darwin)
            let result = fcntl(descriptor, F_FULLFSYNC)
        #else
            let result = retryingInterrupts { fdatasync(descriptor) }
        #endif
        guard result == 0 else { throw FileError("flush", path) }
    }

    /// Asks the system to start writing a range to the disk, so that a later flush waits less; a hint only.
    public func startWriteback(from offset: Int64, count: Int64) {
        vintage_start_writeback(descriptor, offset, count)
    }

    /// Tells the system that the file will be read from start to end; a hint only.
    public func expectSequentialReads() {
        #if canImport(Glibc) || canImport(Musl)
            _ = posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
        #endif
    }

    /// Takes the advisory lock on the open file, shared or exclusive.
    ///
    /// - Returns: `false` if `waits` is false and another holds it.
    public func lock(exclusively: Bool, waits: Bool) throws(FileError) -> Bool {
        let operation = (exclusively ? LOCK_EX : LOCK_SH) | (waits ? 0 : LOCK_NB)
        if retryingInterrupts({ flock(descriptor, operation) }) == 0 { return true }
        if errno == EWOULDBLOCK { return false }
        throw FileError("lock", path)
    }

    private static func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer, _ count: Int) -> Int {
        #if canImport(Glibc)
            Glibc.read(descriptor, buffer, count)
        #elseif canImport(Musl)
            Musl.read(descriptor, buffer, count)
        #else
            Darwin.read(descriptor, buffer, count)
        #endif
    }

    private static func systemWrite(_ descriptor: Int32, _ buffer: UnsafeRawPointer, _ count: Int) -> Int {
        #if canImport(Glibc)
            Glibc.write(descriptor, buffer, count)
        #elseif canImport(Musl)
            Musl.write(descriptor, buffer, count)
        #else
            Darwin.write(descriptor, buffer, count)
        #endif
    }
}

extension Array where Element == UInt8 {
    /// Makes an array of up to `capacity` bytes that `body` fills, returning how many.
    package static func reading<Failure: Error>(
        _ capacity: Int, _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
    ) throws(Failure) -> [UInt8] {
        var failure: Failure?
        let array = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
            do throws(Failure) {
                count = try body(UnsafeMutableRawBufferPointer(buffer))
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return array
    }

    /// `withUnsafeBytes` that keeps the error's type.
    package func withUnsafeTypedBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let outcome = withUnsafeBytes { bytes -> Swift.Result<Result, Failure> in
            do throws(Failure) {
                return .success(try body(bytes))
            } catch {
                return .failure(error)
            }
        }
        return try outcome.get()
    }
}
