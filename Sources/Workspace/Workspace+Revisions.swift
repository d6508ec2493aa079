import FileSystem
import Git
import ObjectStore

/// What a revision that a user gave stands for.
public enum ResolvedRevision {
    /// A git commit and its lock.
    case commit(GitObjectID, Lock)
    /// One snapshot of one artifact.
    case snapshot(ObjectID, Snapshot)
}

extension Workspace {
    /// Finds what a revision stands for: a git revision, a snapshot's id or the beginning of one, `artifact@tag`, or
    /// `artifact@{2013-06-01}`.
    ///
    /// - Throws: ``WorkspaceError/unknownRevision(_:)``, ``WorkspaceError/ambiguousSnapshot(_:)``,
    ///   ``WorkspaceError/unknownTag(_:_:)``, ``WorkspaceError/noVersion(_:by:first:)``.
    public func resolve(_ text: String) throws -> ResolvedRevision {
        let lock = try lock()
        let tags = try store.tags()
        let revision = try Revision(parsing: text.utf8) { bytes in
            if let artifact = lock.artifact(named: bytes) { return artifact }
            guard let path = try? RelativePath(bytes: bytes) else { return nil }
            if tags.contains(where: { $0.artifact == path }) { return path }
            return (try? headLock())?[path] == nil ? nil : path
        }
        switch revision {
        case .artifactTag(let artifact, let tag):
            guard let id = try store.tag(artifact: artifact, name: tag) else {
                throw WorkspaceError.unknownTag(artifact, tag)
            }
            return .snapshot(id, try store.snapshot(id))
        case .artifactDate(let artifact, let moment):
            let id = try snapshot(of: artifact, at: moment, lock)
            return .snapshot(id, try store.snapshot(id))
        case .text(let text): return try resolve(name: text)
        }
    }

    private func resolve(name text: String) throws -> ResolvedRevision {
        if let id = ObjectID(hex: text), store.contains(id, kind: .snapshot) {
            return .snapshot(id, try store.snapshot(id))
        }
        if let repository {
            do {
                let commit = try repository.resolve(text)
                return .commit(commit, try lock(at: commit))
            } catch GitError.unknownRevision, GitError.notACommit {
                // It may be a snapshot.
            }
        }
        let isHex = text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
        if isHex, (4...64).contains(text.utf8.count) {
            let found = store.snapshots(withHexPrefix: text)
            if found.count > 1 { throw WorkspaceError.ambiguousSnapshot(text) }
            if let id = found.first { return .snapshot(id, try store.snapshot(id)) }
        }
        throw WorkspaceError.unknownRevision(text)
    }

    /// The version of an artifact that was current at a moment: by HEAD's first-parent history, and before all that
    /// it knows, or without git, by the snapshots' own times.
    private func snapshot(of artifact: RelativePath, at moment: PointInTime, _ lock: Lock) throws -> ObjectID {
        let end = moment.end.seconds
        var first: Timestamp?
        var earliest = lock[artifact]
        if let repository, let head = try repository.head().commit {
            let history = try repository.history(from: [head], firstParentOnly: true)
            while let commit = try history.next() {
                let time = Timestamp(seconds: commit.committer.seconds, offsetMinutes: commit.committer.offsetMinutes)
                if time.seconds <= end {
                    if let id = try self.lock(at: commit.id)[artifact] { return id }
                    break
                }
                if let id = try self.lock(at: commit.id)[artifact] { (first, earliest) = (time, id) }
            }
        }
        // Versions that are older than all that git knows, such as imported ones, tell their time themselves.
        while let id = earliest, repository == nil || store.contains(id, kind: .snapshot) {
            let snapshot = try store.snapshot(id)
            if snapshot.time <= end { return id }
            if first.map({ snapshot.time < $0.seconds }) ?? true {
                first = Timestamp(seconds: snapshot.time, offsetMinutes: Int(snapshot.offsetMinutes))
            }
            earliest = snapshot.parents.first
        }
        throw WorkspaceError.noVersion(artifact, by: moment, first: first)
    }

    /// The artifacts of a revision with the content of each; without one, the lock's.
    func contents(of revision: String?) throws -> [(artifact: RelativePath, snapshot: ObjectID)] {
        guard let revision else { return try lock().entries.map { ($0.path, $0.snapshot) } }
        switch try resolve(revision) {
        case .commit(_, let lock): return lock.entries.map { ($0.path, $0.snapshot) }
        case .snapshot(let id, let snapshot): return [(snapshot.artifact, id)]
        }
    }

