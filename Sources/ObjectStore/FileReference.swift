/// A file's content: the id of its only chunk, or of the root of its manifest.
///
/// Two files have equal content if and only if their references are equal, given the store's chunking parameters.
public struct FileReference: Hashable, Sendable {
    /// The chunk's or the manifest's id.
    public let id: ObjectID
    /// The file's size in bytes.
    public let size: UInt64
    /// How many levels of manifest stand above the chunks: 0 for a file of at most one chunk.
    public let level: UInt8

    /// Names a content.
    public init(id: ObjectID, size: UInt64, level: UInt8) {
        self.id = id
        self.size = size
        self.level = level
    }

    /// The file without any byte, which is never stored.
    public static let empty = FileReference(id: .empty, size: 0, level: 0)

    /// The kind of the object that ``id`` names.
    public var kind: ObjectKind { level == 0 ? .chunk : .manifest }
}
