import ArgumentParser
import FileSystem
import Inference
import Learning
import Tables
import TextFormats
import Workspace

/// `vintage predict`.
struct Predict: WorkspaceCommand {
    static let configuration = CommandConfiguration(
        abstract: "Predict the rows of a table with a model.",
        discussion: """
            Writes the rows, in their order, with the prediction beside them: a number, or a class and its probability (of two \
            classes that of the second, as model.json lists them; else that of each). The table is read and written \
            batch by batch, however large it is.

            Examples:
              vintage predict models/late --data flights.parquet -o predictions.parquet
              vintage predict models/late@v3 --data HEAD:data/flights.csv --columns carrier,flight -o predictions.csv
            """)

    @Option(
        help: ArgumentHelp("The rows: a table, or a folder with one.", valueName: "[rev:]path"), completion: .file())
    var data: RawArgument

    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: ArgumentHelp("Where the predictions go: .parquet, .csv or .tsv.", valueName: "file"), completion: .file())
    var output: RawArgument

    @Option(
        name: .customLong("columns"),
        help: ArgumentHelp("The columns of the table that are written too; all by default.", valueName: "columns"))
    var columns: ColumnNames?

    @Flag(help: "Replace what is there.")
    var force = false

    @OptionGroup var table: TableArguments
    @OptionGroup var json: JSONOption

    @Argument(help: ArgumentHelp("The model.", valueName: "[rev:]path"), completion: .directory)
    var model: RawArgument

    func run(in session: Session) throws -> ExitStatus {
        let file = session.console.filePath(output)
        guard let format = TableFormat(fileName: file.lastComponent?.string ?? "") else {
            throw TableError.unknownFormat(table: output.text)
        }
        if !force, try file.status() != nil {
            throw InferenceError.misuse("\(output.text) is there already; choose another, or replace it with --force")
        }
        let workers = session.workspace.configuration.workers
        let predictor = try Predictor(Model(try session.dataPlace(model)))
        let predictions = try TablePredictor(
            predictor, try session.rows(data, table.options), keeping: columns?.names, workers: workers)
        try file.removingLastComponent().makeDirectories()
        let writer = try TableWriter(.file(file), predictions.schema, format)
        let count = try ProgressLine.show("predicting") { _ in try predictions.run { try writer.write($0) } }
        try writer.finish()
        if json.isOn {
            var object = JSONObject()
            object["output"] = .string(output.text)
            object["rows"] = JSON(count)
            object["columns"] = JSON(predictions.schema.names) { .string($0) }
            session.print(object)
        } else {
            session.print("\(counted(count, "row")) with '\(predictor.model.label)' predicted in \(output.text)")
        }
        return .done
    }
}
