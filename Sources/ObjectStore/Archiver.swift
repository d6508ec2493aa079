import FileSystem
import Synchronization

/// A file that has been stored, and what the file system said of it while its content stood still.
public struct ArchivedFile: Sendable {
    /// Its content.
    public let file: FileReference
    /// Its status, the same before and after it was read.
    public let status: FileStatus
}

/// Stores many files at once: read, cut, hash, compress, write, on all cores and in bounded memory.
///
/// The opposite of ``Restorer``. Small files are stored whole by one worker each; a large file is cut by one worker
/// and its pieces are stored by all.
public final class Archiver: Sendable {
    /// Opens the file of a number for reading.
    public typealias Open = @Sendable (_ number: Int) throws(StoreError) -> File

    private let sink: any ObjectSink
    private let chunker: Chunker
    private let workers: Int
    private let meter: ByteMeter?
    private let buffers: BufferPool
    private let archived = Mutex<[ArchivedFile?]>([])

    /// How much of a file is cut before its pieces are handed on.
    static let batchSize = 4 << 20
    /// How often a file that changes while it is read is read again.
    static let attempts = 5

    /// Prepares to store files.
    ///
    /// - Parameters:
    ///   - workers: how many threads work.
    ///   - meter: is told of each byte read.
    public convenience init(writer: StoreWriter, workers: Int = availableCores, meter: ByteMeter? = nil) {
        self.init(sink: writer, parameters: writer.store.parameters, workers: workers, meter: meter)
    }

    package init(
        sink: any ObjectSink, parameters: ChunkingParameters, workers: Int = availableCores, meter: ByteMeter? = nil
    ) {
        self.sink = sink
        self.workers = workers
        self.meter = meter
        chunker = Chunker(parameters)
        buffers = BufferPool(size: Self.batchSize + parameters.maximum)
    }

    /// Stores files.
    ///
    /// - Parameters:
    ///   - sizes: the size that each file is expected to have, for the order of work and the meter only.
    ///   - open: opens the file of a number; called again when a file must be read again.
    /// - Returns: what was stored, in the files' order.
    /// - Throws: ``StoreError/unstableFile(_:)`` for a file that kept changing while it was read.
    public func archive(sizes: [UInt64], open: @escaping Open) throws(StoreError) -> [ArchivedFile] {
        archived.withLock { $0 = [ArchivedFile?](repeating: nil, count: sizes.count) }
        meter?.expect(sizes.reduce(0, &+))
        let isLarge = { (number: Int) in sizes[number] > UInt64(Self.batchSize) }
        try WorkQueue.run(workers: workers, capacity: workers * 2) { (queue) throws(StoreError) in
            // Large files first, so that the last of the work is spread evenly.
            for number in sizes.indices where isLarge(number) {
                try queue.submit { () throws(StoreError) in try self.archive(number, open, queue) }
            }
            // Small files in groups, to spare the queue.
            var group: [Int] = []
            var groupSize: UInt64 = 0
            for number in sizes.indices where !isLarge(number) {
                group.append(number)
                groupSize += sizes[number]
                guard group.count == 64 || groupSize >= 1 << 20 else { continue }
                let numbers = group
                group.removeAll(keepingCapacity: true)
                groupSize = 0
                try queue.submit { () throws(StoreError) in
                    for number in numbers { try self.archive(number, open, queue) }
                }
            }
            for number in group { try self.archive(number, open, queue) }
        }
        return archived.withLock { archived in
            defer { archived = [] }
            return archived.map { $0! }
        }
    }

    /// Stores one file. When this returns, its last pieces may still be under way in the queue.
    private func archive(_ number: Int, _ open: @escaping Open, _ queue: WorkQueue) throws(StoreError) {
        try archive(number, open, queue, attempt: 1)
    }

