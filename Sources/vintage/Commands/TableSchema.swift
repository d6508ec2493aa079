import ArgumentParser
import Tables
import TextFormats
import Workspace

/// `vintage table schema`.
struct TableSchema: TableReadingCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Print the columns of a table and their types.",
        discussion: """
            The types of a CSV file are inferred from its beginning, or declared with --type.

            Example:
              vintage table schema HEAD~1:data/flights.parquet
            """)

    @OptionGroup var table: TableArguments
    @OptionGroup var json: JSONOption

    @Argument(help: ArgumentHelp("The table.", valueName: "[rev:]path"), completion: .file())
    var path: RawArgument

    func run(in session: TableSession) throws -> ExitStatus {
        let reader = try session.table(path, table.options)
        if json.isOn {
            var object = JSONObject()
            object["format"] = .string(reader.format.rawValue)
            object["rows"] = reader.rowCount.map { JSON($0) } ?? .null
            object["row_groups"] = JSON(reader.rowGroupSizes) { JSON($0) }
            object["columns"] = JSON(reader.schema.fields) { .object(JSONObject($0)) }
            session.print(object)
            return .done
        }
        var lines = Table([.left, .left, .left])
        for field in reader.schema.fields {
            lines.add([field.name, "\(field.type)", field.isNullable ? "" : "not null"])
        }
        for line in lines.lines { session.print(line) }
        if let count = reader.rowCount {
            session.print("\(counted(count, "row")) in \(counted(reader.rowGroupSizes.count, "row group"))")
        }
        return .done
    }
}
