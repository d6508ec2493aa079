import ArgumentParser
import FileSystem
import Remotes
import SystemPackage
import TextFormats
import Workspace

/// `vintage remote`.
struct Remote: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Name the places where the data is shared.",
        discussion: """
            A remote is a folder, on this disk, on a removable one, or on a file server; or a place in a bucket, \
            s3://BUCKET/PREFIX. It is written into vintage.yaml, which git shares, so that a clone knows where its data is; \
            with --local it is for this machine only. The variable VINTAGE_REMOTE names the default remote of a machine.

            Examples:
              vintage remote add store ../shared/flights
              vintage remote add backup /mnt/backup/flights
              vintage remote add cloud s3://team-data/flights
              vintage remote list
              vintage remote set store --default
              vintage remote remove backup
            """,
        subcommands: [RemoteAdd.self, RemoteList.self, RemoteSet.self, RemoteRemove.self])
}

/// `vintage remote add`.
struct RemoteAdd: WorkspaceCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Name a place.",
        discussion: """
            A folder need not exist yet: the first push makes it. A relative path is from the folder you are in. A bucket must \
            exist; who asks it is found as Amazon's tools find it, in the environment or in ~/.aws. What else it needs stands \
            behind '?': endpoint, region, style, ca, encryption, kms-key (Docs/remotes.md).

            Examples:
              vintage remote add store ../shared/flights
              vintage remote add cloud s3://team-data/flights
              vintage remote add lab 's3://team-data/flights?endpoint=https://s3.lab.example:9000'
            """)

    @Flag(name: .customLong("default"), help: "Make it the one that is meant where none is named.")
    var isDefault = false

    @Flag(name: .customLong("local"), help: "For this machine only, in .vintage/config.yaml.")
    var isLocal = false

    @Argument(help: "A name: letters, digits, - and _.")
    var name: RawArgument

    @Argument(help: "The folder, or the place in a bucket.", completion: .directory)
    var path: RawArgument

    func run(in session: Session) throws -> ExitStatus {
        let url = try session.remoteURL(path)
        try session.workspace.addRemote(name.text, url: url, isDefault: isDefault, isLocal: isLocal)
        session.print("\(name.text)  \(url)")
        if !isLocal, session.workspace.repository != nil {
            session.print("Commit \(Workspace.configurationName), so that clones know it.")
        }
        return .done
    }
}

/// `vintage remote list`.
struct RemoteList: WorkspaceCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Show the remotes.",
        discussion: """
            Example:
              vintage remote list
            """)

    @OptionGroup var json: JSONOption

    func run(in session: Session) throws -> ExitStatus {
        let remotes = session.workspace.remotes
        let meant = try? session.workspace.remoteSetting().name
        if json.isOn {
            var object = JSONObject()
            object["remotes"] = JSON(remotes) { remote in
                var object = JSONObject()
                object["name"] = .string(remote.name)
                object["url"] = .string(remote.url)
                object["default"] = .bool(remote.name == meant)
                object["source"] = .string(remote.source.description)
                return .object(object)
            }
            session.print(object)
            return .done
        }
        var table = Table([.left, .left, .left, .left])
        for remote in remotes {
            table.add([
                remote.name, remote.url, session.palette.faint(remote.source.description),
                remote.name == meant ? "default" : "",
            ])
        }
        for line in table.lines { session.print(line) }
        return .done
    }
}

/// `vintage remote set`.
struct RemoteSet: WorkspaceCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Change where a remote is, or which one is the default.",
        discussion: """
            Examples:
              vintage remote set store /mnt/new/flights
              vintage remote set store --default
            """)

    @Flag(
        name: .customLong("default"), inversion: .prefixedNo,
        help: "Make it the one that is meant where none is named, or no longer.")
    var isDefault: Bool?

    @Argument(help: "Its name.")
    var name: RawArgument

    @Argument(help: "The folder.", completion: .directory)
    var path: RawArgument?

    func validate() throws {
        if path == nil && isDefault == nil { throw ValidationError("say what to set: a path, or --default") }
    }

    func run(in session: Session) throws -> ExitStatus {
        let url = try path.map { try session.remoteURL($0) }
        try session.workspace.changeRemote(name.text, url: url, isDefault: isDefault)
        return .done
    }
}

/// `vintage remote remove`.
struct RemoteRemove: WorkspaceCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Forget a remote; what it holds stays.",
        discussion: """
            Example:
              vintage remote remove backup
            """)

    @Argument(help: "Its name.")
    var name: RawArgument

    func run(in session: Session) throws -> ExitStatus {
        try session.workspace.removeRemote(name.text)
        session.print("Forgot \(name.text); what it holds stays.")
        return .done
    }
}

extension Session {
    /// Where a remote is, as the settings keep it: a relative path from the workspace's root.
    fileprivate func remoteURL(_ argument: RawArgument) throws -> String {
        let text = argument.text
        guard Array(text.utf8) == argument.bytes else {
            throw WorkspaceError.misuse("the settings are text, and \(quotedForDisplay(argument.bytes)) is none")
        }
        if text.hasPrefix("/") || text.contains("://") || text.isEmpty { return text }
        let target = Array(console.filePath(argument).components)
        let root = Array(workspace.root.components)
        let shared = zip(target, root).prefix { $0 == $1 }.count
        let steps = Array(repeating: "..", count: root.count - shared) + target[shared...].map(\.string)
        return steps.isEmpty ? "." : steps.joined(separator: "/")
    }
}
