import ArgumentParser
import Tables
import TextFormats
import Workspace

/// `vintage table head`.
struct TableHead: TableReadingCommand {
    static let configuration = CommandConfiguration(
        commandName: "head",
        abstract: "Print the first rows of a table.",
        discussion: """
            Moments are printed in UTC. In JSON each row is an object, moments are text and nulls are null.

            Example:
              vintage table head HEAD:data/flights.parquet -n 5 --columns carrier,arr_delay
            """)

    @Option(name: [.customShort("n"), .customLong("rows")], help: "How many rows.")
    var rows = 10

    @Option(name: .customLong("columns"), help: "These columns only, with commas between.")
    var columns: ColumnNames?

    @OptionGroup var table: TableArguments
    @OptionGroup var json: JSONOption

    @Argument(help: ArgumentHelp("The table.", valueName: "[rev:]path"), completion: .file())
    var path: RawArgument

    func run(in session: TableSession) throws -> ExitStatus {
        let reader = try session.table(path, table.options)
        let names = columns?.names ?? reader.schema.fields.filter(\.type.isCarried).map(\.name)
        var rest = max(0, rows)
        var lines = Table(names.map { (reader.schema[$0]?.type.isNumeric ?? false) ? .right : .left })
        lines.add(names)
        var objects: [JSON] = []
        let batches = try reader.batches(names, rows: min(max(rest, 1), 1 << 16), workers: 1)
        while rest > 0, let batch = try batches.next() {
            for row in 0..<min(rest, batch.count) {
                if json.isOn {
                    objects.append(.object(Self.object(batch, row)))
                } else {
                    lines.add(batch.columns.map { $0.type.text(of: $0.cell(at: row)) })
                }
            }
            rest -= min(rest, batch.count)
        }
        if json.isOn {
            var object = JSONObject()
            object["rows"] = .array(objects)
            session.print(object)
        } else {
            for line in lines.lines { session.print(line) }
        }
        return .done
    }

    private static func object(_ batch: RecordBatch, _ row: Int) -> JSONObject {
        var object = JSONObject()
        for (field, column) in zip(batch.schema.fields, batch.columns) {
            object[field.name] = JSON(column.cell(at: row), field.type)
        }
        return object
    }
}
