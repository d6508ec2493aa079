import Crypto
import FileSystem
import SystemPackage

/// A pack that is being written, under a temporary name or as a journal.
///
/// A journal is a pack that others can complete once its writer is gone: it is locked as long as the writer lives, and
/// stays in its place until the index of the completed pack is in place.
///
/// `@unchecked Sendable`: it is used under the writer's lock, then handed to the sealing queue once and for all.
final class OpenPack: @unchecked Sendable {
    private let file: File
    private let temporary: FilePath
    private let isJournal: Bool
    private var buffer = ByteBuffer(capacity: 1 << 20)
    private var buffered = 0
    private var flushed: UInt64 = 0
    private var startedWriteback: UInt64 = 0
    private var hash = SHA256()
    private var entries: [PackIndex.Entry] = []
    private var isInPlace = false
    private(set) var lastRawLength: UInt32 = 0

    var size: UInt64 { flushed + UInt64(buffered) }
    var keys: some Sequence<ObjectKey> { entries.lazy.map(\.header.key) }

    init(layout: StoreLayout, isJournal: Bool) throws(StoreError) {
        self.isJournal = isJournal
        if isJournal {
            let journal = try JournalFile(layout)
            temporary = journal.path
            file = journal.file
        } else {
            let path = layout.temporary.appending(temporaryName())
            temporary = path
            file = try withFileErrors { () throws(FileError) in try File(creating: path, permissions: 0o444) }
        }
        try PackFormat.header.withUnsafeTypedBytes { (bytes) throws(StoreError) in try write(bytes) }
    }

    deinit {
        // A pack that was not completed leaves nothing behind; a journal may hold what somebody counts on.
        if !isInPlace && !isJournal { try? temporary.remove() }
    }

    func append(_ record: UnsafeRawBufferPointer) throws(StoreError) {
        let offset = UInt32(size)
        try write(record)
        let header = RecordHeader(decoding: record)!
        lastRawLength = header.rawLength
        entries.append(PackIndex.Entry(header: header, pack: 0, offset: offset))
    }

    private func write(_ bytes: UnsafeRawBufferPointer) throws(StoreError) {
        if buffered + bytes.count > buffer.bytes.count { try flush() }
        if bytes.count >= buffer.bytes.count {
            try flush(bytes)
        } else {
            UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[buffered...]).copyMemory(from: bytes)
            buffered += bytes.count
        }
    }

    /// Hands what was appended to the operating system.
    func flush() throws(StoreError) {
        try flush(UnsafeRawBufferPointer(rebasing: buffer.bytes[..<buffered]))
        buffered = 0
    }

    private func flush(_ bytes: UnsafeRawBufferPointer) throws(StoreError) {
        if bytes.isEmpty { return }
        hash.update(bufferPointer: bytes)
        try withFileErrors { () throws(FileError) in try file.write(bytes) }
        flushed += UInt64(bytes.count)
        // In large pieces, however small those are that come.
        guard flushed - startedWriteback >= UInt64(buffer.bytes.count) / 2 else { return }
        file.startWriteback(from: Int64(startedWriteback), count: Int64(flushed - startedWriteback))
        startedWriteback = flushed
    }

    /// Flushes the pack, gives it its name, and writes its index.
    func seal(_ layout: StoreLayout) throws(StoreError) -> PackIndex {
        try flush()
        let id = hash.finalize().withUnsafeBytes { ObjectID(loading: $0) }
        let place = layout.pack(id)
        try withFileErrors { () throws(FileError) in
            try file.synchronize()
            try place.removingLastComponent().makeDirectories()
            let isLinked = isJournal ? try temporary.link(to: place) : false
            if !isLinked { try temporary.rename(to: place) }
            isInPlace = true
            try Directory(place.removingLastComponent()).synchronize()
            try Directory(layout.packs).synchronize()
        }
        let bytes = PackIndex.encode(packs: [PackIndex.Pack(id: id, size: flushed)], entries: entries)
        let index = try PackIndex.write(bytes, layout)
        // Only now: a pack without an index is not seen, and its journal is what brings it back.
        if isJournal { try withFileErrors { () throws(FileError) in try temporary.remove() } }
        return index
    }
}
