import Buckets
import FileSystem
import ObjectStore
import SystemPackage
import Workspace

extension Workspace {
    /// The remote of a name, or the default one: what `VINTAGE_REMOTE` names, else what the settings mark, else the only
    /// one there is.
    ///
    /// - Throws: ``RemoteError/unknownRemote(_:nearest:)``, ``RemoteError/noRemote`` or ``RemoteError/noDefault(_:)``.
    public func remoteSetting(_ name: String? = nil) throws(RemoteError) -> RemoteSetting {
        if let name = name ?? remoteOfEnvironment {
            if let setting = remotes.first(where: { $0.name == name }) { return setting }
            throw .unknownRemote(name, nearest: nearestName(to: name, among: remotes.map(\.name)))
        }
        if let setting = remotes.first(where: \.isDefault) { return setting }
        guard let only = remotes.first else { throw .noRemote }
        guard remotes.count == 1 else { throw .noDefault(remotes.map(\.name)) }
        return only
    }

    /// Opens the remote that a setting describes. Nothing is looked for yet.
    public func open(_ setting: RemoteSetting) throws(RemoteError) -> any Remote {
        try openRemote(setting.url, relativeTo: root, environment: environment)
    }

    /// Adds a remote to `vintage.yaml`, or to this machine's settings.
    ///
    /// - Parameters:
    ///   - url: a path, relative to the workspace's root, or a URL.
    ///   - isDefault: whether it is meant where none is named.
    public func addRemote(_ name: String, url: String, isDefault: Bool = false, isLocal: Bool = false) throws {
        guard RemoteSetting.isValid(name: name) else { throw RemoteError.invalidName(name) }
        if remotes.contains(where: { $0.name == name }) { throw RemoteError.remoteExists(name) }
        _ = try openRemote(url, relativeTo: root, environment: environment)
        let source: ConfigurationSource = isLocal ? .local : .shared
        let setting = RemoteSetting(name: name, url: url, isDefault: isDefault, source: source)
        try write(setting)
    }

    /// Changes where a remote is, or makes it the default.
    public func changeRemote(_ name: String, url: String? = nil, isDefault: Bool? = nil) throws {
        var setting = try remoteSetting(name)
        if let url {
            _ = try openRemote(url, relativeTo: root, environment: environment)
            setting.url = url
        }
        if let isDefault { setting.isDefault = isDefault }
        try write(setting)
    }

    /// Takes a remote out of the settings. What it holds stays.
    public func removeRemote(_ name: String) throws {
        let setting = try remoteSetting(name)
        try setRemote(nil, named: name, in: setting.source)
    }

    /// Writes a remote; if it is the default, no other one of the same file is.
    private func write(_ setting: RemoteSetting) throws {
        if setting.isDefault {
            for var other in remotes where other.isDefault && other.name != setting.name {
                guard other.source == setting.source else { continue }
                other.isDefault = false
                try setRemote(other, named: other.name, in: other.source)
            }
        }
        try setRemote(setting, named: setting.name, in: setting.source)
    }

    /// Where copies of a remote's indexes are kept.
    func catalogFolder(_ description: RemoteDescription) -> FilePath {
        caches.appending("remotes").appending(description.id.description)
    }
}

/// Opens the remote at a place: a path, or a URL of a kind that is known.
///
/// - Parameters:
///   - root: what a relative path starts from.
///   - environment: the environment's variables.
/// - Throws: ``RemoteError/unsupportedLocation(_:)``, ``RemoteError/bucket(_:)``.
public func openRemote(
    _ url: String, relativeTo root: FilePath, environment: [String: String]
) throws(RemoteError) -> any Remote {
    if url.hasPrefix(BucketLocation.scheme) {
        return try BucketRemote(url, relativeTo: root, environment: environment)
    }
    if let end = url.firstRange(of: "://") {
        guard url[..<end.lowerBound] == "file", url[end.upperBound...].hasPrefix("/") else {
            throw .unsupportedLocation(url)
        }
        return FolderRemote(FilePath(String(url[end.upperBound...])).lexicallyNormalized())
    }
    guard !url.isEmpty else { throw .unsupportedLocation(url) }
    return FolderRemote(root.pushing(FilePath(url)).lexicallyNormalized())
}
