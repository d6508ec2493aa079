import FileSystem
import Git
import ObjectStore

extension Workspace {
    /// The snapshots that something names: the lock as it is, as it is staged and in every git commit that is kept,
    /// tags, a merge in progress, and the operations on record.
    func roots() throws -> [ObjectID: String] {
        var roots: [ObjectID: String] = [:]
        func add(_ lock: Lock) {
            for entry in lock.entries { roots[entry.snapshot] = entry.path.description }
        }
        add(try lock())
        for tag in try store.tags() { roots[tag.snapshot] = tag.artifact.description }
        if let merge = try mergeState() {
            for (artifact, snapshot) in merge.theirs { roots[snapshot] = artifact.description }
        }
        for operation in try operations() {
            for text in [operation.lockBefore, operation.lockAfter] { add(try Lock(parsing: text)) }
            for state in operation.files {
                if let before = state.before { roots[before] = state.artifact.description }
            }
        }
        guard let repository else { return roots }
        if let staged = try? repository.stagedContents(of: Self.lockFile) { add(try Lock(parsing: staged)) }
        // Each version of the lock is read once, however many commits share it.
        var seen: Set<GitObjectID> = []
        let history = try repository.history(from: Array(try repository.keptCommits()))
        while let commit = try history.next() {
            guard let file = try repository.fileID(of: Self.lockFile, at: commit.id), seen.insert(file).inserted else {
                continue
            }
            add(try lock(at: commit.id))
        }
        return roots
    }

    /// Deletes what nothing names any more and no young snapshot reaches.
    ///
    /// - Parameters:
    ///   - grace: how long a snapshot that nothing names is kept; by default what the settings say.
    ///   - dryRun: whether only to say what would go.
    public func collectGarbage(grace: TimeSpan? = nil, dryRun: Bool = false) throws -> GarbageReport {
        try alone {
            let now = fileSystemClock() / 1_000_000_000
            let cutoff = now - (grace ?? configuration.gcGracePeriod).seconds
            if !dryRun { try operationLog.forget(before: cutoff) }
            var failure: (any Error)?
            do {
                return try store.collectGarbage(
                    roots: try rootsHere().roots.keys.sorted(), keepingSnapshotsSince: cutoff, dryRun: dryRun
                ) { () throws(StoreError) in
                    do {
                        return try pointers().map(\.content)
                    } catch {
                        failure = error
                        throw .refusedCleanUp(reason: "the pointers in git cannot be read")
                    }
                }
            } catch {
                throw failure ?? error
            }
        }
    }

    /// Checks the store, and that it has all that the workspace's history names.
    public func verify(readsData: Bool = false, meter: ByteMeter? = nil) throws -> VerificationReport {
        let (here, absent) = try rootsHere()
        let roots = here.map { Store.Root(name: $0.value, snapshot: $0.key) }
            .sorted { ($0.name, $0.snapshot) < ($1.name, $1.snapshot) }
        var report = try store.verify(roots: roots, contents: try pointers(), readsData: readsData, meter: meter)
        if absent > 0 { report.notes.append(.absentVersions(absent)) }
        return report
    }

    /// The snapshots that something names, and how many of them are left out because a remote has them.
    ///
    /// Who fetches gets what the lock names, not all that git's history names: where the settings name a remote, a
    /// version that is not here at all is taken to be there. Without one it is lost.
    private func rootsHere() throws -> (roots: [ObjectID: String], absent: Int) {
        let all = try roots()
        if remotes.isEmpty { return (all, 0) }
        try store.refresh()
        let here = all.filter { store.contains($0.key, kind: .snapshot) }
        return (here, all.count - here.count)
    }

    /// Makes the store's indexes anew from its packs.
    public func repairStore() throws -> RepairReport {
        try alone {
            let report = try store.repairIndexes()
            // A cache takes a large file for stored if its manifest is, and a folder if its listing is. After a repair
            // parts of them may be missing, so all files are read again.
            try caches.removeAll()
            return report
        }
    }

    /// What artifacts take over all their versions that something names: logical, unique and stored.
    public func usage(_ paths: [RelativePath] = []) throws -> StorageUsage {
        let names = paths.isEmpty ? nil : Set(try artifacts(at: paths, in: lock()).map(\.description))
        // A clone may name versions that its store does not hold.
        var versions = try roots().filter { store.contains($0.key, kind: .snapshot) }
        var waiting = Array(versions.keys)
        while let id = waiting.popLast() {
            for parent in try store.snapshot(id).parents
            where versions[parent] == nil && store.contains(parent, kind: .snapshot) {
                versions[parent] = versions[id]
                waiting.append(parent)
            }
        }
        if let names { versions = versions.filter { names.contains($0.value) } }
        // What 'add' stored and a commit then gave a message is one version, which the record of operations names twice.
        var distinct: [Snapshot: ObjectID] = [:]
        for id in versions.keys.sorted() {
            var snapshot = try store.snapshot(id)
            (snapshot.time, snapshot.offsetMinutes, snapshot.provenance) = (0, 0, Snapshot.Provenance())
            if distinct.updateValue(id, forKey: snapshot) != nil { versions[id] = nil }
        }
        return try store.usage(of: versions.map { Store.Root(name: $0.value, snapshot: $0.key) })
    }

    // MARK: Tags

    /// Gives a version of an artifact a name.
    ///
    /// - Parameters:
    ///   - revision: the version; the lock's by default.
    ///   - force: whether a tag of that name may be moved.
    /// - Returns: the snapshot that the tag names.
    @discardableResult
    public func setTag(
        _ artifact: RelativePath, _ name: String, revision: String? = nil, force: Bool = false
    ) throws -> ObjectID {
        let contents = try contents(of: revision)
        guard let snapshot = contents.first(where: { $0.artifact == artifact })?.snapshot else {
            if let revision { throw WorkspaceError.notInRevision(artifact, revision: revision) }
            _ = try self.artifact(at: artifact, in: lock())
            throw WorkspaceError.notTracked(artifact, nearest: nil)
        }
        if !force, let other = try store.tag(artifact: artifact, name: name), other != snapshot {
            throw WorkspaceError.tagExists(artifact, name, other)
        }
        try store.setTag(artifact: artifact, name: name, snapshot: snapshot, replacing: true)
        return snapshot
    }

    /// Takes a name away again; the version stays.
    public func removeTag(_ artifact: RelativePath, _ name: String) throws {
        guard try store.tag(artifact: artifact, name: name) != nil else {
            throw WorkspaceError.unknownTag(artifact, name)
        }
        try store.removeTag(artifact: artifact, name: name)
    }

    /// All tags, ordered by artifact and name.
    public func tags() throws -> [(artifact: RelativePath, name: String, snapshot: ObjectID)] {
        try store.tags().map { ($0.artifact, $0.name, $0.snapshot) }
    }

    // MARK: Settings

    /// Every setting with its value and where that came from.
    public func settings() -> [Configuration.Setting] {
        configuration.settings.values.sorted { $0.key.name < $1.key.name }
    }

    /// Writes a setting into `vintage.yaml`, or into this machine's `.vintage/config.yaml`.
    public func setSetting(_ key: String, to value: String, isLocal: Bool = false) throws {
        let path = isLocal ? folder.appending("config.yaml") : root.appending(Self.configurationName)
        let keys = ConfigurationKey.standard(
            compressionLevel: Store.standardCompressionLevel, workers: availableCores)
        let text = try path.contentsIfPresent() ?? []
        try path.replaceContents(
            with: try Configuration.setting(key, to: value, in: text, of: isLocal ? .local : .shared, keys: keys))
    }
}
