import FileSystem
import Git
import ObjectStore

extension Workspace {
    /// Merges another revision into the workspace: the code as git does, each artifact three-way and path by path.
    ///
    /// A git revision is merged with HEAD, and a merge without conflict is committed. A version of one artifact is
    /// merged with that artifact alone, and the result waits in the lock for `commit`. Where both sides changed a file
    /// in different ways the working files keep this side's, the conflict is named, and both versions stay reachable.
    ///
    /// - Throws: ``WorkspaceError/changedArtifacts(_:before:)`` unless the artifacts are committed as they are.
    public func merge(
        _ revision: String, message: String? = nil, meter: ByteMeter? = nil, command: String = "vintage merge"
    ) throws -> MergeReport {
        return try alone {
            if try mergeState() != nil || repository?.mergeHead() != nil { throw WorkspaceError.mergeInProgress }
            try refuseInterrupted()
            switch try resolve(revision) {
            case .commit(let commit, let lock):
                return try merge(commit, lock, named: revision, message, command, meter)
            case .snapshot(let id, let snapshot):
                return try merge(id, snapshot, named: revision, command, meter)
            }
        }
    }

    /// Refuses to merge over changes that are not in the lock.
    private func requireClean(_ artifacts: [RelativePath], _ lock: Lock) throws {
        var changed: [RelativePath] = []
        for artifact in artifacts {
            guard let snapshot = lock[artifact] else { continue }
            let node = try captured(artifact, TreeOverlay(over: store))?.node
            if let node, node != (try store.snapshot(snapshot).root) { changed.append(artifact) }
        }
        if !changed.isEmpty { throw WorkspaceError.changedArtifacts(changed, before: "merging") }
    }

    // MARK: Git revisions

    private func merge(
        _ theirs: GitObjectID, _ theirLock: Lock, named name: String, _ message: String?, _ command: String,
        _ meter: ByteMeter?
    ) throws -> MergeReport {
        guard let repository else { throw WorkspaceError.needsGit("merging a git revision") }
        guard let ours = try repository.head().commit else {
            throw WorkspaceError.misuse("there is no commit to merge into; run 'vintage checkout \(name)' instead")
        }
        let old = try lock()
        let uncommitted = changes(from: try headLock(), to: old).map(\.path)
        if !uncommitted.isEmpty { throw WorkspaceError.changedArtifacts(uncommitted, before: "merging") }
        try requireClean(old.entries.map(\.path), old)
        let before = try repository.head()
        guard let base = try repository.mergeBase(ours, theirs) else { throw GitError.unrelatedHistories }
        if base == theirs { return MergeReport(outcome: .alreadyUpToDate) }
        if base == ours {
            let prepared = try prepare(try updates(from: old, to: theirLock), .refuse, command: command)
            var after = Operation.Position(before)
            after.commit = theirs.description
            let report = try moving(to: after, prepared, old: old, new: theirLock, command, meter) {
                try repository.fastForward(to: theirs, named: name, skipping: [Self.lockFile, Self.ignoreFile])
            }
            return MergeReport(outcome: .fastForward(theirs), artifacts: report.artifacts)
        }
        let baseLock = try lock(at: base)
        var state = MergeState()
        let kind = try repository.branchExists(name) ? "branch" : "commit"
        state.message = message ?? "Merge \(kind) '\(name)'"
        state.lockBefore = old.encoded()
        let writer = try store.makeWriter(level: configuration.compressionLevel)
        var merge = LockMerge(workspace: self, writer: writer, ours: old, message: state.message, command: command)
        try merge.run(base: baseLock, theirs: theirLock)
        try writer.finish()
        let (new, conflicts) = (merge.lock, merge.conflicts)
        state.theirs = merge.theirs
        state.unresolved = conflicts.map(\.workspacePath)
        let prepared = try prepare(try updates(from: old, to: new), .refuse, command: command)
        state.files = prepared.states
        state.head = ours.description
        // Written before anything is touched: whatever happens, 'merge --abort' leads back.
        try mergeStatePath.replaceContents(with: state.encoded())
        let codeConflicts: [RelativePath]
        do {
            codeConflicts = try repository.startMerge(
                with: theirs, named: name, excluding: [Self.lockFile, Self.ignoreFile])
        } catch {
            try mergeStatePath.remove()
            throw error
        }
        try mergeIgnoreRules(base, ours, theirs, repository)
        let report = try perform(prepared, meter)
        try write(new, replacing: old)
        try repository.stage([Self.lockFile] + (root.appending(".gitignore").exists ? [Self.ignoreFile] : []))
        if conflicts.isEmpty, codeConflicts.isEmpty {
            let done = try finishCommit(
                message: state.message, date: nil, command: command, old: old, new: new, headMove: .files,
                files: prepared.states, stored: writer.statistics, merge: state)
            return MergeReport(outcome: .merged(done.commit ?? theirs), artifacts: report.artifacts)
        }
        return MergeReport(
            outcome: .conflicts, artifacts: report.artifacts, conflicts: conflicts, codeConflicts: codeConflicts)
    }

    private func mergeIgnoreRules(
        _ base: GitObjectID, _ ours: GitObjectID, _ theirs: GitObjectID, _ repository: Repository
    ) throws {
        func text(_ commit: GitObjectID) throws -> [UInt8] {
            try repository.contents(of: Self.ignoreFile, at: commit) ?? []
        }
        let mine = try text(ours)
        let merged = try Self.mergedIgnoreRules(base: text(base), ours: mine, theirs: text(theirs))
        if merged != mine { try root.appending(".gitignore").replaceContents(with: merged) }
    }

