import CGit2
import FileSystem

/// A file in the index and the size of its content as git stores it.
public struct GitFileSize: Hashable, Sendable {
    /// Where the file is.
    public let path: RelativePath
    /// Bytes of the content.
    public let size: UInt64
}

extension Repository {
    /// The files in the index whose content is larger than a number of bytes, in the order of paths.
    ///
    /// - Parameter changedOnly: whether only files are looked at that the next commit adds or changes.
    /// - Complexity: One look at an object's header for each file that is looked at.
    public func stagedFiles(largerThan limit: UInt64, changedOnly: Bool = false) throws(GitError) -> [GitFileSize] {
        var database: OpaquePointer?
        try check(git_repository_odb(&database, pointer), "opening the object database")
        defer { git_odb_free(database) }
        var found: [GitFileSize] = []
        func look(_ path: RelativePath?, _ id: git_oid) throws(GitError) {
            guard let path else { return }
            var id = id
            var size = 0
            var kind = GIT_OBJECT_ANY
            let code = git_odb_read_header(&size, &kind, database, &id)
            // A partial clone has objects that are elsewhere.
            if code == GIT_ENOTFOUND.rawValue { return }
            try check(code, "reading the size of \(path)")
            if UInt64(size) > limit { found.append(GitFileSize(path: path, size: UInt64(size))) }
        }
        if changedOnly {
            for change in try stagedChanges() {
                guard let staged = change.staged, staged.mode != GIT_FILEMODE_COMMIT.rawValue else { continue }
                try look(change.path, staged.id.raw)
            }
        } else {
            try readIndex { (index) throws(GitError) in
                for position in 0..<git_index_entrycount(index) {
                    guard let entry = git_index_get_byindex(index, position)?.pointee,
                        entry.mode != GIT_FILEMODE_COMMIT.rawValue
                    else { continue }
                    try look(RelativePath(gitPath: entry.path), entry.id)
                }
            }
        }
        return found.sorted { $0.path < $1.path }
    }
}
