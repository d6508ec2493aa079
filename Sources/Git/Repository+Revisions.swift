import CGit2
import FileSystem

extension Repository {
    /// Finds the commit that a revision names: an id or its beginning, a branch, a tag, `HEAD~2`, `main@{1}`.
    ///
    /// - Throws: ``GitError/unknownRevision(_:nearest:)``, ``GitError/ambiguousRevision(_:)`` or
    ///   ``GitError/notACommit(_:)``; ``GitError/cutOff(_:)`` in a shallow clone.
    public func resolve(_ revision: String) throws(GitError) -> GitObjectID {
        guard !revision.utf8.contains(0) else { throw .unknownRevision(revision, nearest: nil) }
        var object: OpaquePointer?
        let code = git_revparse_single(&object, pointer, revision)
        defer { git_object_free(object) }
        switch code {
        case GIT_ENOTFOUND.rawValue, GIT_EINVALIDSPEC.rawValue:
            if try leavesShallowHistory(revision) { throw .cutOff(revision) }
            throw .unknownRevision(revision, nearest: nearestName(to: revision))
        case GIT_EAMBIGUOUS.rawValue: throw .ambiguousRevision(revision)
        default: try check(code, "reading the revision '\(revision)'")
        }
        var commit: OpaquePointer?
        guard git_object_peel(&commit, object, GIT_OBJECT_COMMIT) == 0 else { throw .notACommit(revision) }
        defer { git_object_free(commit) }
        return GitObjectID(git_object_id(commit).pointee)
    }

    /// Reads a commit.
    ///
    /// - Throws: ``GitError/unknownRevision(_:nearest:)`` if the repository does not hold it.
    public func commit(_ id: GitObjectID) throws(GitError) -> GitCommit {
        let cuts = try shallowCommits()
        return try withCommit(id) { (commit) throws(GitError) in GitCommit(commit, cutAt: cuts) }
    }

    /// The content of a file in a commit, as git stores it; `nil` if the commit has no such file.
    ///
    /// Nothing is checked out. Takes one object read per component of the path.
    public func contents(of path: RelativePath, at commit: GitObjectID) throws(GitError) -> [UInt8]? {
        guard let id = try fileID(of: path, at: commit) else { return nil }
        return try blob(id)
    }

    /// The id of a file's content in a commit; `nil` if the commit has no such file.
    ///
    /// Two commits hold the same file exactly when the ids are equal, which is cheaper to ask than the contents.
    public func fileID(of path: RelativePath, at commit: GitObjectID) throws(GitError) -> GitObjectID? {
        if path.isRoot { return nil }
        return try withTree(of: commit) { (tree) throws(GitError) in
            guard let entry = try Self.entry(at: path, in: tree), entry.mode != GIT_FILEMODE_TREE.rawValue,
                entry.mode != GIT_FILEMODE_COMMIT.rawValue
            else { return nil }
            return entry.id
        }
    }

    /// The best common ancestor of two commits; `nil` if they have none.
    public func mergeBase(_ a: GitObjectID, _ b: GitObjectID) throws(GitError) -> GitObjectID? {
        if try isShallow() { return try askedMergeBase(a, b) }
        var base = git_oid()
        var (a, b) = (a.raw, b.raw)
        let code = git_merge_base(&base, pointer, &a, &b)
        if code == GIT_ENOTFOUND.rawValue { return nil }
        try check(code, "finding the common ancestor")
        return GitObjectID(base)
    }

    /// Whether `ancestor` is `descendant` or one of the commits it follows.
    public func isAncestor(_ ancestor: GitObjectID, of descendant: GitObjectID) throws(GitError) -> Bool {
        if ancestor == descendant { return true }
        if try isShallow() { return try askedMergeBase(ancestor, descendant) == ancestor }
        var (ancestor, descendant) = (ancestor.raw, descendant.raw)
        return try check(git_graph_descendant_of(pointer, &descendant, &ancestor), "walking the history") == 1
    }
}

extension Repository {
    /// Whether a revision, such as `HEAD~3`, starts from a commit that is here and goes back further than a shallow
    /// clone does.
    private func leavesShallowHistory(_ revision: String) throws(GitError) -> Bool {
        guard let end = revision.firstIndex(where: { $0 == "~" || $0 == "^" }), try isShallow() else { return false }
        var object: OpaquePointer?
        defer { git_object_free(object) }
        return git_revparse_single(&object, pointer, String(revision[..<end])) == 0
    }
}

