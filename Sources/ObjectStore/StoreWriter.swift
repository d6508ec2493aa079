import Crypto
import Dispatch
import FileSystem
import Synchronization
import SystemPackage

/// Adds objects to a store. All threads of one piece of work share a writer.
///
/// Nothing is visible to others before its pack is complete and flushed. While a writer lives, the store is not cleaned
/// up: keep it until whatever refers to the new objects is in place.
public final class StoreWriter: Sendable {
    /// What a writer has added so far.
    public struct Statistics: Sendable {
        /// How many objects were new.
        public var objects = 0
        /// Their bytes before compression.
        public var rawBytes: UInt64 = 0
        /// Their bytes in the packs.
        public var storedBytes: UInt64 = 0
    }

    private struct State: ~Copyable {
        var open: OpenPack?
        /// Objects in packs that no index names yet.
        var pending: Set<ObjectKey> = []
        var statistics = Statistics()
        /// Packs that are in place.
        var sealed: [PackIndex.Pack] = []
        var failure: StoreError?
    }

    package let store: Store
    private let level: Int
    private let targetSize: UInt64
    private let state = Mutex(State())
    private let sealing = DispatchQueue(label: "vintage.pack.sealing")
    private let sealingSlots = DispatchSemaphore(value: 3)
    private let scratches = Mutex<[WriteScratch]>([])
    private let keepsJournal: Bool
    private let lock: File

    /// - Parameters:
    ///   - keepsJournal: whether what is put outlives this process from ``persist()`` on.
    ///   - lock: the store's lock file, locked: shared by those who add, exclusive for the clean-up.
    init(store: Store, level: Int, targetSize: UInt64, keepsJournal: Bool = false, lock: consuming File) {
        self.store = store
        self.level = level
        self.targetSize = targetSize
        self.keepsJournal = keepsJournal
        self.lock = lock
    }

    /// What has been added so far.
    public var statistics: Statistics { state.withLock { $0.statistics } }

    // MARK: Adding objects

    /// Stores an object unless it is there already, and returns its id.
    @discardableResult
    public func put(_ bytes: [UInt8], kind: ObjectKind) throws(StoreError) -> ObjectID {
        try bytes.withUnsafeTypedBytes { (bytes) throws(StoreError) in try self.put(bytes, kind: kind) }
    }

    /// Stores an object from memory unless it is there already, and returns its id.
    ///
    /// - Complexity: one hash, one look-up; for a new object one compression and one copy.
    @discardableResult
    public func put(_ bytes: UnsafeRawBufferPointer, kind: ObjectKind) throws(StoreError) -> ObjectID {
        let key = ObjectKey(ObjectID(of: bytes), kind)
        try put(bytes, key: key)
        return key.id
    }

    /// Stores an object whose id is known, unless it is there already.
    func put(_ bytes: [UInt8], key: ObjectKey) throws(StoreError) {
        try bytes.withUnsafeTypedBytes { (bytes) throws(StoreError) in try self.put(bytes, key: key) }
    }

    private func put(_ bytes: UnsafeRawBufferPointer, key: ObjectKey) throws(StoreError) {
        if store.location(of: key) != nil { return }
        if state.withLock({ $0.pending.contains(key) }) { return }
        let scratch: WriteScratch
        if let free = scratches.withLock({ $0.popLast() }) { scratch = free } else { scratch = try WriteScratch() }
        defer { scratches.withLock { $0.append(scratch) } }
        try append(try scratch.record(of: bytes, key: key, level: level), key: key)
    }

    /// Stores a snapshot and returns its id.
    public func put(_ snapshot: Snapshot) throws(StoreError) -> ObjectID {
        try put(snapshot.encoded(), kind: .snapshot)
    }

    /// Copies a record as it stands in another pack.
    package func copy(_ record: UnsafeRawBufferPointer, header: RecordHeader) throws(StoreError) {
        try append(record, key: header.key)
    }

