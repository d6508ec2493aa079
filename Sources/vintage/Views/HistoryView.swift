import Git
import ObjectStore
import Workspace

/// How commits and snapshots are shown to people.
struct HistoryView {
    private let palette: Palette

    init(_ palette: Palette) {
        self.palette = palette
    }

    // MARK: Commits

    /// A commit in full, with what it changed in the lock.
    func lines(_ commit: GitCommit, changes: [LockChange]) -> [String] {
        var lines = [palette.id("commit \(commit.id)")]
        if commit.parents.count > 1 { lines.append("Merge:  " + commit.parents.map(\.short).joined(separator: " ")) }
        lines.append("Author: \(commit.author.name) <\(commit.author.email)>")
        lines.append("Date:   \(commit.author.timestamp.gitFormat)")
        return lines + [""] + Self.indented(commit.message) + changeLines(changes)
    }

    /// A commit in one line, and a line for each artifact that it changed.
    func shortLines(_ commit: GitCommit, changes: [LockChange]) -> [String] {
        let first = "\(palette.id(commit.id.short)) \(commit.author.timestamp.date) \(commit.summary)"
        return [first] + changes.map { "  " + line($0) }
    }

    private func changeLines(_ changes: [LockChange]) -> [String] {
        changes.isEmpty ? [] : [""] + changes.map { "    " + line($0) }
    }

    /// What happened to an artifact, as `~ data/flights  1a2b3c4d5e6f → 6f5e4d3c2b1a`.
    func line(_ change: LockChange) -> String {
        switch (change.old, change.new) {
        case (let old?, let new?): palette.changed("~ \(change.path)") + "  \(old.short) → \(new.short)"
        case (nil, let new?): palette.added("+ \(change.path)") + "  \(new.short)"
        case (let old?, nil): palette.removed("- \(change.path)") + "  \(old.short)"
        case (nil, nil): "\(change.path)"
        }
    }

    // MARK: Snapshots

    /// A snapshot in full.
    func lines(_ id: ObjectID, _ snapshot: Snapshot, tags: [String]) -> [String] {
        let provenance = snapshot.provenance
        var lines = [palette.id("snapshot \(id)") + tagText(tags)]
        lines.append("Artifact: \(snapshot.artifact)")
        if !provenance.author.isEmpty { lines.append("Author:   \(provenance.author)") }
        lines.append("Date:     \(snapshot.timestamp.gitFormat)")
        lines.append("Holds:    \(counted(snapshot.root.fileCount, "file")), \(size(snapshot.root.size))")
        if !provenance.command.isEmpty { lines.append("Command:  \(provenance.command)") }
        if !provenance.codeCommit.isEmpty { lines.append("Code:     \(provenance.codeCommit)") }
        for parent in snapshot.parents { lines.append("Parent:   \(parent)") }
        for input in snapshot.inputs { lines.append("Input:    \(input.artifact) \(input.snapshot)") }
        for (name, value) in provenance.parameters.sorted(by: { $0.key < $1.key }) {
            lines.append("Set:      \(name) = \(value)")
        }
        let message = Self.indented(provenance.message)
        return message.isEmpty ? lines : lines + [""] + message
    }

    /// A snapshot in one line, and a line for each input that it was made from.
    func shortLines(_ id: ObjectID, _ snapshot: Snapshot, tags: [String]) -> [String] {
        let message = snapshot.provenance.message.split(separator: "\n").first ?? ""
        let holds = "\(counted(snapshot.root.fileCount, "file")), \(size(snapshot.root.size))"
        let first = "\(palette.id(id.short))\(tagText(tags)) \(snapshot.timestamp.date) \(message)"
        return [first.trimmingTrailingSpaces + "  " + palette.faint(holds)]
            + snapshot.inputs.map { "  made from \($0.artifact) " + palette.id($0.snapshot.short) }
    }

    private func tagText(_ tags: [String]) -> String {
        tags.isEmpty ? "" : palette.added(" (tag: \(tags.joined(separator: ", ")))")
    }

    private static func indented(_ message: String) -> [String] {
        var lines = message.split(separator: "\n", omittingEmptySubsequences: false)
        while lines.last?.isEmpty == true { lines.removeLast() }
        return lines.map { ("    " + $0).trimmingTrailingSpaces }
    }
}
