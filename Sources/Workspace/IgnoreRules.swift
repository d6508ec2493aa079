import FileSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Which files of a workspace Vintage leaves alone: the patterns of its `.vintageignore` files.
///
/// The syntax and the meaning are gitignore's. Among the patterns that match a path the last one decides, and a file of
/// patterns in a folder comes after those of the folders above it:
///
///     var rules = IgnoreRules(parsing: Array("*.tmp\n!keep.tmp\n/cache/\n".utf8), at: .root)
///     rules = rules.adding(parsing: Array("raw-*".utf8), at: try RelativePath("data"))
///     rules.isIgnored(try RelativePath("data/a.tmp"), isDirectory: false)  // true
///
/// The rules are compiled once and are safe to share. Whoever walks a tree asks for each entry, and does not enter a
/// folder that is ignored: nothing below it can be included again.
public struct IgnoreRules: Sendable {
    /// A pattern whose literal and tokens lie in the shared storage, so that a query follows no references.
    private struct Rule: Sendable {
        var isNegated: Bool
        var isForFoldersOnly: Bool
        var isForPaths: Bool
        var shape: IgnorePattern.Shape
        var literal: Range<Int>
        var tokens: Range<Int>
    }

    /// The rules of one file, which apply below its folder.
    private struct Group: Sendable {
        var folder: Range<Int>
        var rules: Range<Int>
    }

    private var groups: [Group] = []
    private var rules: [Rule] = []
    private var bytes: [UInt8] = []
    private var tokens: [IgnorePattern.Token] = []
    private var hasRulesForPaths = false

    /// No rules: nothing is ignored.
    public static let none = IgnoreRules()

    private init() {}

    /// Compiles the text of a `.vintageignore` that lies in a folder.
    public init(parsing text: [UInt8], at folder: RelativePath) {
        self = Self.none.adding(parsing: text, at: folder)
    }

    /// These rules, followed by those of a `.vintageignore` in a folder, which win over them.
    ///
    /// Complexity: the size of the text and of these rules.
    public func adding(parsing text: [UInt8], at folder: RelativePath) -> IgnoreRules {
        var result = self
        result.append(text, at: folder)
        return result
    }

    private mutating func append(_ text: [UInt8], at folder: RelativePath) {
        let first = rules.count
        var text = text[...]
        if text.starts(with: [0xef, 0xbb, 0xbf]) { text = text.dropFirst(3) }
        for line in text.split(separator: 0x0a) {
            if let pattern = IgnorePattern(line: line.last == 0x0d ? line.dropLast() : line) { append(pattern) }
        }
        if rules.count > first {
            groups.append(Group(folder: store(folder.bytes), rules: first..<rules.count))
        }
    }

    private mutating func append(_ pattern: IgnorePattern) {
        let firstToken = tokens.count
        tokens += pattern.tokens
        hasRulesForPaths = hasRulesForPaths || pattern.isForPaths
        rules.append(
            Rule(
                isNegated: pattern.isNegated, isForFoldersOnly: pattern.isForFoldersOnly,
                isForPaths: pattern.isForPaths, shape: pattern.shape, literal: store(pattern.literal),
                tokens: firstToken..<tokens.count))
    }

    private mutating func store(_ new: [UInt8]) -> Range<Int> {
        let first = bytes.count
        bytes += new
        return first..<bytes.count
    }

    /// Whether there is no rule at all, so that no path need be asked for.
    public var isEmpty: Bool { rules.isEmpty }

    /// Whether the rules ignore a path by its own match. Folders above it are not considered.
    ///
    /// Complexity: the number of rules; nothing is allocated.
    public func isIgnored(_ path: RelativePath, isDirectory: Bool) -> Bool {
        if rules.isEmpty || path.isRoot { return false }
        return path.bytes.withUnsafeBufferPointer { path in
            let slash = path.lastIndex(of: UInt8(ascii: "/"))
            let folder = UnsafeBufferPointer(rebasing: path[..<(slash ?? 0)])
            let name = UnsafeBufferPointer(rebasing: path[(slash.map { $0 + 1 } ?? 0)...])
            return isIgnored(path, folder: folder, name: name, isDirectory: isDirectory)
        }
    }

