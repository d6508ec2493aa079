import CGit2

/// A commit, read.
public struct GitCommit: Hashable, Sendable, Identifiable {
    /// The commit's own id.
    public let id: GitObjectID
    /// The commits it follows: none for a first commit, more than one for a merge.
    public let parents: [GitObjectID]
    /// The tree of files it holds.
    public let tree: GitObjectID
    /// Who wrote the change.
    public let author: GitSignature
    /// Who put it into the repository.
    public let committer: GitSignature
    /// The whole message. Bytes that are not UTF-8 are replaced.
    public let message: String
    /// The first paragraph of the message, on one line.
    public let summary: String

    /// Reads a commit that libgit2 has looked up; the caller still owns it.
    init(_ pointer: OpaquePointer?) {
        id = GitObjectID(git_commit_id(pointer).pointee)
        tree = GitObjectID(git_commit_tree_id(pointer).pointee)
        parents = (0..<git_commit_parentcount(pointer)).map { GitObjectID(git_commit_parent_id(pointer, $0).pointee) }
        author = GitSignature(git_commit_author(pointer).pointee)
        committer = GitSignature(git_commit_committer(pointer).pointee)
        message = git_commit_message(pointer).map { String(cString: $0) } ?? ""
        summary = git_commit_summary(pointer).map { String(cString: $0) } ?? ""
    }
}
