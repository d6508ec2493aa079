import ArgumentParser
import Tables
import TextFormats
import Workspace

/// `vintage table stats`.
struct TableStatistics: TableReadingCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract: "Print what the values of each column are like.",
        discussion: """
            Every value of the columns is read once: how many are null, the least, the greatest, and the mean of \
            numbers. Values that are not a number count as neither least nor greatest.

            Example:
              vintage table stats HEAD:data/flights.parquet --columns arr_delay,dep_delay
            """)

    @Option(name: .customLong("columns"), help: "These columns only, with commas between.")
    var columns: ColumnNames?

    @OptionGroup var table: TableArguments
    @OptionGroup var json: JSONOption

    @Argument(help: ArgumentHelp("The table.", valueName: "[rev:]path"), completion: .file())
    var path: RawArgument

    func run(in session: TableSession) throws -> ExitStatus {
        let reader = try session.table(path, table.options)
        let summaries = try ColumnSummary.summaries(of: reader, columns?.names)
        if json.isOn {
            var object = JSONObject()
            object["rows"] = JSON(reader.rowCount ?? summaries.first?.count ?? 0)
            object["columns"] = JSON(summaries) { summary in
                var object = JSONObject(summary.field)
                object["nulls"] = JSON(summary.nullCount)
                object["nan"] = JSON(summary.nanCount)
                object["min"] = JSON(summary.least, summary.field.type)
                object["max"] = JSON(summary.greatest, summary.field.type)
                object["mean"] = summary.mean.map { JSON($0) } ?? .null
                return .object(object)
            }
            session.print(object)
            return .done
        }
        var lines = Table([.left, .left, .right, .right, .left, .left, .left])
        lines.add(["column", "type", "rows", "nulls", "min", "max", "mean"])
        for summary in summaries {
            let type = summary.field.type
            lines.add([
                summary.field.name, "\(type)", "\(summary.count)", "\(summary.nullCount)",
                type.text(of: summary.least), type.text(of: summary.greatest), summary.mean.map { "\($0)" } ?? "",
            ])
        }
        for line in lines.lines { session.print(line) }
        return .done
    }
}
