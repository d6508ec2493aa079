import FileSystem
import Git
import ObjectStore
import Workspace

/// Which versions a fetch brings.
public enum FetchSelection: Sendable {
    /// What the lock names of these artifacts, and the files at these paths that git tracks as pointers; all of both for
    /// no path.
    case lock([RelativePath])
    /// What a git revision's lock names of these artifacts; of all, if there are none.
    case revision(String, [RelativePath])
    /// Versions that tags of the remote name.
    case tags([RefKey])
    /// Versions by their ids.
    case snapshots([ObjectID])
    /// Contents of tracked files, by what their pointers say.
    case contents([FileReference])
    /// What the remote's heads of a branch name.
    case heads(branch: String, [RelativePath])
}

extension Workspace {
    /// Whether the store lacks a version that the lock names, so that a fetch is needed.
    ///
    /// - Complexity: one look-up for each artifact; no remote is asked.
    public func lacksData(_ artifacts: [RelativePath] = []) throws -> Bool {
        let lock = try lock()
        return try self.artifacts(at: artifacts, in: lock).contains { artifact in
            lock[artifact].map { !store.contains($0, kind: .snapshot) } ?? false
        }
    }

    /// Brings versions from a remote into the store; working files stay as they are.
    ///
    ///     let report = try workspace.fetch()
    ///
    /// Every byte is checked before it is stored. A fetch that is broken off leaves the store whole, and the next one
    /// goes on from there.
    ///
    /// - Parameters:
    ///   - remote: its name; the default one by default.
    ///   - selection: which versions; by default those that the lock names.
    ///   - withHistory: whether the versions that they follow and were made from come too.
    ///   - dryRun: whether only to find out how much would come. What tells it is read all the same.
    public func fetch(
        remote name: String? = nil, _ selection: FetchSelection = .lock([]), withHistory: Bool = false,
        dryRun: Bool = false, meter: ByteMeter? = nil
    ) throws -> FetchReport {
        let setting = try remoteSetting(name)
        return try fetch(
            from: try open(setting), named: setting.name, selection, withHistory: withHistory, dryRun: dryRun,
            meter: meter)
    }

    /// Fetches from a remote that is open.
    package func fetch(
        from remote: any Remote, named name: String, _ selection: FetchSelection = .lock([]),
        withHistory: Bool = false, dryRun: Bool = false, meter: ByteMeter? = nil
    ) throws -> FetchReport {
        var report = FetchReport(remote: name, location: remote.location, isDryRun: dryRun)
        guard let description = try remote.remoteDescription() else {
            throw RemoteError.empty(location: remote.location)
        }
        let refs = try RefLog(remote: remote).read().refs
        let wanted = try wanted(selection, refs, remote.location, withHistory: withHistory)
        report.snapshots = wanted.snapshots
        // Refs first, then the indexes: what a ref names is in them.
        let catalog = try RemoteCatalog(remote, folder: catalogFolder(description))
        let writer = dryRun ? nil : try store.makeWriter(level: configuration.compressionLevel)
        if dryRun { try store.refresh() }
        let receiver = try ObjectReceiver(
            store: store, catalog: catalog, writer: writer, workers: configuration.workers, meter: meter)
        try receiver.receive(wanted.snapshots, contents: wanted.contents, followsHistory: withHistory)
        (report.objects, report.bytes) = (receiver.totals.objects, receiver.totals.bytes)
        try takeTags(refs, of: try artifacts(of: report.snapshots), &report)
        withExtendedLifetime(writer) {}
        return report
    }

    /// The snapshots and the contents of tracked files that a selection means.
    private func wanted(
        _ selection: FetchSelection, _ refs: [RefKey: ObjectID], _ location: String, withHistory: Bool
    ) throws -> (snapshots: [ObjectID], contents: [FileReference]) {
        switch selection {
        case .lock(let paths):
            let lock = try lock()
            let shared = try SharedPaths(paths, in: lock, of: self, everyVersion: withHistory)
            return (shared.artifacts.compactMap { lock[$0] }, shared.contents)
        case .revision(let revision, let paths):
            guard let repository else { throw WorkspaceError.needsGit("fetching a git revision") }
            let lock = try lock(at: try repository.resolve(revision))
            return (try artifacts(at: paths, in: lock).compactMap { lock[$0] }, [])
        case .tags(let keys):
            let ids = try keys.map { key in
                guard let id = refs[key] else { throw RemoteError.unknownRef(location: location, "\(key)") }
                return id
            }
            return (ids, [])
        case .snapshots(let ids): return (ids, [])
        case .contents(let contents): return ([], contents)
        case .heads(let branch, let paths): return (try heads(refs, branch, paths, location).map(\.value), [])
        }
    }

    /// The remote's heads of a branch, by artifact.
    func heads(
        _ refs: [RefKey: ObjectID], _ branch: String, _ paths: [RelativePath], _ location: String
    ) throws(RemoteError) -> [(key: RelativePath, value: ObjectID)] {
        let heads = refs.filter { $0.key.kind == .head && $0.key.name == branch }
        for path in paths where !heads.contains(where: { path.contains($0.key.artifact) }) {
            throw .unknownRef(location: location, "\(path)")
        }
        return heads.filter { head in paths.isEmpty || paths.contains { $0.contains(head.key.artifact) } }
            .map { ($0.key.artifact, $0.value) }.sorted { $0.0 < $1.0 }
    }

    private func artifacts(of snapshots: [ObjectID]) throws -> Set<RelativePath> {
        Set(try snapshots.filter { store.contains($0, kind: .snapshot) }.map { try store.snapshot($0).artifact })
    }

    /// Takes over tags of the remote whose versions are here.
    private func takeTags(
        _ refs: [RefKey: ObjectID], of artifacts: Set<RelativePath>, _ report: inout FetchReport
    ) throws {
        for (key, snapshot) in refs.sorted(by: { $0.key < $1.key })
        where key.kind == .tag && artifacts.contains(key.artifact) {
            let present = try store.tag(artifact: key.artifact, name: key.name)
            if present == snapshot { continue }
            let move = RefMove(key, from: present, to: snapshot)
            if present != nil {
                report.differingTags.append(move)
            } else if store.contains(snapshot, kind: .snapshot) {
                if !report.isDryRun {
                    try store.setTag(artifact: key.artifact, name: key.name, snapshot: snapshot, replacing: false)
                }
                report.tags.append(move)
            }
        }
    }
}
