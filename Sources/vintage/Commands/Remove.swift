import ArgumentParser
import Workspace

/// `vintage rm`.
struct Remove: WorkspaceCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm",
        abstract: "Take artifacts out of care, and delete their files.",
        discussion: """
            Versions that were committed stay in the store, and 'vintage undo' brings the files back. What is stored \
            nowhere is not deleted without --force.

            Examples:
              vintage rm data/old
              vintage rm --cached data/weather.csv
            """)

    @Flag(name: .customLong("cached"), help: "Keep the files.")
    var keepsFiles = false

    @Flag(name: .shortAndLong, help: "Delete also what is stored nowhere.")
    var force = false

    @Argument(help: "Artifacts.", completion: .file())
    var paths: [RawArgument]

    func run(in session: Session) throws -> ExitStatus {
        let removed = try session.workspace.remove(
            try session.paths(paths), keepsFiles: keepsFiles, force: force, command: session.console.commandLine)
        for path in removed { session.print("\(session.palette.removed("removed"))  \(path)") }
        return .done
    }
}
