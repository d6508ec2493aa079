import FileSystem
import ObjectStore
import Workspace

/// The contents of tracked files: into the store and out of it.
final class FilteredContents {
    private let store: Store
    private let level: Int
    private let workers: Int
    private var writing: Writing?
    private var scratch = ReadScratch()
    private var delayed: DelayedContents?
    /// How long this process may yet wait for others, in milliseconds: many missing contents must not add up.
    private var patience = 3_000

    init(_ workspace: Workspace) {
        store = workspace.store
        level = workspace.configuration.compressionLevel
        workers = workspace.configuration.workers
    }

    deinit { delayed?.close() }

    // MARK: In

    /// What adds to the store: git waits for each of the small contents, while all cores work at a large one.
    private struct Writing {
        let small: DeferredWriter
        let large: StoreWriter
        let archiver: Archiver

        init(_ store: Store, level: Int, workers: Int) throws(StoreError) {
            small = DeferredWriter(try store.makeWriter(level: level))
            large = try store.makeWriter(level: level, keepsJournal: true)
            archiver = Archiver(writer: large, workers: workers)
        }
    }

    /// Stores a content as it comes.
    ///
    /// When this returns, a kill of this process does not lose it any more.
    func store(
        _ read: (UnsafeMutableRawBufferPointer) throws(StoreError) -> Int
    ) throws(StoreError) -> FileReference {
        let writing = try beginWriting()
        let content = try writing.archiver.archive(deferringTo: writing.small, stream: read)
        try writing.small.persist()
        try writing.large.persist()
        return content
    }

    private func beginWriting() throws(StoreError) -> Writing {
        if let writing { return writing }
        let begun = try Writing(store, level: level, workers: workers)
        writing = begun
        return begun
    }

    /// Whether something was stored that only this process can read.
    var hasUnfinished: Bool { writing.map { $0.small.hasUnfinished || $0.large.hasUnfinished } ?? false }

    /// Completes what was stored: everybody sees it from now on, and no power cut loses it.
    func finish() throws(StoreError) {
        guard let writing else { return }
        if writing.large.hasUnfinished { try writing.large.finish() }
        if writing.small.hasUnfinished { try writing.small.finish() }
    }

    // MARK: Out

    /// Whether the store has a content, be it that another process is about to complete it.
    func isPresent(_ content: FileReference) -> Bool {
        if content.size == 0 || store.contains(content.id, kind: content.kind) { return true }
        // It may be among what this process has stored itself.
        try? finish()
        while true {
            let areOthersWriting = (try? store.hasLiveJournals()) ?? false
            try? store.refresh()
            if store.contains(content.id, kind: content.kind) { return true }
            if !areOthersWriting || patience <= 0 { return false }
            pause(milliseconds: 10)
            patience -= 10
        }
    }

    /// Takes a content to be read while git asks for others; `false` if it is to be read at once.
    func delay(_ path: [UInt8], _ content: FileReference) -> Bool {
        let delayed = delayed ?? DelayedContents(store: store, workers: workers)
        self.delayed = delayed
        return delayed.accept(path, content)
    }

    /// The paths of delayed contents that can be fetched now; none if all have been.
    func available() -> [[UInt8]] { delayed?.available() ?? [] }

    /// A delayed content; `nil` for a path that is not delayed.
    func fetch(_ path: [UInt8]) -> Result<[UInt8], StoreError>? { delayed?.fetch(path) }

    /// Hands all bytes of a content to `body`, in order.
    ///
    /// - Throws: before the first byte, if the store has something else by that name than the content says.
    func read(
        _ content: FileReference, _ body: (UnsafeRawBufferPointer) throws(StoreError) -> Void
    ) throws(StoreError) {
        if content.level == 0 {
            let bytes = try store.read(ObjectKey(content.id, .chunk), &scratch)
            guard UInt64(bytes.count) == content.size else { throw Self.otherSize(content) }
            return try body(bytes)
        }
        try Self.check(content, in: store)
        try store.readAhead(content, workers: workers, body)
    }

    /// Checks that the store has a content as its name says, so that nothing is done by the word of a name alone.
    static func check(_ content: FileReference, in store: Store) throws(StoreError) {
        if content.level == 0 { return }
        guard try store.manifest(content.id, level: content.level).size == content.size else {
            throw otherSize(content)
        }
    }

    private static func otherSize(_ content: FileReference) -> StoreError {
        .malformed(content.id, reason: "its pointer states another size than it has")
    }
}
