import ArgumentParser
import FileSystem
import Git
import GitBridge
import ObjectStore
import Workspace

/// `vintage lfs-agent`.
struct LargeFileAgent: Command {
    static let configuration = CommandConfiguration(
        commandName: "lfs-agent",
        abstract: "Move the files of git-lfs into the store and out of it; git-lfs calls it.",
        discussion: """
            Speaks git-lfs's protocol for custom transfer agents on standard input and output. Set it up in a \
            repository that uses git-lfs, and 'git push' and 'git pull' move its files through the store, in which a \
            new version of a file takes what has changed only:

              git config lfs.standalonetransferagent vintage
              git config lfs.customtransfer.vintage.path vintage-lfs-agent

            The store is that of the workspace that the repository is, or of another one, such as a folder that all \
            clones reach:

              vintage init --no-git /mnt/shared
              git config lfs.customtransfer.vintage.args '--store /mnt/shared'

            vintage-lfs-agent is a link to vintage that 'make install' makes. Without it, the path is vintage and the \
            arguments begin with lfs-agent.
            """)

    @Option(
        help: ArgumentHelp("A folder in the workspace whose store keeps the files.", valueName: "folder"),
        completion: .directory)
    var store: RawArgument?

    func run(_ console: Console) throws -> ExitStatus {
        var agent: TransferAgent
        do {
            agent = try prepare(console)
        } catch {
            TransferAgent.refuse(error)
            throw error
        }
        try agent.run()
        return .done
    }

    private func prepare(_ console: Console) throws -> TransferAgent {
        let folder = store.map(console.filePath) ?? console.workingDirectory
        guard let repository = try Repository.discover(from: console.workingDirectory) else {
            throw LargeFileError.noRepository(console.workingDirectory)
        }
        do {
            let workspace = try Workspace.open(from: folder, environment: console.environment)
            return try TransferAgent(repository: repository, workspace: workspace)
        } catch WorkspaceError.notAWorkspace, StoreError.noStore {
            throw LargeFileError.noStore(folder)
        }
    }
}
