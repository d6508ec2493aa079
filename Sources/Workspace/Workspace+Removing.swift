import FileSystem
import Git
import ObjectStore
import SystemPackage

extension Workspace {
    /// Removes artifacts, or paths inside artifacts, from the lock and from disk. What they held stays in the store.
    ///
    /// - Parameters:
    ///   - keepsFiles: whether the files stay on disk.
    ///   - force: whether changes that are stored nowhere may go; they are stored first.
    /// - Returns: what was removed.
    @discardableResult
    public func remove(
        _ paths: [RelativePath], keepsFiles: Bool = false, force: Bool = false, command: String = "vintage rm"
    ) throws -> [RelativePath] {
        try alone {
            let old = try lock()
            var new = old
            var updates: [Update] = []
            var parts: [RelativePath: [RelativePath]] = [:]
            var removed: [RelativePath] = []
            for path in paths {
                let artifacts = old.artifacts(inside: path).map(\.path)
                if artifacts.isEmpty {
                    let artifact = try artifact(at: path, in: old)
                    let inside = path.relative(to: artifact)!
                    if try store.node(at: inside, below: store.snapshot(old[artifact]!).root) == nil {
                        throw WorkspaceError.noSuchPath(path, revision: Lock.fileName)
                    }
                    parts[artifact, default: []].append(inside)
                    removed.append(path)
                    continue
                }
                for artifact in artifacts {
                    new.remove(artifact)
                    removed.append(artifact)
                    updates.append(Update(artifact: artifact, snapshot: nil, target: nil, base: nil))
                }
            }
            let writer = try store.makeWriter(level: configuration.compressionLevel)
            for (artifact, inside) in parts where new[artifact] != nil {
                if keepsFiles {
                    throw WorkspaceError.misuse(
                        "a file inside \(artifact) cannot be kept and removed; list it in .vintageignore, then run "
                            + "'vintage add \(artifact)'")
                }
                let edits = inside.map { (path: $0, node: Node?.none) }
                let root = try store.snapshot(old[artifact]!).root
                guard let node = try TreeEditor(source: store, sink: writer).editing(root, edits) else { continue }
                let id = try writer.put(
                    Snapshot(
                        artifact: artifact, root: node, time: try timestamp(nil).seconds,
                        offsetMinutes: Int32(try timestamp(nil).offsetMinutes), parents: [old[artifact]!],
                        provenance: try provenance(message: "", command: command)))
                try new.set(id, for: artifact)
                let overlay = TreeOverlay(over: store)
                let working = try captured(artifact, overlay)?.node
                let target = try TreeEditor(source: overlay, sink: overlay).editing(working, edits)
                updates.append(
                    Update(artifact: artifact, snapshot: id, target: target, base: nil, overlay: overlay))
            }
            try writer.finish()
            let prepared = try prepare(keepsFiles ? [] : updates, force ? .save : .refuse, command: command)
            _ = try perform(prepared, old: old, new: new, command, nil)
            return removed.sorted()
        }
    }

    /// Renames an artifact, or a path inside artifacts.
    ///
    /// - Throws: ``WorkspaceError/alreadyThere(_:)``, ``WorkspaceError/nothingAt(_:)``.
    public func move(_ from: RelativePath, to given: RelativePath, command: String = "vintage mv") throws {
        let old = try lock()
        guard try root.appending(from).status() != nil else { throw WorkspaceError.nothingAt(from) }
        var to = given
        // As `mv` does: into a folder that is there.
        if let status = try root.appending(to).status(), status.kind == .directory {
            to = to.appending(component: from.name)
        }
        if try root.appending(to).status() != nil { throw WorkspaceError.alreadyThere(to) }
        if from.contains(to) { throw WorkspaceError.misuse("\(from) cannot be moved into itself") }
        if old[from] == nil {
            let source = try artifact(at: from, in: old)
            let target = try artifact(at: to, in: old)
            try root.appending(to).removingLastComponent().makeDirectories()
            try root.appending(from).rename(to: root.appending(to))
            try add(source == target ? [source] : [source, target], command: command)
            return
        }
        do throws(ArtifactPathError) {
            try to.checkIsArtifactPath()
        } catch {
            throw WorkspaceError.misuse(error.description)
        }
        if let other = old.artifact(containing: to) { throw WorkspaceError.holdsArtifacts(other, [from]) }
        try alone {
            // Read again: another process may have added to it meanwhile.
            let old = try lock()
            guard let snapshot = old[from] else { throw WorkspaceError.notTracked(from, nearest: nil) }
            let writer = try store.makeWriter(level: configuration.compressionLevel)
            let time = try timestamp(nil)
            var moved = try store.snapshot(snapshot)
            moved.artifact = to
            moved.time = time.seconds
            moved.offsetMinutes = Int32(time.offsetMinutes)
            moved.parents = [snapshot]
            moved.provenance = try provenance(message: "", command: command)
            let id = try writer.put(moved)
            try writer.finish()
            var new = old
            new.remove(from)
            try new.set(id, for: to)
            let head = try repository?.head()
            try root.appending(to).removingLastComponent().makeDirectories()
            try root.appending(from).rename(to: root.appending(to))
            if cachePath(from).exists { try? cachePath(from).rename(to: cachePath(to)) }
            rememberBase(to, id)
            try write(new, replacing: old)
            try record(
                command,
                [
                    Operation.FileState(artifact: from, before: snapshot),
                    Operation.FileState(artifact: to, before: nil),
                ], old: old, new: new, before: head, headMove: .none)
        }
    }
}
