import ArgumentParser
import FileSystem
import Learning
import ObjectStore
import SystemPackage
import TextFormats
import Workspace

/// `vintage train`.
struct Train: WorkspaceCommand {
    static let configuration = CommandConfiguration(
        abstract: "Train a model from a training set, and make it an artifact.",
        discussion: """
            Settings are a YAML file: which column is predicted, which go in, the kind of model (linear, logistic, mlp or trees), how \
            its weights are found. Docs/training.md has them all. The preprocessing is learned from the rows of the \
            training alone. Which rows these are, a column 'split' says, as 'vintage features split' makes it, or the \
            settings' own 'split'.

            The artifact has the weights, the preprocessing, the metrics by part and by slice, and the curves; its \
            snapshot names the data's snapshot, the settings' digest and the seed. The same data, settings and seed give \
            the same bytes. A training that was ended in the middle goes on when the same command is given again.

            Examples:
              vintage train --data features/arrival --config train.yaml -o models/late
              vintage train --data 'features/arrival@{2013-06-01}' --config train.yaml -o models/late
              vintage train --data split.parquet --config train.yaml -o models/late --seed 7
            """)

    @Option(
        help: ArgumentHelp("The training set: a table, or a folder with one.", valueName: "[rev:]path"),
        completion: .file())
    var data: RawArgument

    @Option(help: ArgumentHelp("The settings.", valueName: "file"), completion: .file(extensions: ["yaml", "yml"]))
    var config: RawArgument

    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: ArgumentHelp("The artifact to write, such as models/late.", valueName: "path"), completion: .directory)
    var output: RawArgument

    @Option(help: ArgumentHelp("What chance begins with, whatever the settings say.", valueName: "number"))
    var seed: UInt64?

    @OptionGroup var table: TableArguments
    @OptionGroup var json: JSONOption

    func run(in session: Session) throws -> ExitStatus {
        let workspace = session.workspace
        let settings = try TrainingConfiguration(
            parsing: try session.console.filePath(config).contents(), file: config.text, seed: seed)
        let place = try session.dataPlace(data)
        let path = try session.path(output)
        let folder = workspace.root.appending(path)
        try session.refuseUnsafe(path, TrainedModel.check)
        let parameters = try parameters(settings, place, session)
        let key = ObjectID(of: Array(keyText(parameters, place).utf8)).description
        let checkpoint = TrainingRun.checkpoints(of: workspace).appending("\(key).safetensors")
        let run = try TrainingRun(
            place, settings, options: table.options, workers: workspace.configuration.workers)
        var continued: Int?
        let trained = try ProgressLine.show("training") { _ in
            try run.train(checkpoint: checkpoint, key: key, resumed: { continued = $0 })
        }
        // What was stored an hour ago may have been changed since.
        try session.refuseUnsafe(path, TrainedModel.check)
        try trained.write(to: folder)
        let origin = ArtifactOrigin(
            inputs: [place.input].compactMap { $0 },
            parameters: parameters.merging(trained.headlineParameters) { $1 })
        let report = try ProgressLine.show("storing") { meter in
            try workspace.add([path], meter: meter, command: session.console.commandLine, origin: origin)
        }
        try TrainingRun.removeCheckpoint(checkpoint)
        if json.isOn {
            var object = trained.metricsJSON
            object["output"] = .string(path.description)
            object["inputs"] = JSON(origin.inputs) { .object($0.json) }
            object["seconds"] = .number(trained.duration / .seconds(1))
            object["snapshot"] = JSON(report.artifacts.first?.snapshot)
            session.print(object)
        } else {
            if let continued { session.print("Went on after epoch \(continued), where this training was ended.") }
            for line in trained.lines(session.palette) { session.print(line) }
            session.printAdded(report.artifacts)
        }
        return .done
    }

    /// What decides the result, for the snapshot.
    private func parameters(
        _ settings: TrainingConfiguration, _ place: DataPlace, _ session: Session
    ) throws -> [String: String] {
        var parameters: [String: String] = [:]
        parameters["model"] = settings.model.rawValue
        parameters["label"] = settings.label
        parameters["seed"] = String(settings.trainer.seed)
        parameters["config"] = config.text
        parameters["config.digest"] = settings.digest.description
        parameters["data"] = data.text
        if let digest = try place.digest() { parameters["data.sha256"] = digest.description }
        parameters["data.format"] = table.format?.rawValue
        parameters["data.zone"] = table.zone
        if !table.types.isEmpty {
            parameters["data.types"] = table.types.map { "\($0.column)=\($0.type)" }.joined(separator: ",")
        }
        parameters["vintage"] = Vintage.version
        if settings.model == .trees { parameters["xgboost"] = try TrainingRun.treeLibraryVersion() }
        return parameters
    }

    /// The parameters and the data as one text; where the settings' file lies does not matter.
    private func keyText(_ parameters: [String: String], _ place: DataPlace) -> String {
        let named = parameters.filter { $0.key != "config" }.sorted { $0.key < $1.key }
        return (named.map { "\($0.key)=\($0.value)" } + [place.input?.snapshot.description ?? ""])
            .joined(separator: "\n")
    }
}
