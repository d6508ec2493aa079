import FileSystem
import Git
import ObjectStore
import SystemPackage

/// What ``Workspace/followLock(from:meter:command:)`` did and what it left alone.
public struct FollowReport: Sendable {
    /// What was done to the working files.
    public var checkout = CheckoutReport()
    /// Artifacts that stay as they are, since changes would be lost that are stored nowhere.
    public var unstored: [RelativePath] = []
    /// Artifacts that stay as they are, since the store lacks a part of what the lock names.
    public var absent: [RelativePath] = []
    /// Whether nothing was done because another process works in the workspace.
    public var isBusy = false
}

extension Workspace {
    /// Brings data to the lock after git has moved it, as far as no work is lost; what would be is left as it is.
    ///
    /// Only artifacts are looked at that were last brought to another snapshot than the lock names, so that it costs
    /// little where nothing is to be done. Unlike ``checkout(_:paths:newBranch:force:meter:command:)`` one artifact that
    /// has to stay does not keep the others back, and another process at work is not waited for.
    ///
    /// - Parameter previous: the commit whose lock the working files were at, if known: artifacts that it names and the
    ///   lock does not are taken out of the working files.
    public func followLock(
        from previous: GitObjectID? = nil, meter: ByteMeter? = nil, command: String = "vintage checkout"
    ) throws -> FollowReport {
        let new = try lock()
        let moved = new.entries.filter { StatCache.base(at: cachePath($0.path)) != $0.snapshot }
        let dropped = try droppedArtifacts(from: previous, to: new)
        if moved.isEmpty && dropped.isEmpty { return FollowReport() }
        let report = try aloneUnlessBusy { try follow(moved, dropped, command: command, meter) }
        if let report { return report }
        var busy = FollowReport()
        busy.isBusy = true
        return busy
    }

    /// The artifacts that a commit's lock names and a new lock does not, and that are still as they were brought here.
    private func droppedArtifacts(from previous: GitObjectID?, to new: Lock) throws -> [Lock.Entry] {
        guard let previous, let repository, let old = try? lock(at: previous), old != new else { return [] }
        return try old.entries.filter { entry in
            // Another artifact, or git itself, may have taken the place.
            try new.artifact(containing: entry.path) == nil && new.artifacts(inside: entry.path).isEmpty
                && StatCache.base(at: cachePath(entry.path)) == entry.snapshot
                && root.appending(entry.path).exists && !repository.hasTrackedFiles(at: entry.path)
        }
    }

    private func follow(
        _ moved: [Lock.Entry], _ dropped: [Lock.Entry], command: String, _ meter: ByteMeter?
    ) throws -> FollowReport {
        var report = FollowReport()
        var updates = dropped.map { entry in
            Update(artifact: entry.path, snapshot: nil, target: nil, base: base(of: entry.path))
        }
        for entry in moved {
            let root = Store.Root(name: entry.path.description, snapshot: entry.snapshot)
            // Before a file is touched: half an artifact would be worse than the old one.
            guard try store.missingObjects(of: [root]).isEmpty else {
                report.absent.append(entry.path)
                continue
            }
            updates += try self.updates(from: Lock(), to: Lock(sorted: [entry]))
        }
        var prepared = PreparedUpdates()
        for update in updates {
            do {
                let one = try prepare([update], .refuse, command: command)
                prepared.items += one.items
                prepared.report.kept += one.report.kept
            } catch WorkspaceError.unstoredWork {
                report.unstored.append(update.artifact)
            }
        }
        if prepared.items.isEmpty { return report }
        // On record before a file is touched, so that it can be undone if it is ended in the middle.
        let lock = try lock().encoded()
        let position = Operation.Position(try repository?.head())
        try operationLog.append(
            Operation(
                number: 0, time: try timestamp(nil), command: command, headMove: .none, before: position,
                after: position, lockBefore: lock, lockAfter: lock, files: prepared.states))
        report.checkout = try perform(prepared, meter)
        return report
    }
}
