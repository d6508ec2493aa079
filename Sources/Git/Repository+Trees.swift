import CGit2
import FileSystem

/// A file in a commit.
public struct GitTreeFile: Hashable, Sendable {
    /// Its path from the repository's root.
    public let path: RelativePath
    /// The id of its content.
    public let id: GitObjectID
}

extension Repository {
    /// The files below a folder in a commit, by path; links and submodules are left out. None if there is no such folder.
    public func files(below folder: RelativePath, at commit: GitObjectID) throws(GitError) -> [GitTreeFile] {
        try withTree(of: commit) { (root) throws(GitError) in
            guard !folder.isRoot else { return try files(of: root, at: .root) }
            guard let entry = try Self.entry(at: folder, in: root), entry.mode == GIT_FILEMODE_TREE.rawValue else {
                return []
            }
            return try files(ofTree: entry.id, at: folder)
        }
    }

    private func files(ofTree id: GitObjectID, at path: RelativePath) throws(GitError) -> [GitTreeFile] {
        var tree: OpaquePointer?
        var raw = id.raw
        let code = git_tree_lookup(&tree, pointer, &raw)
        defer { git_tree_free(tree) }
        try check(code, "reading the folder \(path) of a commit")
        return try files(of: tree, at: path)
    }

    private func files(of tree: OpaquePointer?, at path: RelativePath) throws(GitError) -> [GitTreeFile] {
        var files: [GitTreeFile] = []
        for index in 0..<git_tree_entrycount(tree) {
            guard let entry = git_tree_entry_byindex(tree, index), let name = git_tree_entry_name(entry),
                let component = RelativePath(gitPath: name)
            else { continue }
            let place = path.appending(component)
            let id = GitObjectID(git_tree_entry_id(entry).pointee)
            switch git_tree_entry_filemode(entry) {
            case GIT_FILEMODE_TREE: files += try self.files(ofTree: id, at: place)
            case GIT_FILEMODE_BLOB, GIT_FILEMODE_BLOB_EXECUTABLE: files.append(GitTreeFile(path: place, id: id))
            default: break
            }
        }
        return files
    }
}
