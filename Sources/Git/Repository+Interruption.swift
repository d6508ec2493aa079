import CGit2
import FileSystem

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension Repository {
    /// Puts HEAD's files back where an update to another commit was ended in the middle of writing that commit's.
    ///
    /// Files are written before the index and HEAD follow. So those count that are gone, or hold what the update was to
    /// write or the beginning of it, and whose entry in the index is HEAD's or the target's.
    ///
    /// - Parameter excluding: Files, or folders of files, to leave alone.
    public func takeBackUpdate(to target: GitObjectID, excluding: [RelativePath] = []) throws(GitError) {
        guard let head = try head().commit else { return }
        var index: OpaquePointer?
        try check(git_index_new(&index), "taking back an update")
        defer { git_index_free(index) }
        _ = try withTree(of: target) { (tree) throws(GitError) in
            try check(git_index_read_tree(index, tree), "taking back an update")
        }
        try withTree(of: head) { (tree) throws(GitError) in
            let begun = try begunFiles(from: tree, to: index, excluding: excluding)
            if !begun.isEmpty { try restore(begun, from: tree) }
        }
    }

    /// The files that an update from a tree to an index was ended in the middle of.
    func begunFiles(
        from tree: OpaquePointer?, to index: OpaquePointer?, excluding: [RelativePath]
    ) throws(GitError) -> [RelativePath] {
        let root = try requireWorkingDirectory()
        let staged = Dictionary(
            try stagedChanges().map { ($0.path, $0.staged) }, uniquingKeysWith: { first, _ in first })
        var begun: [RelativePath] = []
        for change in try changes(from: tree, to: index) {
            let path = change.path
            if excluding.contains(where: { $0.contains(path) }) { continue }
            if let entry = staged[path], entry != change.staged { continue }
            let old = try Self.entry(at: path, in: tree)
            guard let kind = try kind(at: path) else {
                if old != nil { begun.append(path) }
                continue
            }
            guard let new = change.staged, kind == S_IFREG, let bytes = try readFile(root.appending(path)) else {
                continue
            }
            guard try blob(new.id).starts(with: bytes) else { continue }
            if let old, try blob(old.id) == bytes { continue }
            begun.append(path)
        }
        return begun
    }
}
