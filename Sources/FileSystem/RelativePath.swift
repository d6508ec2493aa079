/// A path below some root, kept as the bytes the file system gave: `flights/2013/01.csv`.
///
/// File names are bytes, not text: any name that a file system can hold passes through unchanged. A relative path
/// is safe by construction: it has no empty component, no `.` or `..`, no NUL, and is not absolute.
///
///     let path = try RelativePath("data/flights")
///     path.appending(try RelativePath("2013.csv"))  // data/flights/2013.csv
public struct RelativePath: Hashable, Sendable {
    /// The path's bytes, components separated by `/`; empty for the root itself.
    public let bytes: [UInt8]

    /// The root itself: no component.
    public static let root = RelativePath(unchecked: [])

    /// Takes a path that is known to be valid, such as one made of valid parts.
    package init(unchecked bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Checks and takes a path given as bytes.
    ///
    /// - Throws: ``InvalidPath`` if a component is empty, `.`, `..` or longer than 255 bytes, or holds a NUL.
    public init(bytes: some Sequence<UInt8>) throws(InvalidPath) {
        let bytes = Array(bytes)
        if let reason = Self.reasonInvalid(bytes) {
            throw InvalidPath(bytes: bytes, reason: reason)
        }
        self.bytes = bytes
    }

    /// Checks and takes a path given as text.
    ///
    /// - Throws: ``InvalidPath``, as ``init(bytes:)``.
    public init(_ text: String) throws(InvalidPath) {
        try self.init(bytes: text.utf8)
    }

    // One pass without allocation: a lock or a listing checks its paths by the thousand.
    private static func reasonInvalid(_ bytes: [UInt8]) -> String? {
        if bytes.isEmpty { return nil }
        return bytes.withUnsafeBufferPointer { bytes in
            let dot = UInt8(ascii: ".")
            var start = 0
            for end in 0...bytes.count {
                if end < bytes.count && bytes[end] == 0 { return "it holds a NUL byte" }
                guard end == bytes.count || bytes[end] == UInt8(ascii: "/") else { continue }
                let count = end - start
                if count == 0 { return "it has an empty component" }
                if count > 255 { return "it has a component of more than 255 bytes" }
                if count == 1 && bytes[start] == dot { return "it has the component '.'" }
                if count == 2 && bytes[start] == dot && bytes[start + 1] == dot { return "it has the component '..'" }
                start = end + 1
            }
            return nil
        }
    }

    /// Whether this is the root: no component.
    public var isRoot: Bool { bytes.isEmpty }

    /// The components, outermost first.
    public var components: [ArraySlice<UInt8>] { bytes.split(separator: UInt8(ascii: "/")) }

    /// The last component; empty for the root.
    public var name: ArraySlice<UInt8> {
        guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return bytes[...] }
        return bytes[(slash + 1)...]
    }

    /// The path without its last component, or `nil` for the root.
    public var parent: RelativePath? {
        if isRoot { return nil }
        guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return .root }
        return RelativePath(unchecked: Array(bytes[..<slash]))
    }

    /// This path with another below it.
    public func appending(_ other: RelativePath) -> RelativePath {
        if isRoot { return other }
        if other.isRoot { return self }
        return RelativePath(unchecked: bytes + [UInt8(ascii: "/")] + other.bytes)
    }

    /// This path with one more component, which must be valid: one that a directory listing or a stored tree gave.
    package func appending(component: some Sequence<UInt8>) -> RelativePath {
        isRoot
            ? RelativePath(unchecked: Array(component))
            : RelativePath(unchecked: bytes + [UInt8(ascii: "/")] + component)
    }

    /// Whether `other` is this path or lies below it.
    public func contains(_ other: RelativePath) -> Bool {
        if isRoot { return true }
        guard other.bytes.starts(with: bytes) else { return false }
        return other.bytes.count == bytes.count || other.bytes[bytes.count] == UInt8(ascii: "/")
    }

    /// The path below `root`, or `nil` if `root` does not contain it.
    public func relative(to root: RelativePath) -> RelativePath? {
        if root.isRoot { return self }
        guard root.contains(self) else { return nil }
        return RelativePath(unchecked: Array(bytes.dropFirst(root.bytes.count + 1)))
    }
}

extension RelativePath: Comparable {
    /// Orders paths component by component, so that a folder's content follows it directly.
    public static func < (left: RelativePath, right: RelativePath) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes) { a, b in
            // A separator sorts before every other byte, which makes the order one of components.
            let a = a == UInt8(ascii: "/") ? 0 : a
            let b = b == UInt8(ascii: "/") ? 0 : b
            return a < b
        }
    }
}

extension RelativePath: CustomStringConvertible {
    /// The path for people: as it is when plain, else quoted as git does (`"a\nb"`, octal for non-text bytes); the root
    /// is `.`.
    public var description: String { isRoot ? "." : quotedForDisplay(bytes) }
}

/// A path that is no valid ``RelativePath``.
public struct InvalidPath: Error, Equatable, CustomStringConvertible {
    /// The offending bytes.
    public let bytes: [UInt8]
    /// What is wrong with them, as the end of a sentence.
    public let reason: String

    /// One line for people.
    public var description: String { "the path \(quotedForDisplay(bytes)) is not valid: \(reason)" }
}
