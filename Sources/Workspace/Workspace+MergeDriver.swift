import FileSystem
import Git
import ObjectStore

/// What a merge of a file comes to that git left to Vintage.
public struct FileMerge: Sendable {
    /// The file's merged text, as git keeps it.
    public var text: [UInt8]
    /// Files of artifacts that both sides changed in different ways.
    public var conflicts: [DataConflict] = []
    /// Whether the file itself is in conflict.
    public var isConflicted = false
}

extension Workspace {
    /// Merges the texts of three versions of `vintage.lock`, as git asks for in a merge, rebase or cherry-pick.
    ///
    /// Where both sides changed a file of an artifact in different ways, the lock keeps this side's, the other stays
    /// reachable, and the merge waits to be finished by ``continueMerge(message:command:)``.
    ///
    /// - Parameter ofAncestors: whether git merges common ancestors, of which no working files will be made: in conflict
    ///   stays what their own ancestor has, and nothing waits.
    public func mergeLocks(
        base: [UInt8], ours: [UInt8], theirs: [UInt8], ofAncestors: Bool = false, command: String
    ) throws -> FileMerge {
        let (base, mine, other) = (try Lock(parsing: base), try Lock(parsing: ours), try Lock(parsing: theirs))
        let writer = try store.makeWriter(level: configuration.compressionLevel)
        var merge = LockMerge(
            workspace: self, writer: writer, ours: mine, message: "Merge", command: command,
            preference: ofAncestors ? .base : .ours)
        try merge.run(base: base, theirs: other)
        try writer.finish()
        let result = FileMerge(
            text: merge.lock.encoded(), conflicts: ofAncestors ? [] : merge.conflicts,
            isConflicted: !ofAncestors && !merge.conflicts.isEmpty)
        if result.isConflicted {
            var state = MergeState()
            state.theirs = merge.theirs
            state.unresolved = merge.conflicts.map(\.workspacePath)
            state.lockBefore = mine.encoded()
            state.head = try repository?.head().commit?.description ?? ""
            state.isOfGit = true
            try mergeStatePath.replaceContents(with: state.encoded())
        }
        return result
    }

    /// Merges the texts of three versions of `.gitignore`: as git does, and where that fails line by line.
    ///
    /// Each side appends its artifacts at the end, which git takes for a conflict.
    public static func mergedIgnoreRules(base: [UInt8], ours: [UInt8], theirs: [UInt8]) throws -> [UInt8] {
        if let merged = try Repository.mergedText(base: base, ours: ours, theirs: theirs) { return merged }
        func lines(_ text: [UInt8]) -> [[UInt8]] {
            text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map(Array.init)
        }
        let (old, mine, other) = (Set(lines(base)), lines(ours), lines(theirs))
        let (present, removed) = (Set(mine), old.subtracting(other))
        var merged = mine.filter { !removed.contains($0) }
        while merged.last?.isEmpty == true { merged.removeLast() }
        merged += other.filter { !$0.isEmpty && !old.contains($0) && !present.contains($0) }
        return merged.isEmpty ? [] : Array(merged.joined(separator: [UInt8(ascii: "\n")])) + [UInt8(ascii: "\n")]
    }
}