    private func archive(
        _ number: Int, _ open: @escaping Open, _ queue: WorkQueue, attempt: Int
    ) throws(StoreError) {
        let file = try open(number)
        let before = try Self.settledStatus(of: file)
        guard before.kind == .regular else { throw .unsupportedFile(displayed(file.path)) }
        let assembly = FileAssembly(sink: sink)
        let (batch, filled, total) = try feed(assembly, queue, from: buffers.take(), 0) { (space) throws(StoreError) in
            try withFileErrors { () throws(FileError) in try file.read(into: space) }
        }
        let after = try withFileErrors { () throws(FileError) in try file.status() }
        guard after == before, UInt64(after.size) == total else {
            buffers.give(batch)
            if attempt == Self.attempts { throw .unstableFile(displayed(file.path)) }
            pause(milliseconds: 20 << attempt)
            return try archive(number, open, queue, attempt: attempt + 1)
        }
        let ends = cut(batch.bytes, filled, leaving: 1)
        let part = assembly.nextPart()
        assembly.whenComplete { reference in
            self.archived.withLock { $0[number] = ArchivedFile(file: reference, status: after) }
        }
        try assembly.store(part, batch.bytes, ends)
        buffers.give(batch)
    }

    /// Stores one content as it comes, such as from a pipe, and in bounded memory.
    ///
    /// - Parameters:
    ///   - deferred: takes a content of no more than one batch, in the place of this archiver's own writer.
    ///   - read: fills the given space as far as the content goes; a space that is not filled is the end.
    public func archive(
        deferringTo deferred: DeferredWriter? = nil,
        stream read: (UnsafeMutableRawBufferPointer) throws(StoreError) -> Int
    ) throws(StoreError) -> FileReference {
        let first = buffers.take()
        let count = try read(first.bytes)
        meter?.add(UInt64(count))
        if count == 0 {
            buffers.give(first)
            return .empty
        }
        let isWhole = count < first.bytes.count
        let assembly = FileAssembly(sink: isWhole ? deferred ?? sink : sink)
        let stored = Mutex<FileReference?>(nil)
        func finish(_ batch: BufferPool.Buffer, _ filled: Int) throws(StoreError) {
            let part = assembly.nextPart()
            assembly.whenComplete { reference in stored.withLock { $0 = reference } }
            try assembly.store(part, batch.bytes, cut(batch.bytes, filled, leaving: 1))
            buffers.give(batch)
        }
        if isWhole {
            try finish(first, count)
        } else {
            try WorkQueue.run(workers: workers, capacity: workers * 2) { (queue) throws(StoreError) in
                let (batch, filled, _) = try feed(assembly, queue, from: first, count, read)
                try finish(batch, filled)
            }
        }
        return stored.withLock { $0! }
    }

    /// Reads a content to its end and hands its pieces on, but for those of the last batch.
    ///
    /// - Parameters:
    ///   - batch: the first batch, with the content's first `filled` bytes.
    /// - Returns: the last batch, how many bytes of it are left to be stored, and the bytes that were read here.
    private func feed(
        _ assembly: FileAssembly, _ queue: WorkQueue, from batch: BufferPool.Buffer, _ filled: Int,
        _ read: (UnsafeMutableRawBufferPointer) throws(StoreError) -> Int
    ) throws(StoreError) -> (batch: BufferPool.Buffer, filled: Int, total: UInt64) {
        var (batch, filled, total) = (batch, filled, UInt64(0))
        while true {
            let space = UnsafeMutableRawBufferPointer(rebasing: batch.bytes[filled...])
            let count = try read(space)
            filled += count
            total += UInt64(count)
            meter?.add(UInt64(count))
            if count < space.count { return (batch, filled, total) }
            let ends = cut(batch.bytes, filled, leaving: chunker.parameters.maximum)
            // What is left over begins the next batch.
            let start = ends.last ?? 0
            let next = buffers.take()
            next.bytes.copyMemory(from: UnsafeRawBufferPointer(rebasing: batch.bytes[start..<filled]))
            let full = batch
            let part = assembly.nextPart()
            try queue.submit { [buffers] () throws(StoreError) in
                try assembly.store(part, full.bytes, ends)
                buffers.give(full)
            }
            batch = next
            filled -= start
        }
    }