    /// Appends a record, unless another thread has appended one of the same object.
    ///
    /// An object counts as stored only once its record is appended, so that in the packs it stands before whatever is
    /// stored later and names it.
    private func append(_ record: UnsafeRawBufferPointer, key: ObjectKey) throws(StoreError) {
        let isFull = try state.withLock { (state: inout State) throws(StoreError) -> Bool in
            if let failure = state.failure { throw failure }
            if state.pending.contains(key) { return false }
            do throws(StoreError) {
                if state.open == nil { state.open = try OpenPack(layout: store.layout, isJournal: keepsJournal) }
                try state.open!.append(record)
                // Handed over before the pack is: on another thread it would be too late for whoever persists next.
                if keepsJournal, state.open!.size >= targetSize { try state.open!.flush() }
            } catch {
                // The pack may hold a part of the record: nothing of it may become visible.
                state.failure = error
                throw error
            }
            state.pending.insert(key)
            state.statistics.objects += 1
            state.statistics.rawBytes += UInt64(state.open!.lastRawLength)
            state.statistics.storedBytes += UInt64(record.count)
            guard state.open!.size >= targetSize, let full = state.open.take() else { return false }
            // Under the lock, so that packs become visible in the order in which they were filled.
            seal(full)
            return true
        }
        if isFull { sealingSlots.wait() }
    }

    // MARK: Completing packs

    /// Completes a pack on a thread of its own, so that nobody waits for the disk while there is work to do.
    ///
    /// The caller takes a slot afterwards: that bounds how many packs wait.
    private func seal(_ pack: OpenPack) {
        sealing.async {
            do throws(StoreError) {
                // After a failure nothing more becomes visible: a snapshot must not outlive a pack that it needs.
                if let failure = self.state.withLock({ $0.failure }) { throw failure }
                let index = try pack.seal(self.store.layout)
                self.store.publish(index)
                self.state.withLock { state in
                    state.sealed += index.packs
                    for key in pack.keys { state.pending.remove(key) }
                }
            } catch {
                self.state.withLock { if $0.failure == nil { $0.failure = error } }
            }
            self.sealingSlots.signal()
        }
    }

    /// Hands what was put so far to the operating system: from now on it outlives this process, however that ends.
    ///
    /// A kill leaves it in the journal, from which the next process that opens the store completes it. Only
    /// ``finish()`` makes it outlive a power cut. For a writer that keeps a journal.
    ///
    /// - Complexity: one write of what was put since the last call; the disk is not waited for.
    public func persist() throws(StoreError) {
        precondition(keepsJournal)
        try state.withLock { (state: inout State) throws(StoreError) in
            if let failure = state.failure { throw failure }
            do throws(StoreError) {
                try state.open?.flush()
            } catch {
                state.failure = error
                throw error
            }
        }
    }

    /// Whether something was put that only this writer can read.
    public var hasUnfinished: Bool { state.withLock { !$0.pending.isEmpty } }

    /// Completes and flushes all packs. What was put before is now in the store, whatever happens.
    public func finish() throws(StoreError) {
        _ = try completePacks()
        try store.mergeIndexesIfMany()
    }

    /// Completes and flushes all packs, leaving each its own index.
    ///
    /// - Returns: the packs that this writer has put in place.
    func completePacks() throws(StoreError) -> [PackIndex.Pack] {
        let isOpen = state.withLock { state in
            guard state.failure == nil, let last = state.open.take() else { return false }
            seal(last)
            return true
        }
        if isOpen { sealingSlots.wait() }
        sealing.sync {}
        if let failure = state.withLock({ $0.failure }) { throw failure }
        return state.withLock { $0.sealed }
    }
}

extension Store {
    /// The zstd level that a store uses unless its configuration says otherwise.
    public static let standardCompressionLevel = Compressor.defaultLevel

    /// Begins adding objects.
    ///
    /// - Parameters:
    ///   - level: the zstd level.
    ///   - packSize: a pack is completed once it has grown past this many bytes.
    ///   - keepsJournal: whether what is put outlives this process from ``StoreWriter/persist()`` on.
    /// - Throws: the refusal of a file operation. Waits while the store is cleaned up.
    public func makeWriter(
        level: Int = Store.standardCompressionLevel, packSize: UInt64 = 64 << 20, keepsJournal: Bool = false
    ) throws(StoreError) -> StoreWriter {
        let lock = try withFileErrors { () throws(FileError) in
            let lock = try File(openingOrCreating: self.layout.lock)
            _ = try lock.lock(exclusively: false, waits: true)
            return lock
        }
        // A clean-up may have run until just now: see what it left.
        try refresh()
        return StoreWriter(
            store: self, level: level, targetSize: packSize, keepsJournal: keepsJournal, lock: lock)
    }
}

