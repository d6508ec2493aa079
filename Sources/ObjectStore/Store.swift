import FileSystem
import SystemPackage
import Synchronization

/// A content-addressed store of files, folders and snapshots.
///
/// Each object is named by the SHA-256 of its bytes, stored once, and checked whenever it is read.
///
///     let store = try Store.create(at: ".vintage/store")
///     let writer = try store.makeWriter()
///     let id = try writer.put(Array("hello".utf8), kind: .chunk)
///     try writer.finish()
///     let bytes = try store.read(id, kind: .chunk)
///
/// Any number of threads and processes may use a store at once.
public final class Store: Sendable {
    /// Where the store stands.
    public let path: FilePath
    /// How it cuts files into chunks; fixed when it was made.
    public let parameters: ChunkingParameters
    package let layout: StoreLayout
    package let packs: PackReader
    private let indexes: Mutex<[PackIndex]>
    private let skipsDamagedIndexes: Bool

    private init(path: FilePath, parameters: ChunkingParameters, indexes: [PackIndex], skipsDamagedIndexes: Bool) {
        self.path = path
        self.parameters = parameters
        self.skipsDamagedIndexes = skipsDamagedIndexes
        layout = StoreLayout(root: path)
        packs = PackReader(layout: layout)
        self.indexes = Mutex(indexes)
    }

    /// Makes an empty store in a folder that does not hold one yet.
    ///
    /// - Throws: ``StoreError/storeExists(_:)``, or the refusal of a file operation.
    public static func create(
        at path: FilePath, parameters: ChunkingParameters = .standard
    ) throws(StoreError) -> Store {
        let layout = StoreLayout(root: path)
        if layout.format.exists { throw .storeExists(displayed(path)) }
        try withFileErrors { () throws(FileError) in
            for folder in [layout.packs, layout.indexes, layout.temporary, layout.tags] {
                try folder.makeDirectories()
            }
            _ = try File(openingOrCreating: layout.lock)
            // Written last: a store without a description is no store, and making it again completes it.
            try layout.format.replaceContents(with: StoreDescription(parameters: parameters).encoded())
        }
        return Store(path: path, parameters: parameters, indexes: [], skipsDamagedIndexes: false)
    }

    /// Opens the store in a folder.
    ///
    /// - Parameter skipsDamagedIndexes: whether an index that is no index any more is passed over, as a check or a
    ///   repair needs, instead of refusing the store.
    /// - Throws: ``StoreError/noStore(_:)``, ``StoreError/unreadableFormat(path:reason:)`` or
    ///   ``StoreError/damagedFile(path:reason:)``.
    public convenience init(opening path: FilePath, skipsDamagedIndexes: Bool = false) throws(StoreError) {
        let layout = StoreLayout(root: path)
        let contents = try withFileErrors { () throws(FileError) in try layout.format.contentsIfPresent() }
        guard let contents else { throw .noStore(displayed(path)) }
        let description: StoreDescription
        do throws(DecodingFailure) {
            description = try StoreDescription(decoding: contents)
        } catch {
            throw .unreadableFormat(path: displayed(layout.format), reason: error.reason)
        }
        self.init(
            path: path, parameters: description.parameters, indexes: [], skipsDamagedIndexes: skipsDamagedIndexes)
        try refresh()
    }

    /// Whether there is a store in a folder.
    public static func exists(at path: FilePath) -> Bool { StoreLayout(root: path).format.exists }

    // MARK: Indexes

    /// Looks for indexes that other processes have written since.
    package func refresh() throws(StoreError) {
        var known: [FilePath: PackIndex] = [:]
        for index in indexes.withLock({ $0 }) { known[index.path] = index }
        attempts: for _ in 0..<100 {
            var found: [PackIndex] = []
            for path in try layout.indexFiles() {
                if let index = known[path] {
                    found.append(index)
                    continue
                }
                do throws(StoreError) {
                    let index = try PackIndex(path)
                    known[path] = index
                    found.append(index)
                } catch .file(let error) where error.isNotFound {
                    continue attempts  // merged into another one meanwhile: list again
                } catch {
                    guard skipsDamagedIndexes, case .damagedFile = error else { throw error }
                }
            }
            // Large ones first: most objects are there.
            found.sort { $0.count > $1.count }
            indexes.withLock { $0 = found }
            // Where that is not allowed the journals stay for somebody who may.
            _ = try? adoptJournals(isAlone: false)
            return
        }
    }

    package func currentIndexes() -> [PackIndex] { indexes.withLock { $0 } }

    package func publish(_ index: PackIndex) {
        indexes.withLock { $0.append(index) }
    }

    package func location(of key: ObjectKey) -> RecordLocation? {
        for index in currentIndexes() {
            if let location = index.location(of: key) { return location }
        }
        return nil
    }

    /// Whether the store holds an object.
    public func contains(_ id: ObjectID, kind: ObjectKind) -> Bool {
        location(of: ObjectKey(id, kind)) != nil
    }

    /// The snapshots whose id starts with the given hexadecimal digits, at most two.
    public func snapshots(withHexPrefix prefix: String) -> [ObjectID] {
        var found: Set<ObjectID> = []
        for index in currentIndexes() {
            for key in index.keys(withHexPrefix: prefix, limit: 1000) where key.kind == .snapshot {
                found.insert(key.id)
                if found.count == 2 { return found.sorted() }
            }
        }
        return found.sorted()
    }

