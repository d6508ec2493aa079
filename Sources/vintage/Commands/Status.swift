import ArgumentParser
import Git
import TextFormats
import Workspace

/// `vintage status`.
struct Status: WorkspaceCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say what changed in the workspace.",
        discussion: """
            Compares the working files with the lock, and the lock with the last commit. Paths are printed from the \
            workspace's root. Ends with status 0, changes or not; 'vintage diff --exit-code' tells a script.

            Examples:
              vintage status
              vintage status --json data/flights
            """)

    @OptionGroup var json: JSONOption

    @Argument(help: "Look at these artifacts only.", completion: .file())
    var paths: [RawArgument] = []

    func run(in session: Session) throws -> ExitStatus {
        let paths = try session.paths(paths)
        let report = try ProgressLine.show("looking") { try session.workspace.status(paths, meter: $0) }
        if json.isOn {
            session.print(Self.object(report))
        } else {
            StatusView(report, session).printAll()
        }
        return .done
    }

    private static func object(_ report: StatusReport) -> JSONObject {
        var object = JSONObject()
        object["head"] = JSON(report.head)
        object["clean"] = .bool(report.isClean)
        object["merging"] = .bool(report.isMerging)
        object["conflicts"] = JSON(paths: report.conflicts)
        object["lock_changes"] = JSON(report.lockChanges) { JSON($0) }
        object["artifacts"] = JSON(report.artifacts) { artifact in
            var object = JSONObject(path: artifact.path)
            object["state"] = .string(artifact.stateName)
            object["snapshot"] = JSON(artifact.snapshot)
            object["new_bytes"] = JSON(artifact.changes.newBytes)
            object["old_bytes"] = JSON(artifact.changes.oldBytes)
            object["changes"] = JSON(changes: artifact.changes)
            return .object(object)
        }
        return object
    }
}

extension ArtifactStatus {
    /// How the working files stand to the lock, in one word.
    fileprivate var stateName: String {
        isMissing ? "missing" : isStoreIncomplete ? "incomplete" : isClean ? "clean" : "modified"
    }
}