/// Memory and compression state that one thread uses to prepare a record.
private final class WriteScratch: @unchecked Sendable {
    // `@unchecked Sendable`: a scratch is taken out of the writer's pool, used by one thread, and put back.
    private var output = ByteBuffer()
    private var compressor: Compressor

    init() throws(StoreError) {
        compressor = try withCompressionErrors { () throws(CompressionError) in try Compressor() }
    }

    /// The record of an object, valid until the next call.
    func record(
        of bytes: UnsafeRawBufferPointer, key: ObjectKey, level: Int
    ) throws(StoreError) -> UnsafeRawBufferPointer {
        guard bytes.count <= PackFormat.maximumObjectSize else {
            throw .compression("an object of \(bytes.count) bytes is larger than any chunk")
        }
        let header = PackFormat.recordHeaderCount
        output.reserve(header + bytes.count)
        let payload = UnsafeMutableRawBufferPointer(rebasing: output.bytes[header...])
        let encoding: PayloadEncoding
        let stored: Int
        switch compressor.compress(bytes, level: level, into: payload) {
        case .raw:
            payload.copyMemory(from: bytes)
            (encoding, stored) = (.raw, bytes.count)
        case .zstd(let count): (encoding, stored) = (.zstd, count)
        }
        RecordHeader(
            key: key, encoding: encoding, rawLength: UInt32(bytes.count), storedLength: UInt32(stored)
        ).encode(into: output.bytes)
        return UnsafeRawBufferPointer(rebasing: output.bytes[..<(header + stored)])
    }
}

extension PackIndex {
    /// Puts an index into its place, flushed, and maps it.
    package static func write(_ bytes: [UInt8], _ layout: StoreLayout) throws(StoreError) -> PackIndex {
        let temporary = layout.temporary.appending(temporaryName())
        do throws(StoreError) {
            try withFileErrors { () throws(FileError) in
                let file = try File(creating: temporary, permissions: 0o444)
                try file.write(bytes)
                try file.synchronize()
            }
            return try place(temporary, ObjectID(of: bytes), layout)
        } catch {
            try? temporary.remove()
            throw error
        }
    }

    /// Puts a flushed file that has the given hash into an index's place.
    static func place(_ temporary: FilePath, _ id: ObjectID, _ layout: StoreLayout) throws(StoreError) -> PackIndex {
        let path = layout.index(id)
        // Mapped first: once it is in place, another process may merge it into one of its own and remove it.
        let index = try PackIndex(temporary, movingTo: path)
        try withFileErrors { () throws(FileError) in
            try temporary.rename(to: path)
            try Directory(layout.indexes).synchronize()
        }
        return index
    }
}

extension Store {
    /// Merges indexes of similar size once there are eight of them, so that a look-up stays a look-up in a few tables
    /// however many packs there are.
    ///
    /// Safe beside other processes: the merged index is in place before the old ones go, and a reader that misses one
    /// lists them again.
    func mergeIndexesIfMany() throws(StoreError) {
        while true {
            var tiers: [Int: [PackIndex]] = [:]
            for index in currentIndexes() {
                tiers[(64 - index.count.leadingZeroBitCount) / 3, default: []].append(index)
            }
            guard let (_, crowded) = tiers.first(where: { $0.value.count >= 8 }) else { return }
            // A damaged index is left for the check to find.
            for index in crowded where !index.isIntact() {
                throw .damagedFile(path: displayed(index.path), reason: "its bytes do not have the hash in its name")
            }
            let merged = try IndexMerge(crowded, keepsEmptyPacks: true) { _ in true }.write(layout)
            try withFileErrors { () throws(FileError) in
                for index in crowded where index.path != merged?.path { try index.path.remove() }
            }
            try refresh()
        }
    }
}
