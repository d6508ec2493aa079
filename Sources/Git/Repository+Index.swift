import CGit2
import FileSystem
import SystemPackage

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The three sides of a file that a merge left in conflict. A side that has no such file is `nil`.
public struct GitConflict: Hashable, Sendable {
    /// The content in the common ancestor.
    public let ancestor: [UInt8]?
    /// The content on the side of HEAD.
    public let ours: [UInt8]?
    /// The content on the other side.
    public let theirs: [UInt8]?
}

extension Repository {
    /// Puts the files into the index as they are in the working tree; a file that is gone leaves the index.
    ///
    /// Ignore rules are not asked. The index is written once, after all files have been read.
    ///
    /// - Throws: ``GitError/bareRepository``, ``GitError/locked(_:)``, or ``GitError/failed(operation:message:)`` for a
    ///   path that is a folder or that git forbids.
    public func stage(_ paths: [RelativePath]) throws(GitError) {
        _ = try requireWorkingDirectory()
        try changeIndex { (index) throws(GitError) in
            for path in paths {
                if try kind(at: path) != nil {
                    try check(git_index_add_bypath(index, path.cString), "adding \(path) to the index")
                } else {
                    try Self.put(nil, at: path, into: index)
                }
            }
        }
    }

    /// Puts bytes into the index as the content of a file, whatever is in the working tree.
    ///
    /// The file keeps its mode if the index has it already.
    public func stageContents(_ path: RelativePath, _ bytes: [UInt8]) throws(GitError) {
        try stageContents([(path, bytes)])
    }

    /// Puts bytes into the index as the contents of files, as ``stageContents(_:_:)`` does; the index is written once.
    public func stageContents(_ files: [(path: RelativePath, bytes: [UInt8])]) throws(GitError) {
        try changeIndex { (index) throws(GitError) in
            for (path, bytes) in files {
                var entry = git_index_entry()
                entry.mode = git_index_get_bypath(index, path.cString, 0)?.pointee.mode ?? GIT_FILEMODE_BLOB.rawValue
                let name = path.cString
                let code = name.withUnsafeBufferPointer { name in
                    entry.path = name.baseAddress
                    let code = git_index_add_from_buffer(index, &entry, bytes, bytes.count)
                    guard code == 0, let added = git_index_get_bypath(index, name.baseAddress, 0) else { return code }
                    // A working file of another size may still stand for this content, by a filter: without a size git
                    // asks it.
                    var unsized = added.pointee
                    unsized.file_size = 0
                    unsized.path = name.baseAddress
                    return git_index_add(index, &unsized)
                }
                try check(code, "adding \(path) to the index")
            }
        }
    }

    /// Removes a file, or everything below a folder, from the index, and leaves the working tree alone.
    public func unstage(_ path: RelativePath) throws(GitError) {
        try changeIndex { (index) throws(GitError) in
            for entry in Self.entries(atOrBelow: path, in: index) {
                // The path is copied: the entry goes away with the removal.
                let name = Array(UnsafeBufferPointer(start: entry.pointee.path, count: strlen(entry.pointee.path) + 1))
                try check(
                    git_index_remove(index, name, git_index_entry_stage(entry)), "removing \(path) from the index")
            }
        }
    }

    /// The content that the index has for a file; `nil` if it has none, or if the file is in conflict.
    public func stagedContents(of path: RelativePath) throws(GitError) -> [UInt8]? {
        let id = try readIndex { (index) throws(GitError) in
            git_index_get_bypath(index, path.cString, 0).map { GitObjectID($0.pointee.id) }
        }
        guard let id else { return nil }
        return try blob(id)
    }

    /// Whether git tracks a file, and leaves it out of the working tree by a sparse checkout.
    public func isLeftOut(_ path: RelativePath) throws(GitError) -> Bool {
        try readIndex { (index) throws(GitError) in
            guard let entry = git_index_get_bypath(index, path.cString, 0) else { return false }
            return Self.isLeftOut(entry)
        }
    }

    /// All files that a sparse checkout leaves out of the working tree.
    func leftOutPaths() throws(GitError) -> Set<RelativePath> {
        guard try configValue("core.sparseCheckout") == "true" else { return [] }
        return try readIndex { (index) throws(GitError) in
            let entries = (0..<git_index_entrycount(index)).compactMap { git_index_get_byindex(index, $0) }
            return Set(entries.filter(Self.isLeftOut).compactMap { RelativePath(gitPath: $0.pointee.path) })
        }
    }

    private static func isLeftOut(_ entry: UnsafePointer<git_index_entry>) -> Bool {
        UInt32(entry.pointee.flags_extended) & GIT_INDEX_ENTRY_SKIP_WORKTREE.rawValue != 0
    }

    /// Whether git tracks the path itself or anything below it.
    public func hasTrackedFiles(at path: RelativePath) throws(GitError) -> Bool {
        try readIndex { (index) throws(GitError) in !Self.entries(atOrBelow: path, in: index, limit: 1).isEmpty }
    }

    /// Whether the index differs from HEAD, so that a commit would hold something.
    public func hasStagedChanges() throws(GitError) -> Bool {
        try !stagedChanges().isEmpty
    }

    /// The files that are in conflict, in the order of their names.
    public func conflictedPaths() throws(GitError) -> [RelativePath] {
        try readIndex { (index) throws(GitError) in try Self.conflictedPaths(in: index) }
    }

