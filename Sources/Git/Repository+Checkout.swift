import CGit2
import FileSystem

/// What a checkout moves HEAD to.
public enum CheckoutTarget: Hashable, Sendable {
    /// A branch, by its short name.
    case branch(String)
    /// A commit, on no branch.
    case detached(GitObjectID)
}

extension Repository {
    /// Brings the files of another commit into the working tree and the index, and moves HEAD there.
    ///
    /// Files with local changes stay as they are if both commits hold the same, and stop the checkout otherwise, before
    /// anything is touched; untracked and ignored files in the way stop it too.
    ///
    /// - Parameter skipping: Files, or folders of files, whose local changes do not stop the checkout. A file among them
    ///   that would have stopped it keeps its content in the working tree, and gets the new commit's content in the
    ///   index: git then shows it as modified and not staged.
    /// - Throws: ``GitError/wouldOverwrite(_:)`` with every such file, ``GitError/unknownRevision(_:nearest:)`` for a
    ///   branch that is not there, ``GitError/branchInUse(_:)``, ``GitError/mergeInProgress``.
    public func checkout(_ target: CheckoutTarget, skipping: [RelativePath] = []) throws(GitError) {
        _ = try requireWorkingDirectory()
        let old = try head()
        let commit = try self.commit(of: target, from: old)
        if try !mergeHeads().isEmpty { throw .mergeInProgress }
        try updateFiles(to: commit, skipping: skipping)

        let signature = try logSignature()
        let expected = try self.target(of: "HEAD")
        switch target {
        case .branch(let name):
            try changeReference(
                "HEAD", expecting: expected, to: .symbolic("refs/heads/\(name)"),
                reason: "checkout: moving from \(old.logName) to \(name)", by: signature)
        case .detached(let id):
            try changeReference(
                "HEAD", expecting: expected, to: .commit(id),
                reason: "checkout: moving from \(old.logName) to \(id)", by: signature)
        }
    }

    /// Moves HEAD, or the branch it is on, forward to a commit that follows it, and brings that commit's files.
    ///
    /// - Parameters:
    ///   - commit: The commit; HEAD must be one of its ancestors, or unborn.
    ///   - name: What the user called it, for the reference's log.
    ///   - skipping: As for ``checkout(_:skipping:)``.
    public func fastForward(
        to commit: GitObjectID, named name: String, skipping: [RelativePath] = []
    ) throws(GitError) {
        _ = try requireWorkingDirectory()
        let old = try head().commit
        if let old, try !isAncestor(old, of: commit) {
            throw .failed(operation: "fast-forwarding to \(name)", message: "HEAD has commits of its own; merge it")
        }
        try moveHeadAndFiles(to: commit, expecting: old, reason: "merge \(name): Fast-forward", skipping: skipping)
    }

    /// Moves HEAD, or the branch it is on, to a commit, and brings that commit's files (`git reset --keep`).
    ///
    /// - Parameters:
    ///   - expected: Where HEAD must stand now; `nil` for unborn.
    ///   - reason: The line for the reference's log.
    ///   - skipping: As for ``checkout(_:skipping:)``.
    public func moveHeadAndFiles(
        to commit: GitObjectID, expecting expected: GitObjectID?, reason: String, skipping: [RelativePath] = []
    ) throws(GitError) {
        _ = try requireWorkingDirectory()
        let found = try head().commit
        guard found == expected else { throw .headMoved(expected: expected, found: found) }
        if try !mergeHeads().isEmpty { throw .mergeInProgress }
        try updateFiles(to: commit, skipping: skipping)
        try moveHead(to: commit, expecting: expected, reason: reason)
    }

    private func commit(of target: CheckoutTarget, from head: GitHead) throws(GitError) -> GitObjectID {
        switch target {
        case .detached(let commit): return commit
        case .branch(let name):
            var branch: OpaquePointer?
            guard git_branch_lookup(&branch, pointer, name, GIT_BRANCH_LOCAL) == 0,
                let commit = try self.target(of: "refs/heads/\(name)")
            else { throw .unknownRevision(name, nearest: nearestName(to: name)) }
            defer { git_reference_free(branch) }
            if case .branch(name, _) = head { return commit }
            if git_branch_is_checked_out(branch) == 1 { throw .branchInUse(name) }
            return commit
        }
    }

    /// Changes index and working tree from HEAD's files to a commit's.
    private func updateFiles(to commit: GitObjectID, skipping: [RelativePath]) throws(GitError) {
        let unresolved = try conflictedPaths()
        if !unresolved.isEmpty { throw .conflicts(unresolved) }
        let staged = try stagedChanges()
        let leftOut = try leftOutPaths()
        try markChangedEntries()
        try withTree(of: commit) { (tree) throws(GitError) in
            try refuseToLose(staged, to: tree, skipping: skipping)
            let kept = try FileUpdate(to: .tree(tree), skipping: skipping, leftOut: leftOut).run(in: self)
            if kept.isEmpty { return }
            try changeIndex { (index) throws(GitError) in
                for path in kept {
                    let entry = try Self.entry(at: path, in: tree)
                    try Self.put(entry, at: path, into: index, leavesOut: leftOut.contains(path))
                }
            }
        }
        // libgit2 has written new files also where the sparse checkout leaves them out. What git cannot take away again
        // it names; the checkout itself is done.
        if !leftOut.isEmpty { _ = try resultOfGit(["sparse-checkout", "reapply"]) }
    }

    /// Throws if a file is staged with content that is in neither commit. libgit2 compares commits with the working
    /// tree only, and would drop what is nowhere but in the index.
    private func refuseToLose(
        _ staged: [StagedChange], to tree: OpaquePointer?, skipping: [RelativePath]
    ) throws(GitError) {
        if staged.isEmpty { return }
        let head = try head().commit
        var lost: [RelativePath] = []
        for change in staged where !skipping.contains(where: { $0.contains(change.path) }) {
            let next = try Self.entry(at: change.path, in: tree)
            if next == change.staged { continue }
            let current =
                if let head {
                    try withTree(of: head) { (tree) throws(GitError) in try Self.entry(at: change.path, in: tree) }
                } else {
                    TreeEntry?.none
                }
            if next != current { lost.append(change.path) }
        }
        if !lost.isEmpty { throw .wouldOverwrite(lost) }
    }

    /// Makes the index hold an entry of a tree at a path, or nothing.
    ///
    /// - Parameter leavesOut: Whether the sparse checkout leaves the file out of the working tree.
    static func put(
        _ entry: TreeEntry?, at path: RelativePath, into index: OpaquePointer?, leavesOut: Bool = false
    ) throws(GitError) {
        let name = path.cString
        let removal = git_index_remove_bypath(index, name)
        if removal != GIT_ENOTFOUND.rawValue { try check(removal, "removing \(path) from the index") }
        guard let entry, entry.mode != GIT_FILEMODE_TREE.rawValue else { return }
        var new = git_index_entry()
        new.mode = entry.mode
        new.id = entry.id.raw
        if leavesOut {
            new.flags = UInt16(GIT_INDEX_ENTRY_EXTENDED.rawValue)
            new.flags_extended = UInt16(GIT_INDEX_ENTRY_SKIP_WORKTREE.rawValue)
        }
        let code = name.withUnsafeBufferPointer { name in
            new.path = name.baseAddress
            return git_index_add(index, &new)
        }
        try check(code, "adding \(path) to the index")
    }
}
