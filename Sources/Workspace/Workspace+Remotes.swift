import FileSystem
import SystemPackage

// Where remotes are, by the settings. What is done with them is for the room above.
extension Workspace {
    /// The variable that names the default remote on this machine.
    public static let remoteVariable = "VINTAGE_REMOTE"

    /// The remotes of the settings, in the order in which they are written.
    public var remotes: [RemoteSetting] { configuration.remotes }

    /// The name of the remote that the environment chooses as the default.
    public var remoteOfEnvironment: String? {
        environment[Self.remoteVariable].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Writes a remote into `vintage.yaml`, or into this machine's `.vintage/config.yaml`.
    ///
    /// The settings of this workspace stay as they were read: open it again to see the change.
    ///
    /// - Parameter remote: the remote as it is to be; `nil` to remove it.
    public func setRemote(_ remote: RemoteSetting?, named name: String, in source: ConfigurationSource) throws {
        let path = source == .local ? folder.appending("config.yaml") : root.appending(Self.configurationName)
        let text = try path.contentsIfPresent() ?? []
        try path.replaceContents(with: try Configuration.setting(remote, named: name, in: text, of: source))
    }
}
