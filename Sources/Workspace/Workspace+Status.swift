import FileSystem
import Git
import ObjectStore

extension Workspace {
    /// How the working files, the lock and HEAD stand to each other.
    ///
    /// - Parameter paths: the artifacts to look at; all by default.
    public func status(_ paths: [RelativePath] = [], meter: ByteMeter? = nil) throws -> StatusReport {
        let lock = try lock()
        var report = StatusReport(
            head: try repository?.head(), artifacts: [], lockChanges: changes(from: try headLock(), to: lock),
            conflicts: [], isMerging: false)
        if let merge = try mergeState() {
            report.isMerging = true
            report.conflicts = merge.unresolved
        } else if let repository, try repository.mergeHead() != nil {
            report.isMerging = true
        }
        for artifact in try artifacts(at: paths, in: lock) {
            report.artifacts.append(try status(of: artifact, lock[artifact]!, meter))
        }
        return report
    }

    private func status(
        of artifact: RelativePath, _ snapshot: ObjectID, _ meter: ByteMeter?
    ) throws -> ArtifactStatus {
        let overlay = TreeOverlay(over: store)
        let working = try captured(artifact, overlay, meter)
        let isStoreIncomplete = !store.contains(snapshot, kind: .snapshot)
        var changes: [Change] = []
        if !isStoreIncomplete, let node = working?.node {
            changes = try TreeComparison(source: overlay).changes(from: try store.snapshot(snapshot).root, to: node)
        }
        return ArtifactStatus(
            path: artifact, snapshot: snapshot, isMissing: working == nil,
            changes: ArtifactChanges(
                artifact: artifact, oldSnapshot: snapshot, newSnapshot: nil, changes: changes),
            isStoreIncomplete: isStoreIncomplete)
    }

    /// What the working files of an artifact hold, found out without storing them.
    func captured(
        _ artifact: RelativePath, _ overlay: TreeOverlay, _ meter: ByteMeter? = nil
    ) throws -> WorkingEntry? {
        var cache = StatCache(reading: cachePath(artifact))
        let working = try capture(into: overlay, mustBeStored: false, meter: meter).capture(artifact, &cache)
        if cache.hasChanged { cache.write(to: cachePath(artifact)) }
        return working
    }

    /// The artifacts that differ between two locks, in the order of paths.
    public func changes(from old: Lock, to new: Lock) -> [LockChange] {
        let paths = Set(old.entries.map(\.path)).union(new.entries.map(\.path)).sorted()
        return paths.compactMap { path in
            let change = LockChange(path: path, old: old[path], new: new[path])
            return change.old == change.new ? nil : change
        }
    }
}
