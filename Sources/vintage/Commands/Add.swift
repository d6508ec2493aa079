import ArgumentParser
import Workspace

/// `vintage add`.
struct Add: WorkspaceCommand {
    static let configuration = CommandConfiguration(
        abstract: "Put files or folders under care, or store what changed in them.",
        discussion: """
            Each path becomes an artifact, which the lock names and git leaves alone. A path inside an artifact stores \
            just that path. 'vintage commit' records it.

            Examples:
              vintage add data/flights data/weather.csv
              vintage add data/flights --date 2013-06-01
            """)

    @Option(
        name: .customLong("date"), help: ArgumentHelp("When the data was known; now by default.", valueName: "date"))
    var date: RawArgument?

    @Argument(help: "Files and folders.", completion: .file())
    var paths: [RawArgument]

    func run(in session: Session) throws -> ExitStatus {
        let paths = try session.paths(paths)
        let date = try date.map { try Timestamp(parsing: $0.text) }
        let report = try ProgressLine.show("adding") { meter in
            try session.workspace.add(paths, date: date, meter: meter, command: session.console.commandLine)
        }
        session.printAdded(report.artifacts)
        session.printGrowth(report.stored)
        return .done
    }
}
