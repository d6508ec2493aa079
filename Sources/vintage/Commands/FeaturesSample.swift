import ArgumentParser
import Splits
import Tables
import Workspace

/// `vintage features sample`.
struct FeaturesSample: TableReadingCommand {
    static let configuration = CommandConfiguration(
        commandName: "sample",
        abstract: "Take some of a table's rows, with the weights that undo it.",
        discussion: """
            reservoir takes any rows, stratified the same share of each stratum, negatives all positives and some of the \
            negatives. A weight is the number of rows that one stands for; negatives get a column 'weight', the other \
            methods one if --weight names it. A negative is false or 0, or what --negative says.

            What was decided is printed, and written beside the table. Without -o nothing is written. Docs/splits.md has \
            the rules.

            Examples:
              vintage features sample labels.parquet --by negatives --label late --ratio 3 -o train.parquet
              vintage features sample labels.parquet --by stratified --stratify carrier --fraction 0.1 -o small.parquet
            """)

    @Option(help: ArgumentHelp("reservoir, stratified or negatives.", valueName: "method"))
    var by: SampleMethod = .reservoir

    @Option(help: ArgumentHelp("Take so many rows; of the negatives, for them.", valueName: "count"))
    var rows: Int?

    @Option(help: ArgumentHelp("Take this share of the rows; of the negatives, for them.", valueName: "fraction"))
    var fraction: String?

    @Option(help: ArgumentHelp("Take so many negatives for each positive.", valueName: "number"))
    var ratio: String?

    @Option(help: ArgumentHelp("The columns that tell a row's stratum.", valueName: "columns"))
    var stratify: ColumnNames?

    @Option(help: ArgumentHelp("The column that tells negatives.", valueName: "column"))
    var label: String?

    @Option(help: ArgumentHelp("The label's value that makes a negative.", valueName: "value"))
    var negative: String?

    @Option(help: ArgumentHelp("The name of the column of weights.", valueName: "name"))
    var weight: String?

    @Option(help: ArgumentHelp("What chance begins with.", valueName: "number"))
    var seed: UInt64 = 0

    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: ArgumentHelp("The table to write.", valueName: "path"), completion: .file())
    var output: RawArgument?

    @Flag(help: "Replace what is there.")
    var force = false

    @OptionGroup var table: TableArguments
    @OptionGroup var json: JSONOption

    @Argument(help: ArgumentHelp("The table.", valueName: "[rev:]path"), completion: .file())
    var path: RawArgument

    private var request: SampleRequest {
        var request = SampleRequest(by)
        request.rows = rows
        request.fraction = fraction
        request.ratio = ratio
        request.stratify = stratify?.names ?? []
        request.label = label
        request.negative = negative
        request.weight = weight
        request.seed = seed
        return request
    }

    func run(in session: TableSession) throws -> ExitStatus {
        try request.validate()
        let place = try output.map { try OutputPlace(tableAt: session.console.filePath($0), replaces: force) }
        let reader = try session.table(path, table.options)
        if let name = request.weightColumn, place != nil, reader.schema.index(of: name) != nil {
            throw SplitError.columnExists(name, table: reader.name)
        }
        let sample = try TableSample(reader, request, name: path.text)
        if let place { try sample.write(reader, to: place) }
        if json.isOn {
            session.print(sample.json)
        } else {
            for line in sample.lines { session.print(line) }
        }
        return .done
    }
}
