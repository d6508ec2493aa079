import CGit2

/// Commits one after another, newest first: a commit comes after those that follow it.
///
///     let history = try repository.history(from: [head])
///     while let commit = try history.next() { print(commit.summary) }
///
/// Commits are read as they are asked for, so that stopping early costs nothing.
public final class GitHistory {
    // The walk uses the repository, which must outlive it.
    private let repository: Repository
    private let walk: OpaquePointer?
    /// What remains of a list that takes the place of the walk, the last commit first.
    private var list: [GitObjectID]

    fileprivate init(_ repository: Repository, owning walk: OpaquePointer) {
        self.repository = repository
        self.walk = walk
        list = []
    }

    fileprivate init(_ repository: Repository, list: [GitObjectID]) {
        self.repository = repository
        walk = nil
        self.list = list.reversed()
    }

    deinit {
        git_revwalk_free(walk)
    }

    /// The next commit, or `nil` at the end.
    public func next() throws(GitError) -> GitCommit? {
        guard let walk else {
            guard let id = list.popLast() else { return nil }
            return try repository.commit(id)
        }
        var id = git_oid()
        let code = git_revwalk_next(&id, walk)
        if code == GIT_ITEROVER.rawValue { return nil }
        try check(code, "walking the history")
        return try repository.commit(GitObjectID(id))
    }
}

extension Repository {
    /// The commits that the given ones reach, themselves included.
    ///
    /// - Parameter firstParentOnly: Whether to follow a merge into its first parent only.
    public func history(from commits: [GitObjectID], firstParentOnly: Bool = false) throws(GitError) -> GitHistory {
        if try isShallow() {
            let list = try listedHistory(from: commits, firstParentOnly: firstParentOnly)
            return GitHistory(self, list: list)
        }
        var walk: OpaquePointer?
        try check(git_revwalk_new(&walk, pointer), "walking the history")
        guard let walk else { throw .failed(operation: "walking the history", message: "libgit2 gave no walk") }
        let history = GitHistory(self, owning: walk)
        // By time alone a commit with an early date, such as a merge of old data, would come after those it follows.
        git_revwalk_sorting(walk, GIT_SORT_TOPOLOGICAL.rawValue | GIT_SORT_TIME.rawValue)
        if firstParentOnly { git_revwalk_simplify_first_parent(walk) }
        for commit in commits {
            var id = commit.raw
            try check(git_revwalk_push(walk, &id), "walking the history from \(commit.short)")
        }
        return history
    }

    /// Shows `visit` the commits that the given ones reach, newest first, until it returns `false`.
    ///
    /// - Throws: ``GitError``, or what `visit` throws.
    public func history(
        from commits: [GitObjectID], firstParentOnly: Bool = false, _ visit: (GitCommit) throws -> Bool
    ) throws {
        let history = try history(from: commits, firstParentOnly: firstParentOnly)
        while let commit = try history.next() {
            if try !visit(commit) { return }
        }
    }
}
