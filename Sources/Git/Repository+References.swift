import CGit2
import SystemPackage

/// A name for a commit: a branch, a tag, a remote's branch, the stash.
public struct GitReference: Hashable, Sendable {
    /// The full name, such as `refs/heads/main`. Bytes that are not UTF-8 are replaced.
    public let name: String
    /// The commit it stands for; of an annotated tag, the commit tagged.
    public let commit: GitObjectID
}

extension Repository {
    /// Every reference that stands for a commit: branches, remotes' branches, tags, notes, the stash.
    ///
    /// A tag of a tree or a file, and a reference to nothing, are left out.
    public func references() throws(GitError) -> [GitReference] {
        var iterator: OpaquePointer?
        try check(git_reference_iterator_new(&iterator, pointer), "listing the references")
        defer { git_reference_iterator_free(iterator) }
        var references: [GitReference] = []
        while true {
            var reference: OpaquePointer?
            let code = git_reference_next(&reference, iterator)
            if code == GIT_ITEROVER.rawValue { return references }
            try check(code, "listing the references")
            defer { git_reference_free(reference) }
            var commit: OpaquePointer?
            guard git_reference_peel(&commit, reference, GIT_OBJECT_COMMIT) == 0 else { continue }
            defer { git_object_free(commit) }
            references.append(
                GitReference(
                    name: String(cString: git_reference_name(reference)),
                    commit: GitObjectID(git_object_id(commit).pointee)))
        }
    }

    /// The commits that the log of one reference mentions, latest first, each once.
    ///
    /// Ids of commits that the repository no longer holds are left out.
    public func reflogCommits(of name: String = "HEAD") throws(GitError) -> [GitObjectID] {
        var seen: Set<GitObjectID> = []
        var commits: [GitObjectID] = []
        try readLog(of: name) { id in
            if seen.insert(id).inserted { commits.append(id) }
        }
        return commits
    }

    /// Every commit that git itself keeps for this repository: what any reference or any reference's log names, and
    /// HEAD, its log and a merge in progress in every working tree.
    public func keptCommits() throws(GitError) -> Set<GitObjectID> {
        var kept = Set(try references().map(\.commit))
        for name in try referenceNames() {
            try readLog(of: name) { kept.insert($0) }
        }
        try keepWorktree(in: &kept)
        for worktree in try otherWorktrees() {
            try worktree.keepWorktree(in: &kept)
        }
        return kept
    }

    /// The roots of the working trees that `git worktree add` made and that are still there.
    ///
    /// The main working tree is not among them; this one is, if it is linked.
    public func linkedWorktrees() throws(GitError) -> [FilePath] {
        try worktreeNames().compactMap { name in
            var worktree: OpaquePointer?
            guard git_worktree_lookup(&worktree, pointer, name) == 0 else { return nil }
            defer { git_worktree_free(worktree) }
            guard git_worktree_validate(worktree) == 0 else { return nil }
            return FilePath(gitPath: git_worktree_path(worktree))
        }
    }

    private func keepWorktree(in kept: inout Set<GitObjectID>) throws(GitError) {
        if let head = try head().commit { kept.insert(head) }
        kept.formUnion(try mergeHeads())
        kept.formUnion(try reflogCommits())
    }

    /// The other working trees of the repository, opened by their git directories: the files may be on a disk that is
    /// not mounted.
    private func otherWorktrees() throws(GitError) -> [Repository] {
        var directories = [commonDirectory]
        for name in try worktreeNames() {
            directories.append(commonDirectory.appending("worktrees").appending(name))
        }
        return directories.compactMap { directory in
            guard directory != gitDirectory else { return nil }
            var other: OpaquePointer?
            guard git_repository_open_ext(&other, directory.cString, GIT_REPOSITORY_OPEN_NO_SEARCH.rawValue, nil) == 0,
                let other
            else { return nil }
            return Repository(owning: other, environment: environment)
        }
    }

    private func worktreeNames() throws(GitError) -> [String] {
        var list = git_strarray()
        try check(git_worktree_list(&list, pointer), "listing the working trees")
        defer { git_strarray_dispose(&list) }
        return (0..<list.count).compactMap { list.strings[$0].map { String(cString: $0) } }
    }

    private func referenceNames() throws(GitError) -> [String] {
        var list = git_strarray()
        try check(git_reference_list(&list, pointer), "listing the references")
        defer { git_strarray_dispose(&list) }
        return (0..<list.count).compactMap { list.strings[$0].map { String(cString: $0) } }
    }

    private func readLog(of name: String, _ take: (GitObjectID) -> Void) throws(GitError) {
        var log: OpaquePointer?
        let code = git_reflog_read(&log, pointer, name)
        defer { git_reflog_free(log) }
        if code == GIT_ENOTFOUND.rawValue { return }
        try check(code, "reading the log of \(name)")
        var database: OpaquePointer?
        try check(git_repository_odb(&database, pointer), "opening the object database")
        defer { git_odb_free(database) }
        for position in 0..<git_reflog_entrycount(log) {
            let entry = git_reflog_entry_byindex(log, position)
            for id in [git_reflog_entry_id_new(entry), git_reflog_entry_id_old(entry)] {
                guard let id else { continue }
                let commit = GitObjectID(id.pointee)
                if !commit.isZero, git_odb_exists(database, id) == 1 { take(commit) }
            }
        }
    }
}
