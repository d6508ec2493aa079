import FileSystem
import Git
import ObjectStore
import SystemPackage

extension Workspace {
    /// Stores artifacts and names their snapshots in the lock.
    ///
    /// A path inside an artifact stores just that path; a path that is no artifact yet becomes one.
    ///
    /// - Parameters:
    ///   - date: the snapshots' time; now by default.
    ///   - meter: is told of each byte read.
    ///   - command: what the user typed, for the record.
    ///   - origin: what the artifacts were made from, if they were made.
    /// - Throws: ``WorkspaceError/nothingAt(_:)``, ``WorkspaceError/trackedByGit(_:)``,
    ///   ``WorkspaceError/holdsArtifacts(_:_:)``, ``WorkspaceError/notAnArtifactPath(_:reason:)``.
    @discardableResult
    public func add(
        _ paths: [RelativePath], date: Timestamp? = nil, meter: ByteMeter? = nil, command: String = "vintage add",
        origin: ArtifactOrigin? = nil
    ) throws -> AddReport {
        let lock = try lock()
        var parts: [RelativePath: [RelativePath]] = [:]
        for path in paths {
            if let artifact = lock.artifact(containing: path) {
                parts[artifact, default: []].append(path.relative(to: artifact)!)
                continue
            }
            let below = lock.artifacts(inside: path).map(\.path)
            if !below.isEmpty { throw WorkspaceError.holdsArtifacts(path, below) }
            try checkCanBecomeArtifact(path)
            parts[path] = [.root]
        }
        let writer = try store.makeWriter(level: configuration.compressionLevel)
        let staged = try store(
            parts, lock: lock, writer: writer, date: date, message: "", command: command, origin: origin, meter)
        try alone {
            try record(staged, command: command, time: try timestamp(date))
            try resolveConflicts(at: paths)
        }
        // The writer has kept the clean-up away until the lock named the snapshots.
        return withExtendedLifetime(writer) { AddReport(artifacts: staged, stored: writer.statistics) }
    }

    private func checkCanBecomeArtifact(_ path: RelativePath) throws {
        do throws(ArtifactPathError) {
            try path.checkIsArtifactPath()
        } catch {
            throw WorkspaceError.misuse(error.description)
        }
        if try root.appending(path).status() == nil { throw WorkspaceError.nothingAt(path) }
        // Files are never written through a link, since a clone could bring one that leads anywhere.
        var folder = path.parent
        while let parent = folder, !parent.isRoot {
            if try root.appending(parent).status()?.kind == .symbolicLink {
                throw WorkspaceError.notAnArtifactPath(
                    path,
                    reason: "it lies behind the symbolic link \(parent); put the link into an artifact, or move the "
                        + "folder here")
            }
            folder = parent.parent
        }
        // A submodule, or another repository that lies here, has a workspace of its own.
        folder = path
        while repository != nil, let inner = folder, !inner.isRoot {
            if root.appending(inner).appending(".git").exists {
                throw WorkspaceError.notAnArtifactPath(
                    path, reason: "\(inner) is a git repository of its own; run 'vintage init' and 'vintage add' in it")
            }
            folder = inner.parent
        }
        if try repository?.hasTrackedFiles(at: path) == true { throw WorkspaceError.trackedByGit(path) }
    }

    /// Stores the given parts of artifacts, makes snapshots of those that changed, and finishes the writer.
    ///
    /// - Parameter parts: for each artifact the paths in it; the root for all of it.
    func store(
        _ parts: [RelativePath: [RelativePath]], lock: Lock, writer: StoreWriter, date: Timestamp?, message: String,
        command: String, origin: ArtifactOrigin? = nil, _ meter: ByteMeter?
    ) throws -> [AddedArtifact] {
        let capture = try capture(into: writer, mustBeStored: true, meter: meter)
        let headLock = try headLock()
        let merge = try mergeState()
        var added: [AddedArtifact] = []
        var caches: [(path: FilePath, cache: StatCache)] = []
        for (artifact, paths) in parts.sorted(by: { $0.key < $1.key }) {
            var cache = StatCache(reading: cachePath(artifact))
            let working = try capture.capture(artifact, &cache)
            let previous = lock[artifact]
            var node = working?.node
            if !paths.contains(.root) {
                node = try parted(artifact, previous, working, paths, writer)
            } else if node == nil {
                throw WorkspaceError.nothingAt(artifact)
            }
            guard let node else { throw WorkspaceError.nothingAt(artifact) }
            let snapshot = try self.snapshot(
                of: artifact, node, previous: previous, committed: headLock[artifact], merge: merge, date: date,
                message: message, command: command, origin: origin, writer)
            // Where only a part was stored, the rest may be of an older version than the lock.
            if paths.contains(.root) || cache.base == nil || cache.base == previous { cache.base = snapshot }
            caches.append((cachePath(artifact), cache))
            added.append(AddedArtifact(path: artifact, previous: previous, snapshot: snapshot, root: node))
        }
        try writer.finish()
        // Only now: what a cache knows must be in the store for good.
        for (path, cache) in caches { cache.write(to: path) }
        return added
    }

