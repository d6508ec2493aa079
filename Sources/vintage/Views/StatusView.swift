import Git
import Workspace

/// How the state of a workspace is shown to people.
struct StatusView {
    private let report: StatusReport
    private let session: Session
    private var palette: Palette { session.palette }

    /// The most changes of one artifact that are listed.
    private static let limit = 20

    init(_ report: StatusReport, _ session: Session) {
        self.report = report
        self.session = session
    }

    func printAll() {
        printHead()
        printConflicts()
        printLockChanges()
        printChanges()
        printSummary()
    }

    private func printHead() {
        switch report.head {
        case .unborn(let branch)?: session.print("On branch \(branch), which has no commit yet")
        case .branch(let branch, _)?: session.print("On branch \(branch)")
        case .detached(let commit)?: session.print("HEAD is detached at \(commit.short)")
        case nil: session.print("Workspace without git")
        }
    }

    private func printConflicts() {
        guard report.isMerging else { return }
        if report.conflicts.isEmpty {
            session.print("A merge is in progress and nothing is in conflict; end it with 'vintage merge --continue'.")
            return
        }
        session.print("\n\(palette.heading("In conflict"))")
        session.print("  (make each file what it should be, 'vintage add' it, then 'vintage merge --continue')")
        for path in report.conflicts { session.print("    " + palette.removed("both changed:  \(path)")) }
    }

    private func printLockChanges() {
        if report.lockChanges.isEmpty { return }
        session.print("\n\(palette.heading("Changes to be committed (lock)"))")
        session.print("  (record them with 'vintage commit -m MESSAGE')")
        for change in report.lockChanges {
            let word = change.old == nil ? "new artifact:" : change.new == nil ? "removed:" : "modified:"
            session.print("    " + palette.added("\(word.padded(to: 13))  \(change.path)"))
        }
    }

    private func printChanges() {
        let changed = report.artifacts.filter { !$0.isClean }
        if changed.isEmpty { return }
        session.print("\n\(palette.heading("Changes not added"))")
        session.print("  (record them with 'vintage commit -m MESSAGE', drop them with 'vintage restore PATH')")
        for artifact in changed {
            if artifact.isMissing {
                session.print("    " + palette.removed("missing:       \(artifact.path)"))
            } else if artifact.isStoreIncomplete {
                let snapshot = artifact.snapshot.short
                session.print("    " + palette.removed("not in store:  \(artifact.path)  (snapshot \(snapshot))"))
            } else {
                printChanges(of: artifact)
            }
        }
    }

    private func printChanges(of artifact: ArtifactStatus) {
        let view = ChangeView(artifact.changes, palette)
        session.print("    " + view.summary)
        if view.onlyLine != nil { return }
        for line in view.lines(limit: Self.limit) { session.print("        " + line) }
    }

    private func printSummary() {
        let clean = report.artifacts.count { $0.isClean }
        if report.artifacts.isEmpty && report.lockChanges.isEmpty {
            session.print("\nNo artifacts yet; put data under care with 'vintage add PATH'.")
        } else if report.isClean {
            session.print("Nothing to commit, \(counted(clean, "artifact")) clean")
        } else if clean > 0 {
            session.print("\n\(counted(clean, "artifact")) without changes")
        }
    }
}
