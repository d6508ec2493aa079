import Logging
import OnlineStore
import Tables
import TextFormats

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What the server has to tell, as lines of JSON on standard error: a line is written by one call, so lines never mix.
struct ServingLog: Sendable {
    /// How much a line matters.
    enum Level: String {
        case info, warning, error
    }

    /// Writes a line.
    ///
    /// - Parameter members: what it says besides the time and the level.
    func write(_ level: Level, _ members: JSONObject) {
        var object = JSONObject()
        let time = ColumnType.timestamp(.microsecond, zone: "UTC").text(of: .integer(microsecondsNow()))
        object["time"] = .string(time)
        object["level"] = .string(level.rawValue)
        for (key, value) in members.members { object[key] = value }
        var line = JSON.object(object).line + "\n"
        line.withUTF8 { bytes in
            // Where nobody reads standard error, there is nobody to tell.
            #if canImport(Glibc)
                _ = Glibc.write(STDERR_FILENO, bytes.baseAddress, bytes.count)
            #elseif canImport(Musl)
                _ = Musl.write(STDERR_FILENO, bytes.baseAddress, bytes.count)
            #else
                _ = Darwin.write(STDERR_FILENO, bytes.baseAddress, bytes.count)
            #endif
        }
    }

    /// Writes a message.
    func write(_ level: Level, _ message: String) {
        var object = JSONObject()
        object["message"] = .string(message)
        write(level, object)
    }

    /// For the libraries below: what they tell of is written from warnings on.
    var logger: Logger {
        Logger(label: "vintage") { _ in LibraryLog(log: self) }
    }
}

/// Hands on what libraries tell of.
private struct LibraryLog: LogHandler {
    let log: ServingLog
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.warning

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        log.write(event.level >= .error ? .error : .warning, event.message.description)
    }
}
