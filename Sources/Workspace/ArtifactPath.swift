import FileSystem

/// Why a path cannot be an artifact's.
public enum ArtifactPathError: Error, Equatable, CustomStringConvertible {
    /// It is the root of the workspace.
    case isRoot
    /// It has a component that belongs to git or to Vintage: `.git` or `.vintage` in any case.
    case hasReservedComponent(RelativePath)
    /// It is a file that git or Vintage reads its settings from.
    case isSettings(RelativePath)
    /// It lies inside another artifact.
    case isInside(RelativePath, artifact: RelativePath)
    /// Another artifact lies inside it.
    case holds(RelativePath, artifact: RelativePath)

    /// One line for people.
    public var description: String {
        switch self {
        case .isRoot:
            "the workspace's root cannot be an artifact; name a file or a folder below it"
        case .hasReservedComponent(let path):
            "\(path) cannot be an artifact: '.git' and '.vintage' are kept for git and Vintage; choose another path"
        case .isSettings(let path):
            "\(path) cannot be an artifact: git or Vintage reads its settings there; leave it to git"
        case .isInside(let path, let artifact):
            "\(path) lies inside the artifact \(artifact), which keeps it already; remove that artifact first to split it"
        case .holds(let path, let artifact):
            "\(path) holds the artifact \(artifact); remove that artifact first to join them"
        }
    }
}

extension RelativePath {
    /// Checks that an artifact may have this path, other artifacts aside.
    ///
    /// - Throws: ``ArtifactPathError`` for the root, a component `.git` or `.vintage`, and files of settings.
    public func checkIsArtifactPath() throws(ArtifactPathError) {
        if isRoot { throw .isRoot }
        var start = 0
        while start <= bytes.count {
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "/")) ?? bytes.count
            let component = bytes[start..<end]
            if component.first == UInt8(ascii: "."), Self.isReserved(component) { throw .hasReservedComponent(self) }
            start = end + 1
        }
        if isSettingsFile { throw .isSettings(self) }
    }

    // A file system that ignores case takes `.GIT` for `.git`, so case is ignored everywhere.
    private static func isReserved(_ component: ArraySlice<UInt8>) -> Bool {
        isEqualIgnoringCase(component, ".git") || isEqualIgnoringCase(component, ".vintage")
    }

    private var isSettingsFile: Bool {
        // These two are read at the root only, the others in any folder.
        Self.isEqualIgnoringCase(bytes[...], "vintage.lock") || Self.isEqualIgnoringCase(bytes[...], "vintage.yaml")
            || [".vintageignore", ".gitignore", ".gitattributes"].contains { Self.isEqualIgnoringCase(name, $0) }
    }

    private static func isEqualIgnoringCase(_ bytes: ArraySlice<UInt8>, _ lowercase: StaticString) -> Bool {
        guard bytes.count == lowercase.utf8CodeUnitCount else { return false }
        return lowercase.withUTF8Buffer { lowercase in
            zip(bytes, lowercase).allSatisfy { byte, expected in
                byte == expected || ((0x41...0x5a).contains(byte) && byte | 0x20 == expected)
            }
        }
    }
}
