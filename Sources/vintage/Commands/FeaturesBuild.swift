import ArgumentParser
import FileSystem
import ObjectStore
import SystemPackage
import Tables
import TextFormats
import TrainingSets
import Workspace

/// `vintage features build`.
struct FeaturesBuild: WorkspaceCommand {
    static let configuration = CommandConfiguration(
        commandName: "build",
        abstract: "Make a training set an artifact that names all it was made from.",
        discussion: """
            Does what 'vintage features join' does, into the artifact features/SERVICE (train.parquet in it), and stores it. Its \
            snapshot names the snapshot of each input, the definitions' commit and digest; 'vintage show' prints them. \
            'vintage commit' records it, and 'vintage checkout features/SERVICE@{2013-06-01}' brings a past one back.

            Examples:
              vintage features build arrival --spine data/labels.parquet
              vintage features build arrival --spine labels.csv --artifact training/arrival
            """)

    @OptionGroup var state: FeatureStateArguments
    @OptionGroup var spine: SpineArguments

    @Option(
        help: ArgumentHelp("The artifact to write; features/SERVICE by default.", valueName: "path"),
        completion: .directory)
    var artifact: RawArgument?

    @OptionGroup var json: JSONOption

    @Argument(help: "The service.")
    var service: RawArgument

    /// The name of the file in the artifact.
    private static let fileName = "train.parquet"

    func run(in session: Session) throws -> ExitStatus { try run(in: session, rows: nil) }

    /// - Parameter rows: the rows to be labelled, where they are found already.
    func run(in session: Session, rows: SpineArguments.Found?) throws -> ExitStatus {
        let workspace = session.workspace
        let held = try state.state(session)
        let plan = try held.plan(service)
        let path = try artifact.map { try session.path($0) } ?? RelativePath("features/\(plan.service.name)")
        if let outer = try workspace.lock().artifact(containing: path), outer != path {
            throw TrainingSetError.misuse("\(path) lies in the artifact \(outer); name another with --artifact")
        }
        try refuseUnstored(path, workspace)
        let found = try rows ?? spine.find(plan, held, isStored: true, session)
        let folder = workspace.root.appending(path)
        try folder.makeDirectories()
        let limit = state.limit(beside: folder)
        let builder = try TrainingSetBuilder(
            plan, spine: try spine.read(found, for: plan, limit: limit, session), sources: held.sources(in: workspace),
            embargo: state.embargo?.span, threads: workspace.configuration.workers, limit: limit)
        let set = try builder.build()
        let findings = try set.write(
            to: folder.appending(Self.fileName), guards: [try JoinGuard(session, state, held, zone: spine.zone)])
        let origin = try origin(of: set, held, found, findings)
        let report = try ProgressLine.show("storing") { meter in
            try workspace.add(
                [path], meter: meter, command: session.console.commandLine, origin: origin)
        }
        if json.isOn {
            var object = set.json(held, output: path.description)
            object["inputs"] = JSON(origin.inputs) { .object($0.json) }
            object["snapshot"] = JSON(report.artifacts.first?.snapshot)
            session.print(object)
        } else {
            session.print(
                "\(counted(set.table.count, "row")) with \(counted(plan.columnNames.count, "feature")) of "
                    + "'\(plan.service.name)'")
            session.printAdded(report.artifacts)
        }
        return .done
    }

    /// Refuses to write over a training set that is nowhere else.
    private func refuseUnstored(_ path: RelativePath, _ workspace: Workspace) throws {
        guard try workspace.root.appending(path).appending(Self.fileName).status() != nil else { return }
        let status = try workspace.status([path]).artifacts.first { $0.path == path }
        if status?.isClean ?? false { return }
        throw TrainingSetError.misuse(
            "\(path) has changes that are not stored; store them with 'vintage add \(path)', or take them away")
    }

    /// What the training set was made from.
    private func origin(
        of set: TrainingSet, _ held: WorkspaceState, _ found: SpineArguments.Found, _ findings: [String: String]
    ) throws -> ArtifactOrigin {
        var parameters = findings
        parameters["service"] = set.plan.service.name
        parameters["definitions.digest"] = set.plan.digest.description
        parameters["definitions.commit"] = held.definitionsCommit?.description ?? "not committed"
        parameters["spine"] = found.name
        parameters["spine.time"] = spine.time
        parameters["spine.zone"] = spine.zone
        parameters["embargo"] = state.embargo?.span.description
        if case .file(let file) = found.source {
            parameters["spine.sha256"] = ObjectID(of: try file.contents()).description
        }
        let inputs = Set(set.inputs + [found.input].compactMap { $0 }).sorted { $0.artifact < $1.artifact }
        return ArtifactOrigin(inputs: inputs, parameters: parameters)
    }
}
