import ArgumentParser
import FileSystem
import Inference
import Learning
import ObjectStore
import SystemPackage
import Tables
import TextFormats
import Workspace

/// What commands that make a model smaller have in common.
struct CompressionArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The rows that judge: the training set, or another table with its columns.", valueName: "[rev:]path"),
        completion: .file())
    var data: RawArgument

    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: ArgumentHelp("The artifact to write, such as models/late-small.", valueName: "path"),
        completion: .directory)
    var output: RawArgument

    @Option(
        help: ArgumentHelp(
            "Write nothing and exit with 1 if the AUC (or the accuracy) is lower by more, or the error higher by this share.",
            valueName: "share"))
    var maxLoss: Share?

    @Option(
        help: ArgumentHelp(
            "The same for each slice of at least \(CompressionReport.leastRows) rows.", valueName: "share"))
    var maxSliceLoss: Share?

    @OptionGroup var table: TableArguments
    @OptionGroup var json: JSONOption

    @Argument(help: ArgumentHelp("The model.", valueName: "[rev:]path"), completion: .directory)
    var model: RawArgument

    /// Makes a model smaller, judges it, and stores it unless it is worse than allowed.
    func run(in session: Session, _ name: String, _ compress: (Compression) throws -> CompressedModel) throws
        -> ExitStatus
    {
        let workspace = session.workspace
        let path = try session.path(output)
        try session.refuseUnsafe(path, TrainedModel.check)
        let source = try session.dataPlace(model)
        let rows = try session.dataPlace(data)
        let compression = try Compression(
            of: source, data: rows, options: table.options, workers: workspace.configuration.workers)
        let smaller = try ProgressLine.show(name) { _ in try compress(compression) }
        let report = smaller.report
        if let refusal = refusal(report) {
            if json.isOn {
                session.print(report.json)
            } else {
                for line in report.lines(session.palette) { session.print(line) }
            }
            writeToStandardError("vintage: \(refusal); nothing was written\n")
            return .found
        }
        // What was stored an hour ago may have been changed since.
        try session.refuseUnsafe(path, TrainedModel.check)
        try smaller.write(to: workspace.root.appending(path))
        var parameters = smaller.trained.headlineParameters
        parameters["method"] = report.method
        for (name, value) in report.options { parameters[name] = value }
        parameters["vintage"] = Vintage.version
        if let digest = try rows.digest() { parameters["data.sha256"] = digest.description }
        let origin = ArtifactOrigin(inputs: [source.input, rows.input].compactMap { $0 }, parameters: parameters)
        let added = try ProgressLine.show("storing") { meter in
            try workspace.add([path], meter: meter, command: session.console.commandLine, origin: origin)
        }
        if json.isOn {
            var object = report.json
            object["output"] = .string(path.description)
            object["snapshot"] = JSON(added.artifacts.first?.snapshot)
            session.print(object)
        } else {
            for line in report.lines(session.palette) { session.print(line) }
            session.printAdded(added.artifacts)
        }
        return .done
    }

    /// Why a model is worse than allowed; `nil` if it is not.
    private func refusal(_ report: CompressionReport) -> String? {
        func text(_ loss: Double) -> String {
            report.metric == .rmse ? "\(decimals(loss * 100)) % higher" : "\(decimals(loss)) lower"
        }
        if let most = maxLoss?.value {
            guard let loss = report.loss else { return "the rows do not tell how much worse the smaller model is" }
            if loss > most {
                return "\(report.metric.rawValue) is \(text(loss)), and --max-loss allows \(decimals(most))"
            }
        }
        if let most = maxSliceLoss?.value, let worst = report.sliceLosses.first, worst.loss > most {
            return "\(report.metric.rawValue) is \(text(worst.loss)) where \(worst.column) is '\(worst.value)', and "
                + "--max-slice-loss allows \(decimals(most))"
        }
        return nil
    }
}