    /// What stands at a path of a revision, and the snapshot that has it. In an artifact's own version, a path may also
    /// be given from its root.
    package func node(
        _ revision: String?, _ path: RelativePath
    ) throws -> (path: RelativePath, node: Node, input: Snapshot.Input) {
        let contents = try contents(of: revision)
        let name = revision ?? Lock.fileName
        if let entry = contents.first(where: { $0.artifact.contains(path) }) {
            let root = try store.snapshot(entry.snapshot).root
            if let node = try store.node(at: path.relative(to: entry.artifact)!, below: root) {
                return (path, node, Snapshot.Input(artifact: entry.artifact, snapshot: entry.snapshot))
            }
        }
        if let revision, case .snapshot(let id, let snapshot) = try resolve(revision),
            let node = try store.node(at: path, below: snapshot.root)
        {
            let input = Snapshot.Input(artifact: snapshot.artifact, snapshot: id)
            return (snapshot.artifact.appending(path), node, input)
        }
        if revision == nil, !contents.contains(where: { $0.artifact.contains(path) }) {
            throw WorkspaceError.notTracked(
                path, nearest: try? artifact(at: path, in: lock()))
        }
        throw WorkspaceError.noSuchPath(path, revision: name)
    }

    // MARK: Listing and reading

    /// What a folder of a revision holds; for the root, its artifacts.
    ///
    /// - Parameters:
    ///   - revision: the version; `nil` for the lock.
    ///   - isRecursive: whether folders are opened too.
    public func list(_ revision: String?, path: RelativePath, isRecursive: Bool) throws -> [ListedEntry] {
        var entries: [ListedEntry] = []
        let contents = try contents(of: revision)
        let below = contents.filter { path.contains($0.artifact) }
        if !below.isEmpty, !below.contains(where: { $0.artifact == path }) {
            for (artifact, snapshot) in below.sorted(by: { $0.artifact < $1.artifact }) {
                let root = try store.snapshot(snapshot).root
                if isRecursive {
                    try append(artifact, root, isRecursive: true, &entries, isTop: true)
                } else {
                    entries.append(try listed(artifact, root))
                }
            }
            return entries
        }
        if path.isRoot { return [] }
        let (place, node, _) = try node(revision, path)
        try append(place, node, isRecursive: isRecursive, &entries, isTop: true)
        return entries
    }

    private func append(
        _ path: RelativePath, _ node: Node, isRecursive: Bool, _ entries: inout [ListedEntry], isTop: Bool
    ) throws {
        guard case .directory(let tree) = node, isRecursive || isTop else {
            entries.append(try listed(path, node))
            return
        }
        for entry in try store.entries(of: tree) {
            let place = path.appending(component: entry.name)
            if isRecursive, entry.node.isDirectory {
                try append(place, entry.node, isRecursive: true, &entries, isTop: false)
            } else {
                entries.append(try listed(place, entry.node))
            }
        }
    }

    private func listed(_ path: RelativePath, _ node: Node) throws -> ListedEntry {
        var target: [UInt8]?
        if case .link(let content) = node { target = try store.contents(of: content) }
        return ListedEntry(path: path, node: node, target: target)
    }

    /// The content of a stored file, for what reads it in the store.
    ///
    /// - Parameter revision: the version; `nil` for the lock.
    public func content(_ revision: String?, path: RelativePath) throws -> FileReference {
        if let pointer = try pointer(revision, path: path) { return pointer.content }
        let (place, node, _) = try node(revision, path)
        switch node {
        case .file(let file, _), .link(let file): return file
        case .directory: throw WorkspaceError.isFolder(place)
        }
    }

    /// Hands the bytes of a range of a stored file to `body`, piece by piece, without restoring the file.
    public func read(
        _ revision: String?, path: RelativePath, range: Range<UInt64> = 0..<UInt64.max,
        _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let content = try content(revision, path: path)
        var failure: (any Error)?
        do {
            try store.read(content, range: range) { (bytes) throws(StoreError) in
                do {
                    try body(bytes)
                } catch {
                    failure = error
                    throw .compression("the reader stopped")
                }
            }
        } catch {
            throw failure ?? error
        }
    }
}
