import CGit2
import FileSystem

/// Finds files by their names in one commit after another.
///
///     let finder = GitFileFinder(repository) { $0.suffix(4).elementsEqual(".dvc".utf8) }
///     for commit in commits { print(try finder.files(at: commit.id)) }
///
/// A folder that two commits share is looked at once, so that a long history costs little more than what changes in it.
public final class GitFileFinder {
    /// A file, by the folder that was asked for.
    public struct File: Hashable, Sendable {
        /// Its path.
        public let path: RelativePath
        /// The id of its content.
        public let id: GitObjectID
    }

    private let repository: Repository
    private let isWanted: (ArraySlice<UInt8>) -> Bool
    private var known: [GitObjectID: [File]] = [:]

    /// A stored tree may be deeper than a thread's stack; no file system holds a path of so many folders.
    private static let deepest = 1_000

    /// Prepares to find the files whose name's bytes are wanted.
    public init(_ repository: Repository, isWanted: @escaping (ArraySlice<UInt8>) -> Bool) {
        self.repository = repository
        self.isWanted = isWanted
    }

    /// The files of a commit, in the order of git's listings.
    public func files(at commit: GitObjectID) throws(GitError) -> [File] {
        try files(inTree: repository.commit(commit).tree, depth: 0)
    }

    private func files(inTree id: GitObjectID, depth: Int) throws(GitError) -> [File] {
        if let files = known[id] { return files }
        guard depth < Self.deepest else { return [] }
        var tree: OpaquePointer?
        var raw = id.raw
        try check(git_tree_lookup(&tree, repository.pointer, &raw), "reading the tree \(id.short)")
        defer { git_tree_free(tree) }
        var found: [File] = []
        for position in 0..<git_tree_entrycount(tree) {
            let entry = git_tree_entry_byindex(tree, position)
            // A name that no file system could hold is nobody's file.
            guard let name = RelativePath(gitPath: git_tree_entry_name(entry)) else { continue }
            let child = GitObjectID(git_tree_entry_id(entry).pointee)
            switch git_tree_entry_filemode(entry) {
            case GIT_FILEMODE_TREE:
                for file in try files(inTree: child, depth: depth + 1) {
                    found.append(File(path: name.appending(file.path), id: file.id))
                }
            case GIT_FILEMODE_BLOB, GIT_FILEMODE_BLOB_EXECUTABLE:
                if isWanted(name.name) { found.append(File(path: name, id: child)) }
            default: continue
            }
        }
        known[id] = found
        return found
    }
}
