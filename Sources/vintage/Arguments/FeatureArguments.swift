import ArgumentParser
import Features
import FileSystem
import ObjectStore
import SystemPackage
import Tables
import TrainingSets
import Workspace

/// What `vintage features join`, `build` and `asof` are told of data and definitions.
struct FeatureStateArguments: ParsableArguments {
    @Option(
        name: .customLong("as-of"),
        help: ArgumentHelp(
            "Take data and definitions as they were on a day or at a git revision.", valueName: "date|rev"))
    var asOf: RawArgument?

    @Option(help: ArgumentHelp("Take the definitions of a git revision.", valueName: "rev"))
    var definitions: RawArgument?

    @Option(help: ArgumentHelp("Keep at least this gap before the label's time.", valueName: "span"))
    var embargo: SpanArgument?

    @Option(
        help: ArgumentHelp(
            "How much memory the join may take, about: what does not fit is kept in files beside the output, and sources "
                + "are read more than once if labels do not fit. Less takes longer; the output is the same.",
            valueName: "size"))
    var memory: MemoryArgument?

    /// How much memory a join may take.
    ///
    /// - Parameter folder: where the output goes.
    func limit(beside folder: FilePath) -> MemoryLimit? {
        memory.map { MemoryLimit(bytes: $0.limit.bytes, scratch: folder.isEmpty ? "." : folder) }
    }

    /// The data and definitions.
    func state(_ session: Session) throws -> WorkspaceState {
        try WorkspaceState(of: session.workspace, asOf: asOf?.text, definitions: definitions?.text)
    }
}

/// What `vintage features join` and `build` are told of the rows to be labelled.
struct SpineArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The rows to be labelled; by default what the label's definition names.", valueName: "[rev:]file"),
        completion: .file())
    var spine: RawArgument?

    @Option(help: ArgumentHelp("The spine's column of the label's time; by default the label's.", valueName: "column"))
    var time: String?

    @Option(help: ArgumentHelp("The zone of the spine's timestamps without one.", valueName: "zone"))
    var zone: String?

    /// Where the rows are.
    struct Found {
        let source: TableSource
        /// The snapshot that they are read from; `nil` for a file that is in none.
        let input: Snapshot.Input?
        /// As it is recorded.
        let name: String
    }

    /// Finds the rows.
    ///
    /// - Parameter isStored: whether what lies in an artifact is read as the lock names it, not as the working file.
    func find(_ plan: ServicePlan, _ state: WorkspaceState, isStored: Bool, _ session: Session) throws -> Found {
        let workspace = session.workspace
        let path: RelativePath
        if let spine {
            let file = session.console.filePath(spine)
            let inside = try? session.path(spine)
            if try file.status()?.kind == .regular {
                if !isStored || inside.flatMap({ state.lock.artifact(containing: $0) }) == nil {
                    return Found(source: .file(file), input: nil, name: spine.text)
                }
            }
            let versioned = try VersionedPath(spine, in: session)
            if let revision = versioned.revision {
                let content = try workspace.content(revision, path: versioned.path)
                return Found(
                    source: .stored(content, workspace.store, name: spine.text), input: nil, name: spine.text)
            }
            path = versioned.path
        } else if let named = plan.label?.spine, !named.isPattern {
            path = named.folder
        } else {
            throw TrainingSetError.misuse(
                "the service '\(plan.service.name)' names no rows to be labelled; name them with --spine")
        }
        let name = String(decoding: path.bytes, as: UTF8.self)
        guard let artifact = state.lock.artifact(containing: path), let id = state.lock[artifact] else {
            let file = workspace.root.appending(path)
            if spine == nil, try file.status()?.kind == .regular {
                return Found(source: .file(file), input: nil, name: name)
            }
            throw WorkspaceError.nothingAt(path)
        }
        let root = try workspace.store.snapshot(id).root
        guard case .file(let content, _)? = try workspace.store.node(at: path.relative(to: artifact)!, below: root)
        else {
            throw WorkspaceError.noSuchPath(path, revision: state.name)
        }
        return Found(
            source: .stored(content, workspace.store, name: name),
            input: Snapshot.Input(artifact: artifact, snapshot: id), name: name)
    }

    /// Reads the rows.
    func read(
        _ found: Found, for plan: ServicePlan, limit: MemoryLimit?, _ session: Session
    ) throws -> SpineTable {
        try SpineTable(
            found.source, for: plan, time: time, zone: zone, threads: session.workspace.configuration.workers,
            limit: limit)
    }
}

/// An argument such as `512MiB`.
struct MemoryArgument: ExpressibleByArgument {
    /// The number of bytes.
    let limit: SizeLimit

    init?(argument: String) {
        guard let limit = SizeLimit(parsing: argument) else { return nil }
        self.limit = limit
    }
}

/// An argument such as `7d`.
struct SpanArgument: ExpressibleByArgument {
    /// The length.
    let span: TimeSpan

    init?(argument: String) {
        guard let span = TimeSpan(parsing: argument) else { return nil }
        self.span = span
    }
}
