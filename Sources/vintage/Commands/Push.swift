import ArgumentParser
import Remotes
import TextFormats
import Workspace

/// `vintage push`.
struct Push: WorkspaceCommand {
    static let configuration = CommandConfiguration(
        abstract: "Send data to a remote.",
        discussion: """
            Sends what the remote lacks of the artifacts in the lock, of their history and their tags, and then says \
            there what the branch is at. If others have pushed versions meanwhile that this branch does not hold, it is \
            refused with status 1: bring them in, and push again. A push that is broken off is continued by the next one.

            Examples:
              vintage push
              vintage push store data/flights
              vintage push --dry-run
            """)

    @Flag(name: .shortAndLong, help: "Move the remote's heads and tags even if others have moved them.")
    var force = false

    @Flag(name: .shortAndLong, help: "Say what would be sent, and send nothing.")
    var dryRun = false

    @OptionGroup var json: JSONOption

    @Argument(
        help: ArgumentHelp(
            "The remote, then artifacts; by default the default remote and all.", valueName: "remote] [artifact"))
    var arguments: [RawArgument] = []

    func run(in session: Session) throws -> ExitStatus {
        let arguments = try RemoteArguments(arguments, in: session)
        let report = try ProgressLine.show("pushing") { meter in
            try session.workspace.push(
                remote: arguments.remote, artifacts: arguments.artifacts, force: force, dryRun: dryRun, meter: meter)
        }
        if json.isOn {
            session.print(Self.object(report))
        } else {
            show(report, in: session)
        }
        return .done
    }

    private func show(_ report: PushReport, in session: Session) {
        if report.isUpToDate {
            session.print("\(report.remote) has everything already.")
            return
        }
        if report.objects > 0 {
            session.print(
                "\(dryRun ? "Would send" : "Sent") \(counted(report.objects, "object")), \(size(report.bytes)), to "
                    + "\(report.remote) (\(report.location)).")
        }
        session.print(report.refs)
    }

    private static func object(_ report: PushReport) -> JSONObject {
        var object = JSONObject()
        object["remote"] = .string(report.remote)
        object["location"] = .string(report.location)
        object["dry_run"] = .bool(report.isDryRun)
        object["objects"] = JSON(report.objects)
        object["bytes"] = JSON(report.bytes)
        object["packs"] = JSON(report.packs)
        object["refs"] = JSON(report.refs) { JSON($0) }
        return object
    }
}

extension Session {
    /// A line for each ref that moved.
    func print(_ refs: [RefMove]) {
        for move in refs {
            let old = move.old.map { "\(palette.id($0.short)) → " } ?? ""
            print("  \(move.key)  \(old)\(palette.id(move.new.short))")
        }
    }
}

extension JSON {
    /// A ref that moved.
    init(_ move: RefMove) {
        var object = JSONObject()
        object["kind"] = .string(move.key.kind.rawValue)
        object.add(move.key.artifact, as: "artifact")
        object["name"] = .string(move.key.name)
        object["old"] = JSON(move.old)
        object["new"] = JSON(move.new)
        self = .object(object)
    }
}
