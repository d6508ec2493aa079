import TextFormats
import ArgumentParser
import FileSystem
import GitBridge
import Workspace

/// `vintage track`.
struct Track: WorkspaceCommand {
    static let configuration = CommandConfiguration(
        abstract: "Have git keep pointers for files of a pattern, and the store their contents.",
        discussion: """
            Writes the pattern to .gitattributes, for you to commit. From then on plain git commands do the rest: \
            'git add' stores a file's content, 'git checkout', 'stash', 'merge' and the others bring it back. Quote \
            patterns, so that the shell leaves them alone.

            Examples:
              vintage track '*.parquet' 'models/**'
              vintage track --list
            """)

    @Flag(name: .shortAndLong, help: "List the patterns; the default without arguments.")
    var list = false

    @OptionGroup var json: JSONOption

    @Argument(help: ArgumentHelp("Patterns as in .gitattributes.", valueName: "pattern"))
    var patterns: [RawArgument] = []

    func validate() throws {
        if list && !patterns.isEmpty { throw ValidationError("--list takes no patterns") }
        if json.isOn && !patterns.isEmpty { throw ValidationError("--json goes with --list") }
    }

    func run(in session: Session) throws -> ExitStatus {
        let bridge = try GitBridge(session.workspace)
        if patterns.isEmpty {
            let patterns = try bridge.trackedPatterns()
            if json.isOn {
                var object = JSONObject()
                object["patterns"] = JSON(patterns) { .string(quotedForDisplay($0)) }
                session.print(object)
            } else {
                for pattern in patterns { session.print(quotedForDisplay(pattern)) }
            }
            return .done
        }
        let added = try bridge.track(patterns.map(\.bytes), in: try session.folder())
        for pattern in added { session.print("tracked  \(quotedForDisplay(pattern))") }
        if added.isEmpty { session.print("These patterns are tracked already.") }
        let waiting = try bridge.filesToMigrate(to: .vintage).files
        if !waiting.isEmpty {
            session.print(
                "\(counted(waiting.count, "file")) of git's own match; 'vintage migrate --to vintage' moves "
                    + "\(waiting.count == 1 ? "it" : "them").")
        }
        if !added.isEmpty { session.print("Commit .gitattributes, so that every clone knows.") }
        return .done
    }
}

/// `vintage untrack`.
struct Untrack: WorkspaceCommand {
    static let configuration = CommandConfiguration(
        abstract: "Have git keep files of a pattern itself again.",
        discussion: """
            Takes the pattern out of .gitattributes. Files that git has as pointers stay so until they are added \
            again: 'vintage migrate --to git' adds them.

            Example:
              vintage untrack '*.parquet'
            """)

    @Argument(help: ArgumentHelp("Patterns as 'vintage track --list' prints them.", valueName: "pattern"))
    var patterns: [RawArgument]

    func run(in session: Session) throws -> ExitStatus {
        let bridge = try GitBridge(session.workspace)
        let removed = try bridge.untrack(patterns.map(\.bytes), in: try session.folder())
        for pattern in removed { session.print("untracked  \(quotedForDisplay(pattern))") }
        if removed.isEmpty {
            throw WorkspaceError.misuse(
                "no such pattern is tracked; 'vintage track --list' prints those that are")
        }
        let waiting = try bridge.filesToMigrate(to: .git).files
        if !waiting.isEmpty {
            session.print(
                "git has \(counted(waiting.count, "file")) as \(waiting.count == 1 ? "a pointer" : "pointers"); "
                    + "'vintage migrate --to git' moves \(waiting.count == 1 ? "it" : "them").")
        }
        return .done
    }
}
