import ArgumentParser
import FileSystem
import GitBridge
import Remotes
import SystemPackage
import Workspace

/// `vintage clone`.
struct Clone: Command {
    static let configuration = CommandConfiguration(
        abstract: "Copy a git repository with its data.",
        discussion: """
            Runs 'git clone', makes the store, and brings what the lock names from the remote that vintage.yaml names.

            Examples:
              vintage clone git@example.com:team/flights.git
              vintage clone --branch fix https://example.com/flights.git work
            """)

    @Option(name: .shortAndLong, help: ArgumentHelp("Check out that branch.", valueName: "branch"))
    var branch: RawArgument?

    @Flag(name: .customLong("history"), help: "Bring also older versions.")
    var withHistory = false

    @Argument(help: "What 'git clone' takes: a URL or a path.")
    var url: RawArgument

    @Argument(help: "The new folder; what 'git clone' would choose by default.", completion: .directory)
    var directory: RawArgument?

    func run(_ console: Console) throws -> ExitStatus {
        let report = try ProgressLine.show("cloning") { meter in
            try Workspace.clone(
                url.text, to: directory.map(console.filePath), from: console.workingDirectory, branch: branch?.text,
                withHistory: withHistory, environment: console.environment, meter: meter, command: console.commandLine
            ) { workspace in
                try GitBridge(workspace).configureRepository()
            }
        }
        _ = try GitBridge(report.workspace).bringContents()
        console.output.print("Made a workspace in \(displayed(report.workspace.root))")
        if let pull = report.pull {
            let files = counted(pull.checkout.artifacts.count, "artifact")
            console.output.print("\(files) from \(pull.fetch.remote): \(size(pull.fetch.bytes)) received.")
        } else if report.workspace.remotes.isEmpty {
            console.output.print("Its settings name no remote: add one with 'vintage remote add', then 'vintage pull'.")
        }
        return .done
    }
}
