import FileSystem
import SystemPackage

/// What a clean-up removed, or would remove.
public struct GarbageReport: Equatable, Sendable {
    /// Objects that nothing reaches.
    public var objects = 0
    /// The bytes of their records in the packs.
    public var bytes: UInt64 = 0
    /// Objects that stay.
    public var keptObjects = 0
    /// By how many bytes the packs shrink. Parts of ``bytes`` may stay for now, in packs that are mostly alive.
    public var freedBytes: Int64 = 0
    /// Packs with nothing alive in them.
    public var packsDeleted = 0
    /// Packs whose living part was copied into new ones.
    public var packsRewritten = 0
    /// The new packs.
    public var packsWritten = 0
    /// Files that crashed or killed processes left.
    public var temporaryFiles = 0
    /// The bytes of those files.
    public var temporaryBytes: UInt64 = 0

    /// A report of nothing.
    public init() {}
}

extension Store {
    /// Removes what no snapshot that must stay reaches.
    ///
    /// Kept is what the given roots, all tags and all young snapshots reach, with their history and lineage, and the files
    /// that are kept by their hash. Packs with
    /// nothing alive are deleted; packs that are at least half dead are rewritten; eight small packs become one. A crash
    /// at any point leaves a store that opens and lacks nothing.
    ///
    /// - Parameters:
    ///   - roots: snapshots to keep.
    ///   - cutoff: a snapshot in a pack that was written at this time or later, in seconds since 1970, is kept.
    ///   - dryRun: whether to say only what would be done.
    ///   - waits: whether to wait until no other writer works. A process that holds a writer itself must not wait.
    ///   - contents: gives further contents of files to keep, as far as the store has them. It is asked once nobody
    ///     else writes, so that what was written until then is among them.
    /// - Throws: ``StoreError/busy(_:)`` if a writer works, or ``StoreError/refusedCleanUp(reason:)`` if something that
    ///   must be kept is missing or damaged.
    public func collectGarbage(
        roots: [ObjectID], keepingSnapshotsSince cutoff: Int64, dryRun: Bool, waits: Bool = false,
        contents: () throws(StoreError) -> [FileReference] = { () throws(StoreError) in [] }
    ) throws(StoreError) -> GarbageReport {
        let writer = try makeExclusiveWriter(waits: waits)
        defer { withExtendedLifetime(writer) {} }
        try refresh()
        try adoptJournals(isAlone: true)
        var collector = try GarbageCollector(store: self, writer: writer)
        try collector.mark(roots + tags().map(\.snapshot), contents(), keptFiles(), since: cutoff)
        try collector.plan()
        try dryRun ? collector.measure() : collector.sweep()
        try collector.removeTemporaryFiles(dryRun: dryRun)
        return collector.report
    }

    /// A writer that holds the store alone.
    func makeExclusiveWriter(waits: Bool) throws(StoreError) -> StoreWriter {
        let file = try withFileErrors { () throws(FileError) in try File(openingOrCreating: self.layout.lock) }
        let isAlone: Bool
        do throws(FileError) {
            isAlone = try file.lock(exclusively: true, waits: waits)
        } catch {
            throw .file(error)
        }
        guard isAlone else { throw .busy(displayed(path)) }
        return StoreWriter(
            store: self, level: Store.standardCompressionLevel, targetSize: PackFormat.targetSize, lock: file)
    }
}

/// One clean-up: mark, plan, sweep. The store is locked from the first look to the last deletion.
struct GarbageCollector: ~Copyable {
    /// Packs below this size are small: reading through many of them is slow.
    static let smallSize: UInt64 = 16 << 20
    /// How many small packs there are before they are merged.
    static let manySmall = 8

    /// What is known of a pack.
    struct PackUse {
        let pack: PackIndex.Pack
        /// When it was written, in nanoseconds since 1970.
        let modified: Int64
        var liveObjects = 0
        var liveBytes: UInt64 = 0
    }

    let store: Store
    let writer: StoreWriter
    /// The indexes in place, then those of packs that had none.
    let indexes: [PackIndex]
    let placedIndexes: Int
    var reachability: Reachability
    var uses: [ObjectID: PackUse] = [:]
    /// Packs with nothing alive.
    var dead: [PackUse] = []
    /// Packs to be copied, oldest first.
    var sources: [PackUse] = []
    var report = GarbageReport()

