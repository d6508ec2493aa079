extension Check {
    /// The checks of a workspace itself: its lock, its working files, its store, and what git must not hold.
    public static let workspaceChecks: [Check] = [
        lockConflicts, lockValid, lockConsistent, lockCommitted, objectsPresent, storeSound, artifactsOutOfGit,
        gitFileSize,
    ]
}
