import FileSystem
import ObjectStore

/// Brings snapshots with all that they need from a remote into a store.
///
/// What says how things hang together is read level by level and kept aside; chunks go straight into packs; at the end
/// comes what was kept aside, each object after those it needs. So the store holds whole what its indexes name, wherever
/// this stops, and the next time only the rest is fetched. Nothing is stored whose hash was not checked.
final class ObjectReceiver {
    /// What was received, or would be.
    struct Totals: Equatable {
        var objects = 0
        var bytes: UInt64 = 0
    }

    private let store: Store
    private let catalog: RemoteCatalog
    /// `nil` to find out only what would be received.
    private let writer: StoreWriter?
    private let fetcher: RecordFetcher
    private let spool: RecordSpool
    private var marks: EntryMarks
    /// Chunks that are needed and were not fetched yet.
    private var chunks: [RecordLocation] = []
    private var snapshots: [ObjectID] = []
    /// The contents that were asked for.
    private var files: [ObjectLink] = []
    private var readHere: Set<ObjectID> = []
    private(set) var totals = Totals()

    /// How many chunks are fetched at a time, so that memory does not grow with a file.
    private static let batchCount = 1 << 15

    /// - Parameter writer: kept until whatever names the snapshots is in place; `nil` to find out only what would be
    ///   received.
    init(
        store: Store, catalog: RemoteCatalog, writer: StoreWriter?, workers: Int, meter: ByteMeter?
    ) throws(RemoteError) {
        self.store = store
        self.catalog = catalog
        self.writer = writer
        fetcher = RecordFetcher(catalog.remote, workers: workers, meter: meter)
        spool = try RecordSpool(in: store.layout.temporary)
        marks = EntryMarks(catalog.indexes)
    }

    /// Receives snapshots and contents of files.
    ///
    /// - Parameter followsHistory: whether the versions that snapshots follow and were made from are wanted too, as far
    ///   as the remote has them.
    /// - Throws: ``RemoteError/lacks(location:_:_:)`` if the remote lacks some of them, once the others are here.
    func receive(
        _ roots: [ObjectID], contents: [FileReference] = [], followsHistory: Bool
    ) throws(RemoteError) {
        var level: [(link: ObjectLink, location: RecordLocation)] = []
        var history: [ObjectID] = []
        var lacking: ObjectKey?
        let wanted = roots.map { ObjectLink(ObjectKey($0, .snapshot)) } + contents.map(ObjectLink.init)
        for link in wanted {
            if marks.place(of: link.key) != nil || isHere(link.key) {
                try note(link, &level)
                if link.key.kind != .snapshot { files.append(link) }
            } else {
                lacking = lacking ?? link.key
            }
        }
        for id in roots {
            if followsHistory, isHere(ObjectKey(id, .snapshot)) { history.append(id) }
        }
        while !level.isEmpty || !history.isEmpty {
            var next: [(link: ObjectLink, location: RecordLocation)] = []
            var parents = try parentsHere(history)
            let spool = spool
            try fetcher.fetch(level.map(\.location)) { (header, record, _) throws(RemoteError) in
                try spool.add(header, record)
            }
            for (link, _) in level {
                let bytes = try object(link.key)
                for link in try links(of: link, in: bytes) { try note(link, &next) }
                guard link.key.kind == .snapshot else { continue }
                snapshots.append(link.key.id)
                if followsHistory, let snapshot = try? Snapshot(decoding: bytes) { parents += snapshot.history }
            }
            history = []
            for id in parents {
                let key = ObjectKey(id, .snapshot)
                if isHere(key) {
                    history.append(id)
                } else if marks.place(of: key) != nil {
                    try note(ObjectLink(key), &next)
                }
                // Else that part of the history is on neither side, and the log ends there.
            }
            level = next
        }
        try fetchChunks()
        try storeStructure()
        if let lacking { throw .lacks(location: catalog.remote.location, lacking.id, lacking.kind) }
    }

    // MARK: What is needed

    private func isHere(_ key: ObjectKey) -> Bool { store.contains(key.id, kind: key.kind) }

    /// Notes that an object is needed, unless it is here or was noted before.
    private func note(
        _ link: ObjectLink, _ level: inout [(link: ObjectLink, location: RecordLocation)]
    ) throws(RemoteError) {
        guard let place = marks.place(of: link.key) else {
            if isHere(link.key) { return }
            throw .lacks(location: catalog.remote.location, link.key.id, link.key.kind)
        }
        guard marks.insert(place), !isHere(link.key) else { return }
        guard let location = marks.location(of: place) else {
            throw .damaged(
                location: catalog.remote.location, name: RemoteLayout.indexes, reason: "an entry is damaged")
        }
        totals.objects += 1
        totals.bytes += location.header.recordBytes
        guard link.key.kind == .chunk else {
            level.append((link, location))
            return
        }
        if writer == nil { return }
        chunks.append(location)
        if chunks.count >= Self.batchCount { try fetchChunks() }
    }

    private func object(_ key: ObjectKey) throws(RemoteError) -> [UInt8] {
        try withStoreErrors { () throws(StoreError) in
            try spool.read(key) { (_, _, content) throws(StoreError) in Array(content) }
        } ?? []
    }

    private func links(of link: ObjectLink, in bytes: [UInt8]) throws(RemoteError) -> [ObjectLink] {
        do throws(StoreError) {
            return try link.links(in: bytes)
        } catch {
            let name = "the \(link.key.kind) \(link.key.id.short)"
            throw .damaged(location: catalog.remote.location, name: name, reason: error.description)
        }
    }

    /// What snapshots of this store follow.
    private func parentsHere(_ ids: [ObjectID]) throws(RemoteError) -> [ObjectID] {
        var parents: [ObjectID] = []
        for id in ids where readHere.insert(id).inserted {
            parents += try withStoreErrors { () throws(StoreError) in try store.snapshot(id) }.history
        }
        return parents
    }

    // MARK: Storing

    private func fetchChunks() throws(RemoteError) {
        guard let writer else { return }
        try fetcher.fetch(chunks) { (header, record, _) throws(RemoteError) in
            try withStoreErrors { () throws(StoreError) in try writer.copy(record, header: header) }
        }
        chunks.removeAll(keepingCapacity: true)
    }

    private func storeStructure() throws(RemoteError) {
        guard let writer else { return }
        let (store, spool) = (store, spool)
        try withStoreErrors { () throws(StoreError) in
            var walk = BottomUpWalk(catalog.indexes) { (location) throws(StoreError) in
                let key = location.header.key
                let bytes = try spool.read(key) { (_, _, content) throws(StoreError) in Array(content) }
                guard let bytes else { throw StoreError.missing(key.id, key.kind) }
                return bytes
            }
            // Older versions were met later.
            for link in files + snapshots.reversed().map({ ObjectLink(ObjectKey($0, .snapshot)) }) {
                try walk.visit(link, isKnown: { store.contains($0.id, kind: $0.kind) }) {
                    (location) throws(StoreError) in
                    // Chunks are in the store already, and not here.
                    _ = try spool.read(location.header.key) { (header, record, _) throws(StoreError) in
                        try writer.copy(record, header: header)
                    }
                }
            }
            try writer.finish()
        }
    }
}

extension Snapshot {
    /// The snapshots that it follows and was made from.
    var history: [ObjectID] { parents + inputs.map(\.snapshot) }
}
