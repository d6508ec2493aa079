import FileSystem
import Git
import ObjectStore
import Workspace

// Checks of what `vintage.lock` says, wherever it stands.

extension Check {
    static let lockConflicts = Check(
        id: "lock-conflicts", title: "vintage.lock holds no conflict markers", severity: .error,
        scopes: [.workspace, .commit],
        explanation: """
            Looks for conflict markers ('<<<<<<<') in vintage.lock: in the working tree, as staged, and in HEAD. A merge \
            that was left unfinished puts them there, and until they are gone no artifact can be found. Keep one line for \
            each artifact and delete the markers, or take one side with 'git checkout --ours vintage.lock' or \
            'git checkout --theirs vintage.lock'; then run 'git add vintage.lock'.
            """
    ) { context in
        try context.requireAnyLock()
        var findings: [Finding] = []
        for place in context.lockPlaces {
            if case .failure(.isConflicted(let line))? = try context.parsedLock(place) {
                findings.append(
                    Finding(
                        "vintage.lock\(place.suffix), line \(line): an unfinished merge left its conflict markers; choose "
                            + "one line for each artifact and delete the markers",
                        file: CheckContext.lockFile, line: line))
            }
        }
        let conflicts = try context.workspace.repository?.conflictedPaths() ?? []
        if findings.isEmpty, conflicts.contains(CheckContext.lockFile) {
            findings.append(
                Finding(
                    "vintage.lock is in conflict in git's index; make it what it should be, then run "
                        + "'git add vintage.lock'",
                    file: CheckContext.lockFile))
        }
        return findings
    }

    static let lockValid = Check(
        id: "lock-valid", title: "vintage.lock can be read", severity: .error, scopes: [.workspace, .commit],
        explanation: """
            Reads vintage.lock in the working tree, as staged, and in HEAD, as every command does: a header, then one line \
            for each artifact with its snapshot's id and its path, no path twice and none inside another. A lock that \
            cannot be read names no data, so a clone would get none. Bring the file back with 'git restore vintage.lock', \
            or correct the line that is named.
            """
    ) { context in
        try context.requireAnyLock()
        var findings: [Finding] = []
        var isConflicted = false
        for place in context.lockPlaces {
            guard case .failure(let error)? = try context.parsedLock(place) else { continue }
            if case .isConflicted = error {
                isConflicted = true
                continue
            }
            let message = place == .workingTree ? "\(error)" : "\(error) (vintage.lock\(place.suffix))"
            findings.append(Finding(message, file: CheckContext.lockFile, line: error.line))
        }
        let committed = context.scope == .commit ? CheckContext.LockPlace.index : .head
        if context.workspace.repository != nil, try context.lockText(.workingTree) == nil,
            try context.lockText(committed) != nil
        {
            findings.append(
                Finding(
                    "vintage.lock is missing from the working tree, and git has one\(committed.suffix); "
                        + "run 'git restore vintage.lock', or 'git rm vintage.lock' if it is meant to go",
                    file: CheckContext.lockFile))
        }
        // What is between the markers is for lock-conflicts to tell.
        if isConflicted, findings.isEmpty { throw NotApplicable("vintage.lock holds conflict markers") }
        return findings
    }

    static let lockCommitted = Check(
        id: "lock-committed", title: "vintage.lock is committed as it is", severity: .warning,
        scopes: [.workspace, .commit],
        explanation: """
            Compares vintage.lock in the working tree with the one in HEAD; in the pre-commit hook, with the one that the \
            commit will hold. Where they differ, a clone of the commit gets other data than you have here. Run \
            'vintage commit', or 'git add vintage.lock' before 'git commit'.
            """
    ) { context in
        _ = try context.requireRepository()
        let lock = try context.requireLock()
        let place = context.scope == .commit ? CheckContext.LockPlace.index : .head
        if case .failure? = try context.parsedLock(place) {
            throw NotApplicable("vintage.lock\(place.suffix) cannot be read")
        }
        let other = try context.readableLock(place) ?? Lock()
        let action =
            context.scope == .commit
            ? "run 'git add vintage.lock' to commit it too" : "run 'vintage commit' to record it"
        return context.workspace.changes(from: other, to: lock).map { change in
            let what =
                if change.old == nil {
                    "is in vintage.lock, and not in vintage.lock\(place.suffix)"
                } else if change.new == nil {
                    "is no more in vintage.lock, and still in vintage.lock\(place.suffix)"
                } else {
                    "has another snapshot in vintage.lock than in vintage.lock\(place.suffix)"
                }
            return Finding("\(change.path) \(what); \(action)", artifact: change.path)
        }
    }
}

extension LockError {
    /// The line that is wrong.
    fileprivate var line: Int {
        switch self {
        case .isNoLock, .unknownVersion: 1
        case .isConflicted(let line), .malformedLine(let line), .invalidSnapshot(let line), .invalidPath(let line, _),
            .invalidArtifact(let line, _), .duplicatePath(let line, _, _):
            line
        }
    }
}
