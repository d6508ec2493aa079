import Workspace

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Standard output, buffered.
///
/// A reader that has gone away, as `head` does, ends the process quietly. Any other failure is kept and thrown by
/// ``finish()``, so that printing needs no `try`.
final class Output {
    private var buffer: [UInt8] = []
    private var failure: OutputError?
    private static let capacity = 1 << 16

    /// Writes text and a line feed.
    func print(_ text: String = "") {
        buffer += text.utf8
        buffer.append(0x0a)
        if buffer.count >= Self.capacity { flush() }
    }

    /// Writes text as it is.
    func write(_ text: String) {
        buffer += text.utf8
        if buffer.count >= Self.capacity { flush() }
    }

    /// Writes bytes as they are.
    ///
    /// - Throws: ``OutputError``, at once: the bytes of a large file are not worth reading if they go nowhere.
    func write(_ bytes: UnsafeRawBufferPointer) throws(OutputError) {
        flush()
        writeAll(bytes)
        if let failure { throw failure }
    }

    /// Writes what is buffered.
    ///
    /// - Throws: the first failure since the beginning.
    func finish() throws(OutputError) {
        flush()
        if let failure { throw failure }
    }

    private func flush() {
        buffer.withUnsafeBytes { writeAll($0) }
        buffer.removeAll(keepingCapacity: true)
    }

    private func writeAll(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes[...]
        while failure == nil, !rest.isEmpty {
            let piece = UnsafeRawBufferPointer(rebasing: rest)
            let count = systemWrite(STDOUT_FILENO, piece.baseAddress, piece.count)
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno == EPIPE {
                endAsBrokenPipe()
            } else if errno != EINTR {
                failure = OutputError(code: errno)
            }
        }
    }

    /// Ends as every program does whose reader has gone away, also where the caller had the signal ignored.
    private func endAsBrokenPipe() -> Never {
        signal(SIGPIPE, SIG_DFL)
        raise(SIGPIPE)
        exit(ExitStatus.failed.rawValue)
    }
}

/// Standard output could not be written.
struct OutputError: Error, CustomStringConvertible {
    /// The C library's error number.
    let code: Int32

    /// One line for people.
    var description: String { "cannot write to standard output: \(String(cString: strerror(code)))" }
}

/// Writes text to standard output at once, as far as it takes it: for what is read while the command still runs.
func writeToStandardOutput(_ text: String) {
    var text = text
    text.withUTF8 { bytes in
        _ = systemWrite(STDOUT_FILENO, bytes.baseAddress, bytes.count)
    }
}

/// Writes bytes to standard error at once, as far as it takes them.
func writeToStandardError(_ text: String) {
    var text = text
    text.withUTF8 { bytes in
        _ = systemWrite(STDERR_FILENO, bytes.baseAddress, bytes.count)
    }
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    #if canImport(Glibc)
        Glibc.write(descriptor, bytes, count)
    #elseif canImport(Musl)
        Musl.write(descriptor, bytes, count)
    #else
        Darwin.write(descriptor, bytes, count)
    #endif
}
