import FileSystem
import ObjectStore
import Workspace

/// What paths that a user gave stand for: artifacts of a lock, and files that git tracks as pointers.
struct SharedPaths {
    /// The artifacts.
    let artifacts: [RelativePath]
    /// The contents of tracked files.
    let contents: [FileReference]

    /// - Parameters:
    ///   - paths: artifacts, tracked files, or folders of them; none for all.
    ///   - everyVersion: whether without paths all contents count that git has pointers to, not those of its index only.
    /// - Throws: ``Workspace/WorkspaceError/notTracked(_:nearest:)`` for a path that is neither.
    init(_ paths: [RelativePath], in lock: Lock, of workspace: Workspace, everyVersion: Bool) throws {
        if paths.isEmpty {
            artifacts = lock.entries.map(\.path)
            contents =
                everyVersion
                ? try workspace.pointers().map(\.content) : try workspace.trackedFiles().map(\.content)
            return
        }
        let tracked = try workspace.trackedFiles(paths)
        contents = tracked.map(\.content)
        let others = paths.filter { path in
            !tracked.contains { path.contains($0.path) } || !lock.artifacts(inside: path).isEmpty
                || lock.artifact(containing: path) != nil
        }
        artifacts = others.isEmpty ? [] : try workspace.artifacts(at: others, in: lock)
    }
}
