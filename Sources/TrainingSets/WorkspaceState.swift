import Features
import FileSystem
import Git
import ObjectStore

import struct Workspace.Lock
import struct Workspace.PointInTime
import class Workspace.Workspace

/// What a workspace held at some time: which snapshot each artifact was at, and how features were defined.
public struct WorkspaceState: Sendable {
    /// The artifacts' snapshots.
    public let lock: Lock
    /// The definitions.
    public let definitions: Definitions
    /// The commit that made the definitions what they are; `nil` if they are not committed.
    public let definitionsCommit: GitObjectID?
    /// The commit whose data it is; `nil` for the present.
    public let commit: GitObjectID?
    /// What messages call it.
    public let name: String

    /// Finds out what a workspace holds, or held.
    ///
    /// - Parameters:
    ///   - asOf: a day, a moment or a git revision: data and definitions are those of that time. By default the data is that of
    ///     the lock, and the definitions are the files as they are now.
    ///   - definitions: a git revision whose definitions are taken, whatever `asOf` says.
    /// - Throws: ``TrainingSetError/noState(_:reason:)``, ``Features/InvalidDefinitions``, what keeps git from being read.
    public init(of workspace: Workspace, asOf: String? = nil, definitions: String? = nil) throws {
        var commit: GitObjectID?
        var past: GitObjectID?
        if let asOf {
            let found = try Self.commit(asOf, workspace)
            (commit, past) = (found, found)
            lock = try workspace.lock(at: found)
            name = "'\(asOf)' (commit \(found.short))"
        } else {
            lock = try workspace.lock()
            name = Lock.fileName
        }
        self.commit = past
        if let definitions {
            commit = try Self.repository(definitions, workspace).resolve(definitions)
        }
        if let commit {
            self.definitions = try Definitions(of: workspace, at: commit.description)
            definitionsCommit = try Self.lastChange(commit, workspace)
        } else {
            self.definitions = try Definitions(of: workspace)
            let head = try workspace.repository?.head().commit
            let committed = head.flatMap { try? Definitions(of: workspace, at: $0.description) }
            let isCommitted = committed?.digest == self.definitions.digest
            definitionsCommit = isCommitted ? try head.flatMap { try Self.lastChange($0, workspace) } : nil
        }
    }

    /// The tables of the artifacts.
    public func sources(in workspace: Workspace) -> StoredSources { StoredSources(workspace.store, lock, state: name) }

    private static func repository(_ revision: String, _ workspace: Workspace) throws -> Repository {
        if let repository = workspace.repository { return repository }
        throw TrainingSetError.noState(revision, reason: "the workspace has no git, which keeps the past; leave it out")
    }

    /// The first commit, going back from one without a break, that has the same files of definitions.
    private static func lastChange(_ commit: GitObjectID, _ workspace: Workspace) throws -> GitObjectID? {
        guard let repository = workspace.repository else { return nil }
        let folder = try RelativePath(Definitions.folderName)
        func files(_ commit: GitObjectID) throws -> [RelativePath: GitObjectID] {
            Dictionary(try repository.files(below: folder, at: commit).map { ($0.path, $0.id) }) { $1 }
        }
        let held = try files(commit)
        var first = commit
        let history = try repository.history(from: [commit], firstParentOnly: true)
        while let earlier = try history.next(), try files(earlier.id) == held { first = earlier.id }
        return first
    }

    private static func commit(_ text: String, _ workspace: Workspace) throws -> GitObjectID {
        let repository = try repository(text, workspace)
        guard let moment = try? PointInTime(parsing: text) else { return try repository.resolve(text) }
        var first: GitObjectID?
        if let head = try repository.head().commit {
            let history = try repository.history(from: [head], firstParentOnly: true)
            while let commit = try history.next() {
                if commit.committer.seconds <= moment.end.seconds { return commit.id }
                first = commit.id
            }
        }
        let reason =
            first.map { "nothing was committed by then; the first commit is \($0.short)" } ?? "there is no commit yet"
        throw TrainingSetError.noState(text, reason: reason)
    }
}
