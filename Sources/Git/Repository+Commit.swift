import CGit2
import FileSystem
import SystemPackage

extension Repository {
    /// Commits what the index holds, on top of HEAD, and moves HEAD or its branch there.
    ///
    /// No hook is run; ``commitWithHooks(message:author:committer:extraParents:)`` does that. A commit with extra
    /// parents is a merge, and ends the merge in progress.
    ///
    /// - Parameters:
    ///   - message: Tidied as git does: no space at the ends of lines, no blank lines around, one newline at the end.
    ///   - extraParents: The commits merged, behind HEAD in the list of parents.
    /// - Returns: The new commit.
    /// - Throws: ``GitError/emptyMessage``, ``GitError/conflicts(_:)``, ``GitError/headMoved(expected:found:)``.
    @discardableResult
    public func commitIndex(
        message: String, author: GitSignature, committer: GitSignature, extraParents: [GitObjectID] = []
    ) throws(GitError) -> GitObjectID {
        let message = try tidied(message)
        let (name, head) = (try headReferenceName(), try head().commit)
        let tree = try writeIndexTree()
        let parents = (head.map { [$0] } ?? []) + extraParents
        let content = CommitContent(
            message: message, author: author, committer: committer, tree: tree, parents: parents)
        let commit = try isSigning ? createSigned(content) : create(content)

        let kind = head == nil ? " (initial)" : extraParents.isEmpty ? "" : " (merge)"
        let summary = try self.commit(commit).summary
        try changeReference(
            name, expecting: head, to: .commit(commit), reason: "commit\(kind): \(summary)", by: committer)
        if !extraParents.isEmpty { try check(git_repository_state_cleanup(pointer), "ending the merge") }
        return commit
    }

    /// Commits what the index holds as `git commit` does, with the hooks `pre-commit` (`pre-merge-commit` for a merge),
    /// `prepare-commit-msg`, `commit-msg` and `post-commit`.
    ///
    /// A hook may change the index and the message. The status of `post-commit` does not matter.
    ///
    /// - Throws: ``GitError/hookRefused(name:status:)``, and what ``commitIndex(message:author:committer:extraParents:)``
    ///   throws.
    @discardableResult
    public func commitWithHooks(
        message: String, author: GitSignature, committer: GitSignature, extraParents: [GitObjectID] = []
    ) throws(GitError) -> GitObjectID {
        func run(_ name: String, _ arguments: [FilePath] = []) throws(GitError) {
            if let status = try runHook(name, arguments: arguments), status != 0 {
                throw .hookRefused(name: name, status: status)
            }
        }
        try run(extraParents.isEmpty ? "pre-commit" : "pre-merge-commit")
        let file = gitDirectory.appending("COMMIT_EDITMSG")
        try writeFile(file, Array(try tidied(message).utf8))
        try run("prepare-commit-msg", [file, extraParents.isEmpty ? "message" : "merge"])
        try run("commit-msg", [file])
        let commit = try commitIndex(
            message: String(decoding: try readFile(file) ?? [], as: UTF8.self), author: author, committer: committer,
            extraParents: extraParents)
        _ = try runHook("post-commit")
        return commit
    }

    private func tidied(_ message: String) throws(GitError) -> String {
        try Self.tidied(message, removingComments: false)
    }

    static func tidied(_ message: String, removingComments: Bool) throws(GitError) -> String {
        var buffer = git_buf()
        defer { git_buf_dispose(&buffer) }
        // A NUL would end the message early.
        let text = message.contains("\0") ? message.replacing("\0", with: "") : message
        let code = git_message_prettify(&buffer, text, removingComments ? 1 : 0, CChar(UInt8(ascii: "#")))
        try check(code, "reading the commit message")
        guard buffer.size > 0, let tidied = buffer.ptr else { throw .emptyMessage }
        return String(cString: tidied)
    }

    private func writeIndexTree() throws(GitError) -> GitObjectID {
        try readIndex { (index) throws(GitError) in
            let conflicts = try Self.conflictedPaths(in: index)
            if !conflicts.isEmpty { throw .conflicts(conflicts) }
            var tree = git_oid()
            try check(git_index_write_tree_to(&tree, index, pointer), "writing the tree of the commit")
            return GitObjectID(tree)
        }
    }

    /// What a commit is made of.
    private struct CommitContent {
        let message: String
        let author: GitSignature
        let committer: GitSignature
        let tree: GitObjectID
        let parents: [GitObjectID]
    }

    private func create(_ content: CommitContent) throws(GitError) -> GitObjectID {
        var commits: [OpaquePointer?] = []
        defer { commits.forEach { git_commit_free($0) } }
        for parent in content.parents {
            var commit: OpaquePointer?
            var raw = parent.raw
            try check(git_commit_lookup(&commit, pointer, &raw), "reading the commit \(parent.short)")
            commits.append(commit)
        }
        var treePointer: OpaquePointer?
        var raw = content.tree.raw
        try check(git_tree_lookup(&treePointer, pointer, &raw), "reading the tree of the commit")
        defer { git_tree_free(treePointer) }
        return try content.author.withPointer { (author) throws(GitError) in
            try content.committer.withPointer { (committer) throws(GitError) in
                var id = git_oid()
                let code = git_commit_create(
                    &id, pointer, nil, author, committer, nil, content.message, treePointer, commits.count, &commits)
                try check(code, "writing the commit")
                return GitObjectID(id)
            }
        }
    }

    /// Whether the user has all commits signed.
    private var isSigning: Bool {
        get throws(GitError) { try configFlag("commit.gpgSign") ?? false }
    }

    /// Makes a commit by the `git` command, which knows each way of signing; libgit2 knows none.
    private func createSigned(_ content: CommitContent) throws(GitError) -> GitObjectID {
        var variables: [String: FilePath] = [:]
        for (role, person) in [("AUTHOR", content.author), ("COMMITTER", content.committer)] {
            variables["GIT_\(role)_NAME"] = FilePath(person.name)
            variables["GIT_\(role)_EMAIL"] = FilePath(person.email)
            variables["GIT_\(role)_DATE"] = FilePath("@\(person.seconds) \(person.zone)")
        }
        let parents = content.parents.flatMap { ["-p", FilePath("\($0)")] }
        let (status, output) = try resultOfGit(
            ["commit-tree", "-S", FilePath("\(content.tree)")] + parents, input: Array(content.message.utf8),
            variables: variables)
        let text = String(decoding: output.prefix { $0 != 0x0a }, as: UTF8.self)
        guard status == 0, let commit = GitObjectID(hex: text) else { throw .notSigned }
        return commit
    }
}
