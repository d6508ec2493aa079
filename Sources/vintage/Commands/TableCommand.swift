import ArgumentParser

/// `vintage table` and what is below it.
struct TableCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "table",
        abstract: "Look into tables of any version: Parquet and CSV.",
        discussion: """
            A table of a revision is read in the store, without a checkout, and only the chunks that are needed are \
            read. A path without a revision is the working file, or any other file: files need no workspace.

            Examples:
              vintage table head HEAD~1:data/flights.parquet -n 5
              vintage table schema data/flights.csv
              vintage table stats HEAD:data/flights.parquet --columns arr_delay
              vintage table diff HEAD~1:data/flights.parquet --key flight,day
            """,
        subcommands: [TableHead.self, TableSchema.self, TableStatistics.self, TableDiff.self])
}
