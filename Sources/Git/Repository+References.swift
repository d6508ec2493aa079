import CGit2
import SystemPackage

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

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
        try readLog(of: Array(name.utf8CString)) { id in
            if seen.insert(id).inserted { commits.append(id) }
        }
        return commits
    }

    /// Every commit that git itself keeps for this repository: what any reference or any reference's log names, and
    /// what HEAD, its log and a merge or rebase in progress name in every working tree.
    public func keptCommits() throws(GitError) -> Set<GitObjectID> {
        var kept = Set(try references().map(\.commit))
        for name in try names("listing the references", git_reference_list) {
            try readLog(of: name) { kept.insert($0) }
        }
        var directories = [gitDirectory, commonDirectory]
        for name in try worktreeNames() {
            directories.append(commonDirectory.appending("worktrees").pushing(FilePath(nulTerminated: name)))
        }
        var mentioned: Set<GitObjectID> = []
        for directory in Set(directories) { mentioned.formUnion(try commitsMentioned(in: directory)) }
        return kept.union(try existing(mentioned))
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

    /// What the files of one working tree's git directory name. They are read as they are: the working tree itself may
    /// be on a disk that is not mounted, or belong to another user.
    private func commitsMentioned(in directory: FilePath) throws(GitError) -> Set<GitObjectID> {
        var mentioned: Set<GitObjectID> = []
        func take(_ file: FilePath, words: Int) throws(GitError) {
            guard let bytes = try readFile(directory.pushing(file)) else { return }
            for line in bytes.split(separator: UInt8(ascii: "\n")) {
                // A line of a log begins with the old id and the new one.
                for word in line.split(separator: UInt8(ascii: " ")).prefix(words) {
                    guard let id = GitObjectID(hex: String(decoding: word, as: UTF8.self)) else { break }
                    mentioned.insert(id)
                }
            }
        }
        for name in ["HEAD", "ORIG_HEAD", "MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "REBASE_HEAD"] {
            try take(FilePath(name), words: 1)
        }
        try take("logs/HEAD", words: 2)
        return mentioned
    }

    private func existing(_ ids: Set<GitObjectID>) throws(GitError) -> Set<GitObjectID> {
        var database: OpaquePointer?
        try check(git_repository_odb(&database, pointer), "opening the object database")
        defer { git_odb_free(database) }
        return ids.filter { id in
            var raw = id.raw
            return !id.isZero && git_odb_exists(database, &raw) == 1
        }
    }

    private func worktreeNames() throws(GitError) -> [[CChar]] {
        try names("listing the working trees", git_worktree_list)
    }

    /// Names as the bytes they are, for libgit2 to take back.
    private func names(
        _ operation: String, _ list: (UnsafeMutablePointer<git_strarray>?, OpaquePointer?) -> Int32
    ) throws(GitError) -> [[CChar]] {
        var array = git_strarray()
        try check(list(&array, pointer), operation)
        defer { git_strarray_dispose(&array) }
        return (0..<array.count).compactMap { position in
            array.strings[position].map { Array(UnsafeBufferPointer(start: $0, count: strlen($0) + 1)) }
        }
    }

    private func readLog(of name: [CChar], _ take: (GitObjectID) -> Void) throws(GitError) {
        var log: OpaquePointer?
        let code = git_reflog_read(&log, pointer, name)
        defer { git_reflog_free(log) }
        if code == GIT_ENOTFOUND.rawValue { return }
        try check(code, "reading the log of \(FilePath(nulTerminated: name))")
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
