import CGit2

/// A commit, read.
public struct GitCommit: Hashable, Sendable, Identifiable {
    /// The commit's own id.
    public let id: GitObjectID
    /// The commits it follows: none for a first commit, and for the oldest ones of a shallow clone; more than one for a
    /// merge.
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
    ///
    /// - Parameter cuts: the commits whose parents are not here.
    init(_ pointer: OpaquePointer?, cutAt cuts: Set<GitObjectID>) {
        let id = GitObjectID(git_commit_id(pointer).pointee)
        self.id = id
        tree = GitObjectID(git_commit_tree_id(pointer).pointee)
        parents =
            cuts.contains(id)
            ? []
            : (0..<git_commit_parentcount(pointer)).map { GitObjectID(git_commit_parent_id(pointer, $0).pointee) }
        author = GitSignature(git_commit_author(pointer).pointee)
        committer = GitSignature(git_commit_committer(pointer).pointee)
        message = git_commit_message(pointer).map { String(cString: $0) } ?? ""
        summary = git_commit_summary(pointer).map { String(cString: $0) } ?? ""
    }
}
