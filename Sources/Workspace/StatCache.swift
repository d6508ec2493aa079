import FileSystem
import ObjectStore
import SystemPackage

/// What is known of an artifact's working files from the last time they were read, so that a file whose status has not
/// changed need not be read again.
///
/// A status is only kept if any later change of the file must show in it: the file was read when its time was older
/// than the clock's tick, or it was written here with a time that the clock had already passed. A cache is an
/// optimisation: one that is missing, damaged or of another version is as good as empty.
struct StatCache {
    /// The artifact as it was; `nil` if nothing is known.
    var root: WorkingEntry?
    /// The snapshot that the working files were last brought to or stored as: what the user's changes started from.
    var base: ObjectID?
    /// Whether more is known now than was read.
    var hasChanged = false

    /// Where an artifact's cache stands.
    static func path(of artifact: RelativePath, in folder: FilePath) -> FilePath {
        folder.appending(ObjectID(of: artifact.bytes).description + ".stat")
    }

    private static let magic: StaticString = "vintage stat cache 1\n"

    /// Reads a cache.
    init(reading path: FilePath) {
        guard let bytes = try? path.contentsIfPresent(), bytes.count > ObjectID.byteCount else { return }
        let body = Array(bytes.dropLast(ObjectID.byteCount))
        guard ObjectID(of: body).bytes.elementsEqual(bytes.suffix(ObjectID.byteCount)) else { return }
        if let decoded = try? Self.decode(body) { (root, base) = decoded }
    }

    /// The base that a cache names, without reading the rest of it and without its check: a hint to whether there is
    /// anything to do.
    static func base(at path: FilePath) -> ObjectID? {
        guard let file = try? File(reading: path) else { return nil }
        let count = magic.utf8CodeUnitCount + 1 + ObjectID.byteCount
        return withUnsafeTemporaryAllocation(byteCount: count, alignment: 8) { buffer in
            guard (try? file.read(into: buffer)) == count else { return nil }
            let start = UnsafeBufferPointer(start: magic.utf8Start, count: magic.utf8CodeUnitCount)
            guard buffer.prefix(start.count).elementsEqual(start), buffer[start.count] != 0 else { return nil }
            return ObjectID(loading: UnsafeRawBufferPointer(buffer), at: start.count + 1)
        }
    }

    private static func decode(_ body: [UInt8]) throws(DecodingFailure) -> (WorkingEntry, ObjectID?) {
        var decoder = Decoder(body)
        try decoder.expect(magic)
        var base: ObjectID?
        if try decoder.byte() != 0 { base = try decoder.id() }
        let root = try entry(&decoder)
        try decoder.end()
        return (root, base)
    }

    /// Writes the cache; failing to is no error, since nothing depends on it.
    func write(to path: FilePath) {
        guard let root else {
            try? path.remove()
            return
        }
        var encoder = Encoder()
        encoder.append(fixed: Self.magic)
        encoder.append(base == nil ? 0 : 1)
        if let base { encoder.append(base) }
        Self.append(root, to: &encoder)
        encoder.append(ObjectID(of: encoder.bytes))
        try? path.removingLastComponent().makeDirectories()
        try? path.replaceContents(with: encoder.bytes, isDurable: false)
    }

    private static func append(_ entry: WorkingEntry, to encoder: inout Encoder) {
        encoder.append(counted: entry.name)
        encoder.append(entry.status.kind.rawValue)
        encoder.append(entry.status.isExecutable ? 1 : 0)
        encoder.append(signed: entry.status.size)
        encoder.append(signed: entry.status.modified)
        encoder.append(signed: entry.status.changed)
        encoder.append(number: entry.status.inode)
        if let node = entry.node {
            encoder.append(1)
            node.encode(into: &encoder)
        } else {
            encoder.append(0)
        }
        if let folder = entry.folder {
            encoder.append(number: UInt64(folder.entries.count))
            for entry in folder.entries { append(entry, to: &encoder) }
        }
    }

    private static func entry(_ decoder: inout Decoder) throws(DecodingFailure) -> WorkingEntry {
        let name = try decoder.counted()
        guard let kind = FileStatus.Kind(rawValue: try decoder.byte()) else { throw DecodingFailure("its kind") }
        let isExecutable = try decoder.byte() != 0
        let status = FileStatus(
            kind: kind, isExecutable: isExecutable, size: try decoder.signed(), modified: try decoder.signed(),
            changed: try decoder.signed(), inode: try decoder.number())
        var entry = WorkingEntry(name: name, status: status)
        if try decoder.byte() != 0 { entry.node = try Node(decoding: &decoder) }
        if kind == .directory {
            let folder = WorkingFolder()
            let count = try decoder.count()
            folder.entries.reserveCapacity(count)
            for _ in 0..<count { folder.entries.append(try Self.entry(&decoder)) }
            entry.folder = folder
        }
        return entry
    }
}

extension FileStatus {
    /// Whether a file with this status still has the content that it had with another one.
    func provesSameContent(as other: FileStatus) -> Bool {
        kind == other.kind && size == other.size && modified == other.modified && changed == other.changed
            && inode == other.inode
    }
}
