import FileSystem
import Foundation
import PythonEnvironment
import Testing

/// The built command joins Parquet files, and others join them too: `Tests/second-opinions.py` compares every cell.
@Suite("Second opinions on joins")
struct SecondOpinionTests {
    @discardableResult
    private static func python(_ arguments: String...) throws -> String {
        try PythonEnvironment.python("second-opinions.py", arguments)
    }

    /// A workspace whose data is stored and committed.
    private static func workspace(_ seed: Int, _ availability: String) throws -> CommandFolder {
        let folder = try CommandFolder()
        try python("write", folder.root.string, "\(seed)", availability)
        try folder.run("vintage", "init")
        try folder.run("vintage", "add", "data")
        return folder
    }

    private static func join(_ folder: CommandFolder, _ service: String) throws -> String {
        try folder.run(
            "vintage", "features", "join", "--spine", "labels.parquet", "--service", service, "-o", "train.parquet")
        return folder.path("train.parquet").string
    }

    @Test("what is known at once is joined as by DuckDB's ASOF and by pandas, cell by cell", arguments: [1, 2])
    func oneClock(_ seed: Int) throws {
        let folder = try Self.workspace(seed, "at-once")
        let output = try Self.join(folder, "plain")
        for peer in ["asof", "pandas"] {
            #expect(try Self.python("compare", folder.root.string, output, peer) == "30000 cells are equal\n")
        }
    }

    @Test("what is known late is joined as by SQL with a predicate for each clock, windows too", arguments: [3, 4])
    func twoClocks(_ seed: Int) throws {
        let folder = try Self.workspace(seed, "later")
        let output = try Self.join(folder, "both")
        #expect(try Self.python("compare", folder.root.string, output, "sql") == "24000 cells are equal\n")
    }

    @Test("the comparison fails where one cell differs")
    func fails() throws {
        let folder = try Self.workspace(5, "at-once")
        let output = try Self.join(folder, "plain")
        let edit = """
            import pyarrow, pyarrow.parquet
            table = pyarrow.parquet.read_table('\(output)')
            values = table['number'].to_pylist()
            row = next(row for row, value in enumerate(values) if value is not None)
            values[row] += 1
            changed = table.set_column(table.column_names.index('number'), 'number', pyarrow.array(values, 'int64'))
            pyarrow.parquet.write_table(changed, '\(output)')
            """
        try PythonEnvironment.run(PythonEnvironment.program("python"), ["-c", edit])
        let failure = #expect(throws: PythonEnvironment.Failure.self) {
            try Self.python("compare", folder.root.string, output, "asof")
        }
        #expect(failure?.description.contains("1 of 30000 cells differ") ?? false)
    }
}
