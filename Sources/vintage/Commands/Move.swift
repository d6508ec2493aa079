import ArgumentParser
import Workspace

/// `vintage mv`.
struct Move: WorkspaceCommand {
    static let configuration = CommandConfiguration(
        commandName: "mv",
        abstract: "Move an artifact.",
        discussion: """
            Example:
              vintage mv data/flights data/raw/flights
            """)

    @Argument(help: "The artifact.", completion: .file())
    var source: RawArgument

    @Argument(help: "Where to.", completion: .file())
    var destination: RawArgument

    func run(in session: Session) throws -> ExitStatus {
        let (from, to) = (try session.path(source), try session.path(destination))
        try session.workspace.move(from, to: to, command: session.console.commandLine)
        session.print("\(session.palette.changed("moved"))  \(from) → \(to)")
        return .done
    }
}
