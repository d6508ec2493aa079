import CGit2
import FileSystem
import SystemPackage

/// A file in git's index.
public struct GitIndexEntry: Hashable, Sendable {
    /// Its path.
    public let path: RelativePath
    /// The id of its content as git keeps it.
    public let id: GitObjectID
    /// The size of the file in the working tree when git last looked at it; not to be relied on.
    public let size: UInt32
    /// Whether it is a file, not a link or a submodule.
    public let isFile: Bool
}

extension Repository {
    /// Calls `body` with each small file content that git has: of any commit, the index, a stash, or nothing at all.
    ///
    /// What git may yet clean up is among them.
    ///
    /// - Parameters:
    ///   - sizes: the sizes in bytes that are wanted.
    ///   - body: called once for each content.
    /// - Complexity: a look at each object's header.
    public func forEachBlob(
        ofSize sizes: ClosedRange<Int>, _ body: (GitObjectID, [UInt8]) throws(GitError) -> Void
    ) throws(GitError) {
        var database: OpaquePointer?
        try check(git_repository_odb(&database, pointer), "opening the object database")
        defer { git_odb_free(database) }
        var ids: Set<GitObjectID> = []
        let code = withUnsafeMutablePointer(to: &ids) { ids in
            git_odb_foreach(
                database,
                { id, payload in
                    guard let id, let payload else { return 0 }
                    payload.assumingMemoryBound(to: Set<GitObjectID>.self).pointee.insert(GitObjectID(id.pointee))
                    return 0
                }, ids)
        }
        try check(code, "listing git's objects")
        for id in ids {
            var (size, type) = (0, GIT_OBJECT_INVALID)
            var raw = id.raw
            // An object that was cleaned up meanwhile is nobody's.
            let code = git_odb_read_header(&size, &type, database, &raw)
            if code == GIT_ENOTFOUND.rawValue { continue }
            try check(code, "reading the object \(id.short)")
            if type == GIT_OBJECT_BLOB, sizes.contains(size) { try body(id, try blob(id)) }
        }
    }

    /// The files in the index, in the order of their names; those in conflict are left out.
    public func indexEntries() throws(GitError) -> [GitIndexEntry] {
        try readIndex { (index) throws(GitError) in
            var entries: [GitIndexEntry] = []
            let count = git_index_entrycount(index)
            entries.reserveCapacity(count)
            for position in 0..<count {
                guard let entry = git_index_get_byindex(index, position), git_index_entry_stage(entry) == 0,
                    let path = RelativePath(gitPath: entry.pointee.path)
                else { continue }
                let kind = entry.pointee.mode & 0o170000
                entries.append(
                    GitIndexEntry(
                        path: path, id: GitObjectID(entry.pointee.id), size: entry.pointee.file_size,
                        isFile: kind == 0o100000))
            }
            return entries
        }
    }

    /// The size of a file's content as git keeps it; `nil` if the repository does not hold it.
    public func blobSize(_ id: GitObjectID) throws(GitError) -> Int? {
        var database: OpaquePointer?
        try check(git_repository_odb(&database, pointer), "opening the object database")
        defer { git_odb_free(database) }
        var (size, type) = (0, GIT_OBJECT_INVALID)
        var raw = id.raw
        let code = git_odb_read_header(&size, &type, database, &raw)
        if code == GIT_ENOTFOUND.rawValue { return nil }
        try check(code, "reading the object \(id.short)")
        return size
    }

    /// The content of a file as git keeps it.
    public func contents(of blob: GitObjectID) throws(GitError) -> [UInt8] { try self.blob(blob) }

    /// The content of a file in one of the versions that the index has of it.
    ///
    /// - Parameter stage: 0 for what the next commit holds; of a file in conflict, 1 for the common ancestor, 2 for this
    ///   side and 3 for the other.
    public func stagedContents(of path: RelativePath, stage: Int32) throws(GitError) -> [UInt8]? {
        let id = try readIndex { (index) throws(GitError) in
            git_index_get_bypath(index, path.cString, stage).map { GitObjectID($0.pointee.id) }
        }
        guard let id else { return nil }
        return try blob(id)
    }

    /// The values of an attribute of files, by the attributes in force: `nil` for a file without one, `set` and `unset`
    /// for one without a text.
    ///
    /// Asks the `git` command: libgit2 reads patterns in quotes otherwise, and the index's rules beside those on disk.
    public func attribute(_ name: String, of paths: [RelativePath]) throws(GitError) -> [String?] {
        if paths.isEmpty { return [] }
        let output = try outputOfGit(
            ["check-attr", "-z", "--stdin", FilePath(name)],
            input: Array(paths.map(\.bytes).joined(separator: [0])) + [0])
        let fields = output.split(separator: 0, omittingEmptySubsequences: false).dropLast()
        guard fields.count == paths.count * 3 else {
            throw .failed(operation: "reading attributes", message: "git gave \(fields.count / 3) of \(paths.count)")
        }
        return paths.indices.map { index in
            let value = String(decoding: fields[fields.startIndex + index * 3 + 2], as: UTF8.self)
            return value == "unspecified" ? nil : value
        }
    }
}