    /// The three sides of a file in conflict; `nil` if it is in none.
    public func conflict(at path: RelativePath) throws(GitError) -> GitConflict? {
        typealias Side = UnsafePointer<git_index_entry>
        let ids = try readIndex { (index) throws(GitError) -> [GitObjectID?]? in
            var (ancestor, ours, theirs): (Side?, Side?, Side?)
            let code = git_index_conflict_get(&ancestor, &ours, &theirs, index, path.cString)
            if code == GIT_ENOTFOUND.rawValue { return nil }
            try check(code, "reading the conflict in \(path)")
            return [ancestor, ours, theirs].map { $0.map { GitObjectID($0.pointee.id) } }
        }
        guard let ids else { return nil }
        let sides = try ids.map { (id) throws(GitError) in
            if let id { try blob(id) } else { [UInt8]?.none }
        }
        return GitConflict(ancestor: sides[0], ours: sides[1], theirs: sides[2])
    }
}

// MARK: - The index file

extension Repository {
    /// What the index has for a path that differs from HEAD; `nil` if it has nothing.
    typealias StagedChange = (path: RelativePath, staged: TreeEntry?)

    /// Calls `body` with the index as it is on disk now.
    func readIndex<Result>(_ body: (OpaquePointer?) throws(GitError) -> Result) throws(GitError) -> Result {
        var index: OpaquePointer?
        try check(git_repository_index(&index, pointer), "opening the index")
        defer { git_index_free(index) }
        try check(git_index_read(index, 0), "reading the index")
        return try body(index)
    }

    /// Calls `body` with the index, and writes it if `body` does not throw.
    func changeIndex<Result>(_ body: (OpaquePointer?) throws(GitError) -> Result) throws(GitError) -> Result {
        let second = try indexSecond()
        return try readIndex { (index) throws(GitError) in
            do throws(GitError) {
                let result = try body(index)
                try markChangedEntries(in: index, since: second)
                let code = git_index_write(index)
                if code == GIT_ELOCKED.rawValue, let path = git_index_path(index) {
                    throw .locked("\(String(cString: path)).lock")
                }
                try check(code, "writing the index")
                return result
            } catch {
                // The changes must not stay in memory, where the next call would find them.
                git_index_read(index, 1)
                throw error
            }
        }
    }

    /// The entries of a file, or of all files below a folder, conflicted ones included.
    static func entries(
        atOrBelow path: RelativePath, in index: OpaquePointer?, limit: Int = .max
    ) -> [UnsafePointer<git_index_entry>] {
        var found: [UnsafePointer<git_index_entry>] = []
        func collect(from start: Int, while belongs: (UnsafePointer<git_index_entry>) -> Bool) {
            for position in start..<git_index_entrycount(index) {
                guard found.count < limit, let entry = git_index_get_byindex(index, position), belongs(entry) else {
                    return
                }
                found.append(entry)
            }
        }
        let name = path.cString
        if path.isRoot {
            collect(from: 0) { _ in true }
            return found
        }
        var position = 0
        if git_index_find(&position, index, name) == 0 {
            collect(from: position) { strcmp($0.pointee.path, name) == 0 }
        }
        let prefix = Array(name.dropLast()) + [CChar(UInt8(ascii: "/")), 0]
        if git_index_find_prefix(&position, index, prefix) == 0 {
            collect(from: position) { strncmp($0.pointee.path, prefix, prefix.count - 1) == 0 }
        }
        return found
    }

    static func conflictedPaths(in index: OpaquePointer?) throws(GitError) -> [RelativePath] {
        guard git_index_has_conflicts(index) == 1 else { return [] }
        var paths: Set<RelativePath> = []
        for position in 0..<git_index_entrycount(index) {
            guard let entry = git_index_get_byindex(index, position), git_index_entry_stage(entry) > 0 else { continue }
            if let path = RelativePath(gitPath: entry.pointee.path) { paths.insert(path) }
        }
        return paths.sorted()
    }

    /// The paths at which the index differs from HEAD.
    func stagedChanges() throws(GitError) -> [StagedChange] {
        let head = try head().commit
        return try readIndex { (index) throws(GitError) in
            guard let head else { return try changes(from: nil, to: index) }
            return try withTree(of: head) { (tree) throws(GitError) in try changes(from: tree, to: index) }
        }
    }

    /// The paths at which an index differs from a tree.
    func changes(from tree: OpaquePointer?, to index: OpaquePointer?) throws(GitError) -> [StagedChange] {
        var diff: OpaquePointer?
        try check(git_diff_tree_to_index(&diff, pointer, tree, index, nil), "comparing the index with HEAD")
        defer { git_diff_free(diff) }
        return (0..<git_diff_num_deltas(diff)).compactMap { position in
            guard let delta = git_diff_get_delta(diff, position)?.pointee,
                let path = RelativePath(gitPath: delta.new_file.path ?? delta.old_file.path)
            else { return nil }
            let isGone = delta.status == GIT_DELTA_DELETED || delta.status == GIT_DELTA_CONFLICTED
            return (
                path, isGone ? nil : TreeEntry(id: GitObjectID(delta.new_file.id), mode: UInt32(delta.new_file.mode))
            )
        }
    }
}
