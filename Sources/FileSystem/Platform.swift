import CPlatform

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The C library's error number of this thread.
var systemErrno: Int32 { errno }

func cLength(_ text: UnsafePointer<CChar>) -> Int { strlen(text) }

/// Repeats a system call that a signal interrupted.
///
/// - Returns: the call's result; negative when it failed, with `errno` set.
@inline(__always)
func retryingInterrupts<Result: SignedInteger>(_ call: () -> Result) -> Result {
    while true {
        let result = call()
        if result >= 0 || errno != EINTR { return result }
    }
}

/// Calls `body` with a name's bytes followed by a NUL.
func withCName<Result, Failure: Error>(
    _ name: some Collection<UInt8>, _ body: (UnsafePointer<CChar>) throws(Failure) -> Result
) throws(Failure) -> Result {
    // Names come as arrays or slices of arrays, whose bytes are copied at once.
    let outcome = name.withContiguousStorageIfAvailable { bytes in
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: bytes.count + 1) { buffer in
            let raw = UnsafeMutableRawBufferPointer(buffer)
            raw.copyMemory(from: UnsafeRawBufferPointer(bytes))
            raw[bytes.count] = 0
            return Swift.Result { () throws(Failure) in try body(buffer.baseAddress!) }
        }
    }
    guard let outcome else { return try withCName(Array(name), body) }
    return try outcome.get()
}

/// How many cores this process may use at once.
public var availableCores: Int {
    let allowed = Int(vintage_allowed_processors())
    if allowed > 0 { return allowed }
    return max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
}

/// Lets the calling thread sleep.
public func pause(milliseconds: Int) {
    usleep(UInt32(clamping: milliseconds * 1000))
}