    /// The artifact as the lock has it, with the working files' content at some paths.
    private func parted(
        _ artifact: RelativePath, _ previous: ObjectID?, _ working: WorkingEntry?, _ paths: [RelativePath],
        _ writer: StoreWriter
    ) throws -> Node? {
        let base = try previous.map { try store.snapshot($0).root }
        var edits: [TreeEditor.Edit] = []
        for path in paths {
            let node = working?.at(path)
            let isThere = try base.map { try store.node(at: path, below: $0) != nil } ?? false
            if node == nil, !isThere { throw WorkspaceError.nothingAt(artifact.appending(path)) }
            edits.append((path, node))
        }
        return try TreeEditor(source: store, sink: writer).editing(base, edits)
    }

    /// The snapshot of a content: the lock's or HEAD's if they hold it already, else a new one.
    private func snapshot(
        of artifact: RelativePath, _ node: Node, previous: ObjectID?, committed: ObjectID?, merge: MergeState?,
        date: Timestamp?, message: String, command: String, origin: ArtifactOrigin?, _ writer: StoreWriter
    ) throws -> ObjectID {
        for known in [previous, committed].compactMap({ $0 }) {
            guard var snapshot = try? store.snapshot(known), snapshot.root == node, snapshot.artifact == artifact else {
                continue
            }
            if let origin, origin != ArtifactOrigin(snapshot) { continue }
            if message.isEmpty || known != previous || known == committed && repository != nil { return known }
            // What 'add' has stored becomes what this commit says of it, unless it has a name or a message already.
            if try !snapshot.provenance.message.isEmpty || store.tags().contains(where: { $0.snapshot == known }) {
                return known
            }
            snapshot.provenance.message = message
            if let date { (snapshot.time, snapshot.offsetMinutes) = (date.seconds, Int32(date.offsetMinutes)) }
            return try writer.put(snapshot)
        }
        let time = try timestamp(date)
        var parents = [committed ?? previous].compactMap { $0 }
        if let merge, let other = merge.theirs[artifact], !parents.contains(other) { parents.append(other) }
        var provenance = try provenance(message: message, command: command)
        provenance.parameters = origin?.parameters ?? [:]
        return try writer.put(
            Snapshot(
                artifact: artifact, root: node, time: time.seconds, offsetMinutes: Int32(time.offsetMinutes),
                parents: parents, inputs: origin?.inputs ?? [], provenance: provenance))
    }

    /// Puts new snapshots into the lock as it is now, and records the operation.
    func record(_ staged: [AddedArtifact], command: String, time: Timestamp) throws {
        let old = try lock()
        var new = old
        for artifact in staged { try new.set(artifact.snapshot, for: artifact.path) }
        if new == old, lockPath.exists { return }
        let position = Operation.Position(try repository?.head())
        try write(new, replacing: old)
        try operationLog.append(
            Operation(
                number: 0, time: time, command: command, headMove: .none, before: position, after: position,
                lockBefore: old.encoded(), lockAfter: new.encoded(), files: []))
    }

    var operationLog: OperationLog { OperationLog(folder: folder.appending("operations")) }

    // MARK: Committing

