import Dispatch
import FileSystem
import ObjectStore
import Synchronization

/// Sends objects to a remote, in packs made of records as they stand in the store.
///
/// Packs are made in memory, two at a time at most: one is filled by all cores while the other goes out. Each record is
/// checked as it is copied. A pack is there before its index, and the index before any later pack: whenever this stops,
/// the remote holds whole what its indexes name, and the next push goes on from there.
final class PackSender {
    /// What has been sent.
    struct Totals: Equatable {
        var objects = 0
        var bytes: UInt64 = 0
        var packs = 0
    }

    private let store: Store
    private let remote: any Remote
    private let workers: Int
    private let targetSize: UInt64
    private let meter: ByteMeter?
    private var waiting: [RecordLocation] = []
    private var size = UInt64(PackFormat.header.count)
    private let delivery: Delivery
    private(set) var totals = Totals()

    /// A pack is sent once it has grown past this many bytes.
    static let standardSize: UInt64 = 32 << 20

    /// - Parameter remote: `nil` to count only what would be sent.
    init(store: Store, remote: any Remote, workers: Int, targetSize: UInt64, dryRun: Bool, meter: ByteMeter?) {
        self.store = store
        self.remote = remote
        self.workers = workers
        self.targetSize = targetSize
        self.meter = meter
        delivery = Delivery(remote: remote, isDry: dryRun, meter: meter)
    }

    /// Adds an object; whatever it needs was added before, or is there.
    func add(_ location: RecordLocation) throws(RemoteError) {
        waiting.append(location)
        size += location.header.recordBytes
        totals.objects += 1
        totals.bytes += location.header.recordBytes
        if size >= targetSize { try send() }
    }

    /// Waits until all is there.
    func finish() throws(RemoteError) {
        if !waiting.isEmpty { try send() }
        try delivery.wait()
    }

    private func send() throws(RemoteError) {
        totals.packs += 1
        if !delivery.isDry {
            let pack = OutgoingPack(waiting, size: Int(size))
            try pack.fill(from: store, workers: workers)
            try delivery.hand(pack)
        }
        waiting.removeAll(keepingCapacity: true)
        size = UInt64(PackFormat.header.count)
    }
}

/// Puts packs into a remote one after another, on a thread of its own.
private final class Delivery: Sendable {
    let isDry: Bool
    private let remote: any Remote
    private let meter: ByteMeter?
    private let queue = DispatchQueue(label: "vintage.push")
    private let slot = DispatchSemaphore(value: 1)
    private let failure = Mutex<RemoteError?>(nil)

    init(remote: any Remote, isDry: Bool, meter: ByteMeter?) {
        self.remote = remote
        self.isDry = isDry
        self.meter = meter
    }

    /// Takes a pack over once the one before is there.
    func hand(_ pack: OutgoingPack) throws(RemoteError) {
        slot.wait()
        queue.async {
            do throws(RemoteError) {
                // After a failure nothing more becomes visible: later packs may need what is in this one.
                if self.failure.withLock({ $0 }) == nil { try self.deliver(pack) }
            } catch {
                self.failure.withLock { $0 = error }
            }
            self.slot.signal()
        }
        if let failure = failure.withLock({ $0 }) { throw failure }
    }

    func wait() throws(RemoteError) {
        queue.sync {}
        if let failure = failure.withLock({ $0 }) { throw failure }
    }

    private func deliver(_ pack: OutgoingPack) throws(RemoteError) {
        let (id, index) = pack.sealed()
        let name = RemoteLayout.pack(id)
        if try !remote.create(name, pack.bytes) {
            // A push that was broken off sent it, or another one did just now.
            let size = try remote.size(of: name)
            guard size == UInt64(pack.bytes.count) else {
                throw .damaged(
                    location: remote.location, name: name,
                    reason: "it has \(size ?? 0) bytes instead of \(pack.bytes.count); remove it and push again")
            }
        }
        try remote.create(RemoteLayout.index(ObjectID(of: index)), index)
        meter?.add(UInt64(pack.bytes.count))
    }
}

/// A pack in memory.
///
/// `@unchecked Sendable`: the threads that fill it write disjoint parts of its memory and are waited for; after that it
/// is only read.
private final class OutgoingPack: @unchecked Sendable {
    private let memory: ByteBuffer
    private let size: Int
    private let places: [(location: RecordLocation, offset: UInt32)]

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory.bytes[..<size]) }

    init(_ locations: [RecordLocation], size: Int) {
        memory = ByteBuffer(capacity: size)
        self.size = size
        memory.bytes.copyBytes(from: PackFormat.header)
        var offset = PackFormat.header.count
        // What says how things hang together stands at the front, so that it is read in one go.
        let structure = locations.filter { $0.header.key.kind != .chunk }
        let chunks = locations.filter { $0.header.key.kind == .chunk }
        places = (structure + chunks).map { location in
            defer { offset += Int(location.header.recordBytes) }
            return (location, UInt32(offset))
        }
    }

    /// Copies all records, each checked.
    func fill(from store: Store, workers: Int) throws(RemoteError) {
        // A worker takes a run of records, so that it reads on where it has read.
        let runs = stride(from: 0, to: places.count, by: 64).map { $0..<min($0 + 64, places.count) }
        try forEachInParallel(runs, workers: workers) { (run) throws(RemoteError) in
            var scratch = ReadScratch()
            for (location, offset) in self.places[run] {
                let end = Int(offset) + Int(location.header.recordBytes)
                let target = UnsafeMutableRawBufferPointer(rebasing: self.memory.bytes[Int(offset)..<end])
                do throws(StoreError) {
                    try store.copyRecord(location, into: target, &scratch)
                } catch {
                    throw .store(error)
                }
            }
        }
    }

    /// The pack's id, and the bytes of its index.
    func sealed() -> (ObjectID, index: [UInt8]) {
        let id = ObjectID(of: bytes)
        let entries = places.map { PackIndex.Entry(header: $0.location.header, pack: 0, offset: $0.offset) }
        return (id, PackIndex.encode(packs: [PackIndex.Pack(id: id, size: UInt64(size))], entries: entries))
    }
}
