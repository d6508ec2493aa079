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
    var terminated: [CChar] = []
    terminated.reserveCapacity(name.count + 1)
    for byte in name { terminated.append(CChar(bitPattern: byte)) }
    terminated.append(0)
    var result: Swift.Result<Result, Failure>?
    terminated.withUnsafeBufferPointer { buffer in
        do throws(Failure) {
            result = .success(try body(buffer.baseAddress!))
        } catch {
            result = .failure(error)
        }
    }
    return try result!.get()
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
