import FileSystem
import Git
import ObjectStore
import Workspace

extension Workspace {
    /// Sends what a remote lacks of artifacts, their history and their tags, then moves its refs.
    ///
    ///     let report = try workspace.push(remote: "store")
    ///     print(report.bytes)
    ///
    /// All that a ref needs is there before it moves. A push that is broken off leaves the remote whole, and the next one
    /// goes on from there; pushing twice is pushing once.
    ///
    /// - Parameters:
    ///   - remote: its name; the default one by default.
    ///   - artifacts: artifacts, tracked files, or folders with some; by default all of the lock and of git.
    ///   - commits: the git commits whose history of the lock goes out; by default HEAD, with the lock as it is now. A
    ///     hook names those that git is about to push.
    ///   - branch: the branch whose heads move; by default the one that is checked out.
    ///   - force: whether refs move even if others have moved them on meanwhile.
    ///   - dryRun: whether only to count what would be sent.
    /// - Throws: ``RemoteError/moved(location:_:)`` if others have pushed versions that are not part of this history.
    public func push(
        remote name: String? = nil, artifacts: [RelativePath] = [], commits: [GitObjectID]? = nil,
        branch: String? = nil, force: Bool = false, dryRun: Bool = false, meter: ByteMeter? = nil
    ) throws -> PushReport {
        let setting = try remoteSetting(name)
        return try push(
            to: try open(setting), named: setting.name, artifacts: artifacts, commits: commits, branch: branch,
            force: force, dryRun: dryRun, meter: meter)
    }

    /// Pushes to a remote that is open.
    package func push(
        to remote: any Remote, named name: String, artifacts: [RelativePath] = [], commits: [GitObjectID]? = nil,
        branch: String? = nil, force: Bool = false, dryRun: Bool = false, meter: ByteMeter? = nil,
        packSize: UInt64 = 32 << 20
    ) throws -> PushReport {
        let selection = try PushSelection(self, artifacts, commits: commits, branch: branch)
        var report = PushReport(remote: name, location: remote.location, isDryRun: dryRun)
        let cleanUpLock = try store.keepingCleanUpAway()
        defer { withExtendedLifetime(cleanUpLock) {} }
        let description: RemoteDescription?
        if dryRun {
            description = try remote.remoteDescription()
        } else {
            description = try remote.describe(parameters: store.parameters)
        }
        let catalog = try description.map { try RemoteCatalog(remote, folder: catalogFolder($0)) }
        try catalog?.checkPacks()
        // A push that is bound to be refused is refused before anything is sent.
        let refs = catalog == nil ? [:] : try RefLog(remote: remote).read().refs
        var moves = try selection.moves(on: refs, at: remote.location, force: force)

        let sender = PackSender(
            store: store, remote: remote, workers: configuration.workers, targetSize: packSize, dryRun: dryRun,
            meter: meter)
        let store = store
        var walk = BottomUpWalk(store.currentIndexes()) { (location) throws(StoreError) in
            var scratch = ReadScratch()
            return Array(try store.read(location, &scratch))
        }
        var failure: (any Error)?
        for link in selection.links {
            do {
                try walk.visit(
                    link, isKnown: { catalog?.contains($0) ?? false }
                ) { (location) throws(StoreError) in
                    do throws(RemoteError) {
                        try sender.add(location)
                    } catch {
                        failure = error
                        throw .busy(remote.location)
                    }
                }
            } catch {
                throw failure ?? error
            }
        }
        try sender.finish()
        (report.objects, report.bytes, report.packs) = (sender.totals.objects, sender.totals.bytes, sender.totals.packs)
        if !dryRun {
            let location = remote.location
            let moved = try RefLog(remote: remote).move { (refs) throws(RemoteError) in
                moves = try selection.moves(on: refs, at: location, force: force)
                return moves
            }
            report.refs = moved
        } else {
            report.refs = moves.map { RefMove($0.key, from: refs[$0.key], to: $0.value) }.sorted { $0.key < $1.key }
        }
        return report
    }
}

/// What a push is about: the snapshots that go out, and where refs are to be.
struct PushSelection {
    /// What goes out: contents of tracked files, then snapshots, older ones before those that follow them.
    let links: [ObjectLink]
    /// Where refs are to be.
    private let targets: [RefKey: ObjectID]
    /// For each artifact what this side knows of its history: a head that is among it may be moved on.
    private let known: [RelativePath: Set<ObjectID>]

