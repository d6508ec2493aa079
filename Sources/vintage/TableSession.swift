import FileSystem
import Tables
import TextFormats
import Workspace

/// One call of a command that reads tables: in a workspace, whose versions it may read, or anywhere else, where it reads
/// files.
struct TableSession {
    /// The workspace that the folder lies in; `nil` if it lies in none.
    let session: Session?
    /// What the process was called with.
    let console: Console
    /// The colours of output.
    let palette: Palette

    /// Opens the workspace that the folder lies in, if there is one.
    init(_ console: Console) throws {
        self.console = console
        do {
            let session = try Session(console)
            (self.session, palette) = (session, session.palette)
        } catch let error as WorkspaceError {
            guard case .notAWorkspace = error else { throw error }
            (session, palette) = (nil, Palette(mode: .auto, environment: console.environment))
        }
    }

    /// Prints a line.
    func print(_ text: String = "") { console.output.print(text) }

    /// Prints a JSON object.
    func print(_ object: JSONObject) { console.output.print(JSON.object(object).text) }

    /// Opens the table that an argument names; without a workspace, the file.
    func table(_ argument: RawArgument, _ options: TableOptions) throws -> TableReader {
        if let session { return try session.table(argument, options) }
        let file = console.filePath(argument)
        guard try file.status() != nil else {
            throw WorkspaceError.misuse(
                "there is no file \(argument.text), and you are in no workspace whose versions it could be in")
        }
        return try TableReader(.file(file), options)
    }
}

/// A command that reads tables, in a workspace or without one.
protocol TableReadingCommand: Command {
    /// Does what the command is for.
    ///
    /// - Returns: how the process ends, where that is not an error.
    func run(in session: TableSession) throws -> ExitStatus
}

extension TableReadingCommand {
    func run(_ console: Console) throws -> ExitStatus { try run(in: TableSession(console)) }
}