    // MARK: Versions of one artifact

    private func merge(
        _ theirs: ObjectID, _ snapshot: Snapshot, named name: String, _ command: String, _ meter: ByteMeter?
    ) throws -> MergeReport {
        let path = snapshot.artifact
        let old = try lock()
        guard let ours = old[path] else { throw WorkspaceError.notTracked(path, nearest: nil) }
        try requireClean([path], old)
        let base = try commonAncestor(ours, theirs)
        if base == theirs { return MergeReport(outcome: .alreadyUpToDate) }
        var state = MergeState()
        state.message = "Merge \(name)"
        state.lockBefore = old.encoded()
        let writer = try store.makeWriter(level: configuration.compressionLevel)
        var merge = LockMerge(workspace: self, writer: writer, ours: old, message: state.message, command: command)
        try merge.run(path, base: base, ours: ours, theirs: theirs)
        try writer.finish()
        let (new, conflicts) = (merge.lock, merge.conflicts)
        state.theirs = merge.theirs
        state.unresolved = conflicts.map(\.workspacePath)
        let prepared = try prepare(try updates(from: old, to: new), .refuse, command: command)
        if !conflicts.isEmpty {
            state.files = prepared.states
            try mergeStatePath.replaceContents(with: state.encoded())
        }
        let report = try perform(prepared, old: old, new: new, command, meter)
        return MergeReport(
            outcome: conflicts.isEmpty ? .mergedArtifact(new[path]!) : .conflicts,
            artifacts: report.artifacts, conflicts: conflicts)
    }

    /// A snapshot and those it goes back to, as far as the store has them, each with its time.
    package func ancestors(_ id: ObjectID) throws -> [ObjectID: Int64] {
        var found: [ObjectID: Int64] = [:]
        var waiting = [id]
        while let next = waiting.popLast() {
            guard found[next] == nil, store.contains(next, kind: .snapshot) else { continue }
            let snapshot = try store.snapshot(next)
            found[next] = snapshot.time
            waiting += snapshot.parents
        }
        return found
    }

    /// The newest snapshot that two snapshots go back to.
    private func commonAncestor(_ left: ObjectID, _ right: ObjectID) throws -> ObjectID? {
        let others = try ancestors(right)
        let shared = try ancestors(left).filter { others[$0.key] != nil }
        // Of the shared ones, one that no other shared one goes back to.
        var behind: Set<ObjectID> = []
        for id in shared.keys { behind.formUnion(try store.snapshot(id).parents) }
        return shared.filter { !behind.contains($0.key) }.max { $0.value < $1.value }?.key
    }

    // MARK: Going on

    /// Finishes a merge whose conflicts have been decided: stores the artifacts as they are now and commits.
    public func continueMerge(message: String? = nil, command: String = "vintage merge --continue") throws
        -> CommitReport
    {
        guard let state = try mergeState() else {
            guard let repository, try repository.mergeHead() != nil else { throw WorkspaceError.noMergeInProgress }
            try bringFilesForward(command)
            return try commit(message: message ?? repository.mergeMessage() ?? "Merge", command: command)
        }
        if !state.unresolved.isEmpty { throw WorkspaceError.unresolved(state.unresolved) }
        if state.isOfGit { try bringFilesForward(command) }
        return try commit(
            message: message ?? (state.message.isEmpty ? repository?.mergeMessage() : state.message) ?? "Merge",
            command: command)
    }

    /// Makes sure that git can go on with a rebase or the like: no file is in conflict any more, and the working files are
    /// what the lock says with the user's changes in them.
    ///
    /// - Throws: ``WorkspaceError/unresolved(_:)``.
    public func prepareToContinue(command: String) throws {
        if let state = try mergeState(), !state.unresolved.isEmpty { throw WorkspaceError.unresolved(state.unresolved) }
        try bringFilesForward(command)
        if mergeStatePath.exists { try mergeStatePath.remove() }
        try repository?.stage([Self.lockFile])
    }

    /// Whether git itself began the merge in progress, with `git merge` or `git pull`.
    public func isMergeOfGit() throws -> Bool {
        guard let state = try mergeState() else { return true }
        return state.isOfGit
    }

    /// Brings working files that are as an older version has them to the lock, which git has moved on.
    private func bringFilesForward(_ command: String) throws { try checkout(command: command) }

    /// Calls a merge off: the lock, the code and the working files are as before it.
    public func abortMerge(command: String = "vintage merge --abort") throws -> CheckoutReport {
        try alone {
            guard let state = try mergeState() else {
                guard let repository, try repository.mergeHead() != nil else {
                    throw WorkspaceError.noMergeInProgress
                }
                try repository.abortMerge()
                return CheckoutReport()
            }
            let lock = try Lock(parsing: state.lockBefore)
            let updates = try state.files.map { file in
                Update(
                    artifact: file.artifact, snapshot: file.before,
                    target: try file.before.map { try store.snapshot($0).root }, base: nil)
            }
            let report = try perform(try prepare(updates, .save, command: command), nil)
            if let repository, try repository.mergeHead() != nil {
                try repository.abortMerge(excluding: [])
            }
            try write(lock, replacing: lock)
            try mergeStatePath.remove()
            return report
        }
    }
}
