import ArgumentParser
import Git
import ObjectStore
import TextFormats
import Workspace

/// `vintage log`.
struct Log: WorkspaceCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the history of the workspace or of one artifact.",
        discussion: """
            The workspace's history is git's: each commit with the artifacts that it changed. An artifact's history is \
            that of its snapshots. --graph draws lines of work, and for an artifact also what it was made from.

            Examples:
              vintage log -n 5
              vintage log --graph data/flights
            """)

    @Flag(name: .customLong("graph"), help: "Draw the history, a line an entry.")
    var isGraph = false

    @Option(
        name: [.customShort("n"), .customLong("max-count")],
        help: ArgumentHelp("Show at most so many entries.", valueName: "n"))
    var limit: UInt32?

    @OptionGroup var json: JSONOption

    @Argument(help: "The artifact; the workspace by default.", completion: .file())
    var artifact: RawArgument?

    func run(in session: Session) throws -> ExitStatus {
        let limit = limit.map { Int($0) }
        if let artifact {
            let entries = try session.workspace.log(of: try session.path(artifact), limit: limit)
            show(entries, in: session)
        } else {
            show(try session.workspace.log(limit: limit), in: session)
        }
        return .done
    }

    private func show(_ entries: [WorkspaceLogEntry], in session: Session) {
        let view = HistoryView(session.palette)
        var graph = HistoryGraph<GitObjectID>()
        if json.isOn {
            var object = JSONObject()
            object["commits"] = JSON(entries) { JSON($0.commit, changes: $0.changes) }
            session.print(object)
            return
        }
        for (index, entry) in entries.enumerated() {
            if isGraph {
                let text = view.shortLines(entry.commit, changes: entry.changes)
                let lines = graph.lines(for: entry.commit.id, parents: entry.parents, text: text)
                for line in lines { session.print(line) }
            } else {
                if index > 0 { session.print() }
                for line in view.lines(entry.commit, changes: entry.changes) { session.print(line) }
            }
        }
    }

    private func show(_ entries: [ArtifactLogEntry], in session: Session) {
        let view = HistoryView(session.palette)
        var graph = HistoryGraph<ObjectID>()
        if json.isOn {
            var object = JSONObject()
            object["snapshots"] = JSON(entries) { Self.json($0) }
            session.print(object)
            return
        }
        for (index, entry) in entries.enumerated() {
            if isGraph {
                let parents = entry.isCutOff ? [] : entry.snapshot.parents
                var text = view.shortLines(entry.id, entry.snapshot, tags: entry.tags)
                if entry.isCutOff { text.append("  " + Self.cutOff) }
                let lines = graph.lines(for: entry.id, parents: parents, text: text)
                for line in lines { session.print(line) }
            } else {
                if index > 0 { session.print() }
                for line in view.lines(entry.id, entry.snapshot, tags: entry.tags) { session.print(line) }
                if entry.isCutOff { session.print("\n" + Self.cutOff) }
            }
        }
    }

    private static let cutOff = "(older versions are not in this store)"

    private static func json(_ entry: ArtifactLogEntry) -> JSON {
        guard case .object(var object) = JSON(entry.id, entry.snapshot, tags: entry.tags) else { return .null }
        object["cut_off"] = .bool(entry.isCutOff)
        return .object(object)
    }
}
