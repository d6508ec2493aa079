import ArgumentParser
import TextFormats
import Workspace

/// `vintage commit`.
struct Commit: WorkspaceCommand {
    static let configuration = CommandConfiguration(
        abstract: "Store what changed, write the lock, and make one git commit.",
        discussion: """
            Looks for changes in every artifact by itself. Code that is staged in git is part of the commit. If \
            nothing changed, nothing is committed, and that is no error.

            Examples:
              vintage commit -m "Flights until May"
              vintage commit -m "Flights until May" --date 2013-06-01
            """)

    @Option(name: .shortAndLong, help: ArgumentHelp("Why.", valueName: "message"))
    var message: RawArgument

    @Option(
        name: .customLong("date"), help: ArgumentHelp("When the data was known; now by default.", valueName: "date"))
    var date: RawArgument?

    @OptionGroup var json: JSONOption

    func run(in session: Session) throws -> ExitStatus {
        let date = try date.map { try Timestamp(parsing: $0.text) }
        let report = try ProgressLine.show("storing") { meter in
            try session.workspace.commit(
                message: message.text, date: date, meter: meter, command: session.console.commandLine)
        }
        if json.isOn {
            session.print(Self.object(report))
        } else if report.isEmpty {
            session.print("nothing to commit")
        } else {
            let place = report.commit.map { "\(report.branch ?? "detached") \(session.palette.id($0.short))" }
            let title = message.text.split(separator: "\n").first ?? ""
            session.print("[\(place ?? "without git")] \(title)")
            session.printAdded(report.artifacts, removed: report.removed, indentation: "  ")
            session.printGrowth(report.stored)
        }
        return .done
    }

    private static func object(_ report: CommitReport) -> JSONObject {
        var object = JSONObject()
        object["commit"] = JSON(report.commit)
        object["branch"] = JSON(report.branch)
        object["artifacts"] = JSON(report.artifacts) { JSON($0) }
        object["removed"] = JSON(paths: report.removed)
        object["stored"] = JSON(report.stored)
        return object
    }
}
