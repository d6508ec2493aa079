import FileSystem
import Synchronization

/// Writes many stored files at once: read, decompress, verify, write, on all cores and in bounded memory.
///
/// The opposite of ``Archiver``. Small files are written whole by one worker each; the pieces of a large file are
/// written in any order by all.
public final class Restorer: Sendable {
    /// A file that is being written.
    public final class Target: Sendable {
        /// The open file.
        public let file: File
        fileprivate let piecesLeft = Atomic(1)

        /// Takes an open, empty file.
        public init(_ file: consuming File) { self.file = file }
    }

    /// Opens an empty file for the content of a number.
    public typealias Open = @Sendable (_ number: Int) throws(StoreError) -> Target
    /// Told when all bytes of a number's content are in its file.
    public typealias Complete = @Sendable (_ number: Int, _ target: Target) throws(StoreError) -> Void

    private let store: Store
    private let workers: Int
    private let meter: ByteMeter?
    private let scratches = Mutex<[Scratch]>([])

    /// How many bytes of a file one job writes: few enough that they are still in the core's cache when they are copied
    /// to the file. With 4 MiB that copy took twice the time.
    static let pieceSize: UInt64 = 1 << 19

    private final class Scratch: @unchecked Sendable {
        // `@unchecked Sendable`: a scratch is taken out of the pool, used by one thread, and put back.
        var reading = ReadScratch()
        var piece = ByteBuffer()
    }

    /// Prepares to write files.
    ///
    /// - Parameters:
    ///   - workers: how many threads work.
    ///   - meter: is told of each byte written.
    public init(store: Store, workers: Int = availableCores, meter: ByteMeter? = nil) {
        self.store = store
        self.workers = workers
        self.meter = meter
    }

    /// Writes stored contents into files.
    ///
    /// - Throws: ``StoreError/damaged(_:_:reason:)`` before a wrong byte reaches a file that `complete` is called for.
    public func restore(
        _ files: [FileReference], open: @escaping Open, complete: @escaping Complete
    ) throws(StoreError) {
        meter?.expect(files.reduce(0) { $0 &+ $1.size })
        try WorkQueue.run(workers: workers, capacity: workers * 4) { (queue) throws(StoreError) in
            for number in files.indices where files[number].size > Self.pieceSize {
                try self.restoreLarge(number, files[number], open, complete, queue)
            }
            var group: [Int] = []
            for number in files.indices where files[number].size <= Self.pieceSize {
                group.append(number)
                guard group.count == 32 else { continue }
                let numbers = group
                group.removeAll(keepingCapacity: true)
                try queue.submit { () throws(StoreError) in
                    for number in numbers { try self.restoreSmall(number, files[number], open, complete) }
                }
            }
            for number in group { try self.restoreSmall(number, files[number], open, complete) }
        }
    }

    private func restoreSmall(
        _ number: Int, _ file: FileReference, _ open: Open, _ complete: Complete
    ) throws(StoreError) {
        let target = try open(number)
        if file.level == 0 {
            if file.size > 0 { try write([Manifest.Entry(id: file.id, size: file.size)], at: 0, to: target) }
        } else {
            var offset: UInt64 = 0
            try store.forEachChunk(of: file) { (chunk) throws(StoreError) in
                try self.write([chunk], at: offset, to: target)
                offset += chunk.size
            }
        }
        try complete(number, target)
    }

    private func restoreLarge(
        _ number: Int, _ file: FileReference, _ open: @escaping Open, _ complete: @escaping Complete,
        _ queue: WorkQueue
    ) throws(StoreError) {
        let target = try open(number)
        let finishPiece: @Sendable () throws(StoreError) -> Void = { () throws(StoreError) in
            if target.piecesLeft.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 {
                try complete(number, target)
            }
        }
        var piece: [Manifest.Entry] = []
        var size: UInt64 = 0
        var offset: UInt64 = 0
        func submit() throws(StoreError) {
            let (chunks, start) = (piece, offset)
            offset += size
            piece.removeAll(keepingCapacity: true)
            size = 0
            target.piecesLeft.add(1, ordering: .relaxed)
            try queue.submit { () throws(StoreError) in
                try self.write(chunks, at: start, to: target)
                try finishPiece()
            }
        }
        try store.forEachChunk(of: file) { (chunk) throws(StoreError) in
            piece.append(chunk)
            size += chunk.size
            if size >= Self.pieceSize { try submit() }
        }
        if !piece.isEmpty { try submit() }
        try finishPiece()
    }

    /// Writes neighbouring chunks at an offset of a file, in one call.
    private func write(_ chunks: [Manifest.Entry], at offset: UInt64, to target: Target) throws(StoreError) {
        let scratch = scratches.withLock { $0.popLast() } ?? Scratch()
        defer { scratches.withLock { $0.append(scratch) } }
        let total = chunks.reduce(0) { $0 + Int($1.size) }
        if chunks.count == 1 {
            let bytes = try store.read(ObjectKey(chunks[0].id, .chunk), &scratch.reading)
            try Self.check(chunks[0], bytes.count)
            try withFileErrors { () throws(FileError) in try target.file.write(bytes, at: Int64(offset)) }
        } else {
            scratch.piece.reserve(total)
            var filled = 0
            for chunk in chunks {
                let bytes = try store.read(ObjectKey(chunk.id, .chunk), &scratch.reading)
                try Self.check(chunk, bytes.count)
                UnsafeMutableRawBufferPointer(rebasing: scratch.piece.bytes[filled..<filled + bytes.count])
                    .copyMemory(from: bytes)
                filled += bytes.count
            }
            let piece = UnsafeRawBufferPointer(rebasing: scratch.piece.bytes[..<total])
            try withFileErrors { () throws(FileError) in try target.file.write(piece, at: Int64(offset)) }
        }
        meter?.add(UInt64(total))
    }

    private static func check(_ chunk: Manifest.Entry, _ count: Int) throws(StoreError) {
        guard UInt64(count) == chunk.size else {
            throw .malformed(chunk.id, reason: "a file states another length for it than it has")
        }
    }
}
