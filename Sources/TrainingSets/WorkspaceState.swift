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
    /// The commit that has these definitions; `nil` if none is known to.
    public let definitionsCommit: GitObjectID?
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
        if let asOf {
            let found = try Self.commit(asOf, workspace)
            commit = found
            lock = try workspace.lock(at: found)
            name = "'\(asOf)' (commit \(found.short))"
        } else {
            lock = try workspace.lock()
            name = Lock.fileName
        }
        if let definitions {
            commit = try Self.repository(definitions, workspace).resolve(definitions)
        }
        if let commit {
            self.definitions = try Definitions(of: workspace, at: commit.description)
            definitionsCommit = commit
        } else {
            self.definitions = try Definitions(of: workspace)
            let head = try workspace.repository?.head().commit
            let committed = head.flatMap { try? Definitions(of: workspace, at: $0.description) }
            definitionsCommit = committed?.digest == self.definitions.digest ? head : nil
        }
    }

    /// The tables of the artifacts.
    public func sources(in workspace: Workspace) -> StoredSources { StoredSources(workspace.store, lock, state: name) }

    private static func repository(_ revision: String, _ workspace: Workspace) throws -> Repository {
        if let repository = workspace.repository { return repository }
        throw TrainingSetError.noState(revision, reason: "the workspace has no git, which keeps the past; leave it out")
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
