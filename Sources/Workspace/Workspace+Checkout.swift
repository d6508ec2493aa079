import FileSystem
import Git
import ObjectStore
import SystemPackage

/// Which side of a merge.
public enum MergeSide: Sendable {
    /// The one that was checked out.
    case ours
    /// The one that is merged into it.
    case theirs
}

extension Workspace {
    /// The updates that lead from one lock's artifacts to another's.
    func updates(from old: Lock, to new: Lock) throws -> [Update] {
        var updates: [Update] = []
        for change in changes(from: old, to: new) where change.new == nil {
            updates.append(Update(artifact: change.path, snapshot: nil, target: nil, base: base(of: change.path)))
        }
        for entry in new.entries {
            updates.append(
                Update(
                    artifact: entry.path, snapshot: entry.snapshot,
                    target: try content(of: entry.snapshot, for: entry.path),
                    base: base(of: entry.path)))
        }
        return updates
    }

    /// What a snapshot holds that a lock gives to an artifact.
    private func content(of id: ObjectID, for artifact: RelativePath) throws -> Node {
        let snapshot = try store.snapshot(id)
        guard snapshot.artifact == artifact else {
            throw StoreError.malformed(
                id, reason: "it is a version of \(snapshot.artifact), and the lock gives it to \(artifact)")
        }
        return snapshot.root
    }

    // MARK: Checkout

    /// Brings code and data to a revision, or data to the lock.
    ///
    /// - Parameters:
    ///   - revision: a git revision, to which HEAD moves; a version of one artifact, to which the lock moves;
    ///     `nil` for the lock as it is.
    ///   - paths: only these artifacts or paths in artifacts are brought to the revision, and HEAD stays.
    ///   - newBranch: a branch to make at the revision and to move to.
    ///   - force: whether changes that are stored nowhere give way. They are stored first, so that ``undo(meter:command:)``
    ///     brings them back.
    @discardableResult
    public func checkout(
        _ revision: String? = nil, paths: [RelativePath] = [], newBranch: String? = nil, force: Bool = false,
        meter: ByteMeter? = nil, command: String = "vintage checkout"
    ) throws -> CheckoutReport {
        try alone {
            if let newBranch { return try checkout(newBranch: newBranch, revision, force, command, meter) }
            guard let revision else { return try checkoutLock(paths, force, command, meter) }
            switch try resolve(revision) {
            case .commit(let commit, let lock):
                if paths.isEmpty {
                    let isBranch = try repository?.branchExists(revision) == true
                    return try checkout(
                        isBranch ? .branch(revision) : .detached(commit), at: commit, lock, force, command, meter)
                }
                return try checkout(paths, from: lock, name: revision, force, command, meter)
            case .snapshot(let id, let snapshot):
                var lock = Lock()
                try lock.set(id, for: snapshot.artifact)
                return try checkout(
                    paths.isEmpty ? [snapshot.artifact] : paths, from: lock, name: revision, force, command, meter)
            }
        }
    }

    /// Brings data to the lock as it is; the lock and HEAD stay.
    private func checkoutLock(
        _ paths: [RelativePath], _ force: Bool, _ command: String, _ meter: ByteMeter?
    ) throws -> CheckoutReport {
        let lock = try lock()
        if !paths.isEmpty { return try checkout(paths, from: lock, name: Lock.fileName, force, command, meter) }
        let prepared = try prepare(
            try updates(from: lock, to: lock), force ? .save : .refuse, command: command)
        return try perform(prepared, old: lock, new: lock, command, meter)
    }

    /// Moves HEAD, the lock and the working files to a commit.
    ///
    /// - Parameter isNew: whether the target is a branch that is to be made there first.
    private func checkout(
        _ target: CheckoutTarget, at commit: GitObjectID, _ new: Lock, isNew: Bool = false, _ force: Bool,
        _ command: String, _ meter: ByteMeter?
    ) throws -> CheckoutReport {
        guard let repository else { throw WorkspaceError.needsGit("checking out a git revision") }
        if try repository.mergeHead() != nil || mergeState() != nil { throw WorkspaceError.mergeInProgress }
        let interrupted = try interruptedOperation()
        let old = try lock()
        // Snapshots that were added but not committed are named by the lock alone: they must not be lost sight of.
        let uncommitted = changes(from: try headLock(), to: old).filter { change in
            change.new != nil && change.new != new[change.path]
        }
        if !uncommitted.isEmpty, !force, interrupted == nil {
            throw WorkspaceError.changedArtifacts(uncommitted.map(\.path), before: "checking out another revision")
        }
        var updates = try updates(from: old, to: new)
        if let interrupted {
            // What the interrupted operation began to bring goes too.
            let begun = try Lock(parsing: interrupted.lockAfter).entries.map(\.path)
            updates += begun.filter { old[$0] == nil && new[$0] == nil }
                .map { Update(artifact: $0, snapshot: nil, target: nil, base: base(of: $0)) }
        }
        let prepared = try prepare(updates, force ? .save : .refuse, command: command)
        var after = Operation.Position(branch: "", commit: commit.description)
        if case .branch(let name) = target { after.branch = name }
        let report = try moving(to: after, prepared, old: old, new: new, command, meter) {
            // First the code, which git checks as a whole before it touches a file; then the data.
            if isNew, case .branch(let name) = target { try repository.createBranch(name, at: commit) }
            do {
                try repository.checkout(target, skipping: [Self.lockFile, Self.ignoreFile])
            } catch {
                if isNew, case .branch(let name) = target { try? repository.removeBranch(name, at: commit) }
                throw error
            }
        }
        return report
    }

