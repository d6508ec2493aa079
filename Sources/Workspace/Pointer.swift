import ObjectStore

/// What git keeps in the place of a file whose content is in the store: a few lines of text.
///
///     vintage pointer 1
///     Vintage keeps the content of this file, and git keeps this text in its place. To have the
///     content, install vintage and run 'vintage init' in this repository: it says what to do next.
///     id 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824
///     size 5
///     level 0
///
/// A content has one pointer, byte for byte; `Docs/pointers.md` describes it. An empty file stands for itself.
///
///     let pointer = Pointer(content)
///     Pointer(parsing: pointer.encoded())?.content == content  // true
public struct Pointer: Hashable, Sendable {
    /// The content that it stands for.
    public let content: FileReference

    /// The pointer to a content, which must not be empty.
    public init(_ content: FileReference) {
        self.content = content
    }

    /// No pointer is longer than this many bytes.
    public static let maximumCount = 512

    private static let firstLine = "vintage pointer 1\n"
    private static let beginning = Array(
        [
            "vintage pointer 1\n",
            "Vintage keeps the content of this file, and git keeps this text in its place. To have the\n",
            "content, install vintage and run 'vintage init' in this repository: it says what to do next.\n",
            "id ",
        ].joined().utf8)

    /// What a content is to those who look for pointers.
    public enum Appearance: Sendable {
        /// A pointer.
        case pointer(Pointer)
        /// A text that begins as a pointer does, is no longer than one, and is none.
        case broken
        /// A pointer with git's conflict markers in it.
        case conflicted
        /// A content like any other.
        case content
    }

    /// Looks at the beginning of a content.
    ///
    /// - Parameters:
    ///   - head: its first ``maximumCount`` bytes and one more, or all of it.
    ///   - isWhole: whether that is all of it.
    public static func appearance(of head: [UInt8], isWhole: Bool) -> Appearance {
        guard head.starts(with: firstLine.utf8) else { return .content }
        if isWhole, let pointer = Pointer(parsing: head) { return .pointer(pointer) }
        if head.contains("\n<<<<<<< ".utf8) { return .conflicted }
        return isWhole && head.count <= maximumCount ? .broken : .content
    }

    /// Reads a pointer; `nil` for anything that ``encoded()`` would not give.
    public init?(parsing bytes: [UInt8]) {
        guard bytes.count <= Self.maximumCount, bytes.starts(with: Self.beginning) else { return nil }
        let rest = bytes.dropFirst(Self.beginning.count)
        guard let text = String(validating: rest, as: UTF8.self) else { return nil }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count == 4, lines[1].hasPrefix("size "), lines[2].hasPrefix("level "),
            let id = ObjectID(hex: lines[0]), let size = UInt64(lines[1].dropFirst(5)), size > 0,
            size <= UInt64(Int64.max),
            let level = UInt8(lines[2].dropFirst(6)), level <= Manifest.maximumLevel
        else { return nil }
        content = FileReference(id: id, size: size, level: level)
        // Each number has one form, so that a content has one pointer.
        guard bytes == encoded() else { return nil }
    }

    /// The pointer's text.
    public func encoded() -> [UInt8] {
        Self.beginning + Array("\(content.id)\nsize \(content.size)\nlevel \(content.level)\n".utf8)
    }
}
