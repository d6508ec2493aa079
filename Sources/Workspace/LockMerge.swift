import FileSystem
import ObjectStore

/// A three-way merge of locks, artifact by artifact, and where both sides changed one, file by file.
struct LockMerge {
    /// What stands in the result where both sides made different changes.
    enum Preference {
        /// This side's version.
        case ours
        /// The common ancestor's: for a merge of ancestors, where a later merge must see the disagreement.
        case base
    }

    let workspace: Workspace
    let writer: StoreWriter
    /// This side's lock, and in the end the merged one.
    private(set) var lock: Lock
    /// What the snapshots that are made say of themselves.
    let message: String
    let command: String
    let preference: Preference
    /// The other side's snapshots of the artifacts that both sides changed.
    private(set) var theirs: [RelativePath: ObjectID] = [:]
    /// Files that both sides changed in different ways.
    private(set) var conflicts: [DataConflict] = []

    init(
        workspace: Workspace, writer: StoreWriter, ours: Lock, message: String, command: String,
        preference: Preference = .ours
    ) {
        self.workspace = workspace
        self.writer = writer
        lock = ours
        self.message = message
        self.command = command
        self.preference = preference
    }

    /// Merges another lock in.
    mutating func run(base: Lock, theirs: Lock) throws {
        let ours = lock
        let paths = Set(base.entries.map(\.path)).union(ours.entries.map(\.path)).union(theirs.entries.map(\.path))
        for path in paths.sorted() { try run(path, base: base[path], ours: ours[path], theirs: theirs[path]) }
    }

    /// Merges one artifact.
    mutating func run(_ path: RelativePath, base: ObjectID?, ours: ObjectID?, theirs: ObjectID?) throws {
        if ours == theirs || theirs == base { return }
        if ours == base { return try set(theirs, for: path) }
        if let theirs { self.theirs[path] = theirs }
        guard let ours, let theirs else {
            // One side removed the artifact and the other changed it.
            conflicts.append(DataConflict(artifact: path, path: .root, ours: ours, theirs: theirs))
            return try set(preference == .base ? base : ours ?? theirs, for: path)
        }
        let store = workspace.store
        let merge = ThreeWayMerge<Node, StoreError>(isFolder: \.isDirectory) { (node) throws(StoreError) in
            guard case .directory(let tree) = node else { return [] }
            return try store.entries(of: tree).map { MergeEntry(name: $0.name, content: $0.node) }
        }
        let result = try merge.merge(
            base: base.map { try store.snapshot($0).root }, ours: store.snapshot(ours).root,
            theirs: store.snapshot(theirs).root)
        conflicts += result.conflicts.map {
            DataConflict(artifact: path, path: $0.path, ours: ours, theirs: theirs)
        }
        guard let merged = result.merged else { return }
        let editor = TreeEditor(source: store, sink: writer)
        var root = try editor.build(merged)
        if preference == .base, !result.conflicts.isEmpty {
            // What was merged so far is in no pack yet, but its listings must be read.
            try writer.finish()
            guard let node = try editor.editing(root, result.conflicts.map { ($0.path, $0.base) }) else {
                return try set(base, for: path)
            }
            root = node
        }
        let time = try workspace.timestamp(nil)
        let id = try writer.put(
            Snapshot(
                artifact: path, root: root, time: time.seconds, offsetMinutes: Int32(time.offsetMinutes),
                parents: [ours, theirs], provenance: try workspace.provenance(message: message, command: command)))
        try set(id, for: path)
    }

    private mutating func set(_ snapshot: ObjectID?, for path: RelativePath) throws {
        if let snapshot { try lock.set(snapshot, for: path) } else { lock.remove(path) }
    }
}
