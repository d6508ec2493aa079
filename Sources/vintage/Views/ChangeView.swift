import FileSystem
import ObjectStore
import Workspace

/// How changes of an artifact are shown to people.
struct ChangeView {
    private let changes: ArtifactChanges
    private let palette: Palette

    init(_ changes: ArtifactChanges, _ palette: Palette) {
        self.changes = changes
        self.palette = palette
    }

    /// How many changes there are of each kind: `1 added, 2 modified`.
    var counts: String { ChangeCounts(changes).description }

    /// The bytes that came and went: `+12.3 MB -1.0 MB`; empty where none did.
    var bytes: String { ChangeCounts(changes).byteDescription }

    /// One line for all of it: the change itself for an artifact that is one file, else the amounts.
    var summary: String {
        if let line = onlyLine { return line }
        return "\(changes.artifact)  \(counts)  \(bytes)".trimmingTrailingSpaces
    }

    /// The one change of an artifact that is one file; `nil` for any other.
    var onlyLine: String? {
        changes.changes.count == 1 && changes.changes[0].path.isRoot ? line(changes.changes[0]) : nil
    }

    /// One line a change, as `~ data/flights/2013.csv  1.0 MB → 1.2 MB`.
    ///
    /// - Parameter limit: The most lines; a last one then says how many more there are.
    func lines(limit: Int = .max) -> [String] {
        var lines = changes.changes.prefix(limit).map(line)
        if changes.changes.count > limit { lines.append("… and \(changes.changes.count - limit) more") }
        return lines
    }

    private func line(_ change: Change) -> String {
        let path = changes.artifact.appending(change.path)
        switch change.kind {
        case .added: return palette.added("+ \(path)") + "  \(Self.text(change.new))"
        case .removed: return palette.removed("- \(path)") + "  \(Self.text(change.old))"
        case .modified: return palette.changed("~ \(path)") + "  \(Self.difference(change.old, change.new))"
        case .renamed(let from):
            let old = changes.artifact.appending(from)
            return palette.changed("> \(old) → \(path)") + "  \(Self.text(change.new))"
        }
    }

    private static func text(_ node: Node?) -> String {
        switch node {
        case .file(let file, _): size(file.size)
        case .link: "link"
        case .directory(let tree): tree.fileCount == 0 ? "folder" : "folder of \(counted(tree.fileCount, "file"))"
        case nil: ""
        }
    }

    private static func difference(_ old: Node?, _ new: Node?) -> String {
        if case .file(let old, let wasExecutable)? = old, case .file(let new, let isExecutable)? = new {
            if old == new { return isExecutable ? "now executable" : "no longer executable" }
            let mode = wasExecutable == isExecutable ? "" : isExecutable ? ", now executable" : ", no longer executable"
            return arrow(size(old.size), size(new.size)) + mode
        }
        return arrow(text(old), text(new))
    }

    private static func arrow(_ old: String, _ new: String) -> String {
        old == new ? new : "\(old) → \(new)"
    }
}

/// How many changes there are of each kind, and how many bytes they bring and take.
struct ChangeCounts: CustomStringConvertible {
    private var added = 0
    private var removed = 0
    private var modified = 0
    private var renamed = 0
    private var newBytes: UInt64 = 0
    private var oldBytes: UInt64 = 0

    /// No changes.
    init() {}

    /// The changes of an artifact.
    init(_ changes: ArtifactChanges) { add(changes) }

    /// Adds the changes of an artifact.
    mutating func add(_ changes: ArtifactChanges) {
        let counts = changes.counts
        added += counts.added
        removed += counts.removed
        modified += counts.modified
        renamed += counts.renamed
        newBytes += changes.newBytes
        oldBytes += changes.oldBytes
    }

    /// As `1 added, 2 modified`.
    var description: String {
        let parts = [(added, "added"), (modified, "modified"), (renamed, "renamed"), (removed, "removed")]
        return parts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
    }

    /// As `+12.3 MB -1.0 MB`.
    var byteDescription: String {
        let parts = [(newBytes, "+"), (oldBytes, "-")]
        return parts.filter { $0.0 > 0 }.map { "\($0.1)\(size($0.0))" }.joined(separator: " ")
    }
}
