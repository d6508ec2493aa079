import HookScripts

/// One of git's hooks that Vintage has something to do in.
public enum Hook: String, CaseIterable, Sendable {
    /// Before a commit: refuses one that would leave data behind.
    case preCommit = "pre-commit"
    /// Before the message of a commit is edited: tells what data the commit changes.
    case prepareCommitMessage = "prepare-commit-msg"
    /// After a checkout or a switch of branches: brings data to the lock.
    case postCheckout = "post-checkout"
    /// After a merge or a pull: brings data to the lock.
    case postMerge = "post-merge"
    /// After a rebase or an amended commit: brings data to the lock.
    case postRewrite = "post-rewrite"
    /// Before git sends refs: sends the data that they need.
    case prePush = "pre-push"

    /// Git's name for it.
    public var name: String { rawValue }

    /// The script that git runs.
    package var script: [UInt8] { HookScripts.byName[rawValue] ?? [] }

    /// How every version's script begins, by which one is told from a hook of the user's.
    var scriptStart: [UInt8] { Array("#!/bin/sh\n# Vintage's \(rawValue) hook. ".utf8) }
}
