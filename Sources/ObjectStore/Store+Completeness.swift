extension Store {
    /// What snapshots need and cannot have, without their history: objects that are missing or cannot be read.
    ///
    /// Only listings and manifests are read; of chunks, and of what holds them, the indexes are asked.
    ///
    /// - Returns: a problem for each such object, with the files that it touches; none if all snapshots are whole.
    public func missingObjects(of roots: [Root]) throws(StoreError) -> [VerificationReport.Problem] {
        // Shared with writers: the clean-up must not take anything meanwhile.
        let lock = try SharedLock(layout)
        defer { withExtendedLifetime(lock) {} }
        try refresh()
        var verifier = Verifier(store: self, indexes: currentIndexes())
        verifier.checkReachability(roots, [], followsHistory: false)
        return verifier.report.problems
    }
}