    init(store: Store, writer: StoreWriter) throws(StoreError) {
        self.store = store
        self.writer = writer
        var indexes = store.currentIndexes()
        placedIndexes = indexes.count
        var covered: Set<PackIndex.Pack> = []
        for index in indexes {
            guard index.isIntact() else {
                throw .refusedCleanUp(reason: "the index \(displayed(index.path)) is damaged")
            }
            covered.formUnion(index.packs)
        }
        for pack in try store.layout.packFiles() {
            let path = store.layout.pack(pack.id)
            guard let status = try withFileErrors({ () throws(FileError) in try path.status() }) else { continue }
            uses[pack.id] = PackUse(pack: pack, modified: status.modified)
            if covered.contains(pack) { continue }
            do throws(StoreError) {
                indexes.append(try PackIndex.scanning(pack, store.layout))
            } catch .damagedFile(let path, let reason) {
                throw .refusedCleanUp(reason: "the pack \(path) is damaged: \(reason)")
            }
        }
        self.indexes = indexes
        reachability = Reachability(store: store, indexes: indexes)
    }

    // MARK: Mark

    /// Marks what must be kept.
    mutating func mark(
        _ roots: [ObjectID], _ contents: [FileReference], _ files: [KeptFile], since cutoff: Int64
    ) throws(StoreError) {
        reachability.mark(roots, followsHistory: true)
        for file in files { reachability.mark(file) }
        for content in contents { reachability.mark(named: content) }
        // A lost chunk reaches nothing further, so what else is reached is still known.
        if let flaw = reachability.flaws.first(where: { $0.key.kind != .chunk }) {
            let owner = flaw.neededBy.map { ", which the \($0.kind) \($0.id.short) needs" } ?? ", which must be kept"
            throw .refusedCleanUp(
                reason: "the \(flaw.key.kind) \(flaw.key.id.short)\(owner), cannot be read (\(flaw.reason))")
        }
        // What a young snapshot lacks was never complete: nothing refers to it, and what is there of it is kept.
        reachability.mark(youngSnapshots(since: cutoff), followsHistory: true)
    }

    private func youngSnapshots(since cutoff: Int64) -> [ObjectID] {
        var found: [ObjectID] = []
        for index in indexes {
            let isYoung = index.packs.map { pack in
                uses[pack.id].map { Self.seconds($0.modified) >= cutoff } ?? false
            }
            guard isYoung.contains(true) else { continue }
            for position in 0..<index.count {
                guard let entry = index.entry(at: position), entry.header.key.kind == .snapshot,
                    isYoung[Int(entry.pack)]
                else { continue }
                found.append(entry.header.key.id)
            }
        }
        return found
    }

    private static func seconds(_ nanoseconds: Int64) -> Int64 {
        let (seconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        return rest < 0 ? seconds - 1 : seconds
    }

    // MARK: Plan

    /// Counts what lives in each pack and chooses what becomes of it.
    mutating func plan() throws(StoreError) {
        var scratch = ReadScratch()
        for (number, index) in indexes.enumerated() {
            var live = [(objects: Int, bytes: UInt64)](repeating: (0, 0), count: index.packs.count)
            for position in 0..<index.count {
                guard let entry = index.entry(at: position) else { continue }
                let place = EntryMarks.Place(index: number, position: position)
                if reachability.marks.contains(place) {
                    live[Int(entry.pack)].objects += 1
                    live[Int(entry.pack)].bytes += entry.header.recordBytes
                    continue
                }
                guard let standing = reachability.marks.place(of: entry.header.key) else { continue }
                if standing == place {
                    report.objects += 1
                    report.bytes += entry.header.recordBytes
                } else if reachability.marks.contains(standing),
                    let location = reachability.marks.location(of: standing),
                    location.pack != index.packs[Int(entry.pack)].id
                {
                    // A second copy goes only once the first is known to be good.
                    try refusing { () throws(StoreError) in _ = try store.read(location, &scratch) }
                }
            }
            for (pack, live) in zip(index.packs, live) where live.objects > 0 {
                guard uses[pack.id]?.pack == pack else {
                    throw .refusedCleanUp(reason: "the pack \(pack.id.short) is missing or has another size")
                }
                uses[pack.id]?.liveObjects += live.objects
                uses[pack.id]?.liveBytes += live.bytes
            }
        }
        report.keptObjects = reachability.totals.objects
        let order = uses.values.sorted { ($0.modified, $0.pack.id) < ($1.modified, $1.pack.id) }
        let small = order.filter { $0.liveObjects > 0 && $0.pack.size < Self.smallSize }
        let mergesSmall = small.count >= Self.manySmall
        for use in order {
            if use.liveObjects == 0 {
                dead.append(use)
            } else if use.liveBytes * 2 <= use.pack.size || (mergesSmall && use.pack.size < Self.smallSize) {
                sources.append(use)
            }
        }
        report.packsDeleted = dead.count
        report.packsRewritten = sources.count
        report.freedBytes = (dead + sources).reduce(0) { $0 + Int64($1.pack.size) }
    }

    /// Runs a step and says that nothing was removed if it fails.
    private func refusing(_ step: () throws(StoreError) -> Void) throws(StoreError) {
        do throws(StoreError) {
            try step()
        } catch {
            throw .refusedCleanUp(reason: error.description)
        }
    }
}
