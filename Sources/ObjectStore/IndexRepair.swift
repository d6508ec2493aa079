import FileSystem
import SystemPackage

/// What a repair of the indexes did.
public struct RepairReport: Equatable, Sendable {
    /// Packs that were read.
    public var packs = 0
    /// Objects that are whole and indexed.
    public var objects = 0
    /// Indexes that were damaged.
    public var damagedIndexes = 0
    /// Damaged packs: what is whole in them was copied, and their files were set aside as `….pack.damaged`.
    public var damagedPacks = 0
    /// Objects whose records are damaged. They are left out, so that adding the files again stores them again.
    public var damagedObjects = 0

    /// A report of nothing.
    public init() {}
}

extension Store {
    /// Makes all indexes again from what the packs hold, reading every byte.
    ///
    /// Nothing whole is lost; what is damaged is left out of the new index. A store with a damaged index opens with
    /// ``init(opening:skipsDamagedIndexes:)``.
    ///
    /// - Throws: ``StoreError/busy(_:)`` while a writer works.
    public func repairIndexes() throws(StoreError) -> RepairReport {
        let writer = try makeExclusiveWriter(waits: false)
        defer { withExtendedLifetime(writer) {} }
        var report = RepairReport()
        // Intact indexes say where records stand behind a damaged one.
        var known: [PackIndex] = []
        let oldFiles = try layout.indexFiles()
        for path in oldFiles {
            if let index = try? PackIndex(path), index.isIntact() {
                known.append(index)
            } else {
                report.damagedIndexes += 1
            }
        }
        var rebuilt: [PackIndex] = []
        var setAside: [ObjectID] = []
        for pack in try layout.packFiles() {
            var scan = try PackSalvage(pack, layout, known)
            try scan.run(writer)
            report.packs += 1
            report.damagedObjects += scan.damagedObjects
            if scan.isIntact {
                let bytes = PackIndex.encode(packs: [pack], entries: scan.entries)
                rebuilt.append(try PackIndex.write(bytes, layout))
            } else {
                report.damagedPacks += 1
                setAside.append(pack.id)
            }
        }
        for pack in try writer.completePacks() {
            let index = try PackIndex.scanning(pack, layout)
            rebuilt.append(index)
        }
        let merged = try IndexMerge(rebuilt) { _ in true }.write(layout)
        report.objects = merged?.count ?? 0
        let indexFiles = try layout.indexFiles()
        try withFileErrors { () throws(FileError) in
            for path in indexFiles where path != merged?.path { try path.remove() }
            try Directory(layout.indexes).synchronize()
            for id in setAside {
                let path = layout.pack(id)
                try path.rename(to: path.removingLastComponent().appending("\(id).pack.damaged"))
            }
        }
        packs.closeAll()
        try refresh()
        return report
    }
}

/// Reads one pack and keeps what is whole in it.
private struct PackSalvage: ~Copyable {
    private let pack: PackIndex.Pack
    private let path: FilePath
    private let known: [PackIndex]
    /// Whether each byte is what the pack's name says.
    let isIntact: Bool
    /// The whole records of an intact pack.
    private(set) var entries: [PackIndex.Entry] = []
    private(set) var damagedObjects = 0

    init(_ pack: PackIndex.Pack, _ layout: StoreLayout, _ known: [PackIndex]) throws(StoreError) {
        self.pack = pack
        self.known = known
        path = layout.pack(pack.id)
        var walker = try PackWalker.open(path, readsPayloads: true)
        let startsWell = walker.hasHeader
        isIntact = try walker.finish() == pack.id && startsWell
    }

    /// Lists the records of an intact pack, or copies the whole ones of a damaged pack.
    mutating func run(_ writer: StoreWriter) throws(StoreError) {
        var walker = try PackWalker.open(path, readsPayloads: true)
        var scratch = ReadScratch()
        var resumptions: [UInt64]?
        walk: while true {
            switch try walker.next() {
            case .record(let header, let offset, let record):
                let payload = UnsafeRawBufferPointer(rebasing: record[PackFormat.recordHeaderCount...])
                do throws(StoreError) {
                    _ = try Store.content(of: payload, header, &scratch)
                } catch {
                    damagedObjects += 1
                    continue
                }
                if isIntact {
                    entries.append(PackIndex.Entry(header: header, pack: 0, offset: offset))
                } else {
                    try writer.copy(record, header: header)
                }
            case .broken(let offset):
                if resumptions == nil { resumptions = offsets() }
                damagedObjects += 1
                guard let next = resumptions?.first(where: { $0 > offset }), next < walker.size else { break walk }
                try walker.skip(to: next)
            case .end: break walk
            }
        }
    }

    private func offsets() -> [UInt64] {
        var found: [UInt64] = []
        for index in known {
            guard let number = index.packs.firstIndex(where: { $0.id == pack.id }) else { continue }
            for position in 0..<index.count {
                if let entry = index.entry(at: position), entry.pack == UInt32(number) {
                    found.append(UInt64(entry.offset))
                }
            }
        }
        return found.sorted()
    }
}
