/// A remote as the settings name it: a name, and where it is.
///
///     remotes:
///       store: ../shared/flights
///       backup:
///         url: /mnt/backup/flights
///         default: true
public struct RemoteSetting: Equatable, Sendable {
    /// Its name.
    public let name: String
    /// Where it is, as a user writes it: a path, relative to the workspace's root, or a URL.
    public var url: String
    /// Whether it is marked as the one that is meant when none is named.
    public var isDefault: Bool
    /// Where it was set.
    public let source: ConfigurationSource

    /// Describes a remote.
    public init(name: String, url: String, isDefault: Bool = false, source: ConfigurationSource = .shared) {
        self.name = name
        self.url = url
        self.isDefault = isDefault
        self.source = source
    }

    /// Whether a remote can have a name: letters, digits, `-` and `_`, beginning with a letter.
    public static func isValid(name: String) -> Bool {
        guard let first = name.utf8.first, isLetter(first) else { return false }
        return name.utf8.allSatisfy { isLetter($0) || (0x30...0x39).contains($0) || $0 == 0x2d || $0 == 0x5f }
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7a).contains(byte | 0x20) }
}
