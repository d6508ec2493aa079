import FileSystem
import ObjectStore

/// One file or link that differs between two versions of an artifact.
public struct Change: Equatable, Sendable {
    /// How it differs.
    public enum Kind: Equatable, Sendable {
        /// It is in the new version only.
        case added
        /// It is in the old version only.
        case removed
        /// Its content, its kind or its executable bit differs.
        case modified
        /// Its content was at another path of the artifact, which is there no more.
        case renamed(from: RelativePath)
    }

    /// How it differs.
    public let kind: Kind
    /// Its path in the artifact; the root for an artifact that is one file.
    public let path: RelativePath
    /// What stood there, or for a rename at the old path.
    public let old: Node?
    /// What stands there now.
    public let new: Node?
}

/// The changes of one artifact between two versions.
public struct ArtifactChanges: Equatable, Sendable {
    /// The artifact.
    public let artifact: RelativePath
    /// The old version's snapshot; `nil` where the artifact was not there.
    public let oldSnapshot: ObjectID?
    /// The new version's snapshot; `nil` where the artifact is gone, or the new version is the working files.
    public let newSnapshot: ObjectID?
    /// What differs, ordered by path.
    public let changes: [Change]

    /// How many changes are of each kind.
    public var counts: (added: Int, removed: Int, modified: Int, renamed: Int) {
        changes.reduce(into: (0, 0, 0, 0)) { counts, change in
            switch change.kind {
            case .added: counts.0 += 1
            case .removed: counts.1 += 1
            case .modified: counts.2 += 1
            case .renamed: counts.3 += 1
            }
        }
    }

    /// The bytes of the files that are new or changed.
    public var newBytes: UInt64 {
        sum(\.new)
    }

    /// The bytes of the files that are gone or were changed.
    public var oldBytes: UInt64 {
        sum(\.old)
    }

    private func sum(_ side: KeyPath<Change, Node?>) -> UInt64 {
        changes.reduce(0) { sum, change in
            if case .renamed = change.kind { return sum }
            // A stored tree may state any size.
            let (total, isTooLarge) = sum.addingReportingOverflow(change[keyPath: side]?.size ?? 0)
            return isTooLarge ? .max : total
        }
    }
}
