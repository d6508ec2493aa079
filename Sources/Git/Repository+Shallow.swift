import FileSystem
import SystemPackage

// libgit2 1.5 does not know that the history of a shallow clone is cut off: it looks for the parents of the oldest
// commits and fails. There the `git` command is asked.

extension Repository {
    /// Whether the clone is shallow: the parents of its oldest commits are not here.
    public func isShallow() throws(GitError) -> Bool {
        try !shallowCommits().isEmpty
    }

    /// The commits whose parents are not here, although they name some.
    func shallowCommits() throws(GitError) -> Set<GitObjectID> {
        guard let bytes = try readFile(commonDirectory.appending("shallow")) else { return [] }
        return Set(String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap { GitObjectID(hex: $0) })
    }

    /// The commits that the given ones reach, in the order of ``history(from:firstParentOnly:)``.
    func listedHistory(from commits: [GitObjectID], firstParentOnly: Bool) throws(GitError) -> [GitObjectID] {
        let options: [FilePath] = ["rev-list", "--date-order"] + (firstParentOnly ? ["--first-parent"] : [])
        let input = commits.map { "\($0)\n" }.joined()
        return Self.ids(try outputOfGit(options + ["--stdin"], input: Array(input.utf8)))
    }

    /// The best common ancestor of two commits, as far as the history is here.
    func askedMergeBase(_ a: GitObjectID, _ b: GitObjectID) throws(GitError) -> GitObjectID? {
        let words = ["merge-base", a.description, b.description].map { FilePath($0) }
        let (status, output) = try resultOfGit(words)
        switch status {
        case 0: return Self.ids(output).first
        case 1: return nil
        default: throw .failed(operation: "running git merge-base", message: "it ended with status \(status)")
        }
    }

    private static func ids(_ lines: [UInt8]) -> [GitObjectID] {
        String(decoding: lines, as: UTF8.self).split(separator: "\n").compactMap { GitObjectID(hex: $0) }
    }
}
