import FileSystem
import Git
import ObjectStore
import Remotes
import SystemPackage
import Workspace

/// The merge driver that git runs for `vintage.lock`, `.gitignore` and tracked files.
///
/// It takes what `gitattributes(5)` gives a driver: three files with the versions and the path that they are of.
public struct MergeDriver {
    /// The workspace; `nil` where git merges without one, as in a bare repository.
    public let workspace: Workspace?
    /// Whether git merges common ancestors, and not what anybody will work with.
    public let mergesAncestors: Bool
    /// What git has called, for the record.
    public let command: String

    /// Prepares for one merge.
    public init(workspace: Workspace?, mergesAncestors: Bool, command: String) {
        self.workspace = workspace
        self.mergesAncestors = mergesAncestors
        self.command = command
    }

    /// Merges `theirs` into `ours`, which then holds the result.
    ///
    /// - Parameter path: the path in the repository.
    /// - Returns: what is in conflict, one line each for people; none if the merge is clean.
    public func merge(base: FilePath, ours: FilePath, theirs: FilePath, path: [UInt8]) throws -> [String] {
        let (old, mine, other) = (try base.contents(), try ours.contents(), try theirs.contents())
        switch path {
        case Array(Lock.fileName.utf8): return try mergeLocks(old, mine, other, into: ours)
        case Array(".gitignore".utf8):
            try ours.replaceContents(
                with: try Workspace.mergedIgnoreRules(base: old, ours: mine, theirs: other), isDurable: false)
            return []
        default: return try mergeFiles(old, mine, other, into: ours, quotedForDisplay(path))
        }
    }

    private func mergeLocks(
        _ old: [UInt8], _ mine: [UInt8], _ other: [UInt8], into ours: FilePath
    ) throws -> [String] {
        let merge: FileMerge
        do {
            guard let workspace else { throw GitBridgeError.noWorkspace }
            try fetchVersions(base: old, ours: mine, theirs: other, workspace)
            merge = try workspace.mergeLocks(
                base: old, ours: mine, theirs: other, ofAncestors: mergesAncestors, command: command)
        } catch {
            // Markers in the lock keep everybody from taking one side for the whole.
            let marked = [
                Array("<<<<<<< ours\n".utf8), mine, Array("=======\n".utf8), other, Array(">>>>>>> theirs\n".utf8),
            ]
            try ours.replaceContents(with: Array(marked.joined()), isDurable: false)
            return ["\(Lock.fileName): \(oneLine(error))"]
        }
        try ours.replaceContents(with: merge.text, isDurable: false)
        if !merge.isConflicted { return [] }
        let advice = [
            "bring the merged data with 'vintage checkout', make each file what it should be ('vintage checkout "
                + "--ours|--theirs PATH' takes a side), 'vintage add' it, then 'vintage merge --continue', or 'vintage "
                + "merge --abort'"
        ]
        return merge.conflicts.map { "conflict  \($0.workspacePath)  \(Self.reason($0))" } + advice
    }

    /// Brings from the default remote the versions that the merge reads and the store lacks: `git fetch` and `git pull`
    /// bring the other side's lock, but not what it names.
    private func fetchVersions(base: [UInt8], ours: [UInt8], theirs: [UInt8], _ workspace: Workspace) throws {
        if workspace.remotes.isEmpty { return }
        let (base, ours, theirs) = (try Lock(parsing: base), try Lock(parsing: ours), try Lock(parsing: theirs))
        var lacking: Set<ObjectID> = []
        for path in ours.entries.map(\.path) {
            let sides = [base[path], ours[path], theirs[path]]
            // An artifact that one side alone changed is taken as a whole, unread.
            if Set(sides).count < 3 || theirs[path] == nil { continue }
            lacking.formUnion(sides.compactMap { $0 }.filter { !workspace.store.contains($0, kind: .snapshot) })
        }
        if !lacking.isEmpty { _ = try workspace.fetch(.snapshots(lacking.sorted())) }
    }

    private static func reason(_ conflict: DataConflict) -> String {
        switch (conflict.ours, conflict.theirs) {
        case (nil, _): "removed here, changed there"
        case (_, nil): "changed here, removed there"
        default: "both changed"
        }
    }

    /// Merges a tracked file: as text where git keeps it itself on all sides, else as a whole.
    private func mergeFiles(
        _ old: [UInt8], _ mine: [UInt8], _ other: [UInt8], into ours: FilePath, _ name: String
    ) throws -> [String] {
        let arePointers = [old, mine, other].contains { Pointer(parsing: $0) != nil }
        if !arePointers, let merged = try Repository.mergedText(base: old, ours: mine, theirs: other) {
            try ours.replaceContents(with: merged, isDurable: false)
            return []
        }
        if mergesAncestors {
            try ours.replaceContents(with: old, isDurable: false)
            return []
        }
        return [
            "conflict  \(name)  both changed; this side's version stands, and 'vintage cat :3:\(name)' shows the other; "
                + "make it what it should be, then 'git add' it"
        ]
    }
}
