import ArgumentParser
import OnlineStore
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

            Where a row is wrong, those before it are in, and the message says how many.

            Examples:
              echo '{"origin": "JFK", "time_hour": "2013-06-01T12:00:00Z", "temp": 71.6}' | vintage features push weather
              tail -f events.jsonl | vintage features push events --store redis://localhost:6379
            """)

    @Argument(help: "The source that the rows are of.")
    var source: RawArgument

    @OptionGroup var online: OnlineArguments
    @OptionGroup var json: JSONOption

    /// How many rows are written at a time.
    private static let rowsAtOnce = 1000

    func run(in session: Session) throws -> ExitStatus {
        let held = try WorkspaceState(of: session.workspace)
        _ = try held.definitions.source(source.text)
        let pusher = Pusher(try online.open(session), held.definitions)
        var lines = PushedLines(limit: Self.rowsAtOnce)
        var (rows, entities, views) = (0, 0, [String]())
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        var isAtEnd = false
        do {
            while !isAtEnd {
                let count = buffer.withUnsafeMutableBytes { read(STDIN_FILENO, $0.baseAddress, $0.count) }
                if count < 0, errno == EINTR { continue }
                isAtEnd = count <= 0
                let (batches, failure) = lines.take(Array(buffer[..<max(0, count)]), isLast: isAtEnd)
                for batch in batches {
                    let outcome = try pusher.push(
                        batch.rows, numbers: batch.lines, to: source.text, now: microsecondsNow())
                    rows += outcome.rows
                    entities += outcome.entities
                    views = outcome.views
                }
                if let failure { throw failure }
            }
        } catch {
            if rows > 0 { writeToStandardError("vintage: \(rows) rows before it are in the online store\n") }
            throw error
        }
        if json.isOn {
            var object = JSONObject()
            object["source"] = .string(source.text)
            object["rows"] = JSON(rows)
            object["views"] = JSON(views) { .string($0) }
            object["written"] = JSON(entities)
            session.print(object)
        } else {
            let of = views.isEmpty ? "" : ", of \(views.joined(separator: ", "))"
            session.print("\(source.text): \(rows) rows pushed, \(entities) entities written\(of)")
        }
        return .done
    }
}
