import CGit2
import SystemPackage

/// Where a working tree stands.
public enum GitHead: Hashable, Sendable {
    /// On a branch that has no commit yet.
    case unborn(branch: String)
    /// On a branch, at its last commit.
    case branch(String, GitObjectID)
    /// At a commit, on no branch.
    case detached(GitObjectID)

    /// The commit; `nil` before the first one.
    public var commit: GitObjectID? {
        switch self {
        case .unborn: nil
        case .branch(_, let commit), .detached(let commit): commit
        }
    }

    /// What git calls it in its logs: the branch's name, or the commit's id.
    var logName: String {
        switch self {
        case .unborn(let branch), .branch(let branch, _): branch
        case .detached(let commit): commit.description
        }
    }
}

extension Repository {
    /// Where HEAD stands.
    public func head() throws(GitError) -> GitHead {
        let name = try headReferenceName()
        let commit = try target(of: name)
        if name == "HEAD" {
            guard let commit else { throw .failed(operation: "reading HEAD", message: "it holds no commit") }
            return .detached(commit)
        }
        let branch = name.hasPrefix("refs/heads/") ? String(name.dropFirst("refs/heads/".count)) : name
        if let commit { return .branch(branch, commit) }
        return .unborn(branch: branch)
    }

    /// Moves HEAD, or the branch it is on, to a commit, and leaves index and files alone (`git reset --soft`).
    ///
    /// - Parameters:
    ///   - commit: Where to; `nil` makes the branch unborn again.
    ///   - expected: Where HEAD must stand now; `nil` for unborn.
    ///   - reason: The line for the reference's log, such as `undo: back to 1a2b3c4`.
    /// - Throws: ``GitError/headMoved(expected:found:)`` if HEAD does not stand there, and nothing is changed.
    public func moveHead(
        to commit: GitObjectID?, expecting expected: GitObjectID?, reason: String
    ) throws(GitError) {
        let name = try headReferenceName()
        guard let commit else {
            if name == "HEAD" {
                throw .unsupported("a detached HEAD cannot be made unborn; check out a branch first")
            }
            try changeReference(name, expecting: expected, to: .removed, reason: reason, by: try logSignature())
            return
        }
        try withCommit(commit) { (_) throws(GitError) in }
        try changeReference(name, expecting: expected, to: .commit(commit), reason: reason, by: try logSignature())
    }

    /// Whether there is a branch of that name.
    public func branchExists(_ name: String) throws(GitError) -> Bool {
        try target(of: "refs/heads/\(name)") != nil
    }

    /// Makes a branch at a commit, without checking it out.
    ///
    /// - Throws: ``GitError/invalidBranchName(_:)``, ``GitError/branchExists(_:)``.
    public func createBranch(_ name: String, at commit: GitObjectID) throws(GitError) {
        try Self.requireValidBranchName(name)
        let signature = try logSignature()
        try withCommit(commit) { (commit) throws(GitError) in
            try check(git_repository_set_ident(pointer, signature.name, signature.email), "setting the log's identity")
            var reference: OpaquePointer?
            let code = git_branch_create(&reference, pointer, name, commit, 0)
            git_reference_free(reference)
            if code == GIT_EEXISTS.rawValue { throw .branchExists(name) }
            try check(code, "making the branch '\(name)'")
        }
    }

    /// Takes away a branch that stands at a commit.
    ///
    /// - Throws: ``GitError/headMoved(expected:found:)`` if it stands elsewhere.
    public func removeBranch(_ name: String, at commit: GitObjectID) throws(GitError) {
        try changeReference(
            "refs/heads/\(name)", expecting: commit, to: .removed, reason: "branch: removed", by: try logSignature())
    }

    static func requireValidBranchName(_ name: String) throws(GitError) {
        var isValid: Int32 = 0
        guard !name.utf8.contains(0), git_branch_name_is_valid(&isValid, name) == 0, isValid == 1 else {
            throw .invalidBranchName(name)
        }
    }
}

// MARK: - References under their locks

extension Repository {
    /// What a reference is to become.
    enum ReferenceChange {
        case commit(GitObjectID)
        case symbolic(String)
        case removed
    }

    /// Changes a reference while holding its lock, if it stands where it is expected to.
    func changeReference(
        _ name: String, expecting expected: GitObjectID?, to change: ReferenceChange, reason: String,
        by signature: GitSignature
    ) throws(GitError) {
        var transaction: OpaquePointer?
        try check(git_transaction_new(&transaction, pointer), "changing \(name)")
        defer { git_transaction_free(transaction) }
        try check(git_transaction_lock_ref(transaction, name), "locking \(name)")
        let found = try target(of: name)
        guard found == expected else { throw .headMoved(expected: expected, found: found) }
        try signature.withPointer { (signature) throws(GitError) in
            let code: Int32
            switch change {
            case .commit(let id):
                var raw = id.raw
                code = git_transaction_set_target(transaction, name, &raw, signature, reason)
            case .symbolic(let target):
                code = git_transaction_set_symbolic_target(transaction, name, target, signature, reason)
            case .removed:
                code = git_transaction_remove(transaction, name)
            }
            try check(code, "changing \(name)")
        }
        try check(git_transaction_commit(transaction), "changing \(name)")
        if case .removed = change { try check(git_reflog_delete(pointer, name), "removing the log of \(name)") }
    }

    /// The name of the reference that a commit moves: the branch HEAD is on, or `HEAD` itself.
    func headReferenceName() throws(GitError) -> String {
        var name = "HEAD"
        // A branch may itself be symbolic; git stops following after five steps.
        for _ in 0..<5 {
            var reference: OpaquePointer?
            let code = git_reference_lookup(&reference, pointer, name)
            defer { git_reference_free(reference) }
            if code == GIT_ENOTFOUND.rawValue { return name }
            try check(code, "reading \(name)")
            guard git_reference_type(reference) == GIT_REFERENCE_SYMBOLIC,
                let target = git_reference_symbolic_target(reference)
            else { return name }
            guard let text = String(validatingCString: target) else {
                throw .unsupported("the name of the current branch is not UTF-8; rename it with git branch -m")
            }
            name = text
        }
        return name
    }

    /// The commit a reference stands for; `nil` if there is no such reference.
    func target(of name: String) throws(GitError) -> GitObjectID? {
        var id = git_oid()
        let code = git_reference_name_to_id(&id, pointer, name)
        if code == GIT_ENOTFOUND.rawValue || code == GIT_EINVALIDSPEC.rawValue { return nil }
        try check(code, "reading \(name)")
        return GitObjectID(id)
    }
}
