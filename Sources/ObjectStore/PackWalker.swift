import Crypto
import FileSystem
import SystemPackage

/// Walks the records of a pack in the order of the file.
///
/// Packs are read, not mapped, so that a failing disk is an error and not the end of the process.
struct PackWalker: ~Copyable {
    enum Step {
        /// A record, whole: header and payload, valid until the next step. Without payloads, its header alone.
        case record(RecordHeader, offset: UInt32, UnsafeRawBufferPointer)
        /// What stands at the offset is no record.
        case broken(offset: UInt64)
        /// The pack ends with the last record.
        case end
    }

    private static let readSize = 1 << 20

    private let file: File
    private let readsPayloads: Bool
    private let buffer: ByteBuffer
    /// The part of the buffer that is not walked over yet.
    private var unread = 0..<0
    private var hash = SHA256()
    /// Where the next record starts.
    private var position: UInt64 = 0
    /// The file's size in bytes.
    let size: UInt64
    /// Whether the file starts as a pack does.
    private(set) var hasHeader = false

    private init(file: consuming File, size: UInt64, readsPayloads: Bool) {
        self.file = file
        self.size = size
        self.readsPayloads = readsPayloads
        let largest = PackFormat.recordHeaderCount + PackFormat.maximumObjectSize
        buffer = ByteBuffer(capacity: readsPayloads ? Self.readSize + largest : PackFormat.recordHeaderCount)
    }

    /// Opens a pack.
    ///
    /// - Parameter readsPayloads: whether every byte is read and hashed, or the records' headers alone.
    static func open(_ path: FilePath, readsPayloads: Bool) throws(StoreError) -> PackWalker {
        let file = try withFileErrors { () throws(FileError) in try File(reading: path) }
        let size: Int64
        do throws(FileError) {
            size = try file.status().size
        } catch {
            throw .file(error)
        }
        if readsPayloads { file.expectSequentialReads() }
        var walker = PackWalker(file: file, size: UInt64(size), readsPayloads: readsPayloads)
        let count = PackFormat.header.count
        walker.hasHeader = try walker.fill(count) && walker.window(count).elementsEqual(PackFormat.header)
        try walker.skip(to: UInt64(count))
        return walker
    }

    /// The next record.
    mutating func next() throws(StoreError) -> Step {
        if position == size { return .end }
        let headerCount = PackFormat.recordHeaderCount
        guard position <= size, try fill(headerCount), let header = RecordHeader(decoding: window(headerCount)),
            position <= UInt64(UInt32.max), header.recordBytes <= size - position
        else { return .broken(offset: position) }
        let offset = UInt32(position)
        let count = readsPayloads ? Int(header.recordBytes) : headerCount
        guard try fill(count) else { return .broken(offset: position) }
        let record = window(count)
        position += header.recordBytes
        unread = readsPayloads ? unread.lowerBound + count..<unread.upperBound : 0..<0
        return .record(header, offset: offset, record)
    }

    /// Goes on at a later offset.
    mutating func skip(to offset: UInt64) throws(StoreError) {
        guard readsPayloads else {
            position = max(position, offset)
            unread = 0..<0
            return
        }
        while position < min(offset, size) {
            guard try fill(1) else { return }
            let count = min(unread.count, Int(offset - position))
            unread = unread.lowerBound + count..<unread.upperBound
            position += UInt64(count)
        }
    }

    /// Reads what is left.
    ///
    /// - Returns: the hash of the whole file, which is the id of an intact pack.
    mutating func finish() throws(StoreError) -> ObjectID {
        try skip(to: size)
        return hash.finalize().withUnsafeBytes { ObjectID(loading: $0) }
    }

    private func window(_ count: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: buffer.bytes[unread.lowerBound..<unread.lowerBound + count])
    }

    /// Makes sure that the next `count` bytes are in the buffer; `false` if the file ends before.
    private mutating func fill(_ count: Int) throws(StoreError) -> Bool {
        if unread.count >= count { return true }
        if !readsPayloads {
            let target = UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[..<count])
            let found = try read(target, at: position)
            unread = 0..<found
            return found == count
        }
        let kept = unread.count
        if kept > 0 {
            let rest = UnsafeRawBufferPointer(rebasing: buffer.bytes[unread])
            // Source and target may overlap, which `copyMemory` allows.
            UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[..<kept]).copyMemory(from: rest)
        }
        let target = UnsafeMutableRawBufferPointer(
            rebasing: buffer.bytes[kept..<min(buffer.bytes.count, max(count, kept + Self.readSize))])
        let found = try read(target, at: position + UInt64(kept))
        hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: target[..<found]))
        unread = 0..<kept + found
        return unread.count >= count
    }

    private func read(_ target: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(StoreError) -> Int {
        do throws(FileError) {
            return try file.read(into: target, at: Int64(offset))
        } catch {
            throw .file(error)
        }
    }
}

extension PackIndex {
    /// Scans a pack that no index covers and maps an index of it which has no name any more.
    ///
    /// - Throws: ``StoreError/damagedFile(path:reason:)`` unless the pack is whole.
    static func scanning(_ pack: Pack, _ layout: StoreLayout) throws(StoreError) -> PackIndex {
        let path = layout.pack(pack.id)
        var walker = try PackWalker.open(path, readsPayloads: true)
        var entries: [Entry] = []
        var isWhole = walker.hasHeader
        walk: while isWhole {
            switch try walker.next() {
            case .record(let header, let offset, _): entries.append(Entry(header: header, pack: 0, offset: offset))
            case .broken: isWhole = false
            case .end: break walk
            }
        }
        guard isWhole, try walker.finish() == pack.id else {
            throw .damagedFile(path: displayed(path), reason: "its bytes do not have the hash in its name")
        }
        let bytes = encode(packs: [pack], entries: entries)
        let temporary = layout.temporary.appending(temporaryName())
        let file = try withFileErrors { () throws(FileError) in try File(creating: temporary, permissions: 0o444) }
        defer { try? temporary.remove() }
        try withFileErrors { () throws(FileError) in try file.write(bytes) }
        return try PackIndex(temporary)
    }
}
