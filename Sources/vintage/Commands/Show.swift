import ArgumentParser
import FileSystem
import Git
import ObjectStore
import TextFormats
import Workspace

/// `vintage show`.
struct Show: WorkspaceCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show one commit, snapshot or artifact.",
        discussion: """
            A git revision shows the commit and the artifacts it changed; a snapshot's id, ARTIFACT@TAG, \
            ARTIFACT@{DATE} or an artifact shows a snapshot: when, by whom and how it was made, and from what.

            Examples:
              vintage show
              vintage show 'data/flights@{2013-06-01}'
            """)

    @OptionGroup var json: JSONOption

    @Argument(help: "A revision, a snapshot or an artifact; HEAD by default.")
    var revision: RawArgument?

    func run(in session: Session) throws -> ExitStatus {
        switch try resolved(in: session) {
        case .commit(let id, let lock): try show(id, lock, in: session)
        case .snapshot(let id, let snapshot): try show(id, snapshot, in: session)
        }
        return .done
    }

    private func resolved(in session: Session) throws -> ResolvedRevision {
        guard let revision else {
            if session.workspace.repository == nil {
                throw WorkspaceError.misuse("without git there is no commit to show; name an artifact or a snapshot")
            }
            return try session.workspace.resolve("HEAD")
        }
        let lock = try session.workspace.lock()
        if let artifact = session.artifact(named: revision.bytes, in: lock), let snapshot = lock[artifact] {
            return try session.workspace.resolve(snapshot.description)
        }
        return try session.workspace.resolve(try session.revision(revision))
    }

    private func show(_ id: GitObjectID, _ lock: Lock, in session: Session) throws {
        guard let repository = session.workspace.repository else { throw WorkspaceError.needsGit("showing a commit") }
        let commit = try repository.commit(id)
        let changes = try changes(of: commit, to: lock, in: session)
        if json.isOn {
            guard case .object(var object) = JSON(commit, changes: changes) else { return }
            object["artifacts"] = JSON(lock.entries) { entry in
                var object = JSONObject(path: entry.path)
                object["snapshot"] = JSON(entry.snapshot)
                return .object(object)
            }
            session.print(object)
        } else {
            for line in HistoryView(session.palette).lines(commit, changes: changes) { session.print(line) }
        }
    }

    /// What a commit changed in the lock, compared with its first parent.
    private func changes(of commit: GitCommit, to lock: Lock, in session: Session) throws -> [LockChange] {
        var old = Lock()
        if let parent = commit.parents.first,
            case .commit(_, let parentLock) = try session.workspace.resolve(parent.description)
        {
            old = parentLock
        }
        return session.workspace.changes(from: old, to: lock)
    }

    private func show(_ id: ObjectID, _ snapshot: Snapshot, in session: Session) throws {
        let tags = try session.workspace.tags().filter { $0.snapshot == id }.map(\.name)
        if json.isOn {
            guard case .object(let object) = JSON(id, snapshot, tags: tags) else { return }
            session.print(object)
        } else {
            for line in HistoryView(session.palette).lines(id, snapshot, tags: tags) { session.print(line) }
        }
    }
}
