// The settings of checks and hooks.

extension ConfigurationKey {
    /// The hooks that can be installed, by git's names for them.
    package static let hookNames = [
        "pre-commit", "prepare-commit-msg", "post-checkout", "post-merge", "post-rewrite", "pre-push",
    ]

    /// The table of keys of `vintage ci` and of the hooks.
    static var checking: [ConfigurationKey] {
        [
            ConfigurationKey(
                name: maximumGitFileName, type: .size, defaultValue: .size(10_000_000),
                explanation: "The largest file that git should hold; 0 for no limit."),
            ConfigurationKey(
                name: commitSummaryName, type: .choice(CommitSummary.allCases.map(\.rawValue)),
                defaultValue: .choice(CommitSummary.comment.rawValue),
                explanation: "How prepare-commit-msg tells what a commit changes: comment (in the editor), or trailer."),
        ]
            + hookNames.map { name in
                ConfigurationKey(
                    name: hookPrefix + name, type: .boolean, defaultValue: .boolean(true),
                    explanation: "Whether Vintage's \(name) hook does anything.")
            }
    }

    static let maximumGitFileName = "ci.max-git-file"
    static let commitSummaryName = "hooks.commit-summary"
    static let hookPrefix = "hooks."
}

/// How the `prepare-commit-msg` hook tells what a commit changes.
public enum CommitSummary: String, CaseIterable, Sendable {
    /// In comments, where an editor is opened; git takes them out of the message.
    case comment
    /// In trailers, which stay in the message, also where no editor is opened.
    case trailer
}

extension Configuration {
    /// The largest file that git should hold, in bytes; 0 for no limit.
    public var maximumGitFileSize: Int {
        guard case .size(let bytes)? = settings[ConfigurationKey.maximumGitFileName]?.value else {
            preconditionFailure("the table of keys has no size \(ConfigurationKey.maximumGitFileName)")
        }
        return bytes
    }

    /// How the `prepare-commit-msg` hook tells what a commit changes.
    public var commitSummary: CommitSummary {
        guard case .choice(let word)? = settings[ConfigurationKey.commitSummaryName]?.value,
            let summary = CommitSummary(rawValue: word)
        else { preconditionFailure("the table of keys has no choice \(ConfigurationKey.commitSummaryName)") }
        return summary
    }

    /// The setting that says whether a hook does anything; `nil` for a hook that there is none of.
    public func hookSetting(_ name: String) -> Setting? { settings[ConfigurationKey.hookPrefix + name] }

    /// Whether a hook does anything.
    public func isHookOn(_ name: String) -> Bool { hookSetting(name)?.value == .boolean(true) }
}
