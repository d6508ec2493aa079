import Git
import SystemPackage
import Workspace

extension GitBridge {
    /// What finishing or calling off a merge came to.
    public enum MergeEnd: Sendable {
        /// The workspace made the commit.
        case committed(CommitReport)
        /// Git went on with what it was doing: a rebase, a cherry-pick or a revert.
        case handedToGit
    }

    /// Goes on with what git stopped for a conflict in: a merge is committed, a rebase and the like are continued.
    ///
    /// - Throws: ``Workspace/WorkspaceError/unresolved(_:)`` while files are in conflict;
    ///   ``GitBridgeError/gitFailed(_:status:)`` if git stops again.
    public func continueMerge(message: String?, command: String) throws -> MergeEnd {
        let words: [FilePath]
        switch repository.pendingOperation() {
        case .rebase: words = ["rebase", "--continue"]
        case .cherryPick: words = ["cherry-pick", "--continue"]
        case .revert: words = ["revert", "--continue"]
        case .merge, nil:
            return .committed(try workspace.continueMerge(message: message, command: command))
        }
        try workspace.prepareToContinue(command: command)
        // Only git knows what is left to be done after this commit.
        try run(["-c", "core.editor=true"] + words)
        return .handedToGit
    }

    /// Calls off what git stopped for a conflict in, and brings the data back to the lock.
    public func abortMerge(command: String) throws -> CheckoutReport {
        let words: [FilePath]
        switch repository.pendingOperation() {
        case .rebase: words = ["rebase", "--abort"]
        case .cherryPick: words = ["cherry-pick", "--abort"]
        case .revert: words = ["revert", "--abort"]
        case .merge where try workspace.isMergeOfGit(): words = ["merge", "--abort"]
        case .merge, nil: return try workspace.abortMerge(command: command)
        }
        try run(words)
        return try workspace.checkout(command: command)
    }

    private func run(_ words: [FilePath]) throws {
        let status = try repository.runGit(words)
        if status != 0 {
            throw GitBridgeError.gitFailed("git " + words.map(\.string).joined(separator: " "), status: status)
        }
    }
}
