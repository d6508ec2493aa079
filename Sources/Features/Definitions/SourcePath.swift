import FileSystem

/// Which files a source is: an artifact, a file in one, or a pattern for several.
///
///     SourcePath(parsing: "data/flights/*.parquet")?.matches(path)
///
/// In a pattern `*` is any run of characters but `/`, `?` one such character, and `**` as a whole component any number of
/// folders, none included.
public struct SourcePath: Sendable, Hashable {
    /// As it is written.
    public let text: String
    /// The components before the first with a pattern: what must be looked at to find the files.
    public let folder: RelativePath
    private let components: [[UInt8]]

    /// Parses a path or pattern from the workspace's root; `nil` if it leads outside or is empty.
    public init?(parsing text: String) {
        guard let path = try? RelativePath(text), !path.isRoot, !text.utf8.contains(0) else { return nil }
        self.text = text
        components = path.components.map(Array.init)
        let fixed = components.prefix { !Self.isPattern($0) }
        folder = fixed.reduce(.root) { $0.appending(component: $1) }
    }

    /// Whether it is a pattern, and not a path.
    public var isPattern: Bool { components.contains(where: Self.isPattern) }

    private static func isPattern(_ component: [UInt8]) -> Bool {
        component.contains(UInt8(ascii: "*")) || component.contains(UInt8(ascii: "?"))
    }

    /// Whether a file is one of those that are meant. A path without a pattern means the file, or all files in the folder.
    public func matches(_ path: RelativePath) -> Bool {
        if !isPattern { return folder.contains(path) }
        return Self.matches(components[...], path.components[...])
    }

    private static func matches(_ pattern: ArraySlice<[UInt8]>, _ path: ArraySlice<ArraySlice<UInt8>>) -> Bool {
        guard let first = pattern.first else { return path.isEmpty }
        if first == Array("**".utf8) {
            return (path.startIndex...path.endIndex).contains { matches(pattern.dropFirst(), path[$0...]) }
        }
        guard let component = path.first, matches(first[...], component) else { return false }
        return matches(pattern.dropFirst(), path.dropFirst())
    }

    /// Whether one component fits: on a failure, what the last `*` took grows by a byte.
    private static func matches(_ pattern: ArraySlice<UInt8>, _ name: ArraySlice<UInt8>) -> Bool {
        var (p, n) = (pattern.startIndex, name.startIndex)
        var star: (pattern: Int, name: Int)?
        while n < name.endIndex {
            if p < pattern.endIndex, pattern[p] == UInt8(ascii: "*") {
                star = (p + 1, n)
                p += 1
            } else if p < pattern.endIndex, pattern[p] == UInt8(ascii: "?") {
                p += 1
                n = endOfCharacter(name, n)
            } else if p < pattern.endIndex, pattern[p] == name[n] {
                p += 1
                n += 1
            } else if let last = star {
                star = (last.pattern, last.name + 1)
                (p, n) = (last.pattern, last.name + 1)
            } else {
                return false
            }
        }
        return pattern[p...].allSatisfy { $0 == UInt8(ascii: "*") }
    }

    private static func endOfCharacter(_ name: ArraySlice<UInt8>, _ index: Int) -> Int {
        var end = index + 1
        while end < name.endIndex, name[end] & 0xc0 == 0x80 { end += 1 }
        return end
    }
}