    // MARK: Reading

    /// Reads an object and checks that its bytes have its id.
    ///
    /// - Throws: ``StoreError/missing(_:_:)`` or ``StoreError/damaged(_:_:reason:)``; never returns wrong bytes.
    public func read(_ id: ObjectID, kind: ObjectKind) throws(StoreError) -> [UInt8] {
        var scratch = ReadScratch()
        return Array(try read(ObjectKey(id, kind), &scratch))
    }

    /// Reads an object into memory that the caller keeps for the next one.
    ///
    /// - Returns: the object's bytes, valid until the scratch is used again.
    package func read(_ key: ObjectKey, _ scratch: inout ReadScratch) throws(StoreError) -> UnsafeRawBufferPointer {
        if let location = location(of: key) {
            do throws(StoreError) {
                return try read(location, &scratch)
            } catch .file(let error) where error.isNotFound {
                // The clean-up moved it into another pack meanwhile.
            }
        }
        try refresh()
        guard let location = location(of: key) else { throw .missing(key.id, key.kind) }
        return try read(location, &scratch)
    }

    /// Reads an object straight to where it belongs, if it is of that length and its record is not compressed.
    ///
    /// - Returns: whether it was read; the caller reads it in the other way if not.
    package func read(_ key: ObjectKey, into target: UnsafeMutableRawBufferPointer) throws(StoreError) -> Bool {
        guard let location = location(of: key), location.header.encoding == .raw,
            Int(location.header.rawLength) == target.count
        else { return false }
        do throws(StoreError) {
            try packs.readPayload(location, into: target)
        } catch .file(let error) where error.isNotFound {
            return false
        }
        guard ObjectID(of: UnsafeRawBufferPointer(target)) == key.id else {
            throw .damaged(key.id, key.kind, reason: "its bytes do not have its hash")
        }
        return true
    }

    package func read(
        _ location: RecordLocation, _ scratch: inout ReadScratch
    ) throws(StoreError) -> UnsafeRawBufferPointer {
        let payload = try packs.read(location, into: &scratch.record)
        return try Self.content(of: payload, location.header, &scratch)
    }

    /// The object that a record's payload holds, checked against its id.
    ///
    /// - Returns: its bytes, valid until the scratch is used again and as long as the payload is.
    static func content(
        of payload: UnsafeRawBufferPointer, _ header: RecordHeader, _ scratch: inout ReadScratch
    ) throws(StoreError) -> UnsafeRawBufferPointer {
        let content: UnsafeRawBufferPointer
        switch header.encoding {
        case .raw: content = payload
        case .zstd:
            do throws(CompressionError) {
                content = try scratch.decompress(payload, rawLength: Int(header.rawLength))
            } catch {
                throw .damaged(header.key.id, header.key.kind, reason: error.description)
            }
        }
        guard ObjectID(of: content) == header.key.id else {
            throw .damaged(header.key.id, header.key.kind, reason: "its bytes do not have its hash")
        }
        return content
    }

    private func decode<Value>(
        _ id: ObjectID, _ kind: ObjectKind, _ decode: ([UInt8]) throws(DecodingFailure) -> Value
    ) throws(StoreError) -> Value {
        let bytes = try read(id, kind: kind)
        do throws(DecodingFailure) {
            return try decode(bytes)
        } catch {
            throw .malformed(id, reason: error.reason)
        }
    }

    /// Reads a snapshot.
    public func snapshot(_ id: ObjectID) throws(StoreError) -> Snapshot {
        try decode(id, .snapshot) { (bytes) throws(DecodingFailure) in try Snapshot(decoding: bytes) }
    }

    package func manifest(_ id: ObjectID, level: UInt8) throws(StoreError) -> Manifest {
        let manifest = try decode(id, .manifest) { (bytes) throws(DecodingFailure) in try Manifest(decoding: bytes) }
        guard manifest.level == level else { throw .malformed(id, reason: "its level is not the one it is named with") }
        return manifest
    }

    /// Reads a node of a folder's listing.
    public func treeNode(_ id: ObjectID, level: UInt8) throws(StoreError) -> TreeNode {
        let node = try decode(id, .tree) { (bytes) throws(DecodingFailure) in try TreeNode(decoding: bytes) }
        let found: UInt8 = if case .inner(let level, _) = node.content { level } else { 0 }
        guard found == level else { throw .malformed(id, reason: "its level is not the one it is named with") }
        return node
    }
}

/// Memory and decompression state that one thread reuses for reading many objects.
package struct ReadScratch: ~Copyable {
    var record = ByteBuffer()
    var content = ByteBuffer()
    private var decompressor: Decompressor?

    package init() {}

    /// Decompresses a frame into memory that the scratch keeps.
    mutating func decompress(
        _ frame: UnsafeRawBufferPointer, rawLength: Int
    ) throws(CompressionError) -> UnsafeRawBufferPointer {
        if decompressor == nil { decompressor = try Decompressor() }
        content.reserve(rawLength)
        let target = UnsafeMutableRawBufferPointer(rebasing: content.bytes[..<rawLength])
        try decompressor!.decompress(frame, into: target)
        return UnsafeRawBufferPointer(target)
    }
}
