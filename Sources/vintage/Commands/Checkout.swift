import ArgumentParser
import GitBridge
import Git
import ObjectStore
import Remotes
import Workspace

/// `vintage checkout`.
struct Checkout: WorkspaceCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring code and data, or data alone, to a version.",
        discussion: """
            A git revision brings code and data together and moves HEAD. A snapshot's id, ARTIFACT@TAG or \
            ARTIFACT@{DATE} brings that artifact alone and leaves git where it is, and so do paths after '--'. Without \
            a revision the working files become what the lock says. Changes that are stored nowhere are not \
            overwritten without --force. A training set, features/SERVICE@{DATE}, that nobody had built by then is built \
            from the data and the definitions of that time.

            Examples:
              vintage checkout HEAD~1
              vintage checkout 'data/flights@{2013-06-01}'
              vintage checkout -b clock-correction
              vintage checkout --theirs -- data/airports.csv
            """)

    /// A side of a merge.
    enum Side: String, EnumerableFlag {
        case ours
        case theirs

        static func help(for side: Side) -> ArgumentHelp? {
            switch side {
            case .ours: "For files in conflict: take the version of the branch you are on."
            case .theirs: "For files in conflict: take the version of the branch that is merged."
            }
        }
    }

    @Flag(name: .shortAndLong, help: "Overwrite also changes that are stored nowhere.")
    var force = false

    @Option(name: .customShort("b"), help: ArgumentHelp("Make a branch there, and go to it.", valueName: "branch"))
    var branch: RawArgument?

    @Flag(exclusivity: .exclusive)
    var side: Side?

    @Argument(help: "The version; what the lock says by default.")
    var revision: RawArgument?

    @Argument(parsing: .postTerminator, help: "Bring back these paths only.", completion: .file())
    var paths: [RawArgument] = []

    func validate() throws {
        if branch != nil && !paths.isEmpty { throw ValidationError("-b makes a branch and takes no paths") }
        if side != nil {
            if branch != nil { throw ValidationError("-b does not go with --ours or --theirs") }
            if revision == nil && paths.isEmpty {
                throw ValidationError("--ours and --theirs need the files in conflict")
            }
        }
    }

    func run(in session: Session) throws -> ExitStatus {
        let report: CheckoutReport
        if let side {
            // No revision goes with a side, so what stands in its place is a path.
            let paths = try session.paths((revision.map { [$0] } ?? []) + paths)
            report = try session.workspace.checkoutConflict(
                paths, side: side == .ours ? .ours : .theirs, command: session.console.commandLine)
        } else {
            do {
                report = try checkout(in: session)
            } catch let error as WorkspaceError {
                guard let built = try build(insteadOf: error, in: session) else { throw error }
                return built
            }
        }
        session.printWritten(report)
        session.printHead(report.head, isNew: branch != nil)
        let isWhole = revision == nil && paths.isEmpty && branch == nil
        if isWhole, try session.bringTrackedFiles() { return .done }
        if report.head == nil && report.artifacts.isEmpty { session.print("The files are as they should be already.") }
        return .done
    }

    /// Builds the training set of a service that had no version by the time that was asked for; `nil` if it is about
    /// something else.
    private func build(insteadOf error: WorkspaceError, in session: Session) throws -> ExitStatus? {
        switch error {
        case .noVersion, .unknownRevision: break
        default: return nil
        }
        guard let revision, paths.isEmpty, branch == nil else { return nil }
        return try CheckoutOfFeatures(revision, in: session)?.build(in: session)
    }

    private func checkout(in session: Session) throws -> CheckoutReport {
        let (revision, paths) = (try revision.map(session.revision), try session.paths(paths))
        do {
            return try ProgressLine.show("bringing back") { meter in
                try session.workspace.checkout(
                    revision, paths: paths, newBranch: branch?.text, force: force, meter: meter,
                    command: session.console.commandLine)
            }
        } catch StoreError.missing(let id, .snapshot) {
            throw session.missingVersion(id, of: revision)
        } catch let error as WorkspaceError {
            guard case .unknownRevision = error, let name = self.revision?.bytes,
                let artifact = session.artifact(named: name, in: try session.workspace.lock())
            else { throw error }
            throw WorkspaceError.misuse(
                "\(artifact) is an artifact and no revision; to bring it back, write 'vintage checkout -- \(artifact)'")
        }
    }
}

extension Session {
    /// The error where the store lacks a version that a revision names: with a remote, it only has to be fetched.
    func missingVersion(_ id: ObjectID, of revision: String?) -> any Error {
        guard !workspace.remotes.isEmpty else { return StoreError.missing(id, .snapshot) }
        guard let revision else {
            return WorkspaceError.misuse("vintage.lock names data that is not here; 'vintage pull' brings it")
        }
        return WorkspaceError.misuse(
            "\(revision) names data that is not here; 'vintage fetch --revision \(revision)' brings it")
    }

    /// Brings tracked files their contents, where they stand as pointers.
    ///
    /// - Returns: whether there was anything to tell.
    func bringTrackedFiles() throws -> Bool {
        guard workspace.repository != nil else { return false }
        let brought = try GitBridge(workspace).bringContents()
        for path in brought.files { print("brought  \(path)") }
        for path in brought.missing { print("missing  \(path)  its content is not in the store") }
        return !brought.files.isEmpty || !brought.missing.isEmpty
    }

    /// A line: where HEAD stands now.
    func printHead(_ head: GitHead?, isNew: Bool = false) {
        switch head {
        case .unborn(let branch)?: print("On branch \(branch), which has no commit yet")
        case .branch(let branch, let commit)?:
            print("\(isNew ? "On new branch" : "On branch") \(branch) at \(palette.id(commit.short))")
        case .detached(let commit)?: print("HEAD is detached at \(palette.id(commit.short))")
        case nil: break
        }
    }
}
