import ArgumentParser
import Workspace

/// A command of `vintage`: parses its arguments, calls the workspace, prints what it says.
protocol Command: ParsableCommand {
    /// Does what the command is for.
    ///
    /// - Returns: how the process ends, where that is not an error.
    func run(_ console: Console) throws -> ExitStatus
}

/// A command that works in a workspace, which the folder it is called in lies in.
protocol WorkspaceCommand: Command {
    /// Does what the command is for.
    ///
    /// - Returns: how the process ends, where that is not an error.
    func run(in session: Session) throws -> ExitStatus
}

extension WorkspaceCommand {
    func run(_ console: Console) throws -> ExitStatus {
        try run(in: Session(console))
    }
}

/// The option `--json`.
struct JSONOption: ParsableArguments {
    @Flag(name: .customLong("json"), help: "Print JSON, for scripts: ids in full, sizes in bytes.")
    var isOn = false
}
