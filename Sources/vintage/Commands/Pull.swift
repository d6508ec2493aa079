import ArgumentParser
import GitBridge
import Remotes
import TextFormats
import Workspace

/// `vintage pull`.
struct Pull: WorkspaceCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring data from a remote, and the working files to the lock.",
        discussion: """
            Run 'git pull' first: the lock that it brings says which versions are wanted. In a workspace without git the \
            lock follows the remote. Changes that are stored nowhere are not overwritten without --force.

            Examples:
              vintage pull
              vintage pull store data/flights
            """)

    @Flag(name: .shortAndLong, help: "Overwrite also changes that are stored nowhere.")
    var force = false

    @Flag(name: .customLong("history"), help: "Bring also older versions.")
    var withHistory = false

    @OptionGroup var json: JSONOption

    @Argument(
        help: ArgumentHelp(
            "The remote, then artifacts; by default the default remote and all.", valueName: "remote] [artifact"))
    var arguments: [RawArgument] = []

    func run(in session: Session) throws -> ExitStatus {
        let arguments = try RemoteArguments(
            arguments, in: session, mustBeInLock: session.workspace.repository != nil)
        let report = try ProgressLine.show("pulling") { meter in
            try session.workspace.pull(
                remote: arguments.remote, artifacts: arguments.artifacts, withHistory: withHistory, force: force,
                meter: meter, command: session.console.commandLine)
        }
        if json.isOn {
            if session.workspace.repository != nil { _ = try GitBridge(session.workspace).bringContents() }
            var object = JSONObject()
            object["fetch"] = .object(JSONObject(report.fetch))
            object["checkout"] = JSON(report.checkout)
            session.print(object)
        } else {
            session.print(report.fetch)
            session.printWritten(report.checkout)
            _ = try session.bringTrackedFiles()
        }
        return .done
    }
}
