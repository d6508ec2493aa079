/// Where a setting was made.
public enum ConfigurationSource: Hashable, Sendable {
    /// Nowhere: it is the built-in value.
    case builtIn
    /// `vintage.yaml`, which git shares.
    case shared
    /// `.vintage/config.yaml`, of this machine.
    case local
    /// A variable of the environment.
    case environment(variable: String)
    /// The command line.
    case commandLine
}

extension ConfigurationSource: CustomStringConvertible {
    /// The name of the file or the variable, or `default`.
    public var description: String {
        switch self {
        case .builtIn: "default"
        case .shared: "vintage.yaml"
        case .local: ".vintage/config.yaml"
        case .environment(let variable): variable
        case .commandLine: "command line"
        }
    }
}

/// The settings of a workspace, and where each was made.
///
/// `vintage.yaml` holds what a clone must know, `.vintage/config.yaml` overrides it on one machine, and variables such as
/// `VINTAGE_GC_GRACE` override both:
///
///     let configuration = try Configuration.load(
///         shared: Array("gc:\n  grace: 30d\n".utf8), local: nil, environment: [:],
///         keys: ConfigurationKey.standard(compressionLevel: 1, workers: 8))
///     configuration.gcGracePeriod               // 30d
///     configuration.settings["gc.grace"]?.source  // vintage.yaml
public struct Configuration: Sendable {
    /// A key with its value in force.
    public struct Setting: Equatable, Sendable {
        /// The row of the table of keys.
        public let key: ConfigurationKey
        /// The value in force.
        public internal(set) var value: ConfigurationValue
        /// Where it was set.
        public internal(set) var source: ConfigurationSource
    }

    /// Every setting of the table, by the key's name.
    public private(set) var settings: [String: Setting]

    /// The remotes, in the order in which they are written.
    public private(set) var remotes: [RemoteSetting] = []

    /// Reads the settings. A file that does not exist costs nothing.
    ///
    /// - Parameters:
    ///   - shared: The bytes of `vintage.yaml`, or `nil` if there is none.
    ///   - local: The bytes of `.vintage/config.yaml`, or `nil` if there is none.
    ///   - environment: The environment's variables; only those that begin with `VINTAGE_` count.
    ///   - keys: The table of keys; ``ConfigurationKey/standard(compressionLevel:workers:)`` and those of higher rooms.
    ///   - otherVariables: Variables that begin with `VINTAGE_` and are no settings.
    /// - Throws: ``ConfigurationError`` for an unknown key or variable and for a value of the wrong type.
    public static func load(
        shared: [UInt8]?, local: [UInt8]?, environment: [String: String], keys: [ConfigurationKey],
        otherVariables: Set<String> = []
    ) throws(ConfigurationError) -> Configuration {
        var configuration = Configuration(keys: keys)
        if let shared { try configuration.read(shared, from: .shared, keys: keys) }
        if let local { try configuration.read(local, from: .local, keys: keys) }
        try configuration.read(environment, keys: keys, otherVariables: otherVariables)
        return configuration
    }

    private init(keys: [ConfigurationKey]) {
        let defaults = keys.map { ($0.name, Setting(key: $0, value: $0.defaultValue, source: .builtIn)) }
        settings = Dictionary(uniqueKeysWithValues: defaults)
    }

    private mutating func read(
        _ text: [UInt8], from source: ConfigurationSource, keys: [ConfigurationKey]
    ) throws(ConfigurationError) {
        let file = try ConfigurationFile(text, source: source)
        for (name, value) in try file.values(of: keys) {
            settings[name]?.value = value
            settings[name]?.source = source
        }
        let new = try file.remotes()
        if new.contains(where: \.isDefault) {
            for index in remotes.indices { remotes[index].isDefault = false }
        }
        for remote in new {
            if let index = remotes.firstIndex(where: { $0.name == remote.name }) {
                remotes[index] = remote
            } else {
                remotes.append(remote)
            }
        }
    }

    private mutating func read(
        _ environment: [String: String], keys: [ConfigurationKey], otherVariables: Set<String>
    ) throws(ConfigurationError) {
        // Sorted, so that of several errors the same one is told each time.
        let variables = environment.filter {
            $0.key.utf8.starts(with: ConfigurationKey.variablePrefix.utf8) && !otherVariables.contains($0.key)
        }
        for (variable, text) in variables.sorted(by: { $0.key < $1.key }) {
            let source = ConfigurationSource.environment(variable: variable)
            guard let key = keys.first(where: { $0.environmentVariable == variable }) else {
                let nearest = nearestName(to: variable, among: keys.map(\.environmentVariable))
                throw .unknownKey(variable, source, nil, nearest: nearest)
            }
            guard let value = key.type.parse(text) else {
                throw .invalidValue("'\(text)'", key: key.name, source, nil, expected: key.type.description)
            }
            settings[key.name]?.value = value
            settings[key.name]?.source = source
        }
    }
}

extension Configuration {
    /// How hard zstd compresses.
    public var compressionLevel: Int { integer(ConfigurationKey.compressionLevelName) }

    /// Where the online store is: a path from the workspace's root, or an address.
    public var onlineStore: String { settings[ConfigurationKey.onlineStoreName]?.value.description ?? "" }

    /// How many threads work at once.
    public var workers: Int { integer(ConfigurationKey.workersName) }

    /// How long `gc` keeps a snapshot that nothing refers to.
    public var gcGracePeriod: TimeSpan {
        guard case .duration(let value)? = settings[ConfigurationKey.graceName]?.value else {
            preconditionFailure("the table of keys has no duration \(ConfigurationKey.graceName)")
        }
        return value
    }

    /// Whether output is coloured.
    public var color: ColorMode {
        guard case .choice(let word)? = settings[ConfigurationKey.colorName]?.value,
            let mode = ColorMode(rawValue: word)
        else { preconditionFailure("the table of keys has no choice \(ConfigurationKey.colorName)") }
        return mode
    }

    private func integer(_ name: String) -> Int {
        guard case .integer(let value)? = settings[name]?.value else {
            preconditionFailure("the table of keys has no integer \(name)")
        }
        return value
    }
}