    /// Stores what changed in all artifacts, writes the lock and makes one git commit of it and of what is staged.
    ///
    /// Artifacts whose files are missing, as in a fresh clone, keep their snapshot. Git's commit hooks run. During a
    /// merge this finishes it.
    ///
    /// - Parameter date: the time of the snapshots and the commit; now by default.
    @discardableResult
    public func commit(
        message: String, date: Timestamp? = nil, meter: ByteMeter? = nil, command: String = "vintage commit"
    ) throws -> CommitReport {
        try refuseInterrupted()
        let merge = try mergeState()
        if let merge, !merge.unresolved.isEmpty { throw WorkspaceError.unresolved(merge.unresolved) }
        if let repository {
            let conflicts = try repository.conflictedPaths()
            if !conflicts.isEmpty { throw GitError.conflicts(conflicts) }
            // Who commits must be known before anything is changed.
            _ = try repository.defaultSignature(.author)
        }
        let lock = try lock()
        var parts: [RelativePath: [RelativePath]] = [:]
        for entry in lock.entries where try root.appending(entry.path).status() != nil { parts[entry.path] = [.root] }
        try refuseOlderVersions(of: Array(parts.keys), lock)
        let writer = try store.makeWriter(level: configuration.compressionLevel)
        let staged = try store(
            parts, lock: lock, writer: writer, date: date, message: message, command: command, meter)
        defer { withExtendedLifetime(writer) {} }
        return try alone {
            let old = try self.lock()
            var new = old
            for artifact in staged where artifact.isChanged { try new.set(artifact.snapshot, for: artifact.path) }
            return try finishCommit(
                message: message, date: date, command: command, old: old, new: new, headMove: .commit, files: [],
                stored: writer.statistics, merge: merge)
        }
    }

    /// Refuses to record working files of an older version than the lock names, as after a pull: that would take back
    /// what others did.
    private func refuseOlderVersions(of artifacts: [RelativePath], _ lock: Lock) throws {
        var older: [RelativePath] = []
        for artifact in artifacts.sorted() {
            guard let snapshot = lock[artifact], let base = StatCache(reading: cachePath(artifact)).base,
                base != snapshot, try ancestors(snapshot)[base] != nil
            else { continue }
            let working = try captured(artifact, TreeOverlay(over: store))?.node
            if working != (try store.snapshot(snapshot).root) { older.append(artifact) }
        }
        if !older.isEmpty { throw WorkspaceError.olderThanLock(older) }
    }

    /// Writes the lock and commits it.
    func finishCommit(
        message: String, date: Timestamp?, command: String, old: Lock, new: Lock, headMove: Operation.HeadMove,
        files: [Operation.FileState], stored: StoreWriter.Statistics, merge: MergeState?
    ) throws -> CommitReport {
        let head = try repository?.head()
        let before = Operation.Position(head)
        let committed = try headLock()
        if new != old { try write(new, replacing: old) }
        var report = CommitReport(commit: nil, branch: nil, artifacts: [], removed: [], stored: stored)
        let reference = repository == nil ? old : committed
        for entry in new.entries where reference[entry.path] != entry.snapshot {
            let snapshot = try store.snapshot(entry.snapshot)
            report.artifacts.append(
                AddedArtifact(
                    path: entry.path, previous: repository == nil ? snapshot.parents.first : reference[entry.path],
                    snapshot: entry.snapshot, root: snapshot.root))
        }
        report.removed = reference.entries.map(\.path).filter { new[$0] == nil }
        if let repository {
            if new == old, lockPath.exists { try repository.stage([Self.lockFile]) }
            let mergeHead = try repository.mergeHead()
            if try repository.hasStagedChanges() || mergeHead != nil {
                guard let author = try signature(.author, date: date),
                    let committer = try signature(.committer, date: date)
                else { throw GitError.noIdentity }
                report.commit = try repository.commitWithHooks(
                    message: message, author: author, committer: committer,
                    extraParents: mergeHead.map { [$0] } ?? [])
            }
            if case .branch(let name, _) = try repository.head() { report.branch = name }
        }
        if merge != nil { try mergeStatePath.remove() }
        if report.commit != nil || new != old {
            try operationLog.append(
                Operation(
                    number: 0, time: try timestamp(nil), command: command, headMove: headMove, before: before,
                    after: Operation.Position(try repository?.head()), lockBefore: old.encoded(),
                    lockAfter: new.encoded(), files: files))
        }
        return report
    }
}

extension WorkingEntry {
    /// What stands at a path below this entry.
    func at(_ path: RelativePath) -> Node? {
        var entry = self
        for component in path.components {
            guard let next = entry.folder?.entry(component) else { return nil }
            entry = next
        }
        return entry.node
    }
}
