import FileSystem
import ObjectStore

extension Workspace {
    /// Names snapshots in the lock that were brought from elsewhere, with their history.
    ///
    /// Working files are left alone. An artifact that is there already is moved on only to a snapshot that follows its own.
    ///
    /// - Parameter versions: each artifact with its newest snapshot, which must be in the store for good.
    /// - Throws: ``WorkspaceError/trackedByGit(_:)``, ``WorkspaceError/holdsArtifacts(_:_:)`` or
    ///   ``WorkspaceError/misuse(_:)`` with nothing changed.
    package func takeHistory(
        _ versions: [(path: RelativePath, snapshot: ObjectID)], command: String
    ) throws -> [AddedArtifact] {
        try alone {
            let lock = try lock()
            var staged: [AddedArtifact] = []
            for (path, snapshot) in versions {
                do throws(ArtifactPathError) {
                    try path.checkIsArtifactPath()
                } catch {
                    throw WorkspaceError.misuse(error.description)
                }
                let previous = lock[path]
                if let previous, previous != snapshot, try ancestors(snapshot)[previous] == nil {
                    throw WorkspaceError.misuse(
                        "\(path) is an artifact with versions of its own, which the import does not follow; run "
                            + "'vintage rm --cached \(path)' first to begin anew with what is imported")
                }
                if previous == nil {
                    let below = lock.artifacts(inside: path).map(\.path)
                    if !below.isEmpty { throw WorkspaceError.holdsArtifacts(path, below) }
                    if try repository?.hasTrackedFiles(at: path) == true { throw WorkspaceError.trackedByGit(path) }
                }
                staged.append(
                    AddedArtifact(
                        path: path, previous: previous, snapshot: snapshot, root: try store.snapshot(snapshot).root))
            }
            try record(staged, command: command, time: try timestamp(nil))
            return staged
        }
    }
}
