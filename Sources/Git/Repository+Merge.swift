import CGit2
import FileSystem
import SystemPackage

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension Repository {
    /// Merges another commit with HEAD into the index and the working tree, and leaves the commit to the caller.
    ///
    /// Afterwards git shows a merge in progress: conflicting files hold conflict markers and are unmerged in the index.
    /// ``commitIndex(message:author:committer:extraParents:)`` with `theirs` as extra parent ends the merge, and
    /// ``abortMerge(excluding:)`` calls it off.
    ///
    /// - Parameters:
    ///   - theirs: The commit to merge.
    ///   - name: What the user called it, for the message and the conflict markers; `nil` for its id.
    ///   - excluding: Files, or folders of files, that stay as they are on this side, in the index and on disk.
    /// - Returns: The files in conflict.
    /// - Throws: ``GitError/wouldOverwrite(_:)`` with every file whose local changes are in the way,
    ///   ``GitError/alreadyMerged``, ``GitError/unrelatedHistories``, ``GitError/mergeInProgress``.
    public func startMerge(
        with theirs: GitObjectID, named name: String? = nil, excluding: [RelativePath] = []
    ) throws(GitError) -> [RelativePath] {
        _ = try requireWorkingDirectory()
        if try !mergeHeads().isEmpty { throw .mergeInProgress }
        let unresolved = try conflictedPaths()
        if !unresolved.isEmpty { throw .conflicts(unresolved) }
        guard let ours = try head().commit else {
            throw .failed(operation: "merging", message: "HEAD has no commit yet; check the other commit out instead")
        }
        switch try mergeBase(ours, theirs) {
        case nil: throw .unrelatedHistories
        case theirs: throw .alreadyMerged
        default: break
        }

        var merged: OpaquePointer?
        try mergeTrees(&merged, ours, theirs)
        defer { git_index_free(merged) }
        try withTree(of: ours) { (tree) throws(GitError) in
            for path in excluding { try Self.keepOurs(at: path, tree: tree, in: merged) }
            try refuseToLose(tree: tree, to: merged, excluding: excluding)
        }
        let conflicts = try Self.conflictedPaths(in: merged)
        try markChangedEntries()
        try recordMerge(of: theirs, into: ours, named: name, conflicts: conflicts)
        do throws(GitError) {
            // What is in the way was found above. The files in conflict are told here too, and are written all the same.
            _ = try FileUpdate(
                to: .index(merged), skipping: excluding + conflicts, otherLabel: name ?? theirs.description
            )
            .run(in: self)
        } catch {
            git_repository_state_cleanup(pointer)
            throw error
        }
        return try conflictedPaths()
    }

    /// Merges the lines of three versions of a text; `nil` if both sides changed the same lines in different ways.
    public static func mergedText(
        base: [UInt8], ours: [UInt8], theirs: [UInt8]
    ) throws(GitError) -> [UInt8]? {
        try Library.start()
        var result = git_merge_file_result()
        defer { git_merge_file_result_free(&result) }
        let code = base.withUnsafeBytes { base in
            ours.withUnsafeBytes { ours in
                theirs.withUnsafeBytes { theirs in
                    var inputs = [base, ours, theirs].map { bytes in
                        var input = git_merge_file_input()
                        git_merge_file_input_init(&input, UInt32(GIT_MERGE_FILE_INPUT_VERSION))
                        // Nothing at all is an empty text, not a missing one.
                        input.ptr = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
                        input.size = bytes.count
                        return input
                    }
                    return git_merge_file(&result, &inputs[0], &inputs[1], &inputs[2], nil)
                }
            }
        }
        try check(code, "merging a text")
        guard result.automergeable == 1 else { return nil }
        return Array(UnsafeRawBufferPointer(start: result.ptr, count: result.len))
    }

    /// What git is in the middle of, after it stopped for the user.
    public enum PendingOperation: Hashable, Sendable {
        /// `git merge`.
        case merge
        /// `git rebase`, also one that applies patches.
        case rebase
        /// `git cherry-pick`.
        case cherryPick
        /// `git revert`.
        case revert
    }

    /// What git is in the middle of; `nil` if nothing.
    public func pendingOperation() -> PendingOperation? {
        switch git_repository_state_t(rawValue: UInt32(max(0, git_repository_state(pointer)))) {
        case GIT_REPOSITORY_STATE_MERGE: .merge
        case GIT_REPOSITORY_STATE_REBASE, GIT_REPOSITORY_STATE_REBASE_INTERACTIVE, GIT_REPOSITORY_STATE_REBASE_MERGE,
            GIT_REPOSITORY_STATE_APPLY_MAILBOX_OR_REBASE:
            .rebase
        case GIT_REPOSITORY_STATE_CHERRYPICK, GIT_REPOSITORY_STATE_CHERRYPICK_SEQUENCE: .cherryPick
        case GIT_REPOSITORY_STATE_REVERT, GIT_REPOSITORY_STATE_REVERT_SEQUENCE: .revert
        default: nil
        }
    }

    /// The commit being merged; `nil` if no merge is in progress.
    public func mergeHead() throws(GitError) -> GitObjectID? {
        try mergeHeads().first
    }

    /// The commits being merged: more than one if git was asked to merge several branches at once.
    public func mergeHeads() throws(GitError) -> [GitObjectID] {
        guard let bytes = try readFile(gitDirectory.appending("MERGE_HEAD")) else { return [] }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap { GitObjectID(hex: $0) }
    }

    /// The message prepared for the commit that ends the merge, without comments; `nil` if there is none.
    public func mergeMessage() throws(GitError) -> String? {
        guard let bytes = try readFile(gitDirectory.appending("MERGE_MSG")) else { return nil }
        do throws(GitError) {
            return try Self.tidied(String(decoding: bytes, as: UTF8.self), removingComments: true)
        } catch .emptyMessage {
            return nil
        }
    }

    /// Calls off the merge in progress: files the merge touched go back to HEAD, and their conflicts are forgotten. So do
    /// files that it had begun to write when it was ended.
    ///
    /// - Parameter excluding: Files, or folders of files, to leave alone in the working tree and the index.
    /// - Throws: ``GitError/noMergeInProgress``, or ``GitError/wouldOverwrite(_:)`` with the files that merged without
    ///   conflict and were changed since, before anything is touched.
    public func abortMerge(excluding: [RelativePath] = []) throws(GitError) {
        _ = try requireWorkingDirectory()
        guard let theirs = try mergeHead(), let head = try head().commit else { throw .noMergeInProgress }
        let conflicts = Set(try conflictedPaths())
        let touched = Set(try stagedChanges().map(\.path)).union(conflicts)
            .filter { path in !excluding.contains { $0.contains(path) } }
        let changed = try readIndex { (index) throws(GitError) in
            try locallyChanged(among: touched.subtracting(conflicts), index: index)
        }
        if !changed.isEmpty { throw .wouldOverwrite(changed) }
        var merged: OpaquePointer?
        try mergeTrees(&merged, head, theirs)
        defer { git_index_free(merged) }
        try withTree(of: head) { (tree) throws(GitError) in
            let begun = try begunFiles(from: tree, to: merged, excluding: excluding)
            try restore(touched.union(begun).sorted(), from: tree)
        }
        try check(git_repository_state_cleanup(pointer), "ending the merge")
    }
}

