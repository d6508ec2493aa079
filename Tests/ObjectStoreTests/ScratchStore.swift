import FileSystem
import ObjectStore
import SystemPackage

/// A store in a temporary folder that goes when it is let go.
final class ScratchStore: Sendable {
    let folder: FilePath
    let store: Store

    var path: FilePath { folder.appending("store") }

    init(parameters: ChunkingParameters = .standard) throws {
        folder = FilePath("/tmp").appending("vintage-test-\(UInt64.random(in: 0 ... .max))")
        try folder.makeDirectories()
        store = try Store.create(at: folder.appending("store"), parameters: parameters)
    }

    deinit { try? folder.removeAll() }

    /// The store as another process would open it.
    func reopened() throws -> Store { try Store(opening: path) }

    /// Every file of the store, those without a byte left out.
    func files() throws -> [FilePath] {
        func files(below folder: FilePath) throws -> [FilePath] {
            try Directory(folder).listing().flatMap { name in
                let path = folder.appending(bytes: name)
                return try path.status()?.kind == .directory ? files(below: path) : [path]
            }
        }
        return try files(below: path).filter { try ($0.status()?.size ?? 0) > 0 }
    }

    func packs() throws -> [FilePath] { try files().filter { $0.extension == "pack" } }
    func indexes() throws -> [FilePath] { try files().filter { $0.extension == "index" } }
    func packBytes() throws -> Int64 { try packs().reduce(0) { $0 + (try $1.status()?.size ?? 0) } }

    /// Makes all packs as old as the given second.
    func age(to seconds: Int64 = 1_000) throws {
        for pack in try packs() { try File(reading: pack).setModified(seconds * 1_000_000_000) }
    }

    /// The pack that an object stands in, and where its payload ends.
    func place(of id: ObjectID, _ kind: ObjectKind) throws -> (pack: FilePath, end: Int)? {
        let store = try reopened()
        guard let location = store.location(of: ObjectKey(id, kind)) else { return nil }
        let start = Int(location.offset) + PackFormat.recordHeaderCount
        return (store.layout.pack(location.pack), start + Int(location.header.storedLength))
    }

    /// Flips a bit in the last byte of an object's payload.
    func damage(_ id: ObjectID, _ kind: ObjectKind) throws {
        guard let (pack, end) = try place(of: id, kind), let modified = try pack.status()?.modified else {
            throw StoreError.missing(id, kind)
        }
        var bytes = try pack.contents()
        bytes[end - 1] ^= 1
        try overwrite(pack, bytes)
        try File(reading: pack).setModified(modified)
    }

    /// Replaces a file's bytes, whatever its permissions.
    func overwrite(_ path: FilePath, _ bytes: [UInt8]) throws {
        try path.remove()
        try File(creating: path).write(bytes)
    }
}

/// Files, folders and snapshots that are stored straight from memory.
extension StoreWriter {
    /// Stores a file cut into pieces of the given length.
    func put(file bytes: [UInt8], pieces length: Int = 1 << 20) throws -> FileReference {
        var builder = ManifestBuilder()
        for start in stride(from: 0, to: bytes.count, by: length) {
            let piece = Array(bytes[start..<min(bytes.count, start + length)])
            let entry = Manifest.Entry(id: try put(piece, kind: .chunk), size: UInt64(piece.count))
            try builder.append(entry) { (node) throws(StoreError) in try self.put(node, kind: .manifest) }
        }
        return try builder.finish { (node) throws(StoreError) in try self.put(node, kind: .manifest) }
    }

    /// Stores a folder of entries in any order.
    func put(folder entries: [String: Node]) throws -> TreeReference {
        var builder = TreeBuilder()
        for (name, node) in entries.sorted(by: { Array($0.key.utf8).lexicographicallyPrecedes($1.key.utf8) }) {
            try builder.append(TreeEntry(name: Array(name.utf8), node: node)) { (node) throws(StoreError) in
                try self.put(node, kind: .tree)
            }
        }
        return try builder.finish { (node) throws(StoreError) in try self.put(node, kind: .tree) }
    }

    /// Stores a snapshot of a node.
    func put(
        snapshot root: Node, of artifact: String = "data", time: Int64 = 0, parents: [ObjectID] = [],
        inputs: [ObjectID] = []
    ) throws -> ObjectID {
        let artifact = try RelativePath(artifact)
        return try put(
            Snapshot(
                artifact: artifact, root: root, time: time, parents: parents,
                inputs: inputs.map { Snapshot.Input(artifact: artifact, snapshot: $0) }))
    }
}

extension Store {
    /// Stores a snapshot of a folder with one file for each text, in packs of its own.
    func snapshot(
        _ texts: [String: String], of artifact: String = "data", time: Int64 = 0, parents: [ObjectID] = []
    ) throws -> ObjectID {
        let writer = try makeWriter()
        var entries: [String: Node] = [:]
        for (name, text) in texts {
            entries[name] = .file(try writer.put(file: Array(text.utf8)), isExecutable: false)
        }
        let folder = try writer.put(folder: entries)
        let id = try writer.put(snapshot: .directory(folder), of: artifact, time: time, parents: parents)
        try writer.finish()
        return id
    }

    /// The text of a file of a snapshot.
    func text(_ path: String, in id: ObjectID) throws -> String? {
        guard case .file(let file, _) = try node(at: RelativePath(path), below: snapshot(id).root) else { return nil }
        return String(decoding: try contents(of: file), as: UTF8.self)
    }

    func roots(_ ids: [ObjectID]) -> [Root] { ids.map { Root(name: "data", snapshot: $0) } }
}
