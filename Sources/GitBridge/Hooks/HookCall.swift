import Checks
import FileSystem
import Git
import SystemPackage
import Workspace

/// One run of a hook: what git called it with, and what it has to say.
///
///     var call = HookCall(.postMerge, arguments: [[0x30]], environment: environment, registry: registry)
///     let outcome = try call.run(from: directory)
///     outcome.lines   // ["data/flights brought to vintage.lock: 3 files"]
public struct HookCall {
    /// What a hook came to.
    public struct Outcome: Sendable, Equatable {
        /// What to say, a line each; none if there was nothing to do.
        public var lines: [String] = []
        /// Whether git should go on.
        public var status: ExitStatus = .done

        /// An outcome without words.
        public init() {}
    }

    /// The hook.
    let hook: Hook
    /// What git called it with, byte for byte.
    let arguments: [[UInt8]]
    /// The environment's variables.
    let environment: [String: String]
    /// The checks of all rooms.
    let registry: CheckRegistry
    /// Reads standard input to its end.
    let readInput: () throws -> [UInt8]

    /// Describes a run.
    ///
    /// - Parameter readInput: reads standard input to its end; only called by hooks that git gives any.
    public init(
        _ hook: Hook, arguments: [[UInt8]], environment: [String: String], registry: CheckRegistry,
        readInput: @escaping () throws -> [UInt8]
    ) {
        self.hook = hook
        self.arguments = arguments
        self.environment = environment
        self.registry = registry
        self.readInput = readInput
    }

    /// Does what the hook is for, in the workspace that a folder lies in; nothing where there is none.
    ///
    /// A hook that only brings data along never makes git fail: what went wrong becomes a line.
    public func run(from directory: FilePath) throws -> Outcome {
        switch hook {
        case .preCommit, .prepareCommitMessage, .prePush: return try runAtWorkspace(directory)
        case .postCheckout, .postMerge, .postRewrite:
            do {
                return try runAtWorkspace(directory)
            } catch {
                var outcome = Outcome()
                outcome.lines = ["data stays as it was: \(oneLine(error))"]
                return outcome
            }
        }
    }

    private func runAtWorkspace(_ directory: FilePath) throws -> Outcome {
        let workspace: Workspace
        do {
            workspace = try Workspace.open(from: directory, environment: environment)
        } catch WorkspaceError.notAWorkspace, WorkspaceError.bareRepository {
            return Outcome()
        }
        guard let repository = workspace.repository, workspace.configuration.isHookOn(hook.name) else {
            return Outcome()
        }
        switch hook {
        case .preCommit: return checkCommit(workspace)
        case .prepareCommitMessage: return try prepareMessage(workspace, repository)
        case .postCheckout, .postMerge, .postRewrite:
            return try followLock(workspace, previous: try previousCommit(repository))
        case .prePush: return try sendData(workspace, repository)
        }
    }

    // MARK: pre-commit

    private func checkCommit(_ workspace: Workspace) -> Outcome {
        let report = registry.run(CheckContext(workspace, scope: .commit))
        var outcome = Outcome()
        outcome.status = report.exitStatus
        for result in report.results {
            for finding in result.findings {
                outcome.lines.append("\(result.severity(of: finding)): \(finding.message) [\(result.check.id)]")
            }
            if case .couldNotRun(let error) = result.outcome {
                outcome.lines.append("error: \(result.check.id) could not tell: \(oneLine(error))")
            }
        }
        let artifacts = (try? workspace.lock().entries.count) ?? 0
        if outcome.status != .done {
            outcome.lines.append("the commit is refused; 'git commit --no-verify' makes it all the same")
        } else if outcome.lines.isEmpty, artifacts > 0 {
            outcome.lines.append("checked \(artifacts) \(artifacts == 1 ? "artifact" : "artifacts"): nothing wrong")
        }
        return outcome
    }

    // MARK: post-checkout, post-merge, post-rewrite

    /// The commit whose lock the working files were at, as far as git tells.
    private func previousCommit(_ repository: Repository) throws -> GitObjectID? {
        func commit(_ text: some StringProtocol) -> GitObjectID? {
            GitObjectID(hex: String(text)).flatMap { $0.isZero ? nil : $0 }
        }
        switch hook {
        case .postCheckout:
            if let first = arguments.first { return commit(String(decoding: first, as: UTF8.self)) }
            // The pre-commit framework tells it so.
            return environment["PRE_COMMIT_FROM_REF"].flatMap { commit($0) }
        case .postMerge: return try? repository.resolve("ORIG_HEAD")
        case .postRewrite:
            // The last line is of the newest commit: where the branch was.
            let lines = String(decoding: try readInput(), as: UTF8.self).split(separator: "\n")
            if let old = lines.last?.split(separator: " ").first { return commit(old) }
            // The pre-commit framework passes no lines on. A rebase leaves the commit's name behind, too.
            let command = arguments.first.map { String(decoding: $0, as: UTF8.self) }
            guard command ?? environment["PRE_COMMIT_REWRITE_COMMAND"] == "rebase" else { return nil }
            return try? repository.resolve("ORIG_HEAD")
        case .preCommit, .prepareCommitMessage, .prePush: return nil
        }
    }

    private func followLock(_ workspace: Workspace, previous: GitObjectID?) throws -> Outcome {
        var outcome = Outcome()
        fetchWhatIsLacking(workspace, &outcome)
        let report = try workspace.followLock(from: previous, command: "git hook \(hook.name)")
        if report.isBusy {
            outcome.lines.append(
                "another vintage is at work here, so data stays as it was; run 'vintage checkout' when it has ended")
        }
        let brought = report.checkout.artifacts
        if !brought.isEmpty {
            let changes = brought.reduce(0) { $0 + $1.changes.count }
            outcome.lines.append(
                "brought \(listed(brought.map(\.artifact))) to vintage.lock: "
                    + "\(changes) \(changes == 1 ? "file" : "files") changed")
        }
        if !report.checkout.kept.isEmpty {
            outcome.lines.append("kept your changes of \(listed(report.checkout.kept))")
        }
        if !report.unstored.isEmpty {
            outcome.lines.append(
                "left \(listed(report.unstored)) as it is, not as vintage.lock says: it has changes that are stored "
                    + "nowhere; 'vintage add' stores them, 'vintage restore' drops them")
        }
        if !report.absent.isEmpty {
            outcome.lines.append(
                "left \(listed(report.absent)) as it is: the store lacks what vintage.lock names; 'vintage pull' brings "
                    + "it from a remote")
        }
        return outcome
    }

    private func listed(_ paths: [RelativePath]) -> String {
        let shown = paths.prefix(3).map(\.description).joined(separator: ", ")
        return paths.count > 3 ? "\(shown) and \(paths.count - 3) more" : shown
    }
}
