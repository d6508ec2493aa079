import FileSystem
import Git
import ObjectStore
import SystemPackage
import Workspace

// What the prepare-commit-msg hook does.

extension HookCall {
    /// Puts what the commit changes into its message.
    func prepareMessage(_ workspace: Workspace, _ repository: Repository) throws -> Outcome {
        guard let argument = arguments.first else { return Outcome() }
        let source = text(at: 1) ?? environment["PRE_COMMIT_COMMIT_MSG_SOURCE"] ?? ""
        // Git has no editor to run where the message is given.
        let hasEditor = environment["GIT_EDITOR"] != ":"
        let style = workspace.configuration.commitSummary
        if style == .comment, !hasEditor { return Outcome() }
        guard let staged = try repository.stagedContents(of: CommitData.lockFile) else { return Outcome() }
        // An unreadable lock is for pre-commit to refuse.
        guard let new = try? Lock(parsing: staged) else { return Outcome() }
        let old = try base(of: source, repository).flatMap { commit in
            try repository.contents(of: CommitData.lockFile, at: commit).flatMap { try? Lock(parsing: $0) }
        }
        let data = CommitData(workspace.changes(from: old ?? Lock(), to: new), in: workspace.store)
        if data.isEmpty { return Outcome() }

        let path = workspace.root.pushing(FilePath(bytes: argument))
        var message = CommitMessage(
            try path.contents(), commentPrefix: try commentPrefix(repository),
            endsAtScissors: try repository.configValue("commit.cleanup") == "scissors")
        switch style {
        case .comment:
            if ["verbatim", "whitespace"].contains(try repository.configValue("commit.cleanup")) { return Outcome() }
            message.addComment(data.commentLines)
        case .trailer: message.setTrailers("Data", data.trailerValues, replacing: source == "commit")
        }
        try path.replaceContents(with: message.bytes, isDurable: false)
        var outcome = Outcome()
        outcome.lines = ["the message tells of \(data.summary)"]
        return outcome
    }

    private func text(at index: Int) -> String? {
        arguments.count > index ? String(decoding: arguments[index], as: UTF8.self) : nil
    }

    /// The commit that the new one is compared with: HEAD, or when HEAD is amended its parent.
    private func base(of source: String, _ repository: Repository) throws -> GitObjectID? {
        guard let head = try repository.head().commit else { return nil }
        let name = text(at: 2) ?? environment["PRE_COMMIT_COMMIT_OBJECT_NAME"]
        guard source == "commit", let name, (try? repository.resolve(name)) == head else { return head }
        return try repository.commit(head).parents.first
    }

    /// What a comment's line begins with; `nil` where git chooses it by the message.
    private func commentPrefix(_ repository: Repository) throws -> String? {
        let value = try repository.configValue("core.commentString") ?? repository.configValue("core.commentChar")
        guard let value, !value.isEmpty else { return "#" }
        return value == "auto" ? nil : value
    }
}

/// The artifacts that a commit changes.
struct CommitData {
    static let lockFile = RelativePath(unchecked: Array(Lock.fileName.utf8))

    private struct Row {
        let word: String
        let path: RelativePath
        /// What it holds then; `nil` for one that goes, or that the store lacks.
        let node: Node?
    }

    private let rows: [Row]
    /// The most artifacts that are named.
    private static let limit = 20

    init(_ changes: [LockChange], in store: Store) {
        rows = changes.map { change in
            let word = change.old == nil ? "new" : change.new == nil ? "removed" : "modified"
            return Row(word: word, path: change.path, node: change.new.flatMap { try? store.snapshot($0).root })
        }
    }

    var isEmpty: Bool { rows.isEmpty }

    /// All in a few words: `2 artifacts, 12 files, 3.4 MB`.
    var summary: String {
        let files = rows.reduce(UInt64(0)) { $0 &+ ($1.node?.fileCount ?? 0) }
        let bytes = rows.reduce(UInt64(0)) { $0 &+ ($1.node?.size ?? 0) }
        return "\(Self.counted(UInt64(rows.count), "artifact")), \(Self.amount(files, bytes))"
    }

    /// Lines for a comment.
    var commentLines: [String] {
        var lines = ["Data of this commit:"]
        for row in rows.prefix(Self.limit) {
            let word = "\(row.word):"
            let padding = String(repeating: " ", count: max(1, 12 - word.count))
            let amount = row.node.map { "  " + Self.amount($0.fileCount, $0.size) } ?? ""
            lines.append("\t\(word)\(padding)\(row.path)\(amount)")
        }
        if rows.count > Self.limit { lines.append("\t… and \(rows.count - Self.limit) more") }
        lines.append("\t\(summary)")
        return lines
    }

    /// The value of a trailer for each artifact.
    var trailerValues: [String] {
        var values = rows.prefix(Self.limit).map { row in
            let amount = row.node.map { ", " + Self.amount($0.fileCount, $0.size) } ?? ""
            return "\(row.path) (\(row.word)\(amount))"
        }
        if rows.count > Self.limit { values.append("and \(rows.count - Self.limit) more") }
        return values
    }

    private static func amount(_ files: UInt64, _ bytes: UInt64) -> String {
        "\(counted(files, "file")), \(ByteCount(Int(clamping: bytes)))"
    }

    private static func counted(_ number: UInt64, _ noun: String) -> String {
        "\(number) \(noun)\(number == 1 ? "" : "s")"
    }
}

extension FilePath {
    fileprivate init(bytes: [UInt8]) {
        self = (bytes.map { CChar(bitPattern: $0) } + [0]).withUnsafeBufferPointer {
            $0.baseAddress.map { FilePath(platformString: $0) } ?? FilePath()
        }
    }
}
