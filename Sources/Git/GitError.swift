import CGit2
import FileSystem
import SystemPackage

/// Why something could not be done in a git repository.
public enum GitError: Error, Equatable, Sendable {
    /// The place that was named holds no git repository.
    case notARepository(FilePath)
    /// The repository belongs to another user, and `safe.directory` does not name it.
    case untrustedOwner(FilePath)
    /// The repository, or a setting, asks for something this program cannot do; the text is a whole sentence.
    case unsupported(String)
    /// The repository has no files beside it, and the operation needs them.
    case bareRepository
    /// No object goes by this name; `nearest` is the branch or tag whose name is most like it.
    case unknownRevision(String, nearest: String?)
    /// The revision lies before the oldest commit of a shallow clone.
    case cutOff(String)
    /// More than one object goes by this abbreviated id.
    case ambiguousRevision(String)
    /// The name stands for a tree or a file, where a commit is needed.
    case notACommit(String)
    /// There is no name or no email address to sign a commit with.
    case noIdentity
    /// An environment variable holds a date that cannot be read.
    case invalidDate(variable: String, value: String)
    /// A commit needs a message, and it is empty.
    case emptyMessage
    /// The name cannot be a branch's.
    case invalidBranchName(String)
    /// There is a branch of that name already.
    case branchExists(String)
    /// The branch is checked out in another working tree.
    case branchInUse(String)
    /// HEAD is not where the caller left it: another process moved it.
    case headMoved(expected: GitObjectID?, found: GitObjectID?)
    /// These files hold changes that would be lost.
    case wouldOverwrite([RelativePath])
    /// These files have merge conflicts that are not resolved.
    case conflicts([RelativePath])
    /// A merge was begun and neither committed nor aborted.
    case mergeInProgress
    /// There is no merge to abort.
    case noMergeInProgress
    /// There is nothing to merge: HEAD holds every commit of the other side.
    case alreadyMerged
    /// The two commits share no ancestor.
    case unrelatedHistories
    /// `commit.gpgSign` is set, and git could not sign the commit.
    case notSigned
    /// A hook ended with a status other than zero.
    case hookRefused(name: String, status: Int32)
    /// Another git process holds the lock; the text names it.
    case locked(String)
    /// libgit2 or the system refused; `operation` says what was being done, `message` why it failed.
    case failed(operation: String, message: String)
}

extension GitError: CustomStringConvertible {
    /// One line for people: what happened, where, and what to do next.
    public var description: String {
        switch self {
        case .notARepository(let path):
            "there is no git repository at \(Self.quoted(path)); run git init there, or check GIT_DIR"
        case .untrustedOwner(let path):
            "the repository at \(Self.quoted(path)) belongs to another user; if you trust it, run "
                + "git config --global --add safe.directory \(Self.quoted(path))"
        case .unsupported(let sentence): sentence
        case .bareRepository: "the git repository is bare: it has no working files; run this in a clone of it"
        case .unknownRevision(let text, let nearest?):
            "there is no revision '\(text)' in git; did you mean '\(nearest)'?"
        case .unknownRevision(let text, nil):
            "there is no revision '\(text)' in git; git branch -a and git tag list the names"
        case .cutOff(let text):
            "'\(text)' lies before the oldest commit of this shallow clone; git fetch --unshallow brings the others"
        case .ambiguousRevision(let text): "the revision '\(text)' is ambiguous; give more digits of the id"
        case .notACommit(let text): "'\(text)' names no commit in git; name a commit, a branch or a tag of one"
        case .noIdentity:
            "git does not know who you are; run git config --global user.name \"Your Name\" and "
                + "git config --global user.email you@example.com"
        case .invalidDate(let variable, let value):
            "\(variable) holds no date that git reads: '\(value)'; write it as 2013-06-01T12:00:00+0000"
        case .emptyMessage: "the commit message is empty; give one with -m"
        case .invalidBranchName(let name): "'\(name)' cannot be the name of a branch; see git check-ref-format"
        case .branchExists(let name): "there is a branch '\(name)' already; choose another name, or check it out"
        case .branchInUse(let name):
            "the branch '\(name)' is checked out in another working tree; git worktree list shows where"
        case .headMoved(let expected, let found):
            "HEAD moved while it was in use, from \(expected?.short ?? "no commit") to \(found?.short ?? "no commit"); "
                + "look at git log, then run the command again"
        case .wouldOverwrite(let paths):
            "local changes to \(Self.listed(paths)) would be lost; commit or stash them first"
        case .conflicts(let paths):
            "there are unresolved conflicts in \(Self.listed(paths)); resolve them, then git add the files"
        case .mergeInProgress: "a merge is in progress; commit it, or abort it with git merge --abort"
        case .noMergeInProgress: "there is no merge to abort; git status shows what is in progress"
        case .alreadyMerged: "there is nothing to merge: HEAD already holds every commit of the other side"
        case .unrelatedHistories: "the two commits share no ancestor; check that the right revision is named"
        case .notSigned:
            "git could not sign the commit, and nothing is committed; git's output above says why ('git config "
                + "commit.gpgSign false' does without)"
        case .hookRefused(let name, let status):
            "the git hook \(name) ended with status \(status); its output above says why"
        case .locked(let lock):
            "another git process is at work (\(lock)); wait for it, or remove the lock file if it crashed"
        case .failed(let operation, let message):
            "\(operation) failed: \(message); see that the folder can be written and the disk has room, then git fsck"
        }
    }

    private static func quoted(_ path: FilePath) -> String {
        path.withPlatformString { quotedForDisplay(Array(UnsafeRawBufferPointer(start: $0, count: path.length))) }
    }

    /// At most three paths by name, so that the line stays one line.
    private static func listed(_ paths: [RelativePath]) -> String {
        let named = paths.prefix(3).map(\.description).joined(separator: ", ")
        return paths.count > 3 ? "\(named) and \(paths.count - 3) more" : named
    }
}

extension GitError {
    /// The error for a code that libgit2 has just returned.
    static func last(_ code: Int32, _ operation: String) -> GitError {
        let message = lastMessage
        // git's own names for the parts of an index that cannot be left out of account.
        if message.contains("mandatory extension: 'link'") {
            return .unsupported(
                "git keeps the index in two files here, which is not supported; run git config core.splitIndex false and "
                    + "git update-index --no-split-index")
        }
        if message.contains("mandatory extension: 'sdir'") {
            return .unsupported(
                "git's index is sparse here, which is not supported; run git sparse-checkout reapply --no-sparse-index, "
                    + "which leaves the sparse checkout as it is")
        }
        return switch code {
        case GIT_ELOCKED.rawValue: .locked(message)
        case GIT_EBAREREPO.rawValue: .bareRepository
        default: .failed(operation: operation, message: message)
        }
    }

    /// What libgit2 said about the last failure on this thread.
    static var lastMessage: String {
        guard let error = git_error_last(), let message = error.pointee.message else { return "no reason was given" }
        return String(cString: message)
    }
}

/// Throws the error of a libgit2 call that failed.
@discardableResult
func check(_ code: Int32, _ operation: @autoclosure () -> String) throws(GitError) -> Int32 {
    if code < 0 { throw GitError.last(code, operation()) }
    return code
}
