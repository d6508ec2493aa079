import SystemPackage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Reads what a pipe has, at least one byte; 0 at its end.
func readSome(_ descriptor: Int32, _ target: UnsafeMutableRawBufferPointer) throws(Errno) -> Int {
    while true {
        let count = read(descriptor, target.baseAddress, target.count)
        if count >= 0 { return count }
        if errno != EINTR { throw Errno(rawValue: errno) }
    }
}

/// Reads what a pipe has into a first space, and what is left into a second one; at least one byte, 0 at its end.
func readSome(
    _ descriptor: Int32, _ first: UnsafeMutableRawBufferPointer, _ second: UnsafeMutableRawBufferPointer
) throws(Errno) -> Int {
    try withUnsafeTemporaryAllocation(of: iovec.self, capacity: 2) { (spaces) throws(Errno) in
        spaces[0] = iovec(iov_base: first.baseAddress, iov_len: first.count)
        spaces[1] = iovec(iov_base: second.baseAddress, iov_len: second.count)
        while true {
            let count = readv(descriptor, spaces.baseAddress, 2)
            if count >= 0 { return count }
            if errno != EINTR { throw Errno(rawValue: errno) }
        }
    }
}

/// Writes all bytes to a pipe.
func writeAll(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) throws(Errno) {
    var rest = bytes[...]
    while !rest.isEmpty {
        let piece = UnsafeRawBufferPointer(rebasing: rest)
        let count = write(descriptor, piece.baseAddress, piece.count)
        if count >= 0 {
            rest = rest.dropFirst(count)
        } else if errno != EINTR {
            throw Errno(rawValue: errno)
        }
    }
}

/// Whether a pipe has something to read, or has ended, within a time.
func isReadable(_ descriptor: Int32, within milliseconds: Int32) -> Bool {
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&entry, 1, milliseconds) != 0
}

/// Prepares standard input and output for a conversation: a reader that goes away is an error of the next write, not
/// the end of this process, and pipes hold as much as the system grants.
func prepareStandardPipes() {
    signal(SIGPIPE, SIG_IGN)
    #if os(Linux)
        let setPipeSize: Int32 = 1031
        for descriptor: Int32 in [STDIN_FILENO, STDOUT_FILENO] { _ = fcntl(descriptor, setPipeSize, 1 << 20) }
    #endif
}

/// Writes a line to standard error, as far as it is taken.
func warn(_ message: String) {
    var text = "vintage: \(message)\n"
    text.withUTF8 { bytes in _ = write(STDERR_FILENO, bytes.baseAddress, bytes.count) }
}
