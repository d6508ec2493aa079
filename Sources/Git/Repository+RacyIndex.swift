import CGit2
import FileSystem
import SystemPackage

// An index remembers of each file when it changed. Git compares whole seconds, and so takes a file that changed again in
// the second in which it was added, to the same size, for unchanged once an index of a later second stands around that
// entry. To prevent it, whoever writes an index marks such entries first, by a size that no file has. libgit2 compares
// nanoseconds when it does that, and marks too few for git.

extension Repository {
    /// The second in which the index was last written; `nil` if there is none yet.
    ///
    /// To be asked before the index is read: read later, it could be that of an index that nobody looked at.
    func indexSecond() throws(GitError) -> Int64? {
        var index: OpaquePointer?
        try check(git_repository_index(&index, pointer), "opening the index")
        defer { git_index_free(index) }
        guard let path = FilePath(gitPath: git_index_path(index)) else { return nil }
        return (try? path.status()).flatMap { $0 }.map { Self.second($0.modified) }
    }

    /// Marks the entries of files that have changed since they were added, and that git could not tell.
    ///
    /// - Parameter second: when the index was written.
    /// - Returns: whether there were any.
    /// - Complexity: one look at each file that changed in that second or later.
    @discardableResult
    func markChangedEntries(in index: OpaquePointer?, since second: Int64?) throws(GitError) -> Bool {
        guard let second, let root = workingDirectory else { return false }
        var marked: [git_index_entry] = []
        var names: [[CChar]] = []
        for position in 0..<git_index_entrycount(index) {
            guard let entry = git_index_get_byindex(index, position)?.pointee,
                Int64(entry.mtime.seconds) >= second, entry.file_size != 0,
                let path = RelativePath(gitPath: entry.path),
                let status = (try? root.appending(path).status()).flatMap({ $0 }),
                !Self.isSame(entry, status)
            else { continue }
            var copy = entry
            copy.file_size = 0
            marked.append(copy)
            names.append(path.cString)
        }
        for (entry, name) in zip(marked, names) {
            var entry = entry
            let code = name.withUnsafeBufferPointer { name in
                entry.path = name.baseAddress
                return git_index_add(index, &entry)
            }
            try check(code, "marking what changed in the index")
        }
        return !marked.isEmpty
    }

    /// Marks them on disk, ahead of a call with which libgit2 writes the index itself.
    func markChangedEntries() throws(GitError) {
        let second = try indexSecond()
        try readIndex { (index) throws(GitError) in
            guard try markChangedEntries(in: index, since: second) else { return }
            try check(git_index_write(index), "writing the index")
        }
    }

    private static func isSame(_ entry: git_index_entry, _ status: FileStatus) -> Bool {
        func nanoseconds(_ time: git_index_time) -> Int64 {
            Int64(time.seconds) * 1_000_000_000 + Int64(time.nanoseconds)
        }
        return nanoseconds(entry.mtime) == status.modified && nanoseconds(entry.ctime) == status.changed
    }

    private static func second(_ nanoseconds: Int64) -> Int64 { nanoseconds / 1_000_000_000 }
}
