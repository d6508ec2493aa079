import ArgumentParser
import Leakage
import Splits
import Tables
import Workspace

extension SplitMethod: ExpressibleByArgument {}
extension SampleMethod: ExpressibleByArgument {}

/// `vintage features split`.
struct FeaturesSplit: TableReadingCommand {
    static let configuration = CommandConfiguration(
        commandName: "split",
        abstract: "Divide a table's rows into training and test, or into folds.",
        discussion: """
            By time, parts follow each other in time, and rows of one moment stay together. kfold makes consecutive runs \
            of time that judge in turn. In both, a row is left out of training if its label's interval, from its time to \
            its time + --horizon, overlaps that of a row that judges, or if it is no further than --embargo from it; with \
            --group also if its group has rows that judge. group keeps all rows of a group together, stratified keeps \
            each stratum's share, and random does neither; with --folds they make folds.

            If -o names a .parquet, .csv or .tsv file, it gets all rows and a column 'split' (or 'fold'); else it is a \
            folder, which gets a table for each part. What was decided is printed, and written beside the table or into \
            the folder. Without -o nothing is written. Docs/splits.md has the rules.

            Examples:
              vintage features split labels.parquet --by time --time time --horizon 24h --embargo 1h -o parts
              vintage features split labels.parquet --by kfold --time time --folds 5 --horizon 24h -o folds.parquet
              vintage features split labels.parquet --by group --group tailnum --stratify late -o split.parquet
            """)

    @Option(help: ArgumentHelp("time, random, group, stratified or kfold.", valueName: "method"))
    var by: SplitMethod

    @Option(help: ArgumentHelp("The rows' times: timestamps with a zone, or dates.", valueName: "column"))
    var time: String?

    @Option(help: ArgumentHelp("The columns that tell a row's group.", valueName: "columns"))
    var group: ColumnNames?

    @Option(help: ArgumentHelp("The columns that tell a row's stratum, such as the label.", valueName: "columns"))
    var stratify: ColumnNames?

    @Option(help: ArgumentHelp("train,test or train,validation,test; 0.8,0.2 by default.", valueName: "fractions"))
    var fractions: ColumnNames?

    @Option(help: ArgumentHelp("Make so many folds; for kfold 5 by default.", valueName: "count"))
    var folds: Int?

    @Option(help: ArgumentHelp("When the test begins, instead of fractions.", valueName: "date"))
    var testFrom: String?

    @Option(help: ArgumentHelp("When the validation before it begins.", valueName: "date"))
    var validationFrom: String?

    @Option(help: ArgumentHelp("How long a label takes to be settled, as 24h or 7d.", valueName: "span"))
    var horizon: SpanArgument?

    @Option(help: ArgumentHelp("What is kept apart beyond the horizon.", valueName: "span"))
    var embargo: SpanArgument?

    @Option(help: ArgumentHelp("What chance begins with.", valueName: "number"))
    var seed: UInt64 = 0

    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: ArgumentHelp("The table or the folder to write.", valueName: "path"), completion: .file())
    var output: RawArgument?

    @Option(help: ArgumentHelp("The name of the added column.", valueName: "name"))
    var column: String?

    @Flag(help: "Replace what an earlier split wrote.")
    var force = false

    @OptionGroup var table: TableArguments
    @OptionGroup var json: JSONOption

    @Argument(help: ArgumentHelp("The table.", valueName: "[rev:]path"), completion: .file())
    var path: RawArgument

    private func request() throws -> SplitRequest {
        var request = SplitRequest(by)
        request.time = time
        request.group = group?.names ?? []
        request.stratify = stratify?.names ?? []
        request.fractions = fractions?.names
        request.folds = folds
        request.testFrom = try testFrom.map { try Timestamp(parsing: $0) }
        request.validationFrom = try validationFrom.map { try Timestamp(parsing: $0) }
        request.horizon = horizon?.span ?? .seconds(0)
        request.embargo = embargo?.span ?? .seconds(0)
        request.seed = seed
        try request.validate()
        return request
    }

    /// The training set that the table is, so that 'vintage ci' knows whose labels its parts have.
    private func trainingSet(_ session: TableSession) throws -> (artifact: String, snapshot: String)? {
        guard let session = session.session, let versioned = try? VersionedPath(path, in: session),
            let stored = try session.artifact(at: versioned),
            let snapshot = try? session.workspace.store.snapshot(stored.snapshot),
            TrainingSetProvenance(snapshot) != nil
        else { return nil }
        return ("\(stored.path)", "\(stored.snapshot)")
    }

    func run(in session: TableSession) throws -> ExitStatus {
        let request = try request()
        let place = try output.map { try OutputPlace(session.console.filePath($0), replaces: force) }
        if column != nil, place?.format == nil { throw SplitError.columnWithoutTable }
        let reader = try session.table(path, table.options)
        if place?.format != nil { try TableSplit.checkNames(reader, request, column: column) }
        var split = try TableSplit(reader, request, name: path.text)
        split.report.trainingSet = try trainingSet(session)
        if let place { try split.write(reader, to: place, column: column) }
        if json.isOn {
            session.print(split.report.json)
        } else {
            for line in split.report.lines { session.print(line) }
        }
        return .done
    }
}