    /// Moves HEAD and the code by `moveHead`, then the data and the lock.
    ///
    /// The operation is on record before anything is touched, so that it can be undone if it is ended in the middle.
    func moving(
        to after: Operation.Position, _ prepared: PreparedUpdates, old: Lock, new: Lock, _ command: String,
        _ meter: ByteMeter?, moveHead: () throws -> Void
    ) throws -> CheckoutReport {
        let before = Operation.Position(try repository?.head())
        var number: Int?
        if !prepared.items.isEmpty || old != new || before != after {
            number = try operationLog.append(
                Operation(
                    number: 0, time: try timestamp(nil), command: command, headMove: before == after ? .none : .files,
                    before: before, after: after, lockBefore: old.encoded(), lockAfter: new.encoded(),
                    files: prepared.states))
        }
        do {
            if before != after {
                try movePath.replaceContents(with: Array(after.commit.utf8), isDurable: false)
            }
            try moveHead()
        } catch {
            // Where something was in the way nothing was touched; else what was written so far is taken back.
            if case GitError.wouldOverwrite = error { try movePath.remove() }
            try takeBackCodeUpdate()
            if let number { try? operationLog.remove(number) }
            throw error
        }
        var report = try perform(prepared, meter)
        if new.entries.isEmpty, let commit = try repository?.head().commit,
            try repository?.fileID(of: Self.lockFile, at: commit) == nil
        {
            // A commit of before the first artifact has no lock.
            try lockPath.remove()
        } else {
            try lockPath.replaceContents(with: new.encoded())
        }
        try repository?.stage([Self.lockFile])
        try movePath.remove()
        report.head = try repository?.head()
        return report
    }

    /// Holds the commit that code and data are being brought to, while they are.
    var movePath: FilePath { folder.appending("moving") }

    /// The commit that an operation was bringing the working files to when it was ended; `nil` if none was.
    private func interruptedMove() throws -> GitObjectID? {
        try movePath.contentsIfPresent().flatMap { GitObjectID(hex: String(decoding: $0, as: UTF8.self)) }
    }

    /// Takes an operation back that was ended in the middle of bringing another commit's code, before HEAD moved: no data
    /// was touched yet.
    func takeBackCodeUpdate() throws {
        guard let repository, let target = try interruptedMove(), try repository.head().commit != target else { return }
        try repository.takeBackUpdate(to: target, excluding: [Self.lockFile])
        if let number = try operationLog.numbers().last, let last = try? operationLog.operation(number),
            last.after.commit == target.description, !last.isUndone,
            Operation.Position(try repository.head()) == last.before
        {
            // The lock is among the files that git writes.
            let lock = try lockPath.contentsIfPresent() ?? []
            if lock != last.lockBefore, last.lockAfter.starts(with: lock) {
                try lockPath.replaceContents(with: last.lockBefore)
                try repository.stage([Self.lockFile])
            }
            try operationLog.remove(number)
        }
        try movePath.remove()
    }

    /// The last operation, if it moved HEAD and was ended before the data followed.
    func interruptedOperation() throws -> Operation? {
        guard let repository, try interruptedMove() != nil, let number = try operationLog.numbers().last,
            // A damaged record keeps nobody from working.
            let last = try? operationLog.operation(number), !last.isUndone,
            Operation.Position(try repository.head()) == last.after
        else { return nil }
        return last
    }

    /// Refuses to build on an operation that was ended in the middle.
    func refuseInterrupted() throws {
        if let operation = try interruptedOperation() { throw WorkspaceError.interrupted(operation.command) }
    }

    private func checkout(
        newBranch: String, _ revision: String?, _ force: Bool, _ command: String, _ meter: ByteMeter?
    ) throws -> CheckoutReport {
        guard let repository else { throw WorkspaceError.needsGit("making a branch") }
        guard let head = try repository.head().commit else {
            throw WorkspaceError.misuse("there is no commit to make a branch at; run 'vintage commit' first")
        }
        guard let revision else {
            // The new branch starts where HEAD stands: nothing but HEAD's name changes.
            let lock = try lock()
            let before = try repository.head()
            try repository.createBranch(newBranch, at: head)
            try repository.checkout(.branch(newBranch), skipping: [Self.lockFile, Self.ignoreFile])
            try record(command, [], old: lock, new: lock, before: before, headMove: .files)
            var report = CheckoutReport()
            report.head = try repository.head()
            return report
        }
        guard case .commit(let commit, let lock) = try resolve(revision) else {
            throw WorkspaceError.misuse("a branch starts at a git revision, and '\(revision)' is a snapshot")
        }
        return try checkout(.branch(newBranch), at: commit, lock, isNew: true, force, command, meter)
    }

