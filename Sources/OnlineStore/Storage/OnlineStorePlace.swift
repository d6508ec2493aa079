import FileSystem
import SystemPackage

import class Workspace.Workspace

/// Where an online store is: what the command line names, else the setting `online.store`.
///
///     let storage = try OnlineStorePlace.open(nil, in: workspace) { $0 }
public enum OnlineStorePlace {
    /// Opens the store.
    ///
    /// - Parameters:
    ///   - named: a path or an address of the command line; `nil` for what the settings say.
    ///   - path: makes a path of the command line one that can be opened.
    /// - Throws: ``OnlineStoreError``.
    public static func open(
        _ named: String?, in workspace: Workspace, path: (String) -> FilePath
    ) throws(OnlineStoreError) -> any OnlineStorage {
        let text = named ?? workspace.configuration.onlineStore
        guard text.contains("://") else {
            return try SQLiteStorage(named.map(path) ?? workspace.root.pushing(FilePath(text)))
        }
        var address = try RedisAddress(text)
        if named == nil, address.password != nil {
            throw .invalidAddress(
                address.shown,
                reason: "the setting 'online.store' holds a password, which files of settings must not; give it by the "
                    + "variable \(Workspace.onlinePasswordVariable)")
        }
        if address.password == nil { address.password = workspace.onlinePassword }
        return try RedisStorage(address, project: workspace.root.lastComponent?.string ?? "vintage")
    }
}
