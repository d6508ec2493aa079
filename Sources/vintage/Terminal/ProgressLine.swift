import Dispatch
import ObjectStore
import Workspace

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The line on standard error that says how far long work has come: `adding  1.2 GB of 4.0 GB  310 MB/s  0:09 left`.
///
/// It is drawn on a terminal only, once work has lasted for a second, and is gone when the work ends, also by a signal.
struct ProgressLine: Sendable {
    private let label: String
    private let meter: ByteMeter

    private static let delay = DispatchTimeInterval.seconds(1)
    private static let interval = DispatchTimeInterval.milliseconds(200)

    /// Does work while a progress line is shown.
    ///
    /// - Parameters:
    ///   - label: What is being done, as `adding`.
    ///   - work: Does it, and counts the bytes that it has handled.
    static func show<Result>(_ label: String, during work: (ByteMeter) throws -> Result) rethrows -> Result {
        let line = ProgressLine(label: label, meter: ByteMeter())
        guard isatty(STDERR_FILENO) == 1 else { return try work(line.meter) }
        let (isDone, isCleared) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        DispatchQueue(label: "vintage.progress").async {
            line.draw(until: isDone)
            isCleared.signal()
        }
        defer {
            isDone.signal()
            isCleared.wait()
        }
        return try work(line.meter)
    }

    private func draw(until isDone: DispatchSemaphore) {
        let start = ContinuousClock.now
        if isDone.wait(timeout: .now() + Self.delay) == .success { return }
        TerminalLine.clearsOnSignals()
        repeat {
            TerminalLine.replace(with: text(after: ContinuousClock.now - start))
        } while isDone.wait(timeout: .now() + Self.interval) == .timedOut
        TerminalLine.clear()
    }

    private func text(after duration: Duration) -> String {
        let done = Int(clamping: meter.count)
        let rate = TransferRate(bytes: done, in: duration)
        let total = Int(clamping: meter.expected)
        guard total > done else {
            return done == 0 ? "\(label)…" : "\(label)  \(ByteCount(done))  \(rate)"
        }
        let timeLeft = TimeLeft(bytesLeft: total - done, at: rate).map { "  \($0) left" } ?? ""
        return "\(label)  \(ByteCount(done)) of \(ByteCount(total))  \(rate)\(timeLeft)"
    }
}

/// The line of the terminal that the cursor is on.
enum TerminalLine {
    private static let start = "\r\u{1B}[K"

    /// Writes over the line, cut to the terminal's width so that it stays one line.
    static func replace(with text: String) {
        writeToStandardError(start + text.prefix(max(20, width - 1)))
    }

    /// Leaves the line empty.
    static func clear() { writeToStandardError(start) }

    /// Has a signal that ends the process leave the line empty first.
    ///
    /// The handler then raises the signal again with the default action, so that the process ends by it.
    static func clearsOnSignals() {
        for number in [SIGINT, SIGTERM, SIGHUP] {
            // A signal that the caller had ignored stays ignored.
            var current = sigaction()
            guard sigaction(number, nil, &current) == 0, isDefault(current) else { continue }
            signal(number) { number in
                // Only calls that are safe in a signal handler, and no memory but the stack.
                var bytes: (UInt8, UInt8, UInt8, UInt8) = (0x0d, 0x1b, 0x5b, 0x4b)
                _ = write(STDERR_FILENO, &bytes, 4)
                signal(number, SIG_DFL)
                raise(number)
            }
        }
    }

    private static func isDefault(_ action: sigaction) -> Bool {
        #if canImport(Darwin)
            unsafeBitCast(action.__sigaction_u.__sa_handler, to: Int.self) == 0
        #else
            unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 0
        #endif
    }

    private static var width: Int {
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }
}