// MARK: - Parts of a merge

extension Repository {
    private func mergeTrees(
        _ merged: inout OpaquePointer?, _ ours: GitObjectID, _ theirs: GitObjectID
    ) throws(GitError) {
        var options = git_merge_options()
        try check(git_merge_options_init(&options, UInt32(GIT_MERGE_OPTIONS_VERSION)), "merging")
        _ = try withCommit(ours) { (ours) throws(GitError) in
            try withCommit(theirs) { (theirs) throws(GitError) in
                try check(git_merge_commits(&merged, pointer, ours, theirs, &options), "merging")
            }
        }
    }

    /// Makes a merged index hold what a tree holds at or below a path.
    private static func keepOurs(
        at path: RelativePath, tree: OpaquePointer?, in merged: OpaquePointer?
    ) throws(GitError) {
        for entry in entries(atOrBelow: path, in: merged) {
            // The path is copied: the entry goes away with the removal.
            guard let name = RelativePath(gitPath: entry.pointee.path) else { continue }
            try check(git_index_remove(merged, name.cString, git_index_entry_stage(entry)), "merging \(name)")
        }
        // The tree as an index of its own lists the files below a folder.
        var ours: OpaquePointer?
        try check(git_index_new(&ours), "merging \(path)")
        defer { git_index_free(ours) }
        try check(git_index_read_tree(ours, tree), "merging \(path)")
        for entry in entries(atOrBelow: path, in: ours) {
            try check(git_index_add(merged, entry), "merging \(path)")
        }
    }

    /// Throws if the merge would touch a file with local changes. As with git, anything staged is in the way unless it
    /// is what the merge yields: it would become part of the merge.
    private func refuseToLose(
        tree: OpaquePointer?, to merged: OpaquePointer?, excluding: [RelativePath]
    ) throws(GitError) {
        let touched = try changes(from: tree, to: merged)
        var lost: Set<RelativePath> = []
        let results = Dictionary(touched.map { ($0.path, $0.staged) }, uniquingKeysWith: { first, _ in first })
        for change in try stagedChanges() where !excluding.contains(where: { $0.contains(change.path) }) {
            if let result = results[change.path], result == change.staged, result != nil { continue }
            lost.insert(change.path)
        }
        lost.formUnion(
            try readIndex { (index) throws(GitError) in
                try locallyChanged(among: Set(touched.map(\.path)), index: index)
            })
        if !lost.isEmpty { throw .wouldOverwrite(lost.sorted()) }
    }