    /// Whether the rules ignore an entry of a folder by its own match, as ``isIgnored(_:isDirectory:)`` for its path.
    ///
    /// For a walker: no path need be built. Complexity: the number of rules; only a path longer than about a thousand
    /// bytes may be copied to the heap.
    public func isIgnored(_ name: UnsafeBufferPointer<UInt8>, in folder: RelativePath, isDirectory: Bool) -> Bool {
        if rules.isEmpty { return false }
        return folder.bytes.withUnsafeBufferPointer { folder in
            guard hasRulesForPaths && !folder.isEmpty else {
                return isIgnored(name, folder: folder, name: name, isDirectory: isDirectory)
            }
            let count = folder.count + 1 + name.count
            return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: count) { buffer in
                _ = buffer.update(fromContentsOf: folder)
                buffer[folder.count] = UInt8(ascii: "/")
                _ = UnsafeMutableBufferPointer(rebasing: buffer[(folder.count + 1)...]).update(fromContentsOf: name)
                let path = UnsafeBufferPointer(buffer)
                return isIgnored(path, folder: folder, name: name, isDirectory: isDirectory)
            }
        }
    }

    /// Whether the rules ignore a path or a folder above it.
    ///
    /// For a path that comes from elsewhere than a walk. Complexity: rules × depth.
    public func excludes(_ path: RelativePath, isDirectory: Bool) -> Bool {
        if rules.isEmpty { return false }
        if isIgnored(path, isDirectory: isDirectory) { return true }
        var folder = path.parent
        while let current = folder, !current.isRoot {
            if isIgnored(current, isDirectory: true) { return true }
            folder = current.parent
        }
        return false
    }

    /// The verdict on a path whose folder and name are given too. Without rules for paths, `path` is not looked at.
    private func isIgnored(
        _ path: UnsafeBufferPointer<UInt8>, folder: UnsafeBufferPointer<UInt8>, name: UnsafeBufferPointer<UInt8>,
        isDirectory: Bool
    ) -> Bool {
        bytes.withUnsafeBufferPointer { bytes in
            tokens.withUnsafeBufferPointer { tokens in
                for group in groups.reversed() {
                    let base = UnsafeBufferPointer(rebasing: bytes[group.folder])
                    guard base.isEmpty || Self.contains(base, folder) else { continue }
                    let below = base.isEmpty ? 0 : base.count + 1
                    for index in group.rules.reversed() {
                        let rule = rules[index]
                        if rule.isForFoldersOnly && !isDirectory { continue }
                        let text = rule.isForPaths ? UnsafeBufferPointer(rebasing: path[below...]) : name
                        let literal = UnsafeBufferPointer(rebasing: bytes[rule.literal])
                        guard text.count >= literal.count else { continue }
                        let isMatch =
                            switch rule.shape {
                            case .exact:
                                text.count == literal.count && Self.isPrefix(literal, of: text)
                            case .suffix:
                                Self.isPrefix(
                                    literal, of: UnsafeBufferPointer(rebasing: text[(text.count - literal.count)...]))
                            case .tokens:
                                Self.isPrefix(literal, of: text)
                                    && IgnorePattern.matches(
                                        UnsafeBufferPointer(rebasing: tokens[rule.tokens]),
                                        UnsafeBufferPointer(rebasing: text[literal.count...]))
                            }
                        if isMatch { return !rule.isNegated }
                    }
                }
                return false
            }
        }
    }

    /// Whether a folder is `base` or lies below it.
    private static func contains(_ base: UnsafeBufferPointer<UInt8>, _ folder: UnsafeBufferPointer<UInt8>) -> Bool {
        guard folder.count >= base.count, isPrefix(base, of: folder) else { return false }
        return folder.count == base.count || folder[base.count] == UInt8(ascii: "/")
    }

    /// Whether a text that is long enough begins with another.
    private static func isPrefix(_ prefix: UnsafeBufferPointer<UInt8>, of text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let prefixBytes = prefix.baseAddress, let textBytes = text.baseAddress else { return prefix.isEmpty }
        return prefix.isEmpty || memcmp(prefixBytes, textBytes, prefix.count) == 0
    }
}
