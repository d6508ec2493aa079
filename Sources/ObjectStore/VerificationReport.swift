import FileSystem

/// What a check of a store found.
public struct VerificationReport: Sendable {
    /// What is wrong.
    public var problems: [Problem] = []
    /// What is worth knowing and not wrong.
    public var notes: [Note] = []
    /// How many packs were looked at.
    public var packs = 0
    /// How many records stand in them.
    public var records = 0
    /// Their bytes.
    public var bytes: UInt64 = 0
    /// How many objects the roots reach.
    public var reachableObjects = 0

    /// Whether nothing is wrong.
    public var isClean: Bool { problems.isEmpty }

    /// Something wrong with the store.
    public enum Problem: Hashable, Sendable, CustomStringConvertible {
        /// The store's description is missing or damaged.
        case description(path: String, reason: String)
        /// An index is damaged; ``Store/repairIndexes()`` makes it again.
        case index(path: String, reason: String)
        /// A pack is missing or damaged.
        case pack(path: String, reason: String)
        /// A tag cannot be read, or names a snapshot that is not there.
        case tag(path: String, reason: String)
        /// What says which content a file's hash stands for is damaged.
        case keptFile(path: String, reason: String)
        /// An object is missing or damaged, and files of artifacts need it.
        case object(ObjectID, ObjectKind, reason: String, touches: Touched)

        /// One line for people.
        public var description: String {
            switch self {
            case .description(let path, let reason), .index(let path, let reason), .pack(let path, let reason),
                .tag(let path, let reason), .keptFile(let path, let reason):
                "\(path): \(reason)"
            case .object(let id, let kind, let reason, let touched): "\(kind) \(id): \(reason)\(touched)"
            }
        }
    }

    /// The files that an object touches.
    public struct Touched: Hashable, Sendable, CustomStringConvertible {
        /// A file or folder of an artifact.
        public struct Item: Hashable, Sendable {
            /// The name of the root that leads there: the artifact's.
            public let artifact: String
            /// The path in the artifact; the root if it is the artifact itself.
            public let path: RelativePath
        }

        /// The most files that are listed.
        public static let limit = 20
        /// The first of them.
        public var items: [Item] = []
        /// How many there are, those that are not listed included.
        public var count = 0

        /// The end of a line for people.
        public var description: String {
            if count == 0 { return "" }
            let names = items.map { $0.path.isRoot ? $0.artifact : "\($0.artifact): \($0.path)" }
            let rest = count > items.count ? [" and \(count - items.count) more"] : []
            return "; it touches " + names.joined(separator: ", ") + rest.joined()
        }
    }

    /// Something worth knowing.
    public enum Note: Hashable, Sendable, CustomStringConvertible {
        /// A parent or an input of a snapshot is not in this store; it may be in another one.
        case absentHistory(ObjectID, neededBy: ObjectID)
        /// So many versions that locks name are not in this store; a remote should have them.
        case absentVersions(Int)
        /// So many contents that pointers in git name are not in this store; they may be in another one.
        case absentContents(Int)
        /// No index names the pack, as after a crash.
        case unindexedPack(path: String)
        /// A file that does not belong into a store.
        case unexpectedFile(path: String)
        /// Files of writers that work now or were killed.
        case temporaryFiles(Int)

        /// One line for people.
        public var description: String {
            switch self {
            case .absentHistory(let id, let owner):
                "snapshot \(id.short), which snapshot \(owner.short) follows, is not in this store"
            case .absentVersions(let count):
                "\(count) versions that locks name are not in this store; 'vintage fetch' brings them"
            case .absentContents(let count): "\(count) contents that git has pointers to are not in this store"
            case .unindexedPack(let path): "\(path): no index names it; 'vintage gc' or 'vintage fsck --repair' will"
            case .unexpectedFile(let path): "\(path): not a file of the store"
            case .temporaryFiles(let count): "\(count) temporary files; 'vintage gc' removes those of killed processes"
            }
        }
    }
}
