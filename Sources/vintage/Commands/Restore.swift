import ArgumentParser
import Workspace

/// `vintage restore`.
struct Restore: WorkspaceCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring paths back to what the lock says, or to a version.",
        discussion: """
            Drops the changes of the paths. They are stored first, so that 'vintage undo' brings them back. Neither \
            the lock nor git's HEAD is changed.

            Examples:
              vintage restore data/flights
              vintage restore --source HEAD~1 data/flights/2013.csv
            """)

    @Option(name: .shortAndLong, help: ArgumentHelp("The version; what the lock says by default.", valueName: "rev"))
    var source: RawArgument?

    @Argument(help: "Artifacts, or files and folders in them.", completion: .file())
    var paths: [RawArgument]

    func run(in session: Session) throws -> ExitStatus {
        let (source, paths) = (try source.map(session.revision), try session.paths(paths))
        let report = try ProgressLine.show("bringing back") { meter in
            try session.workspace.restore(
                paths, source: source, meter: meter, command: session.console.commandLine)
        }
        session.printWritten(report)
        if report.artifacts.isEmpty { session.print("The files are as they should be already.") }
        return .done
    }
}
