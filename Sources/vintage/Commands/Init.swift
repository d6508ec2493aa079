import ArgumentParser
import FileSystem
import GitBridge
import SystemPackage
import Workspace

/// `vintage init`.
struct Init: Command {
    static let configuration = CommandConfiguration(
        abstract: "Make a workspace.",
        discussion: """
            Uses the git repository around the folder, or makes one. Run it again in a clone to complete it: \
            nothing that is there is changed.

            Examples:
              vintage init
              vintage init --no-git /data/experiment
            """)

    @Flag(name: .customLong("no-git"), help: "Keep versions without git; the lock alone says what is current.")
    var isWithoutGit = false

    @Argument(help: "The folder; made if it is not there. The one you are in by default.", completion: .directory)
    var directory: RawArgument?

    func run(_ console: Console) throws -> ExitStatus {
        let folder = directory.map(console.filePath) ?? console.workingDirectory
        let made = try Workspace.initialize(at: folder, usesGit: !isWithoutGit, environment: console.environment)
        let standing = made.workspace.repository == nil ? [] : try configure(made.workspace)
        let root = displayed(made.workspace.root)
        let verb = made.createdStore ? "Made a workspace" : "There is a workspace"
        let git =
            made.createdRepository ? " and its git repository" : made.workspace.repository == nil ? " without git" : ""
        console.output.print("\(verb)\(git) in \(root)\(made.createdStore ? "" : " already")")
        if made.createdStore { console.output.print("Put data under care with 'vintage add PATH'.") }
        if !standing.isEmpty {
            console.output.print(
                "\(counted(standing.count, "tracked file")) \(standing.count == 1 ? "stands as a pointer" : "stand as pointers"); "
                    + "'vintage checkout' brings the contents that the store has.")
        }
        return .done
    }

    /// Sets git up, and tells which tracked files stand as pointers, as in a fresh clone.
    private func configure(_ workspace: Workspace) throws -> [RelativePath] {
        let bridge = try GitBridge(workspace)
        try bridge.configureRepository()
        return try bridge.standingPointers().map(\.path)
    }
}
