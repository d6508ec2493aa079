import FileSystem
import Git
import ObjectStore

/// What `undo` did.
public struct UndoReport: Sendable {
    /// The operation that was undone.
    public var operation: Operation
    /// What was done to the working files.
    public var checkout: CheckoutReport
}

extension Workspace {
    /// The operations on record, newest first.
    public func operations() throws -> [Operation] {
        try operationLog.numbers().reversed().map { try operationLog.operation($0) }
    }

    /// Takes the last operation back that has not been undone: the lock, HEAD and the working files are as before it.
    ///
    /// - Throws: ``WorkspaceError/nothingToUndo``; ``WorkspaceError/cannotUndo(operation:reason:)`` if the lock or HEAD
    ///   has moved on since; ``WorkspaceError/unstoredWork(_:)`` if newer work would be lost.
    public func undo(meter: ByteMeter? = nil, command: String = "vintage undo") throws -> UndoReport {
        try alone {
            guard var last = try operations().first(where: { !$0.isUndone }) else {
                throw WorkspaceError.nothingToUndo
            }
            if try mergeState() != nil { throw WorkspaceError.mergeInProgress }
            let old = try lock()
            let new = try Lock(parsing: last.lockBefore)
            // An operation that was ended in the middle may have left lock and HEAD as before it.
            guard try old == Lock(parsing: last.lockAfter) || old == new else {
                throw WorkspaceError.cannotUndo(
                    operation: last.command, reason: "\(Lock.fileName) has changed since; bring it back with git first")
            }
            let head = try repository?.head()
            let position = Operation.Position(head)
            if last.headMove != .none, position != last.after, position != last.before {
                throw WorkspaceError.cannotUndo(
                    operation: last.command, reason: "git's HEAD has moved since; use git to move it back")
            }
            let updates = try last.files.map { state in
                Update(
                    artifact: state.artifact, snapshot: state.before,
                    target: try state.before.map { try store.snapshot($0).root }, base: nil)
            }
            let prepared = try prepare(updates, .refuse, command: command)
            if position != last.before { try moveHeadBack(last) }
            let report = try perform(prepared, meter)
            if new != old || last.headMove != .none { try write(new, replacing: old) }
            last.isUndone = true
            try operationLog.update(last)
            try movePath.remove()
            var undone = UndoReport(operation: last, checkout: report)
            if last.headMove != .none { undone.checkout.head = try repository?.head() }
            return undone
        }
    }

    private func moveHeadBack(_ operation: Operation) throws {
        guard let repository, operation.headMove != .none else { return }
        let expected = GitObjectID(hex: operation.after.commit)
        let target = GitObjectID(hex: operation.before.commit)
        let reason = "vintage undo: \(operation.command)"
        if operation.headMove == .commit {
            return try repository.moveHead(to: target, expecting: expected, reason: reason)
        }
        guard let target else {
            throw WorkspaceError.cannotUndo(operation: operation.command, reason: "the branch had no commit before")
        }
        let skipped = [Self.lockFile, Self.ignoreFile]
        if operation.before.branch == operation.after.branch, !operation.before.branch.isEmpty {
            try repository.moveHeadAndFiles(to: target, expecting: expected, reason: reason, skipping: skipped)
        } else if operation.before.branch.isEmpty {
            try repository.checkout(.detached(target), skipping: skipped)
        } else {
            try repository.checkout(.branch(operation.before.branch), skipping: skipped)
        }
    }
}
