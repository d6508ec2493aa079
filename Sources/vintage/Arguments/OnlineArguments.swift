import ArgumentParser
import FileSystem
import OnlineStore
import SystemPackage
import Workspace

/// Which online store a command uses.
struct OnlineArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The online store: the path of a file for SQLite, which is made, or redis://[user:password@]host[:port][/database]; "
                + "the variable VINTAGE_ONLINE_PASSWORD may have the password instead. By default what the setting online.store "
                + "says, which is the file .vintage/online.db of the workspace.",
            valueName: "file|address"))
    var store: RawArgument?

    /// Opens the store.
    func open(_ session: Session) throws -> any OnlineStorage {
        // A path's bytes are the argument's; an address is text.
        try OnlineStorePlace.open(store?.text, in: session.workspace) { text in
            store.map { session.console.filePath($0) } ?? FilePath(text)
        }
    }
}
