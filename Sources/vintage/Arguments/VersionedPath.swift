import FileSystem
import Workspace

/// The argument `[REV:]PATH` of `ls` and `cat`.
///
/// As in git, the path after a revision is from the workspace's root, unless it begins with `./` or `../`; a path alone
/// is from the folder the command is called in. A revision that names an artifact needs no path.
struct VersionedPath {
    /// The revision; `nil` for what the lock names.
    let revision: String?
    /// The path, from the workspace's root.
    let path: RelativePath

    /// Reads an argument.
    init(_ argument: RawArgument, in session: Session) throws {
        let bytes = argument.bytes
        // What begins like a path is one, so that a name with a colon can be told too.
        if ["/", "./", "../"].contains(where: { bytes.starts(with: $0.utf8) }) || bytes == Array(".".utf8) {
            (revision, path) = (nil, try session.path(argument))
            return
        }
        // A side of a file that git has in conflict, as `git show` names it.
        if bytes.count > 3, bytes[0] == UInt8(ascii: ":"), bytes[2] == UInt8(ascii: ":"),
            (UInt8(ascii: "0")...UInt8(ascii: "3")).contains(bytes[1])
        {
            revision = String(decoding: bytes[..<2], as: UTF8.self)
            path = try RelativePath(bytes: bytes[3...])
            return
        }
        if let colon = Self.colonBeforeDot(bytes) {
            revision = try session.revision(Array(bytes[..<colon])).text
            path = try session.path(RawArgument(Array(bytes[(colon + 1)...])))
            return
        }
        let parsed = try RevisionPath(parsing: bytes)
        if let parsedPath = parsed.path {
            (revision, path) = (try session.revision(parsed.revision).text, parsedPath)
            return
        }
        let named = try session.revision(bytes)
        if let artifact = named.artifact {
            (revision, path) = (named.text, artifact)
        } else {
            (revision, path) = (nil, try session.path(argument))
        }
    }

    private static func colonBeforeDot(_ bytes: [UInt8]) -> Int? {
        bytes.indices.dropFirst().first { index in
            let rest = bytes[index...]
            return rest.starts(with: ":./".utf8) || rest.starts(with: ":../".utf8)
        }
    }
}
