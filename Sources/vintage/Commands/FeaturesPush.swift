import ArgumentParser
import OnlineStore
import Tables
import TextFormats
import TrainingSets
import Workspace

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The system's call, under a name that no method hides.
private let readBytes = read

/// `vintage features push`.
struct FeaturesPush: WorkspaceCommand {
    static let configuration = CommandConfiguration(
        commandName: "push",
        abstract: "Take rows of a source into an online store as they happen.",
        discussion: """
            Reads rows as lines of JSON on standard input, an object of columns and values each, and takes those that are there \
            together: once a row is in, every answer counts it, as a row of the source's files that comes after all others. \
            Late, corrected and retracted rows count as they do in files. Columns that are left out are null; moments are \
            written as 2013-06-01T12:00:00.5Z. The store keeps the rows until the files have them and all views were filled.

            Instead of lines of JSON it may be Arrow's streaming format (IPC), which its first bytes tell: columns by their names, \
            of the source's types or others whose values fit exactly.

            Where a row is wrong, those before it are in, and the message says how many.

            Examples:
              echo '{"origin": "JFK", "time_hour": "2013-06-01T12:00:00Z", "temp": 71.6}' | vintage features push weather
              python make-events.py --arrow | vintage features push events
              tail -f events.jsonl | vintage features push events --store redis://localhost:6379
            """)

    @Argument(help: "The source that the rows are of.")
    var source: RawArgument

    @OptionGroup var online: OnlineArguments
    @OptionGroup var json: JSONOption

    /// How many rows are written at a time.
    private static let rowsAtOnce = 1000

    /// What came of all rows so far.
    private struct Total {
        var rows = 0
        var entities = 0
        var views: [String] = []

        mutating func add(_ outcome: Pusher.Outcome) {
            rows += outcome.rows
            entities += outcome.entities
            views = outcome.views
        }
    }

    func run(in session: Session) throws -> ExitStatus {
        let held = try WorkspaceState(of: session.workspace)
        _ = try held.definitions.source(source.text)
        let pusher = Pusher(try online.open(session), held.definitions)
        var total = Total()
        do {
            var begin: [UInt8] = []
            // As many bytes as it takes to tell the formats apart.
            while begin.count < 6, let more = Self.read() { begin += more }
            if begin.starts(with: Array("ARROW1".utf8)) {
                throw TrainingSetError.misuse(
                    "standard input is a file in Arrow's format; write a stream, as pyarrow.ipc.new_stream does")
            }
            if ArrowStreamReader.isStream(begin) {
                try pushArrow(begin, pusher, &total)
            } else {
                try pushLines(begin, pusher, &total)
            }
        } catch {
            if total.rows > 0 {
                writeToStandardError("vintage: \(total.rows) rows before it are in the online store\n")
            }
            throw error
        }
        if json.isOn {
            var object = JSONObject()
            object["source"] = .string(source.text)
            object["rows"] = JSON(total.rows)
            object["views"] = JSON(total.views) { .string($0) }
            object["written"] = JSON(total.entities)
            session.print(object)
        } else {
            let of = total.views.isEmpty ? "" : ", of \(total.views.joined(separator: ", "))"
            session.print("\(source.text): \(total.rows) rows pushed, \(total.entities) entities written\(of)")
        }
        return .done
    }

    /// What standard input has by now; `nil` at its end.
    private static func read() -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = buffer.withUnsafeMutableBytes { readBytes(STDIN_FILENO, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            return count > 0 ? Array(buffer[..<count]) : nil
        }
    }

    private func pushLines(_ begin: [UInt8], _ pusher: Pusher, _ total: inout Total) throws {
        var lines = PushedLines(limit: Self.rowsAtOnce)
        var bytes: [UInt8]? = begin
        while true {
            let (batches, failure) = lines.take(bytes ?? [], isLast: bytes == nil)
            for batch in batches {
                total.add(
                    try pusher.push(batch.rows, numbers: batch.lines, to: source.text, now: microsecondsNow()))
            }
            if let failure { throw failure }
            if bytes == nil { return }
            bytes = Self.read()
        }
    }

    private func pushArrow(_ begin: [UInt8], _ pusher: Pusher, _ total: inout Total) throws {
        let reader = try ArrowStreamReader(descriptor: STDIN_FILENO, before: begin, name: "on standard input")
        while let batch = try reader.next() {
            for rows in (0..<batch.count).pieces(of: Self.rowsAtOnce) {
                total.add(
                    try pusher.push(
                        batch.slice(rows), first: total.rows + 1, to: source.text, now: microsecondsNow()))
            }
        }
    }
}
