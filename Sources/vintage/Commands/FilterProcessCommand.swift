import ArgumentParser
import GitBridge
import Workspace

/// `vintage filter-process`.
struct FilterProcessCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "filter-process",
        abstract: "Serve git as the filter of tracked files; git calls it.",
        discussion: """
            Speaks git's long-running filter protocol, version 2, on standard input and output. 'vintage track' sets it \
            up as filter.vintage.process.
            """)

    func run(_ console: Console) throws -> ExitStatus {
        var filter = FilterProcess(
            workspace: try GitBridge.workspace(
                from: console.workingDirectory, environment: console.environment))
        try filter.run()
        return .done
    }
}
