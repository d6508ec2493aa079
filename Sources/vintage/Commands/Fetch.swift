import ArgumentParser
import Remotes
import TextFormats
import Workspace

/// `vintage fetch`.
struct Fetch: WorkspaceCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring data from a remote into the store; working files stay as they are.",
        discussion: """
            Brings the versions that the lock names, or those of another git revision, or those that the remote's tags \
            name. Every byte is checked before it is stored. Older versions come with --history.

            Examples:
              vintage fetch
              vintage fetch --revision HEAD~3 data/flights
              vintage fetch store data/flights@clean
            """)

    @Option(
        name: .customLong("revision"),
        help: ArgumentHelp("Bring what the lock of that git revision names.", valueName: "rev"))
    var revision: RawArgument?

    @Flag(name: .customLong("history"), help: "Bring also the versions that they follow and were made from.")
    var withHistory = false

    @Flag(name: .shortAndLong, help: "Say what would come, and keep nothing.")
    var dryRun = false

    @OptionGroup var json: JSONOption

    @Argument(
        help: ArgumentHelp(
            "The remote, then artifacts or ARTIFACT@TAG; by default the default remote and all.",
            valueName: "remote] [artifact"))
    var arguments: [RawArgument] = []

    func run(in session: Session) throws -> ExitStatus {
        // The lock of another commit, or without git the remote, may know artifacts that the lock here does not.
        let mustBeInLock = revision == nil && session.workspace.repository != nil
        let arguments = try RemoteArguments(
            arguments, in: session, takesTags: true, mustBeInLock: mustBeInLock)
        if !arguments.tags.isEmpty && (revision != nil || !arguments.artifacts.isEmpty) {
            throw WorkspaceError.misuse(
                "ARTIFACT@TAG goes with neither artifacts nor --revision; fetch one after another")
        }
        let selection: FetchSelection =
            if let revision {
                .revision(try session.revision(revision), arguments.artifacts)
            } else if !arguments.tags.isEmpty {
                .tags(arguments.tags)
            } else if session.workspace.repository == nil {
                .heads(branch: "main", arguments.artifacts)
            } else {
                .lock(arguments.artifacts)
            }
        let report = try ProgressLine.show("fetching") { meter in
            try session.workspace.fetch(
                remote: arguments.remote, selection, withHistory: withHistory, dryRun: dryRun, meter: meter)
        }
        if json.isOn {
            session.print(JSONObject(report))
        } else {
            session.print(report)
        }
        return .done
    }
}

extension Session {
    /// What came.
    func print(_ report: FetchReport) {
        if report.isUpToDate { print("Everything is here already.") }
        if report.objects > 0 {
            print(
                "\(report.isDryRun ? "Would receive" : "Received") \(counted(report.objects, "object")), "
                    + "\(size(report.bytes)), from \(report.remote) (\(report.location)).")
        }
        print(report.tags)
        for move in report.differingTags {
            print("note  \(move.key) is \(move.old?.short ?? "nothing") here and \(move.new.short) there")
        }
    }
}

extension JSONObject {
    /// What came.
    init(_ report: FetchReport) {
        self.init()
        self["remote"] = .string(report.remote)
        self["location"] = .string(report.location)
        self["dry_run"] = .bool(report.isDryRun)
        self["objects"] = JSON(report.objects)
        self["bytes"] = JSON(report.bytes)
        self["snapshots"] = JSON(report.snapshots) { JSON($0) }
        self["tags"] = JSON(report.tags) { JSON($0) }
        self["differing_tags"] = JSON(report.differingTags) { JSON($0) }
    }
}
