import CGit2
import FileSystem

/// A change of the working tree from HEAD's files to others, which stops at local changes before it touches anything.
struct FileUpdate {
    /// Where the new files come from.
    enum Source {
        case tree(OpaquePointer?)
        case index(OpaquePointer?)
    }

    private let source: Source
    private let skipping: [RelativePath]
    private let leftOut: Set<RelativePath>
    private let otherLabel: String?

    /// An update that leaves locally changed files at or below `skipping` alone.
    ///
    /// - Parameters:
    ///   - leftOut: Files that a sparse checkout leaves out; libgit2 takes them for deleted ones.
    ///   - otherLabel: What conflict markers call the other side of a merge.
    init(
        to source: Source, skipping: [RelativePath], leftOut: Set<RelativePath> = [], otherLabel: String? = nil
    ) {
        self.source = source
        self.skipping = skipping
        self.leftOut = leftOut
        self.otherLabel = otherLabel
    }

    /// Updates the files, and the index with them.
    ///
    /// - Returns: The files that were left alone, and whose new content is nowhere.
    /// - Throws: ``GitError/wouldOverwrite(_:)`` with every file in the way.
    func run(in repository: Repository) throws(GitError) -> [RelativePath] {
        let safe = GIT_CHECKOUT_SAFE.rawValue | GIT_CHECKOUT_DONT_OVERWRITE_IGNORED.rawValue
        let findings = Findings(skipping: skipping, leftOut: leftOut, stopsAtFirst: true)
        let code = call(repository, safe | GIT_CHECKOUT_ALLOW_CONFLICTS.rawValue, findings)
        if findings.inTheWay.isEmpty {
            try check(code, "changing the working files")
            return findings.skipped
        }
        // Something is in the way and nothing was done: look for the rest of it, to name all at once.
        let all = Findings(skipping: skipping, leftOut: leftOut, stopsAtFirst: false)
        _ = call(repository, safe | GIT_CHECKOUT_DRY_RUN.rawValue, all)
        throw .wouldOverwrite(Set(findings.inTheWay + all.inTheWay).sorted())
    }

    private func call(_ repository: Repository, _ strategy: UInt32, _ findings: Findings) -> Int32 {
        var options = git_checkout_options()
        git_checkout_options_init(&options, UInt32(GIT_CHECKOUT_OPTIONS_VERSION))
        options.checkout_strategy = strategy
        options.notify_flags = GIT_CHECKOUT_NOTIFY_CONFLICT.rawValue
        options.notify_cb = { _, path, _, _, _, payload in
            guard let payload, let path = RelativePath(gitPath: path) else { return GIT_EUSER.rawValue }
            return Unmanaged<Findings>.fromOpaque(payload).takeUnretainedValue().take(path)
        }
        options.notify_payload = Unmanaged.passUnretained(findings).toOpaque()
        return withExtendedLifetime(findings) {
            "HEAD".withCString { ours in
                (otherLabel ?? "").withCString { theirs in
                    if otherLabel != nil {
                        options.our_label = ours
                        options.their_label = theirs
                    }
                    return switch source {
                    case .tree(let tree): git_checkout_tree(repository.pointer, tree, &options)
                    case .index(let index): git_checkout_index(repository.pointer, index, &options)
                    }
                }
            }
        }
    }

    /// What libgit2 finds in the way, told file by file.
    private final class Findings {
        private let skipping: [RelativePath]
        private let leftOut: Set<RelativePath>
        private let stopsAtFirst: Bool
        private(set) var inTheWay: [RelativePath] = []
        private(set) var skipped: [RelativePath] = []

        init(skipping: [RelativePath], leftOut: Set<RelativePath>, stopsAtFirst: Bool) {
            self.skipping = skipping
            self.leftOut = leftOut
            self.stopsAtFirst = stopsAtFirst
        }

        /// Takes a file, and says whether libgit2 is to go on (0) or to stop.
        func take(_ path: RelativePath) -> Int32 {
            if leftOut.contains(path) || skipping.contains(where: { $0.contains(path) }) {
                skipped.append(path)
                return 0
            }
            inTheWay.append(path)
            return stopsAtFirst ? GIT_EUSER.rawValue : 0
        }
    }
}
