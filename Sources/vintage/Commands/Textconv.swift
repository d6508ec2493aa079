import ArgumentParser
import GitBridge
import Workspace

/// `vintage textconv`.
struct Textconv: Command {
    static let configuration = CommandConfiguration(
        abstract: "Print what a diff shows of a tracked file.",
        discussion: """
            Prints the file's kind, size and id, and of a table its columns and the number of rows. git calls it for \
            'git diff', 'git log -p' and the like: 'vintage init' sets it up as diff.vintage.textconv.

            Example:
              vintage textconv flights.csv
            """)

    @Argument(help: "A file, or a pointer that git keeps in the place of one.", completion: .file())
    var file: RawArgument

    func run(_ console: Console) throws -> ExitStatus {
        let workspace = try GitBridge.workspace(from: console.workingDirectory, environment: console.environment)
        let summary = try ContentSummary(of: console.filePath(file), store: workspace?.store)
        for line in summary.lines { console.output.print(line) }
        return .done
    }
}
