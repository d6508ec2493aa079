import FileSystem
import SystemPackage

// The second half of a clean-up. The order makes it safe to be killed anywhere: what lives is copied and indexed before
// any file goes, no index names a pack that is gone, and what is left over is found by the next clean-up.
extension GarbageCollector {
    /// Copies what lives in packs that go, replaces the indexes by one, and deletes what nothing needs.
    mutating func sweep() throws(StoreError) {
        for source in sources {
            try forEachLiveRecord(of: source, readsPayloads: true) { (record, header) throws(StoreError) in
                try writer.copy(record, header: header)
            }
        }
        let written = try writer.completePacks()
        report.packsWritten = written.count
        report.freedBytes -= written.reduce(0) { $0 + Int64($1.size) }
        // A new pack may be the very file it was copied from.
        let gone = Set((dead + sources).map(\.pack.id)).subtracting(written.map(\.id))
        let fresh = try freshIndexes()
        try setTimes(fresh)
        try replaceIndexes(fresh, gone)
        try withFileErrors { () throws(FileError) in
            for id in gone { try store.layout.pack(id).remove() }
        }
        store.packs.closeAll()
        try store.refresh()
    }

    /// Measures what ``sweep()`` would write.
    mutating func measure() throws(StoreError) {
        var (packs, total, open): (Int, UInt64, UInt64) = (0, 0, 0)
        for source in sources {
            try forEachLiveRecord(of: source, readsPayloads: false) { (_, header) throws(StoreError) in
                if open == 0 {
                    open = UInt64(PackFormat.header.count)
                    packs += 1
                }
                open += header.recordBytes
                guard open >= PackFormat.targetSize else { return }
                total += open
                open = 0
            }
        }
        report.packsWritten = packs
        report.freedBytes -= Int64(total + open)
    }

    /// Calls `body` with each record of a pack that lives and stands nowhere else, once it is known to be good.
    private func forEachLiveRecord(
        of source: PackUse, readsPayloads: Bool,
        _ body: (UnsafeRawBufferPointer, RecordHeader) throws(StoreError) -> Void
    ) throws(StoreError) {
        let path = store.layout.pack(source.pack.id)
        var walker = try PackWalker.open(path, readsPayloads: readsPayloads)
        var scratch = ReadScratch()
        var found = 0
        walk: while true {
            switch try walker.next() {
            case .record(let header, let offset, let record):
                guard let place = reachability.marks.place(of: header.key), reachability.marks.contains(place),
                    let location = reachability.marks.location(of: place), location.pack == source.pack.id,
                    location.offset == offset
                else { continue }
                guard location.header == header else { break walk }
                if readsPayloads {
                    let payload = UnsafeRawBufferPointer(rebasing: record[PackFormat.recordHeaderCount...])
                    do throws(StoreError) {
                        _ = try Store.content(of: payload, header, &scratch)
                    } catch {
                        throw .refusedCleanUp(reason: error.description)
                    }
                }
                found += 1
                try body(record, header)
            case .broken, .end: break walk
            }
        }
        guard found == source.liveObjects else {
            throw .refusedCleanUp(reason: "the pack \(displayed(path)) does not hold what its index says")
        }
    }

    /// The indexes of the new packs.
    private func freshIndexes() throws(StoreError) -> [PackIndex] {
        let known = Set(indexes.map(\.path))
        var fresh: [PackIndex] = []
        for path in try store.layout.indexFiles() where !known.contains(path) { fresh.append(try PackIndex(path)) }
        return fresh
    }

    /// Gives each new pack the time of the newest pack that it was copied from, so that a clean-up makes nothing young.
    private func setTimes(_ fresh: [PackIndex]) throws(StoreError) {
        for index in fresh {
            var newest = Int64.min
            for position in 0..<index.count {
                guard let place = reachability.marks.place(of: ObjectKey(index, position)),
                    let source = reachability.marks.location(of: place)?.pack, let use = uses[source]
                else { continue }
                newest = max(newest, use.modified)
            }
            guard newest > .min else { continue }
            try withFileErrors { () throws(FileError) in
                for pack in index.packs { try File(reading: store.layout.pack(pack.id)).setModified(newest) }
            }
        }
    }

    /// Puts one index over all that lives into the place of all others.
    private func replaceIndexes(_ fresh: [PackIndex], _ gone: Set<ObjectID>) throws(StoreError) {
        if report.objects == 0, gone.isEmpty, fresh.isEmpty, indexes.count <= 1, placedIndexes == indexes.count {
            return
        }
        let marks = reachability.marks
        let offset = fresh.count
        let all = fresh + indexes
        let merged = try IndexMerge(all) { place in
            if place.index < offset { return true }
            let old = EntryMarks.Place(index: place.index - offset, position: place.position)
            guard marks.contains(old), let pack = marks.location(of: old)?.pack else { return false }
            return !gone.contains(pack)
        }.write(store.layout)
        try withFileErrors { () throws(FileError) in
            for index in fresh + indexes[..<placedIndexes] where index.path != merged?.path { try index.path.remove() }
            // On the disk before any pack goes: an index must not name a pack that is gone.
            try Directory(store.layout.indexes).synchronize()
        }
    }

    /// Removes what killed processes left. Nobody else writes now, so that all of it is left over.
    mutating func removeTemporaryFiles(dryRun: Bool) throws(StoreError) {
        var leftovers: [FilePath] = []
        func collect(_ folder: FilePath, all: Bool) throws(FileError) {
            for name in try Directory(folder).listing() where all || name.starts(with: temporaryPrefix.utf8) {
                leftovers.append(folder.appending(bytes: name))
            }
        }
        try withFileErrors { () throws(FileError) in
            // Journals were completed before: one that is there could not be, and waits.
            let journals = Set(try store.layout.journals())
            try collect(store.layout.temporary, all: true)
            leftovers.removeAll { journals.contains($0) }
            try collect(store.layout.root, all: false)
            let tags = store.layout.tags
            for name in try Directory(tags).listing() {
                let folder = tags.appending(bytes: name)
                if try folder.status()?.kind == .directory { try collect(folder, all: false) }
            }
            for path in leftovers {
                guard let status = try path.status() else { continue }
                report.temporaryFiles += 1
                if status.kind == .regular { report.temporaryBytes += UInt64(status.size) }
                if !dryRun { try path.removeAll() }
            }
        }
    }
}

extension ObjectKey {
    /// The key of an index's entry; the entry must be intact, as those of an index just written are.
    fileprivate init(_ index: PackIndex, _ position: Int) {
        self.init(index.id(at: position), index.entry(at: position)?.header.key.kind ?? .chunk)
    }
}
