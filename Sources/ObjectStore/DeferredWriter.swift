import Dispatch
import FileSystem

/// Adds objects for somebody who waits for each: puts them as they are into a journal, and compresses them meanwhile.
///
/// From ``persist()`` on, what was put outlives this process, as with a ``StoreWriter`` that keeps a journal. That one
/// compresses first and writes each byte once: it is better for large contents, which keep all cores busy by
/// themselves.
///
/// Memory and disk are bounded: at most ``mostHeld`` bytes wait to be compressed, and a journal ends once it has
/// ``journalSize`` bytes and goes when all of them are in packs.
public final class DeferredWriter: Sendable {
    private struct State {
        var journal: Journal?
        /// Objects that only this writer can read.
        var pending: Set<ObjectKey> = []
        var failure: StoreError?
    }

    private let writer: StoreWriter
    private let journalSize: UInt64
    private let mostHeld: Int
    private let state = Monitor(State())
    private let held = Monitor(0)
    private let compressing = DispatchQueue(label: "vintage.deferred.compressing")

    /// - Parameters:
    ///   - writer: takes the objects; one that keeps no journal of its own, and that nobody else uses.
    ///   - journalSize: how many bytes a journal grows to.
    ///   - mostHeld: how many bytes wait to be compressed.
    public init(_ writer: StoreWriter, journalSize: UInt64 = 256 << 20, mostHeld: Int = 32 << 20) {
        self.writer = writer
        self.journalSize = journalSize
        self.mostHeld = mostHeld
    }

    /// Whether something was put that only this writer can read.
    public var hasUnfinished: Bool { state.withLock { !$0.pending.isEmpty } }

    /// Hands what was put so far to the operating system: from now on it outlives this process, however that ends.
    public func persist() throws(StoreError) {
        try alone { (state: inout State) throws(StoreError) in try state.journal?.flush() }
    }

    /// Completes and flushes what was put: it is in the store from now on, whatever happens.
    public func finish() throws(StoreError) {
        let journal = try alone { (state: inout State) throws(StoreError) in
            try state.journal?.flush()
            defer { state.journal = nil }
            return state.journal
        }
        if let journal { complete(journal) }
        compressing.sync {}
        if let failure = state.withLock({ $0.failure }) { throw failure }
    }

    /// Uses the state. After a failure nothing more is taken, and what the journals hold is for the next process.
    private func alone<Result>(
        _ body: (inout State) throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        let result = state.withLock { (state: inout State) -> Swift.Result<Result, StoreError> in
            if let failure = state.failure { return .failure(failure) }
            do throws(StoreError) {
                return .success(try body(&state))
            } catch {
                state.failure = error
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// Compresses an object when its turn comes.
    private func submit(_ bytes: [UInt8], _ key: ObjectKey) {
        held.withLock { $0 += bytes.count }
        compressing.async {
            self.attempt { () throws(StoreError) in try self.writer.put(bytes, key: key) }
            self.held.withLock { $0 -= bytes.count }
            self.held.notifyAll()
        }
    }

    /// Completes what was put so far, and then removes the journal that has held it.
    private func complete(_ journal: Journal) {
        compressing.async {
            self.attempt { () throws(StoreError) in
                try self.writer.finish()
                try journal.remove()
                self.state.withLock { state in
                    for key in journal.keys { state.pending.remove(key) }
                }
            }
        }
    }

    private func attempt(_ work: () throws(StoreError) -> Void) {
        if state.withLock({ $0.failure != nil }) { return }
        do throws(StoreError) {
            try work()
        } catch {
            state.withLock { if $0.failure == nil { $0.failure = error } }
        }
    }
}

extension DeferredWriter: ObjectSink {
    package func put(_ bytes: UnsafeRawBufferPointer, kind: ObjectKind) throws(StoreError) -> ObjectID {
        let key = ObjectKey(ObjectID(of: bytes), kind)
        if writer.store.location(of: key) != nil { return key.id }
        let isNew = try alone { (state: inout State) throws(StoreError) in
            guard state.pending.insert(key).inserted else { return false }
            if state.journal == nil { state.journal = try Journal(writer.store.layout) }
            try state.journal?.append(bytes, key)
            // Under the lock, so that packs have the order of the journal: what an object names stands before it.
            submit(Array(bytes), key)
            if let journal = state.journal, journal.size >= journalSize {
                try journal.flush()
                complete(journal)
                state.journal = nil
            }
            return true
        }
        if isNew { held.wait { $0 <= self.mostHeld ? () : nil } }
        return key.id
    }
}

/// Objects as they are, one after another, in a journal.
///
/// `@unchecked Sendable`: it is used under the writer's lock, then handed to the compressing queue once and for all.
private final class Journal: @unchecked Sendable {
    private let journal: JournalFile
    private let buffer = ByteBuffer(capacity: 1 << 18)
    private var buffered = 0
    private var flushed: UInt64 = 0
    private(set) var keys: [ObjectKey] = []

    var size: UInt64 { flushed + UInt64(buffered) }

    init(_ layout: StoreLayout) throws(StoreError) {
        journal = try JournalFile(layout)
        try PackFormat.header.withUnsafeTypedBytes { (bytes) throws(StoreError) in try write(bytes) }
    }

    func append(_ bytes: UnsafeRawBufferPointer, _ key: ObjectKey) throws(StoreError) {
        let count = UInt32(bytes.count)
        if buffered + PackFormat.recordHeaderCount > buffer.bytes.count { try flush() }
        RecordHeader(key: key, encoding: .raw, rawLength: count, storedLength: count)
            .encode(into: UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[buffered...]))
        buffered += PackFormat.recordHeaderCount
        try write(bytes)
        keys.append(key)
    }

    private func write(_ bytes: UnsafeRawBufferPointer) throws(StoreError) {
        if buffered + bytes.count > buffer.bytes.count { try flush() }
        if bytes.count >= buffer.bytes.count { return try hand(bytes) }
        UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[buffered...]).copyMemory(from: bytes)
        buffered += bytes.count
    }

    /// Hands what was appended to the operating system.
    func flush() throws(StoreError) {
        let count = buffered
        buffered = 0
        try hand(UnsafeRawBufferPointer(rebasing: buffer.bytes[..<count]))
    }

    private func hand(_ bytes: UnsafeRawBufferPointer) throws(StoreError) {
        if bytes.isEmpty { return }
        try withFileErrors { () throws(FileError) in try journal.file.write(bytes) }
        flushed += UInt64(bytes.count)
    }

    func remove() throws(StoreError) {
        try withFileErrors { () throws(FileError) in try journal.path.remove() }
    }
}
