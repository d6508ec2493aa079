import FileSystem
import Synchronization
import SystemPackage

/// Checks packs, each on one thread, against the indexes that name them.
final class PackChecker: Sendable {
    /// What was found in all packs together.
    struct Outcome {
        var problems: [VerificationReport.Problem] = []
        var damaged: [ObjectKey: String] = [:]
        var records = 0
        var bytes: UInt64 = 0

        mutating func complain(_ path: FilePath, _ reason: String) {
            problems.append(.pack(path: displayed(path), reason: reason))
        }
    }

    private let store: Store
    private let indexes: [PackIndex]
    private let readsData: Bool
    private let meter: ByteMeter?
    private let state = Mutex(Outcome())

    init(store: Store, indexes: [PackIndex], readsData: Bool, meter: ByteMeter?) {
        self.store = store
        self.indexes = indexes
        self.readsData = readsData
        self.meter = meter
    }

    func outcome() -> Outcome { state.withLock { $0 } }

    /// Checks one pack.
    ///
    /// - Parameters:
    ///   - expected: how many entries the indexes have for it.
    ///   - actualSize: the size of its file, `nil` if there is none.
    func check(_ pack: PackIndex.Pack, expecting expected: Int, actualSize: UInt64?) {
        let path = store.layout.pack(pack.id)
        var found = Outcome()
        var matched = 0
        if let actualSize {
            if actualSize != pack.size {
                found.complain(path, "it has \(actualSize) bytes where its index says \(pack.size)")
            }
            do throws(StoreError) {
                matched = try walk(pack, path, &found)
            } catch {
                found.complain(path, error.description)
            }
        } else {
            found.complain(path, "it is missing")
        }
        if matched != expected {
            for (header, offset) in entries(of: pack) {
                if !recordStands(header, offset, pack) {
                    found.damaged[header.key] = "its record in pack \(pack.id.short) is missing or damaged"
                }
            }
        }
        meter?.add(pack.size)
        state.withLock { state in
            state.problems += found.problems
            state.damaged.merge(found.damaged) { first, _ in first }
            state.records += found.records
            state.bytes += found.bytes
        }
    }

    /// Walks the records of a pack.
    ///
    /// - Returns: how many index entries have their record.
    private func walk(
        _ pack: PackIndex.Pack, _ path: FilePath, _ found: inout Outcome
    ) throws(StoreError) -> Int {
        var walker = try PackWalker.open(path, readsPayloads: readsData)
        if !walker.hasHeader { found.complain(path, "it does not start as a pack does") }
        var scratch = ReadScratch()
        var matched = 0
        var resumptions: [UInt64]?
        walk: while true {
            switch try walker.next() {
            case .record(let header, let offset, let record):
                found.records += 1
                found.bytes += header.recordBytes
                let count = namings(of: header, offset, pack)
                matched += count
                if readsData {
                    let payload = UnsafeRawBufferPointer(rebasing: record[PackFormat.recordHeaderCount...])
                    if let reason = reasonUnreadable(payload, header, &scratch), count > 0 {
                        found.damaged[header.key] = reason
                    }
                }
            case .broken(let offset):
                if resumptions == nil {
                    found.complain(path, "what stands at byte \(offset) is no record")
                    resumptions = entries(of: pack).map { UInt64($0.offset) }.sorted()
                }
                // The index says where further records start.
                guard let next = resumptions?.first(where: { $0 > offset }), next < walker.size else { break walk }
                try walker.skip(to: next)
            case .end: break walk
            }
        }
        if readsData, try walker.finish() != pack.id {
            found.complain(path, "its bytes do not have the hash in its name")
        }
        return matched
    }

    /// How many indexes name a record at its place.
    private func namings(of header: RecordHeader, _ offset: UInt32, _ pack: PackIndex.Pack) -> Int {
        var count = 0
        for index in indexes {
            guard let location = index.location(of: header.key), location.pack == pack.id, location.offset == offset,
                location.header == header
            else { continue }
            count += 1
        }
        return count
    }

    /// Why a record does not hold its object; `nil` if it does.
    private func reasonUnreadable(
        _ payload: UnsafeRawBufferPointer, _ header: RecordHeader, _ scratch: inout ReadScratch
    ) -> String? {
        let bytes: UnsafeRawBufferPointer
        do throws(StoreError) {
            bytes = try Store.content(of: payload, header, &scratch)
        } catch {
            return error.reason
        }
        do throws(DecodingFailure) {
            switch header.key.kind {
            case .chunk: break
            case .manifest: _ = try Manifest(decoding: Array(bytes))
            case .tree: _ = try TreeNode(decoding: Array(bytes))
            case .snapshot: _ = try Snapshot(decoding: Array(bytes))
            }
            return nil
        } catch {
            return error.reason
        }
    }

    /// All entries of a pack.
    ///
    /// - Complexity: O(entries of all indexes), for damaged packs only.
    private func entries(of pack: PackIndex.Pack) -> [(header: RecordHeader, offset: UInt32)] {
        var found: [(header: RecordHeader, offset: UInt32)] = []
        for index in indexes {
            guard let number = index.packs.firstIndex(of: pack) else { continue }
            for position in 0..<index.count {
                if let entry = index.entry(at: position), entry.pack == UInt32(number) {
                    found.append((entry.header, entry.offset))
                }
            }
        }
        return found
    }

    private func recordStands(_ header: RecordHeader, _ offset: UInt32, _ pack: PackIndex.Pack) -> Bool {
        do throws(StoreError) {
            var buffer = ByteBuffer()
            _ = try store.packs.read(RecordLocation(header: header, pack: pack.id, offset: offset), into: &buffer)
            return true
        } catch {
            return false
        }
    }
}