// MARK: - Objects

extension Repository {
    /// A file, folder or submodule in a tree.
    struct TreeEntry: Equatable {
        let id: GitObjectID
        let mode: UInt32
    }

    func withCommit<Result>(
        _ id: GitObjectID, _ body: (OpaquePointer?) throws(GitError) -> Result
    ) throws(GitError) -> Result {
        var commit: OpaquePointer?
        var raw = id.raw
        let code = git_commit_lookup(&commit, pointer, &raw)
        defer { git_commit_free(commit) }
        if code == GIT_ENOTFOUND.rawValue { throw .unknownRevision(id.description, nearest: nil) }
        try check(code, "reading the commit \(id.short)")
        return try body(commit)
    }

    func withTree<Result>(
        of commit: GitObjectID, _ body: (OpaquePointer?) throws(GitError) -> Result
    ) throws(GitError) -> Result {
        try withCommit(commit) { (commitPointer) throws(GitError) in
            var tree: OpaquePointer?
            let code = git_commit_tree(&tree, commitPointer)
            defer { git_tree_free(tree) }
            try check(code, "reading the tree of the commit \(commit.short)")
            return try body(tree)
        }
    }

    static func entry(at path: RelativePath, in tree: OpaquePointer?) throws(GitError) -> TreeEntry? {
        guard tree != nil else { return nil }
        var entry: OpaquePointer?
        let code = git_tree_entry_bypath(&entry, tree, path.cString)
        defer { git_tree_entry_free(entry) }
        if code == GIT_ENOTFOUND.rawValue { return nil }
        try check(code, "looking for \(path) in a commit")
        return TreeEntry(
            id: GitObjectID(git_tree_entry_id(entry).pointee), mode: git_tree_entry_filemode(entry).rawValue)
    }

    func blob(_ id: GitObjectID) throws(GitError) -> [UInt8] {
        var blob: OpaquePointer?
        var raw = id.raw
        let code = git_blob_lookup(&blob, pointer, &raw)
        defer { git_blob_free(blob) }
        try check(code, "reading the object \(id.short)")
        return Array(UnsafeRawBufferPointer(start: git_blob_rawcontent(blob), count: Int(git_blob_rawsize(blob))))
    }
}

// MARK: - Suggestions

extension Repository {
    /// The branch or tag whose name is most like the name a revision begins with; `nil` if none is near.
    func nearestName(to revision: String) -> String? {
        let wanted = Array(revision.utf8.prefix { !"~^@:".utf8.contains($0) })
        guard wanted.count >= 2 else { return nil }
        var iterator: OpaquePointer?
        guard git_reference_iterator_new(&iterator, pointer) == 0 else { return nil }
        defer { git_reference_iterator_free(iterator) }
        var best: (name: String, distance: Int)?
        var name: UnsafePointer<CChar>?
        while git_reference_next_name(&name, iterator) == 0, let name {
            let short = Self.shortName(String(cString: name))
            let distance = editDistance(wanted, Array(short.utf8))
            // The name itself is known, so what is wrong is what follows it.
            if distance == 0 { return nil }
            if distance <= max(1, wanted.count / 3), distance < best?.distance ?? .max { best = (short, distance) }
        }
        return best?.name
    }

    /// A reference's name without `refs/heads/`, `refs/tags/` or `refs/remotes/`.
    static func shortName(_ name: String) -> String {
        for prefix in ["refs/heads/", "refs/tags/", "refs/remotes/"] where name.hasPrefix(prefix) {
            return String(name.dropFirst(prefix.count))
        }
        return name
    }
}

/// The number of bytes to insert, remove, replace, or swap with their neighbour to turn one name into the other.
private func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var (beforePrevious, previous) = ([Int](), Array(0...b.count))
    for row in a.indices {
        var current = [row + 1]
        for column in b.indices {
            let replaced = previous[column] + (a[row] == b[column] ? 0 : 1)
            var distance = min(replaced, previous[column + 1] + 1, current[column] + 1)
            if row > 0, column > 0, a[row] == b[column - 1], a[row - 1] == b[column] {
                distance = min(distance, beforePrevious[column - 1] + 1)
            }
            current.append(distance)
        }
        (beforePrevious, previous) = (previous, current)
    }
    return previous[b.count]
}