    /// Brings artifacts or paths in them to a version. The lock follows for whole artifacts.
    private func checkout(
        _ paths: [RelativePath], from version: Lock, name: String, _ force: Bool, _ command: String,
        _ meter: ByteMeter?
    ) throws -> CheckoutReport {
        let old = try lock()
        var new = old
        let updates = try self.updates(paths, from: version, name: name, &new)
        let prepared = try prepare(updates, force ? .save : .refuse, command: command)
        return try perform(prepared, old: old, new: new, command, meter)
    }

    private func updates(
        _ paths: [RelativePath], from version: Lock, name: String, _ new: inout Lock
    ) throws -> [Update] {
        var updates: [RelativePath: (snapshot: ObjectID, edits: [TreeEditor.Edit])] = [:]
        for path in paths {
            let below = version.artifacts(inside: path).map(\.path)
            let artifacts = below.isEmpty ? [version.artifact(containing: path)].compactMap { $0 } : below
            if artifacts.isEmpty { throw WorkspaceError.notInRevision(path, revision: name) }
            for artifact in artifacts {
                let snapshot = version[artifact]!
                let inside = path.relative(to: artifact) ?? .root
                guard let node = try store.node(at: inside, below: content(of: snapshot, for: artifact)) else {
                    throw WorkspaceError.noSuchPath(path, revision: name)
                }
                updates[artifact, default: (snapshot, [])].edits.append((inside, node))
            }
        }
        return try updates.sorted { $0.key < $1.key }.map { artifact, update in
            if update.edits.contains(where: { $0.path.isRoot }) {
                try new.set(update.snapshot, for: artifact)
                return Update(
                    artifact: artifact, snapshot: update.snapshot,
                    target: try content(of: update.snapshot, for: artifact),
                    base: base(of: artifact))
            }
            // Only some paths: the rest stays as the working files have it, stored or not.
            return try self.update(artifact, update.edits)
        }
    }

    /// The update that changes an artifact's working files at some paths and leaves the others as they are.
    private func update(_ artifact: RelativePath, _ edits: [TreeEditor.Edit]) throws -> Update {
        // The result may name files that are stored nowhere: its listings must not get into the store.
        let overlay = TreeOverlay(over: store)
        let working = try captured(artifact, overlay)?.node
        let target = try TreeEditor(source: overlay, sink: overlay).editing(working, edits)
        return Update(
            artifact: artifact, snapshot: StatCache(reading: cachePath(artifact)).base, target: target, base: nil,
            overlay: overlay)
    }

    /// Notes an operation, if it did anything.
    func record(
        _ command: String, _ states: [Operation.FileState], old: Lock, new: Lock, before: GitHead?,
        headMove: Operation.HeadMove
    ) throws {
        let after = try repository?.head()
        if states.isEmpty, old == new, before == after { return }
        try operationLog.append(
            Operation(
                number: 0, time: try timestamp(nil), command: command, headMove: before == after ? .none : headMove,
                before: Operation.Position(before), after: Operation.Position(after), lockBefore: old.encoded(),
                lockAfter: new.encoded(), files: states))
    }

    // MARK: Restore

    /// Makes artifacts or paths in them what a version holds, whatever the working files hold now.
    ///
    /// What is dropped is stored first, so that ``undo(meter:command:)`` brings it back.
    ///
    /// - Parameter source: the version; the lock by default.
    @discardableResult
    public func restore(
        _ paths: [RelativePath], source: String? = nil, meter: ByteMeter? = nil, command: String = "vintage restore"
    ) throws -> CheckoutReport {
        try alone {
            let lock = try lock()
            var version = lock
            if let source {
                switch try resolve(source) {
                case .commit(_, let lock): version = lock
                case .snapshot(let id, let snapshot):
                    version = Lock()
                    try version.set(id, for: snapshot.artifact)
                }
            }
            var unused = lock
            let updates = try self.updates(paths, from: version, name: source ?? Lock.fileName, &unused)
            let prepared = try prepare(updates, .save, command: command)
            return try perform(prepared, old: lock, new: lock, command, meter)
        }
    }

    /// Takes one side's version of files that are in conflict.
    @discardableResult
    public func checkoutConflict(
        _ paths: [RelativePath], side: MergeSide, command: String = "vintage checkout"
    ) throws -> CheckoutReport {
        guard let merge = try mergeState() else { throw WorkspaceError.noMergeInProgress }
        return try alone {
            let lock = try lock()
            var updates: [Update] = []
            for path in paths {
                let artifact = try artifact(at: path, in: lock)
                let inside = path.relative(to: artifact)!
                let version = side == .ours ? try Lock(parsing: merge.lockBefore)[artifact] : merge.theirs[artifact]
                guard let version else { throw WorkspaceError.notInRevision(path, revision: "that side of the merge") }
                let node = try store.node(at: inside, below: store.snapshot(version).root)
                updates.append(try update(artifact, [(inside, node)]))
            }
            let prepared = try prepare(updates, .save, command: command)
            return try perform(prepared, old: lock, new: lock, command, nil)
        }
    }
}
