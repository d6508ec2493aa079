import FileSystem
import ObjectStore
import SystemPackage

/// Why something could not be done in a workspace.
public enum WorkspaceError: Error, Equatable {
    /// Neither the folder nor one above it is a workspace.
    case notAWorkspace(FilePath)
    /// The folder lies inside another workspace.
    case insideWorkspace(FilePath)
    /// There is no working tree beside the git repository.
    case bareRepository
    /// Git's sparse checkout leaves the lock out of the working tree.
    case sparseLock
    /// The path is not below the workspace's root.
    case outsideWorkspace(FilePath)
    /// The path is no artifact, nor inside one; `nearest` is the artifact most like it.
    case notTracked(RelativePath, nearest: RelativePath?)
    /// There is nothing at the path.
    case nothingAt(RelativePath)
    /// Git keeps files at the path.
    case trackedByGit(RelativePath)
    /// The path holds artifacts, so that it cannot be one.
    case holdsArtifacts(RelativePath, [RelativePath])
    /// The path cannot be an artifact.
    case notAnArtifactPath(RelativePath, reason: String)
    /// A path to move to is taken.
    case alreadyThere(RelativePath)
    /// Changes that are stored nowhere would be lost.
    case unstoredWork([RelativePath])
    /// The name is no revision.
    case unknownRevision(String)
    /// More than one snapshot's id starts so.
    case ambiguousSnapshot(String)
    /// The artifact has no such tag.
    case unknownTag(RelativePath, String)
    /// The tag is there already.
    case tagExists(RelativePath, String, ObjectID)
    /// The artifact had no version by then; `first` is when its first one was made.
    case noVersion(RelativePath, by: PointInTime, first: Timestamp?)
    /// The artifact is not in that revision.
    case notInRevision(RelativePath, revision: String)
    /// The path is not in that version.
    case noSuchPath(RelativePath, revision: String)
    /// The path is a folder, where a file is needed.
    case isFolder(RelativePath)
    /// Files of a merge are still in conflict.
    case unresolved([RelativePath])
    /// The last operation was ended in the middle, as by a power cut.
    case interrupted(String)
    /// A merge was begun and neither finished nor aborted.
    case mergeInProgress
    /// There is no merge to go on with.
    case noMergeInProgress
    /// The working files differ from the lock, where they must not.
    case changedArtifacts([RelativePath], before: String)
    /// The working files are of an older version than the lock, which git has moved on.
    case olderThanLock([RelativePath])
    /// No operation is left to undo.
    case nothingToUndo
    /// The last operation cannot be undone, because something has moved on since.
    case cannotUndo(operation: String, reason: String)
    /// A file of `.vintage` is damaged.
    case damagedFile(String, reason: String)
    /// The command needs git, and the workspace has none.
    case needsGit(String)
    /// The command was used wrongly, in words.
    case misuse(String)
}

extension WorkspaceError: CustomStringConvertible {
    /// One line for people: what, where, and what to do next.
    public var description: String {
        switch self {
        case .notAWorkspace(let path):
            "\(displayed(path)) is in no workspace; run 'vintage init' in the project's folder first"
        case .insideWorkspace(let path): "this folder is already in the workspace at \(displayed(path))"
        case .bareRepository:
            "the git repository here is bare, and a workspace needs working files; run this in a clone of it"
        case .sparseLock:
            "git's sparse checkout leaves vintage.lock out; run git sparse-checkout add /vintage.lock /.gitignore"
        case .outsideWorkspace(let path): "\(displayed(path)) is outside of the workspace"
        case .notTracked(let path, let nearest?):
            "\(path) is neither an artifact nor inside one; did you mean \(nearest)?"
        case .notTracked(let path, nil):
            "\(path) is neither an artifact nor inside one; run 'vintage add \(path)' to make it one"
        case .nothingAt(let path): "there is nothing at \(path); check the name"
        case .trackedByGit(let path):
            "git keeps files at \(path); run 'git rm -r --cached \(path)' first, and git keeps its history"
        case .holdsArtifacts(let path, let artifacts):
            "\(path) holds the artifact \(artifacts[0]) already; add what is beside it on its own, or run "
                + "'vintage rm --cached \(artifacts[0])' first"
        case .notAnArtifactPath(let path, let reason): "\(path) cannot be an artifact: \(reason)"
        case .alreadyThere(let path): "there is something at \(path) already; move or remove it first"
        case .unstoredWork(let paths):
            "changes that are stored nowhere would be lost: \(listed(paths)); run 'vintage commit' to keep them, "
                + "or give --force to drop them"
        case .unknownRevision(let text):
            "there is no revision '\(text)': it is no git revision, no snapshot, and no artifact@tag or artifact@{date}"
        case .ambiguousSnapshot(let text): "more than one snapshot starts with '\(text)'; give more digits"
        case .unknownTag(let artifact, let tag):
            "\(artifact) has no tag '\(tag)'; run 'vintage tag --list' to see those there are"
        case .tagExists(let artifact, let tag, let snapshot):
            "\(artifact)@\(tag) is there already and names \(snapshot.short); give --force to move it"
        case .noVersion(let artifact, let moment, let first?):
            "\(artifact) had no version by \(moment): its first one is of \(first.iso8601)"
        case .noVersion(let artifact, let moment, nil): "\(artifact) had no version by \(moment)"
        case .notInRevision(let artifact, let revision): "\(artifact) is not in \(revision)"
        case .noSuchPath(let path, let revision): "there is no \(path) in \(revision)"
        case .isFolder(let path): "\(path) is a folder; name a file in it, or run 'vintage ls' to see them"
        case .unresolved(let paths):
            "still in conflict: \(listed(paths)); make each file what it should be, run 'vintage add' on it, then "
                + "'vintage merge --continue'"
        case .interrupted(let command):
            "'\(command)' was ended in the middle; run 'vintage undo' to go back to before it, then run it again"
        case .mergeInProgress: "a merge is in progress; run 'vintage merge --continue' or 'vintage merge --abort' first"
        case .noMergeInProgress: "no merge is in progress"
        case .changedArtifacts(let paths, let action):
            "these have changes that are not committed: \(listed(paths)); run 'vintage commit' or 'vintage restore' "
                + "before \(action)"
        case .olderThanLock(let paths):
            "git has moved the lock on, and these files are of an older version: \(listed(paths)); run 'vintage checkout' "
                + "to bring them forward with your changes kept, or 'vintage add' to take them as they are"
        case .nothingToUndo: "there is no operation left to undo"
        case .cannotUndo(let operation, let reason): "cannot undo '\(operation)': \(reason)"
        case .damagedFile(let path, let reason): "\(path) is damaged: \(reason)"
        case .needsGit(let what): "\(what) needs git, and this workspace was made with --no-git"
        case .misuse(let text): text
        }
    }

    private func listed(_ paths: [RelativePath]) -> String {
        let shown = paths.prefix(5).map(\.description).joined(separator: ", ")
        return paths.count > 5 ? "\(shown) and \(paths.count - 5) more" : shown
    }
}

/// What a process should end with, as every command of `vintage` does.
public enum ExitStatus: Int32, Sendable {
    /// Done.
    case done = 0
    /// A check found something.
    case found = 1
    /// The command was used wrongly.
    case misused = 2
    /// The environment failed: a full disk, damage, a file that cannot be read.
    case failed = 3
}
