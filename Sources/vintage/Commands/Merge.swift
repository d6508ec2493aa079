import ArgumentParser
import GitBridge
import ObjectStore
import Remotes
import Workspace

/// `vintage merge`.
struct Merge: WorkspaceCommand {
    static let configuration = CommandConfiguration(
        abstract: "Join another line of work with this one, code and data.",
        discussion: """
            Where both sides changed an artifact, their files are merged by path. A file that both changed in \
            different ways is in conflict: the working files hold this side's, 'vintage checkout --theirs PATH' takes \
            the other, and status 1 is returned. Nothing is lost either way.

            Examples:
              vintage merge clock-correction
              vintage merge --continue
              vintage merge --abort
            """)

    @Option(name: .shortAndLong, help: ArgumentHelp("The message of the merge commit.", valueName: "message"))
    var message: RawArgument?

    @Flag(name: .customLong("continue"), help: "Commit a merge whose conflicts are resolved.")
    var continues = false

    @Flag(name: .customLong("abort"), help: "Give up a merge and go back to where it began.")
    var aborts = false

    @Argument(help: "The revision to join.")
    var revision: RawArgument?

    func validate() throws {
        let count = [continues, aborts, revision != nil].count { $0 }
        if count == 0 { throw ValidationError("name the revision to merge, or give --continue or --abort") }
        if count > 1 { throw ValidationError("a revision, --continue and --abort exclude each other") }
        if aborts && message != nil { throw ValidationError("--abort takes no message") }
    }

    func run(in session: Session) throws -> ExitStatus {
        let command = session.console.commandLine
        if aborts {
            let report =
                try session.workspace.repository == nil
                ? session.workspace.abortMerge(command: command)
                : GitBridge(session.workspace).abortMerge(command: command)
            session.printWritten(report)
            session.print("The merge is given up; the files are as they were before it.")
            return .done
        }
        guard let revision else {
            guard let report = try continued(session, command) else {
                session.print("git has gone on.")
                return .done
            }
            session.printAdded(report.artifacts, removed: report.removed)
            session.printGrowth(report.stored)
            session.print("Merged  \(session.palette.id(report.commit?.short ?? ""))".trimmingTrailingSpaces)
            return .done
        }
        let name = try session.revision(revision)
        do {
            let report = try ProgressLine.show("merging") { meter in
                try session.workspace.merge(name, message: message?.text, meter: meter, command: command)
            }
            return show(report, in: session)
        } catch StoreError.missing(let id, .snapshot) {
            throw session.missingVersion(id, of: name)
        }
    }

    /// Finishes what is in conflict; `nil` if that was a rebase or the like, with which git went on.
    private func continued(_ session: Session, _ command: String) throws -> CommitReport? {
        if session.workspace.repository == nil {
            return try session.workspace.continueMerge(message: message?.text, command: command)
        }
        switch try GitBridge(session.workspace).continueMerge(message: message?.text, command: command) {
        case .committed(let report): return report
        case .handedToGit: return nil
        }
    }

    private func show(_ report: MergeReport, in session: Session) -> ExitStatus {
        let palette = session.palette
        for changes in report.artifacts { session.print(ChangeView(changes, palette).summary) }
        switch report.outcome {
        case .alreadyUpToDate: session.print("Already up to date.")
        case .fastForward(let commit): session.print("Moved forward to \(palette.id(commit.short))")
        case .merged(let commit): session.print("Merged  \(palette.id(commit.short))")
        case .mergedArtifact(let snapshot): session.print("Merged  \(palette.id(snapshot.short))")
        case .conflicts:
            for conflict in report.conflicts {
                session.print(palette.removed("conflict  \(conflict.workspacePath)") + "  \(Self.reason(conflict))")
            }
            for path in report.codeConflicts { session.print(palette.removed("conflict  \(path)") + "  code") }
            session.print("Make each file what it should be ('vintage checkout --ours|--theirs PATH' takes a side),")
            session.print("'vintage add' it, then 'vintage merge --continue', or 'vintage merge --abort'.")
            return .found
        }
        return .done
    }

    private static func reason(_ conflict: DataConflict) -> String {
        switch (conflict.ours, conflict.theirs) {
        case (nil, _): "removed here, changed there"
        case (_, nil): "changed here, removed there"
        default: "both changed"
        }
    }
}
