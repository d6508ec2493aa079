import ArgumentParser
import FileSystem
import ObjectStore
import TextFormats
import Workspace

/// `vintage tag`.
struct Tag: WorkspaceCommand {
    static let configuration = CommandConfiguration(
        abstract: "Name a version of an artifact.",
        discussion: """
            The name is a revision from then on: data/flights@clean. A tag keeps its version from 'vintage gc'. Tags \
            are of this store; git's tags name versions of everything, in every clone.

            Examples:
              vintage tag data/flights@clean
              vintage tag data/flights@before-correction HEAD~1
              vintage tag --delete data/flights@clean
            """)

    @Flag(name: .shortAndLong, help: "List the tags, of the artifact if one is named; the default without arguments.")
    var list = false

    @Flag(name: .shortAndLong, help: "Delete the tag.")
    var delete = false

    @Flag(name: .shortAndLong, help: "Move a tag that is there already.")
    var force = false

    @OptionGroup var json: JSONOption

    @Argument(help: ArgumentHelp("The artifact and the name.", valueName: "artifact@name"))
    var tag: RawArgument?

    @Argument(help: "The version to name; what the lock says by default.")
    var revision: RawArgument?

    func validate() throws {
        if list && (delete || force || revision != nil) || delete && (force || revision != nil) {
            throw ValidationError("--list and --delete go with nothing else than the tag")
        }
        if delete && tag == nil { throw ValidationError("--delete needs the tag, as ARTIFACT@NAME") }
        if json.isOn && !list && tag != nil { throw ValidationError("--json goes with --list") }
    }

    func run(in session: Session) throws -> ExitStatus {
        guard let tag, !list else {
            try printTags(in: session)
            return .done
        }
        let (artifact, name) = try named(tag, in: session)
        if delete {
            try session.workspace.removeTag(artifact, name)
            session.print("deleted \(artifact)@\(name)")
        } else {
            let revision = try revision.map(session.revision)
            let id = try session.workspace.setTag(artifact, name, revision: revision, force: force)
            session.print("\(artifact)@\(name)  \(session.palette.id(id.short))")
        }
        return .done
    }

    private func printTags(in session: Session) throws {
        let only = try tag.map { try artifact(named: $0.bytes, in: session) }
        let tags = try session.workspace.tags().filter { only == nil || $0.artifact == only }
        if json.isOn {
            var object = JSONObject()
            object["tags"] = JSON(tags) { tag in
                var object = JSONObject()
                object.add(tag.artifact, as: "artifact")
                object["name"] = .string(tag.name)
                object["snapshot"] = JSON(tag.snapshot)
                return .object(object)
            }
            session.print(object)
            return
        }
        var table = Table([.left, .left])
        for tag in tags { table.add(["\(tag.artifact)@\(tag.name)", session.palette.id(tag.snapshot.short)]) }
        for line in table.lines { session.print(line) }
    }

    /// Splits `ARTIFACT@NAME`.
    private func named(_ argument: RawArgument, in session: Session) throws -> (RelativePath, String) {
        guard let at = argument.bytes.lastIndex(of: UInt8(ascii: "@")), at > 0, at + 1 < argument.bytes.count else {
            throw WorkspaceError.misuse(
                "'\(quotedForDisplay(argument.bytes))' names no tag; write it as ARTIFACT@NAME, as in data/flights@clean"
            )
        }
        let name = String(decoding: argument.bytes[(at + 1)...], as: UTF8.self)
        return (try artifact(named: Array(argument.bytes[..<at]), in: session), name)
    }

    private func artifact(named bytes: [UInt8], in session: Session) throws -> RelativePath {
        try session.artifact(named: bytes, in: session.workspace.lock()) ?? session.path(RawArgument(bytes))
    }
}
