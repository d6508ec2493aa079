import ArgumentParser
import FileSystem
import GitBridge
import Remotes
import TextFormats
import Workspace

/// `vintage pull`.
struct Pull: Command {
    static let configuration = CommandConfiguration(
        abstract: "Bring data from a remote, and the working files to the lock.",
        discussion: """
            Run 'git pull' first: the lock that it brings says which versions are wanted. In a workspace without git the \
            lock follows the remote. Changes that are stored nowhere are not overwritten without --force.

            Where there is no workspace, a URL (s3://… or file:///…) and one artifact take its version on the branch main, or \
            the one of a tag or a snapshot behind '@', to the place that -o names.

            Examples:
              vintage pull
              vintage pull store data/flights
              vintage pull s3://team-data/flights models/late@v3 -o late
            """)

    @Flag(name: .shortAndLong, help: "Overwrite also changes that are stored nowhere.")
    var force = false

    @Flag(name: .customLong("history"), help: "Bring also older versions.")
    var withHistory = false

    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: ArgumentHelp("With a URL: where the artifact goes.", valueName: "path"), completion: .directory)
    var output: RawArgument?

    @OptionGroup var json: JSONOption

    @Argument(
        help: ArgumentHelp(
            "The remote, then artifacts; by default the default remote and all.", valueName: "remote] [artifact"))
    var arguments: [RawArgument] = []

    private var url: String? { arguments.first.flatMap { $0.text.contains("://") ? $0.text : nil } }

    func validate() throws {
        guard url != nil else {
            if output != nil {
                throw ValidationError("-o goes with a URL, as in 'vintage pull s3://… models/late -o late'")
            }
            return
        }
        guard arguments.count == 2, output != nil else {
            throw ValidationError("with a URL name one artifact, and with -o where it goes")
        }
        if force || withHistory { throw ValidationError("--force and --history go with a workspace, not with a URL") }
    }

    func run(_ console: Console) throws -> ExitStatus {
        guard let url, let output else { return try run(in: Session(console)) }
        let report = try ProgressLine.show("pulling") { meter in
            try Workspace.take(
                arguments[1].text, from: url, to: console.filePath(output), in: console.workingDirectory,
                environment: console.environment, meter: meter)
        }
        if json.isOn {
            console.output.print(JSON.object(JSONObject(report)).text)
        } else {
            console.output.print(
                "\(arguments[1].text) from \(report.location) in \(output.text): \(size(report.bytes)) received.")
        }
        return .done
    }

    private func run(in session: Session) throws -> ExitStatus {
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