    /// Where the chunks of a buffer's first `count` bytes end, while at least `leaving` bytes are left to look at.
    private func cut(_ bytes: UnsafeMutableRawBufferPointer, _ count: Int, leaving: Int) -> [Int] {
        var ends: [Int] = []
        var start = 0
        while count - start >= leaving {
            start += chunker.firstCut(in: UnsafeRawBufferPointer(rebasing: bytes[start..<count]))
            ends.append(start)
        }
        return ends
    }

    /// The status of an open file, once so much time has passed since its last change that any further change shows.
    ///
    /// A file's time moves in ticks: two changes within one leave the same time. A file whose time is not older than
    /// a tick is given that tick before it is read.
    private static func settledStatus(of file: borrowing File) throws(StoreError) -> FileStatus {
        // Bounded by time, not by rounds: on a busy machine the file system's clock may stand still for a while.
        let deadline = ContinuousClock.now + .seconds(5)
        while ContinuousClock.now < deadline {
            let status = try withFileErrors { () throws(FileError) in try file.status() }
            let now = fileSystemClock()
            let tick = clockTick(of: status)
            // A time that lies ahead was set on purpose and proves nothing; the other one still has to have passed.
            let ages = [status.modified, status.changed].map { now - $0 }.filter { $0 >= -tick }
            guard let youngest = ages.min(), youngest <= tick else { return status }
            pause(milliseconds: Int((tick - youngest) / 1_000_000) + 1)
        }
        throw .unstableFile(displayed(file.path))
    }
}

/// The longest time, in nanoseconds, in which two changes of a file can leave the same times.
///
/// File systems that keep whole seconds (ext3, HFS+, FAT) show none smaller; the others follow the kernel's tick.
func clockTick(of status: FileStatus) -> Int64 {
    let keepsFractions = status.modified % 1_000_000_000 != 0 || status.changed % 1_000_000_000 != 0
    return keepsFractions ? 12_000_000 : 2_000_000_000
}

/// Puts a file together from parts that are stored in any order.
private final class FileAssembly: Sendable {
    private struct State: ~Copyable {
        var builder = ManifestBuilder()
        var nextToAppend = 0
        var waiting: [Int: [Manifest.Entry]] = [:]
        var completion: (@Sendable (FileReference) -> Void)?
    }

    private let sink: any ObjectSink
    private let state = Mutex(State())
    private let parts = Atomic(0)

    init(sink: any ObjectSink) { self.sink = sink }

    /// The number of the file's next part, in the file's order.
    func nextPart() -> Int { parts.add(1, ordering: .relaxed).oldValue }

    /// Says that no further part follows those numbered so far.
    func whenComplete(_ completion: @escaping @Sendable (FileReference) -> Void) {
        state.withLock { $0.completion = completion }
    }

    /// Stores the chunks of a part, each ending at the given offset.
    func store(_ part: Int, _ bytes: UnsafeMutableRawBufferPointer, _ ends: [Int]) throws(StoreError) {
        var entries: [Manifest.Entry] = []
        entries.reserveCapacity(ends.count)
        var start = 0
        for end in ends {
            let id = try sink.put(UnsafeRawBufferPointer(rebasing: bytes[start..<end]), kind: .chunk)
            entries.append(Manifest.Entry(id: id, size: UInt64(end - start)))
            start = end
        }
        try state.withLock { (state: inout State) throws(StoreError) in
            state.waiting[part] = entries
            while let entries = state.waiting.removeValue(forKey: state.nextToAppend) {
                state.nextToAppend += 1
                for entry in entries {
                    try state.builder.append(entry) { (node) throws(StoreError) in
                        try sink.put(node, kind: .manifest)
                    }
                }
            }
            guard let completion = state.completion, state.nextToAppend == parts.load(ordering: .relaxed) else {
                return
            }
            state.completion = nil
            completion(
                try state.builder.finish { (node) throws(StoreError) in try sink.put(node, kind: .manifest) })
        }
    }
}
