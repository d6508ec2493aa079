import ArgumentParser
import Tables
import TextFormats
import Workspace

/// `vintage table diff`.
struct TableDiff: TableReadingCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Compare the rows and columns of two tables.",
        discussion: """
            With --key rows of one key are versions of one another, and the cells that changed are told. Without it \
            whole rows are compared, and equal rows are counted.

            Without a second table: the table of the revision with the working file. A path alone: the last commit's \
            table (without git: the lock's) with the working file.

            Examples:
              vintage table diff data/flights.csv --key flight,day
              vintage table diff HEAD~1:data/flights.parquet HEAD:data/flights.parquet --key id --json
            """)

    @OptionGroup var rows: RowComparisonOptions

    @Flag(name: .customLong("schema"), help: "Compare the columns only.")
    var isSchemaOnly = false

    @Flag(name: .customLong("exit-code"), help: "End with status 1 if there is a difference.")
    var hasExitCode = false

    @OptionGroup var table: TableArguments
    @OptionGroup var json: JSONOption

    @Argument(help: ArgumentHelp("The old table.", valueName: "[rev:]path"), completion: .file())
    var old: RawArgument

    @Argument(
        help: ArgumentHelp("The new table; the working file by default.", valueName: "[rev:]path"),
        completion: .file())
    var new: RawArgument?

    func run(in session: TableSession) throws -> ExitStatus {
        let (old, new) = try tables(session)
        let difference = try TableDifference(old, new, rows, isSchemaOnly: isSchemaOnly)
        if json.isOn {
            session.print(difference.object)
        } else {
            for line in difference.lines(session.palette) { session.print(line) }
        }
        return hasExitCode && !difference.isEmpty ? .found : .done
    }

    private func tables(_ session: TableSession) throws -> (TableReader, TableReader) {
        let options = table.options
        if let new { return (try session.table(old, options), try session.table(new, options)) }
        guard let session = session.session else {
            throw WorkspaceError.misuse(
                "one table is compared with its last version, and you are in no workspace; name a second table")
        }
        let versioned = try VersionedPath(old, in: session)
        let revision = versioned.revision ?? (session.workspace.repository == nil ? nil : "HEAD")
        return (
            try session.storedTable(revision, versioned.path, options),
            try session.workingTable(versioned.path, options)
        )
    }
}