    init(
        _ workspace: Workspace, _ paths: [RelativePath], commits: [GitObjectID]?, branch: String?
    ) throws {
        let store = workspace.store
        let current = try commits?.first.map { try workspace.lock(at: $0) } ?? workspace.lock()
        let shared = try SharedPaths(paths, in: current, of: workspace, everyVersion: true)
        let artifacts = Set(shared.artifacts)
        var roots: [RelativePath: Set<ObjectID>] = [:]
        for artifact in artifacts { roots[artifact] = [current[artifact]!] }
        for lock in try workspace.locks(of: commits) {
            for entry in lock.entries where paths.isEmpty || artifacts.contains(entry.path) {
                // What an incomplete clone lacks it need not send.
                if store.contains(entry.snapshot, kind: .snapshot) {
                    roots[entry.path, default: []].insert(entry.snapshot)
                }
            }
        }
        var targets: [RefKey: ObjectID] = [:]
        let line = try branch ?? workspace.line(commits)
        for artifact in artifacts {
            let head = RefKey(.head, artifact, line)
            if head.isStorable { targets[head] = current[artifact]! }
        }
        for tag in try store.tags() where paths.isEmpty || artifacts.contains(tag.artifact) {
            roots[tag.artifact, default: []].insert(tag.snapshot)
            targets[RefKey(.tag, tag.artifact, tag.name)] = tag.snapshot
        }
        self.targets = targets
        var order = HistoryOrder(store: store)
        var known: [RelativePath: Set<ObjectID>] = [:]
        for (artifact, ids) in roots.sorted(by: { $0.key < $1.key }) {
            for id in ids.sorted() { try order.add(id) }
            known[artifact] = order.ancestors(of: ids)
        }
        self.known = known
        // What an incomplete clone lacks it need not send.
        let files = shared.contents.filter { store.contains($0.id, kind: $0.kind) }
        links = files.map { ObjectLink($0) } + order.snapshots.map { ObjectLink(ObjectKey($0, .snapshot)) }
    }

    /// The moves that are still to be made.
    ///
    /// - Throws: ``RemoteError/moved(location:_:)`` if a head has moved to something that this side's history does not
    ///   hold, or a tag to anything else.
    func moves(
        on refs: [RefKey: ObjectID], at location: String, force: Bool
    ) throws(RemoteError) -> [RefKey: ObjectID] {
        let moves = targets.filter { refs[$0.key] != $0.value }
        if force { return moves }
        let refused = moves.compactMap { key, target -> RefMove? in
            guard let present = refs[key] else { return nil }
            if key.kind == .head, known[key.artifact]?.contains(present) == true { return nil }
            return RefMove(key, from: present, to: target)
        }
        if !refused.isEmpty { throw .moved(location: location, refused.sorted { $0.key < $1.key }) }
        return moves
    }
}

/// Snapshots with their history and lineage, older ones first, as far as the store has them.
private struct HistoryOrder {
    let store: Store
    private(set) var snapshots: [ObjectID] = []
    private var seen: Set<ObjectID> = []
    private var parents: [ObjectID: [ObjectID]] = [:]

    init(store: Store) { self.store = store }

    mutating func add(_ root: ObjectID) throws {
        guard seen.insert(root).inserted else { return }
        var stack: [(id: ObjectID, history: ArraySlice<ObjectID>)] = [(root, try history(of: root))]
        while let (id, history) = stack.popLast() {
            var rest = history
            guard let next = rest.popFirst() else {
                snapshots.append(id)
                continue
            }
            stack.append((id, rest))
            if seen.insert(next).inserted, store.contains(next, kind: .snapshot) {
                stack.append((next, try self.history(of: next)))
            }
        }
    }

    /// What a snapshot follows; nothing for one that only the remote may have.
    private mutating func history(of id: ObjectID) throws -> ArraySlice<ObjectID> {
        guard store.contains(id, kind: .snapshot) else { return [] }
        let snapshot = try store.snapshot(id)
        parents[id] = snapshot.parents
        return snapshot.history[...]
    }

    /// The given snapshots, which were added, and all that they follow.
    func ancestors(of ids: Set<ObjectID>) -> Set<ObjectID> {
        var found: Set<ObjectID> = []
        var waiting = Array(ids)
        while let id = waiting.popLast() {
            if found.insert(id).inserted { waiting += parents[id] ?? [] }
        }
        return found
    }
}

extension Workspace {
    /// The locks that git commits and all before them hold, each version once.
    fileprivate func locks(of commits: [GitObjectID]?) throws -> [Lock] {
        guard let repository else { return [] }
        let start = try commits ?? repository.head().commit.map { [$0] } ?? []
        if start.isEmpty { return [] }
        var seen: Set<GitObjectID> = []
        var locks: [Lock] = []
        let history = try repository.history(from: start)
        while let commit = try history.next() {
            guard let file = try repository.fileID(of: Self.lockFile, at: commit.id), seen.insert(file).inserted else {
                continue
            }
            locks.append(try lock(at: commit.id))
        }
        return locks
    }

    /// The name of the line of history that is pushed: git's branch; `main` without git, which knows one line only.
    ///
    /// A detached HEAD is on no branch. Its heads get a name of their own, so that they are in nobody's way.
    fileprivate func line(_ commits: [GitObjectID]?) throws -> String {
        guard let repository else { return "main" }
        switch try repository.head() {
        case .unborn(let branch), .branch(let branch, _): return branch
        case .detached(let commit): return "detached/\(commit)"
        }
    }
}
