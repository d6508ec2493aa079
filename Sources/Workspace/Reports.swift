import FileSystem
import Git
import ObjectStore

/// What `add` or `commit` did with one artifact.
public struct AddedArtifact: Sendable {
    /// The artifact.
    public let path: RelativePath
    /// The snapshot it had in the lock before; `nil` for a new artifact.
    public let previous: ObjectID?
    /// The snapshot it has now.
    public let snapshot: ObjectID
    /// What the snapshot holds.
    public let root: Node

    /// Whether there was anything to add.
    public var isChanged: Bool { previous != snapshot }
}

/// What `add` did.
public struct AddReport: Sendable {
    /// Each artifact that was named, in the order of paths.
    public var artifacts: [AddedArtifact]
    /// What the store grew by.
    public var stored: StoreWriter.Statistics
}

/// What `commit` did.
public struct CommitReport: Sendable {
    /// The git commit; `nil` without git, or if there was nothing to commit.
    public var commit: GitObjectID?
    /// The branch it is on; `nil` without git or on a detached HEAD.
    public var branch: String?
    /// The artifacts whose snapshot the commit changes.
    public var artifacts: [AddedArtifact]
    /// The artifacts that the commit lets go of.
    public var removed: [RelativePath]
    /// What the store grew by.
    public var stored: StoreWriter.Statistics

    /// Whether there was nothing to commit.
    public var isEmpty: Bool { commit == nil && artifacts.isEmpty && removed.isEmpty }
}

/// How the working files of an artifact stand to its snapshot in the lock.
public struct ArtifactStatus: Sendable {
    /// The artifact.
    public let path: RelativePath
    /// The snapshot in the lock.
    public let snapshot: ObjectID
    /// Whether anything is there.
    public let isMissing: Bool
    /// What differs from the snapshot; empty for a clean artifact, and for a missing one.
    public let changes: ArtifactChanges
    /// Why the changes cannot be told, where the store lacks the snapshot.
    public let isStoreIncomplete: Bool

    /// Whether the working files are what the snapshot holds.
    public var isClean: Bool { !isMissing && !isStoreIncomplete && changes.changes.isEmpty }
}

/// How a workspace stands.
public struct StatusReport: Sendable {
    /// Where git's HEAD stands; `nil` without git.
    public var head: GitHead?
    /// Each artifact of the lock, in the order of paths.
    public var artifacts: [ArtifactStatus]
    /// Artifacts whose snapshot in the lock is not the one of HEAD's commit: what the next commit records.
    public var lockChanges: [LockChange]
    /// Files of a merge in progress that are still in conflict.
    public var conflicts: [RelativePath]
    /// Whether a merge is in progress.
    public var isMerging: Bool

    /// Whether working files, lock and HEAD agree.
    public var isClean: Bool { lockChanges.isEmpty && !isMerging && artifacts.allSatisfy(\.isClean) }
}

/// An artifact whose snapshot differs between two locks.
public struct LockChange: Equatable, Sendable {
    /// The artifact.
    public let path: RelativePath
    /// Its snapshot before; `nil` if it was not there.
    public let old: ObjectID?
    /// Its snapshot after; `nil` if it is there no more.
    public let new: ObjectID?
}

/// One git commit in the history of a workspace.
public struct WorkspaceLogEntry: Sendable {
    /// The commit.
    public let commit: GitCommit
    /// What it changed in the lock, compared with its first parent.
    public let changes: [LockChange]
    /// The commits of the history that it follows: its parents or, in the place of one that left the lock alone, those
    /// which that one follows.
    public let parents: [GitObjectID]
}

/// One snapshot in the history of an artifact.
public struct ArtifactLogEntry: Sendable {
    /// The snapshot's id.
    public let id: ObjectID
    /// The snapshot.
    public let snapshot: Snapshot
    /// The tags that name it.
    public let tags: [String]
    /// Whether the store lacks its parents, so that the history ends here.
    public let isCutOff: Bool
}

/// A line of `ls`.
public struct ListedEntry: Sendable {
    /// The path, from the root of the workspace.
    public let path: RelativePath
    /// What stands there; for an artifact its root.
    public let node: Node
    /// For a link, its target.
    public let target: [UInt8]?
}

/// What `checkout`, `restore` and `undo` did to working files.
public struct CheckoutReport: Sendable {
    /// Where git's HEAD stands now; `nil` if it was not moved.
    public var head: GitHead?
    /// The artifacts whose working files were changed, with what was changed.
    public var artifacts: [ArtifactChanges] = []
    /// Files whose local changes were kept, since both versions hold the same there.
    public var kept: [RelativePath] = []

    /// A report of nothing.
    package init() {}
}

/// What `merge` did.
public struct MergeReport: Sendable {
    /// How it ended.
    public enum Outcome: Sendable {
        /// HEAD holds every commit of the other side already.
        case alreadyUpToDate
        /// The branch was moved forward to the other side's commit.
        case fastForward(GitObjectID)
        /// A merge commit was made.
        case merged(GitObjectID)
        /// The artifact was merged into a new snapshot, which the lock now names.
        case mergedArtifact(ObjectID)
        /// Files are in conflict; nothing was committed.
        case conflicts
    }

    /// How it ended.
    public var outcome: Outcome
    /// The artifacts that were changed in the working files.
    public var artifacts: [ArtifactChanges] = []
    /// Data files that both sides changed; the working files hold this side's.
    public var conflicts: [DataConflict] = []
    /// Code files that both sides changed, with git's conflict markers.
    public var codeConflicts: [RelativePath] = []
}

/// A file of an artifact that two sides of a merge changed in different ways.
public struct DataConflict: Equatable, Sendable {
    /// The artifact.
    public let artifact: RelativePath
    /// The path in the artifact; the root for an artifact that is one file, or one that a side removed.
    public let path: RelativePath
    /// This side's snapshot; `nil` if this side removed the artifact.
    public let ours: ObjectID?
    /// The other side's snapshot; `nil` if the other side removed the artifact.
    public let theirs: ObjectID?

    /// The file's path from the root of the workspace.
    public var workspacePath: RelativePath { artifact.appending(path) }
}
