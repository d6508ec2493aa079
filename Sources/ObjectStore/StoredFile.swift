import Synchronization

/// A stored file whose bytes are read at any place, by any number of threads at once.
///
///     let file = StoredFile(reference, in: store)
///     let footer = UnsafeMutableRawBufferPointer.allocate(byteCount: 8, alignment: 8)
///     try file.read(into: footer, at: file.size - 8)
///
/// Only the chunks that a read touches are read, and each is checked. Listings of chunks are kept, and so are the chunks
/// at the edges of the last reads, because the next read often begins where one ended.
public final class StoredFile: Sendable {
    /// The content.
    public let file: FileReference
    /// How many bytes there are.
    public var size: UInt64 { file.size }

    private let store: Store
    private let listings = Mutex<[ObjectID: Manifest]>([:])
    private let edges = Mutex(Edges())
    private let bytesRead = Atomic<UInt64>(0)

    /// Names a file to be read. Nothing is read yet.
    public init(_ file: FileReference, in store: Store) {
        (self.file, self.store) = (file, store)
    }

    /// How many bytes of chunks have been read from the store.
    public var chunkBytesRead: UInt64 { bytesRead.load(ordering: .relaxed) }

    /// Fills a buffer with bytes of the file.
    ///
    /// - Parameter offset: where the first byte lies; the buffer's last one must not lie past the end.
    public func read(into target: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(StoreError) {
        let range = offset..<offset + UInt64(target.count)
        precondition(range.upperBound <= size, "bytes past the end of a file are read")
        if range.isEmpty { return }
        var scratch = ReadScratch()
        try read(Manifest.Entry(id: file.id, size: size), file.level, at: 0, range, into: target, &scratch)
    }

    private func read(
        _ entry: Manifest.Entry, _ level: UInt8, at start: UInt64, _ range: Range<UInt64>,
        into target: UnsafeMutableRawBufferPointer, _ scratch: inout ReadScratch
    ) throws(StoreError) {
        if level == 0 {
            let whole = start..<start + entry.size
            let part = range.clamped(to: whole)
            let place = UnsafeMutableRawBufferPointer(
                rebasing: target[Int(part.lowerBound - range.lowerBound)..<Int(part.upperBound - range.lowerBound)])
            return try read(entry, Int(part.lowerBound - start), into: place, isWhole: part == whole, &scratch)
        }
        var position = start
        for child in try listing(entry, level).entries {
            let covered = position..<position + child.size
            if covered.overlaps(range) { try read(child, level - 1, at: position, range, into: target, &scratch) }
            position = covered.upperBound
            if position >= range.upperBound { return }
        }
    }

    private func read(
        _ chunk: Manifest.Entry, _ offset: Int, into target: UnsafeMutableRawBufferPointer, isWhole: Bool,
        _ scratch: inout ReadScratch
    ) throws(StoreError) {
        let kept = edges.withLock { $0.bytes(of: chunk.id) }
        if let kept {
            return kept.withUnsafeBytes { target.copyMemory(from: .init(rebasing: $0[offset..<offset + target.count])) }
        }
        if isWhole, try store.read(ObjectKey(chunk.id, .chunk), into: target) {
            bytesRead.add(chunk.size, ordering: .relaxed)
            return
        }
        let bytes = try store.read(ObjectKey(chunk.id, .chunk), &scratch)
        guard UInt64(bytes.count) == chunk.size else {
            throw .malformed(chunk.id, reason: "a file states another length for it than it has")
        }
        bytesRead.add(chunk.size, ordering: .relaxed)
        target.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + target.count]))
        if !isWhole {
            let copy = Array(bytes)
            edges.withLock { $0.keep(copy, of: chunk.id) }
        }
    }

    private func listing(_ entry: Manifest.Entry, _ level: UInt8) throws(StoreError) -> Manifest {
        if let known = listings.withLock({ $0[entry.id] }) { return known }
        let manifest = try store.manifest(entry.id, level: level)
        guard manifest.size == entry.size else {
            throw .malformed(entry.id, reason: "its chunks do not add up to the size it is named with")
        }
        listings.withLock { $0[entry.id] = manifest }
        return manifest
    }

    /// The chunks that reads began or ended in, the last ones only.
    private struct Edges {
        private static let capacity = 32
        private var chunks: [(id: ObjectID, bytes: [UInt8])] = []

        func bytes(of id: ObjectID) -> [UInt8]? { chunks.last { $0.id == id }?.bytes }

        mutating func keep(_ bytes: [UInt8], of id: ObjectID) {
            if chunks.contains(where: { $0.id == id }) { return }
            if chunks.count == Self.capacity { chunks.removeFirst() }
            chunks.append((id, bytes))
        }
    }
}
