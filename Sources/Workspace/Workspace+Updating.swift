import FileSystem
import ObjectStore

// How working files are brought to other contents: all of it is found out, and what would be lost is stored or refused,
// before the first file is touched.
extension Workspace {
    /// What is to be done with the working files of one artifact.
    struct Update {
        let artifact: RelativePath
        /// The snapshot that the files are brought to; `nil` to remove them.
        let snapshot: ObjectID?
        /// What they are brought to.
        let target: Node?
        /// What the user's changes started from, if that is known.
        let base: Node?
        /// Where the target's listings are, if the store does not have them all.
        var overlay: TreeOverlay?
    }

    /// What to do with work that is stored nowhere and in the way.
    enum Precaution {
        /// Refuse, before anything is touched.
        case refuse
        /// Store it, so that `undo` brings it back, and go on.
        case save
    }

    /// What is to be done with working files, once it is known that no work is lost by it.
    struct PreparedUpdates {
        struct Item {
            let update: Update
            let overlay: TreeOverlay
            let changes: [Change]
            let plan: WorkingTreeWriter.Plan
            var before: ObjectID?

        }

        var items: [Item] = []
        var report = CheckoutReport()

        /// For the record: what each artifact held before.
        var states: [Operation.FileState] {
            items.map { Operation.FileState(artifact: $0.update.artifact, before: $0.before) }
        }
    }

    /// Finds out what updates have to do, and stores what no snapshot holds yet. No working file is touched.
    ///
    /// - Throws: ``WorkspaceError/unstoredWork(_:)``.
    func prepare(_ updates: [Update], _ precaution: Precaution, command: String) throws -> PreparedUpdates {
        var prepared = PreparedUpdates()
        var unstored: [RelativePath] = []
        let leaving = Set(updates.filter { $0.target == nil }.map(\.artifact))
        for update in updates {
            let overlay = update.overlay ?? TreeOverlay(over: store)
            let working = try captured(update.artifact, overlay)
            let writer = writer(overlay, nil)
            try writer.removeLeftovers(working, at: update.artifact)
            if working?.node == update.target {
                rememberBase(update.artifact, update.snapshot)
                continue
            }
            let outcome = try Reconciliation(source: overlay, store: store)
                .reconcile(base: update.base, working: working?.node, target: update.target)
            var kept = outcome.kept
            if precaution == .refuse {
                unstored += outcome.unstored.map { update.artifact.appending($0) }
            } else {
                kept = []
            }
            let target = try TreeEditor(source: overlay, sink: overlay).editing(update.target, kept)
            prepared.report.kept += kept.map { update.artifact.appending($0.path) }
            let changes = try TreeComparison(source: overlay).changes(from: working?.node, to: target)
            let plan = try writer.plan(update.artifact, from: working, to: target, leaving: leaving)
            prepared.items.append(
                PreparedUpdates.Item(
                    update: update, overlay: overlay, changes: changes, plan: plan,
                    before: try snapshot(ofWorking: working?.node, update.artifact)))
        }
        if !unstored.isEmpty { throw WorkspaceError.unstoredWork(unstored) }
        // What no snapshot holds is stored before it is touched, so that it can be brought back.
        let unsaved = prepared.items.indices.filter {
            prepared.items[$0].plan.current != nil && prepared.items[$0].before == nil
        }
        if !unsaved.isEmpty {
            let writer = try store.makeWriter(level: configuration.compressionLevel)
            for index in unsaved {
                prepared.items[index].before = try save(prepared.items[index].update.artifact, writer, command)
            }
            try writer.finish()
        }
        return prepared
    }

    private func writer(_ overlay: TreeOverlay, _ meter: ByteMeter?) -> WorkingTreeWriter {
        WorkingTreeWriter(root: root, store: store, source: overlay, workers: configuration.workers, meter: meter)
    }

    /// Does what has been prepared, and moves the lock.
    ///
    /// The operation is on record before anything is touched, so that it can be undone if it is ended in the middle.
    func perform(
        _ prepared: PreparedUpdates, old: Lock, new: Lock, _ command: String, _ meter: ByteMeter?
    ) throws -> CheckoutReport {
        try record(
            command, prepared.states, old: old, new: new, before: try repository?.head(), headMove: .none)
        let report = try perform(prepared, meter)
        if new != old { try write(new, replacing: old) }
        return report
    }

    /// Does what has been prepared.
    func perform(_ prepared: PreparedUpdates, _ meter: ByteMeter?) throws -> CheckoutReport {
        var report = prepared.report
        for item in prepared.items {
            let artifact = item.update.artifact
            var cache = StatCache(reading: cachePath(artifact))
            cache.root = try writer(item.overlay, meter).apply(item.plan)
            cache.base = item.update.snapshot
            cache.write(to: cachePath(artifact))
            report.artifacts.append(
                ArtifactChanges(
                    artifact: artifact, oldSnapshot: item.before, newSnapshot: item.update.snapshot,
                    changes: item.changes))
        }
        return report
    }

    /// Stores an artifact's working files as they are, as a snapshot that only the record names.
    private func save(_ artifact: RelativePath, _ writer: StoreWriter, _ command: String) throws -> ObjectID? {
        var cache = StatCache(reading: cachePath(artifact))
        let working = try capture(into: writer, mustBeStored: true, meter: nil).capture(artifact, &cache)
        guard let node = working?.node else { return nil }
        let time = try timestamp(nil)
        return try writer.put(
            Snapshot(
                artifact: artifact, root: node, time: time.seconds, offsetMinutes: Int32(time.offsetMinutes),
                provenance: try provenance(message: "saved before: \(command)", command: command)))
    }

    /// The snapshot in the lock or in HEAD whose content the working files hold, if one does.
    private func snapshot(ofWorking node: Node?, _ artifact: RelativePath) throws -> ObjectID? {
        guard let node else { return nil }
        let cache = StatCache(reading: cachePath(artifact))
        for known in [cache.base, try? lock()[artifact], try? headLock()[artifact]].compactMap({ $0 }) {
            if (try? store.snapshot(known))?.root == node { return known }
        }
        return nil
    }

    func rememberBase(_ artifact: RelativePath, _ snapshot: ObjectID?) {
        var cache = StatCache(reading: cachePath(artifact))
        if cache.base == snapshot { return }
        cache.base = snapshot
        cache.write(to: cachePath(artifact))
    }

    /// What the user's changes to an artifact started from.
    func base(of artifact: RelativePath) -> Node? {
        guard let id = StatCache(reading: cachePath(artifact)).base else { return nil }
        return (try? store.snapshot(id))?.root
    }
}
