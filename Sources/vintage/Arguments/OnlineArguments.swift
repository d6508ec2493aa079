import ArgumentParser
import FileSystem
import OnlineStore
import SystemPackage
import Workspace

/// Which online store a command uses.
struct OnlineArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The online store: the path of a file for SQLite, which is made, or redis://[user:password@]host[:port][/database]. "
                + "By default the file .vintage/online.db of the workspace.",
            valueName: "file|address"))
    var store: RawArgument?

    /// Opens the store.
    func open(_ session: Session) throws -> any OnlineStorage {
        guard let store else {
            return try SQLiteStorage(session.workspace.root.appending(Workspace.folderName).appending("online.db"))
        }
        if store.text.contains("://") {
            let project = session.workspace.root.lastComponent?.string ?? "vintage"
            return try RedisStorage(RedisAddress(store.text), project: project)
        }
        return try SQLiteStorage(session.console.filePath(store))
    }
}
