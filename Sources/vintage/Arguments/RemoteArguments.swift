import FileSystem
import ObjectStore
import Remotes
import Workspace

/// The arguments `[REMOTE] [ARTIFACT…]` of `push`, `pull` and `fetch`.
///
/// The first one is a remote if one has that name; `./` before it makes it a path.
struct RemoteArguments {
    /// The remote's name; `nil` for the default one.
    let remote: String?
    /// The artifacts, or folders with artifacts.
    private(set) var artifacts: [RelativePath] = []
    /// Versions that the remote names: `ARTIFACT@TAG`.
    private(set) var tags: [RefKey] = []

    /// Reads arguments.
    ///
    /// - Parameters:
    ///   - takesTags: whether a version that the remote names may stand for an artifact.
    ///   - mustBeInLock: whether an artifact must be in the lock as it is.
    init(
        _ arguments: [RawArgument], in session: Session, takesTags: Bool = false, mustBeInLock: Bool = true
    ) throws {
        var rest = arguments[...]
        if let first = rest.first, session.workspace.remotes.contains(where: { $0.name == first.text }) {
            remote = first.text
            rest = rest.dropFirst()
        } else {
            remote = nil
        }
        let lock = try session.workspace.lock()
        for argument in rest {
            if let artifact = session.artifact(named: argument.bytes, in: lock) {
                artifacts.append(artifact)
            } else if takesTags, let at = argument.bytes.lastIndex(of: UInt8(ascii: "@")), at > 0 {
                let path = Array(argument.bytes[..<at])
                let artifact = try session.artifact(named: path, in: lock) ?? session.path(RawArgument(path))
                tags.append(RefKey(.tag, artifact, String(decoding: argument.bytes[(at + 1)...], as: UTF8.self)))
            } else {
                artifacts.append(try session.path(argument))
            }
        }
        // A misspelt remote is no artifact either, and which of both was meant is not certain.
        if mustBeInLock, remote == nil, let first = arguments.first, let path = artifacts.first, tags.isEmpty,
            lock.artifacts(inside: path).isEmpty, lock.artifact(containing: path) == nil,
            try session.workspace.trackedFiles([path]).isEmpty
        {
            let names = session.workspace.remotes.map(\.name) + lock.entries.map(\.path.description)
            let nearest = nearestName(to: first.text, among: names).map { "; did you mean '\($0)'?" } ?? ""
            throw WorkspaceError.misuse("'\(first.text)' is neither a remote nor an artifact\(nearest)")
        }
    }
}