    /// The files, of those given, whose content in the working tree is not that of the index. A file that is gone is not
    /// among them: there is nothing to lose.
    private func locallyChanged(
        among paths: Set<RelativePath>, index: OpaquePointer?
    ) throws(GitError) -> [RelativePath] {
        if paths.isEmpty { return [] }
        var options = git_diff_options()
        try check(git_diff_options_init(&options, UInt32(GIT_DIFF_OPTIONS_VERSION)), "looking for local changes")
        options.flags =
            GIT_DIFF_DISABLE_PATHSPEC_MATCH.rawValue | GIT_DIFF_INCLUDE_UNTRACKED.rawValue
            | GIT_DIFF_RECURSE_UNTRACKED_DIRS.rawValue | GIT_DIFF_INCLUDE_IGNORED.rawValue
            | GIT_DIFF_RECURSE_IGNORED_DIRS.rawValue | GIT_DIFF_INCLUDE_TYPECHANGE.rawValue
        return try withStringArray(Array(paths)) { (list) throws(GitError) in
            options.pathspec = list
            var diff: OpaquePointer?
            try check(git_diff_index_to_workdir(&diff, pointer, index, &options), "looking for local changes")
            defer { git_diff_free(diff) }
            return (0..<git_diff_num_deltas(diff)).compactMap { position in
                guard let delta = git_diff_get_delta(diff, position)?.pointee, delta.status != GIT_DELTA_DELETED
                else { return nil }
                return RelativePath(gitPath: delta.new_file.path)
            }
        }
    }

    /// Writes what tells git that a merge is in progress.
    private func recordMerge(
        of theirs: GitObjectID, into ours: GitObjectID, named name: String?, conflicts: [RelativePath]
    ) throws(GitError) {
        var message = try title(ofMerging: name ?? theirs.description) + "\n"
        if !conflicts.isEmpty {
            message += "\n# Conflicts:\n" + conflicts.map { "#\t\($0)\n" }.joined()
        }
        try writeFile(gitDirectory.appending("ORIG_HEAD"), Array("\(ours)\n".utf8))
        try writeFile(gitDirectory.appending("MERGE_MSG"), Array(message.utf8))
        try writeFile(gitDirectory.appending("MERGE_MODE"), [])
        try writeFile(gitDirectory.appending("MERGE_HEAD"), Array("\(theirs)\n".utf8))
    }

    /// The message's first line, in git's words.
    private func title(ofMerging name: String) throws(GitError) -> String {
        let kinds = [("branch", "refs/heads/"), ("tag", "refs/tags/"), ("remote-tracking branch", "refs/remotes/")]
        var kind = "commit"
        for (candidate, prefix) in kinds where try target(of: prefix + name) != nil {
            kind = candidate
            break
        }
        // git leaves out the branch merged into when it is the main one.
        guard case .branch(let into, _) = try head(), !["main", "master"].contains(into) else {
            return "Merge \(kind) '\(name)'"
        }
        return "Merge \(kind) '\(name)' into \(into)"
    }

    /// Puts files back as a tree has them, in the index and on disk; a file that the tree lacks is removed.
    func restore(_ paths: [RelativePath], from tree: OpaquePointer?) throws(GitError) {
        var known: [RelativePath] = []
        try changeIndex { (index) throws(GitError) in
            for path in paths {
                let removal = git_index_conflict_remove(index, path.cString)
                if removal != GIT_ENOTFOUND.rawValue { try check(removal, "forgetting the conflict in \(path)") }
                if let entry = try Self.entry(at: path, in: tree), entry.mode != GIT_FILEMODE_TREE.rawValue {
                    known.append(path)
                } else {
                    try Self.put(nil, at: path, into: index)
                    try removeFile(at: path)
                }
            }
        }
        // A folder where the tree has a file holds files of the user's by now, or it would be gone.
        var blocked: [RelativePath] = []
        for path in known where try kind(at: path) == S_IFDIR { blocked.append(path) }
        if !blocked.isEmpty { throw .wouldOverwrite(blocked) }
        if known.isEmpty { return }
        var options = git_checkout_options()
        try check(git_checkout_options_init(&options, UInt32(GIT_CHECKOUT_OPTIONS_VERSION)), "restoring files")
        options.checkout_strategy =
            GIT_CHECKOUT_FORCE.rawValue | GIT_CHECKOUT_DISABLE_PATHSPEC_MATCH.rawValue
        try withStringArray(known) { (list) throws(GitError) in
            options.paths = list
            try check(git_checkout_tree(pointer, tree, &options), "restoring files")
        }
    }
}
