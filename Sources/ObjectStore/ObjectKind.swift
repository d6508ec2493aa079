/// What an object is. The kind is part of an object's key, so that a file which happens to hold the bytes of a
/// folder listing is never taken for one.
public enum ObjectKind: UInt8, Sendable, CaseIterable, CustomStringConvertible {
    /// A run of a file's bytes.
    case chunk = 0
    /// A list of a large file's chunks, or of lists.
    case manifest = 1
    /// A folder listing, or a part of one.
    case tree = 2
    /// A version of an artifact.
    case snapshot = 3

    /// The kind's name.
    public var description: String {
        switch self {
        case .chunk: "chunk"
        case .manifest: "manifest"
        case .tree: "tree"
        case .snapshot: "snapshot"
        }
    }
}

/// The key of an object in the store: its id and its kind.
package struct ObjectKey: Hashable, Sendable {
    package let id: ObjectID
    package let kind: ObjectKind

    package init(_ id: ObjectID, _ kind: ObjectKind) {
        self.id = id
        self.kind = kind
    }
}

extension ObjectKey: Comparable {
    package static func < (left: ObjectKey, right: ObjectKey) -> Bool {
        left.id == right.id ? left.kind.rawValue < right.kind.rawValue : left.id < right.id
    }
}
