import ArgumentParser
import FileSystem
import TextFormats
import Workspace

/// `vintage ls`.
struct List: WorkspaceCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "List the files of any version, without restoring them.",
        discussion: """
            Without an argument: the artifacts. A path alone is from the folder you are in and read as the lock names \
            it; a path after a revision is from the workspace's root, and what is printed is, too. Write './' before a \
            name that has a colon.

            Examples:
              vintage ls
              vintage ls HEAD~1:data -l
              vintage ls 'data/flights@{2013-06-01}' -r
            """)

    @Flag(name: .customShort("l"), help: "Show type, size, number of files and id.")
    var isLong = false

    @Flag(name: .customShort("r"), help: "List folders below, too.")
    var isRecursive = false

    @OptionGroup var json: JSONOption

    @Argument(
        help: ArgumentHelp("What to list; the artifacts by default.", valueName: "[rev:]path"), completion: .file())
    var path: RawArgument?

    func run(in session: Session) throws -> ExitStatus {
        let versioned = try path.map { try VersionedPath($0, in: session) }
        let entries = try session.workspace.list(
            versioned?.revision, path: versioned?.path ?? .root, isRecursive: isRecursive)
        if json.isOn {
            var object = JSONObject()
            object["entries"] = JSON(entries) { Self.json($0) }
            session.print(object)
        } else if isLong {
            for line in Self.table(entries, session.palette).lines { session.print(line) }
        } else {
            for entry in entries { session.print(entry.path.description) }
        }
        return .done
    }

    private static func table(_ entries: [ListedEntry], _ palette: Palette) -> Table {
        var table = Table([.left, .right, .right, .left, .left])
        for entry in entries {
            let target = entry.target.map { " → " + quotedForDisplay($0) } ?? ""
            var type = entry.node.typeName
            if case .file(_, isExecutable: true) = entry.node { type = "program" }
            let files = entry.node.isDirectory ? counted(entry.node.fileCount, "file") : ""
            table.add([type, size(entry.node.size), files, entry.node.id.short, "\(entry.path)\(target)"])
        }
        return table
    }

    private static func json(_ entry: ListedEntry) -> JSON {
        var object = JSONObject(path: entry.path)
        object.add(entry.node)
        if let target = entry.target {
            object["target"] = .string(String(decoding: target, as: UTF8.self))
            if String(validating: target, as: UTF8.self) == nil { object["target_bytes"] = .string(base64(target)) }
        }
        return .object(object)
    }
}
