import FileSystem
import Git
import ObjectStore

extension Workspace {
    /// The git commits that HEAD reaches and that change the lock, newest first.
    ///
    /// - Parameter limit: the most entries; all by default.
    public func log(limit: Int? = nil) throws -> [WorkspaceLogEntry] {
        guard let repository else { throw WorkspaceError.needsGit("the log of the whole workspace") }
        guard let head = try repository.head().commit else { return [] }
        var found: [(commit: GitCommit, changes: [LockChange])] = []
        // What the commits that are left out follow.
        var detours: [GitObjectID: [GitObjectID]] = [:]
        let history = try repository.history(from: [head])
        while found.count < limit ?? .max, let commit = try history.next() {
            let parent = commit.parents.first
            let file = try repository.fileID(of: Self.lockFile, at: commit.id)
            let before = try parent.flatMap { try repository.fileID(of: Self.lockFile, at: $0) }
            if file == before {
                detours[commit.id] = commit.parents
                continue
            }
            let old = try parent.map { try lock(at: $0) } ?? Lock()
            found.append((commit, changes(from: old, to: try lock(at: commit.id))))
        }
        return found.map { commit, changes in
            WorkspaceLogEntry(commit: commit, changes: changes, parents: Self.ends(of: commit.parents, detours))
        }
    }

    /// The commits that some lead to, past those of the detours; each once.
    private static func ends(of commits: [GitObjectID], _ detours: [GitObjectID: [GitObjectID]]) -> [GitObjectID] {
        var ends: [GitObjectID] = []
        var seen: Set<GitObjectID> = []
        var waiting = Array(commits.reversed())
        while let commit = waiting.popLast() {
            guard seen.insert(commit).inserted else { continue }
            if let parents = detours[commit] { waiting += parents.reversed() } else { ends.append(commit) }
        }
        return ends
    }

    /// The snapshots of an artifact that its version in the lock, or in HEAD, goes back to, newest first.
    public func log(of artifact: RelativePath, limit: Int? = nil) throws -> [ArtifactLogEntry] {
        guard let head = try lock()[artifact] ?? headLock()[artifact] else {
            _ = try self.artifact(at: artifact, in: lock())
            throw WorkspaceError.notTracked(artifact, nearest: nil)
        }
        let tags = Dictionary(grouping: try store.tags().filter { $0.artifact == artifact }, by: \.snapshot)
        var waiting: [(id: ObjectID, snapshot: Snapshot)] = [(head, try store.snapshot(head))]
        var seen: Set<ObjectID> = [head]
        var entries: [ArtifactLogEntry] = []
        while entries.count < limit ?? .max, !waiting.isEmpty {
            // Among those whose followers have all been listed, the newest; its own parents come after it.
            let next = waiting.indices.max { waiting[$0].snapshot.time < waiting[$1].snapshot.time }!
            let (id, snapshot) = waiting.remove(at: next)
            var isCutOff = false
            for parent in snapshot.parents where seen.insert(parent).inserted {
                if store.contains(parent, kind: .snapshot) {
                    waiting.append((parent, try store.snapshot(parent)))
                } else {
                    isCutOff = true
                }
            }
            entries.append(
                ArtifactLogEntry(
                    id: id, snapshot: snapshot, tags: tags[id]?.map(\.name) ?? [], isCutOff: isCutOff))
        }
        return entries
    }

    /// What differs between two versions, artifact by artifact; artifacts without a difference are left out.
    ///
    /// - Parameters:
    ///   - old: the old version; `nil` for HEAD's, or without git the lock's.
    ///   - new: the new version; `nil` for the working files.
    ///   - paths: only these artifacts or paths in them.
    public func diff(
        _ old: String? = nil, _ new: String? = nil, paths: [RelativePath] = [], meter: ByteMeter? = nil
    ) throws -> [ArtifactChanges] {
        let overlay = TreeOverlay(over: store)
        let before =
            try old.map { try contents(of: $0) }
            ?? headLock().entries.map { (artifact: $0.path, snapshot: $0.snapshot) }
        var oldSides = Dictionary(uniqueKeysWithValues: before.map { ($0.artifact, $0.snapshot) })
        var newSides: [RelativePath: (snapshot: ObjectID?, node: Node)] = [:]
        if let new {
            for (artifact, snapshot) in try contents(of: new) {
                newSides[artifact] = (snapshot, try store.snapshot(snapshot).root)
            }
        } else {
            for entry in try lock().entries {
                if let node = try captured(entry.path, overlay, meter)?.node { newSides[entry.path] = (nil, node) }
            }
        }
        // Two versions of one artifact are compared even if one stands for more than the artifact.
        if let old, case .snapshot(_, let snapshot) = try resolve(old) {
            newSides = newSides.filter { $0.key == snapshot.artifact }
        }
        if let new, case .snapshot(_, let snapshot) = try resolve(new) {
            oldSides = oldSides.filter { $0.key == snapshot.artifact }
        }
        var result: [ArtifactChanges] = []
        for artifact in Set(oldSides.keys).union(newSides.keys).sorted() {
            if !paths.isEmpty, !paths.contains(where: { $0.contains(artifact) || artifact.contains($0) }) { continue }
            let oldRoot = try oldSides[artifact].map { try store.snapshot($0).root }
            if oldRoot == newSides[artifact]?.node { continue }
            var changes = try TreeComparison(source: overlay).changes(from: oldRoot, to: newSides[artifact]?.node)
            if !paths.isEmpty {
                changes = changes.filter { change in
                    let place = artifact.appending(change.path)
                    return paths.contains { $0.contains(place) }
                }
                if changes.isEmpty { continue }
            }
            result.append(
                ArtifactChanges(
                    artifact: artifact, oldSnapshot: oldSides[artifact], newSnapshot: newSides[artifact]?.snapshot,
                    changes: changes))
        }
        return result
    }
}
