import FileSystem

/// What a user wrote where a version is asked for.
///
/// Besides what git understands, `artifact@tag` names a tagged snapshot of an artifact, and `artifact@{2013-06-01}` the
/// one that was current on that day. These forms need a known artifact before the `@`: `HEAD@{1}`, `main@{yesterday}`
/// and `@{u}` stay git's.
public enum Revision: Hashable, Sendable {
    /// A tag of an artifact.
    case artifactTag(RelativePath, String)
    /// An artifact as of a day or a moment.
    case artifactDate(RelativePath, PointInTime)
    /// Anything else: a revision of git, or a snapshot's id or the beginning of one.
    case text(String)

    /// Parses a revision.
    ///
    ///     try Revision(parsing: "data/flights@{2013-06-01}") { lock.artifact(named: $0) }
    ///
    /// - Parameters:
    ///   - bytes: The argument as the user wrote it.
    ///   - artifact: Gives the artifact that some bytes name, or `nil` if they name none.
    /// - Throws: ``RevisionError`` if an artifact is named and what follows the `@` is no tag or date.
    public init(
        parsing bytes: some Sequence<UInt8>, artifact: ([UInt8]) -> RelativePath?
    ) throws(RevisionError) {
        let bytes = Array(bytes)
        let text = String(decoding: bytes, as: UTF8.self)
        self = .text(text)
        let brace = bytes.last == UInt8(ascii: "}") ? Self.lastIndexOfBrace(bytes) : nil
        guard let at = brace ?? bytes.lastIndex(of: UInt8(ascii: "@")), at > 0,
            let path = artifact(Array(bytes[..<at]))
        else { return }
        guard brace == nil else {
            let date = String(decoding: bytes[(at + 2)...].dropLast(), as: UTF8.self)
            do throws(TimestampError) {
                self = .artifactDate(path, try PointInTime(parsing: date))
            } catch {
                throw .invalidDate(text, error)
            }
            return
        }
        let tag = String(decoding: bytes[(at + 1)...], as: UTF8.self)
        guard !tag.isEmpty else { throw .missingTag(text) }
        self = .artifactTag(path, tag)
    }

    /// Parses a revision given as text, with the artifacts of a lock.
    public init(parsing text: String, in lock: Lock) throws(RevisionError) {
        try self.init(parsing: text.utf8) { lock.artifact(named: $0) }
    }

    private static func lastIndexOfBrace(_ bytes: [UInt8]) -> Int? {
        bytes.indices.dropLast().last { bytes[$0] == UInt8(ascii: "@") && bytes[$0 + 1] == UInt8(ascii: "{") }
    }
}

extension Lock {
    /// The artifact that bytes name exactly, or `nil`.
    public func artifact(named bytes: [UInt8]) -> RelativePath? {
        guard let path = try? RelativePath(bytes: bytes), self[path] != nil else { return nil }
        return path
    }
}

/// A revision and, after a colon, a path in it: `HEAD~1:data/flights/2013.csv`.
public struct RevisionPath: Hashable, Sendable {
    /// The part before the colon, to be parsed as a ``Revision``.
    public let revision: [UInt8]
    /// The path after the colon, the root if nothing follows it, or `nil` if there is no colon.
    public let path: RelativePath?

    /// Splits an argument at its first colon outside braces: a time in `artifact@{2013-06-01 12:00}` and a message in
    /// `HEAD^{/fix: it}` are kept whole, and a path may hold colons. One `/` at the end of the path is ignored.
    ///
    /// - Throws: ``RevisionError`` if nothing comes before the colon or no valid path after it.
    public init(parsing bytes: some Sequence<UInt8>) throws(RevisionError) {
        let bytes = Array(bytes)
        let text = String(decoding: bytes, as: UTF8.self)
        guard let colon = Self.firstColon(bytes) else {
            if bytes.isEmpty { throw .missingRevision(text) }
            revision = bytes
            path = nil
            return
        }
        if colon == 0 { throw .missingRevision(text) }
        revision = Array(bytes[..<colon])
        var rest = bytes[(colon + 1)...]
        if rest.count > 1 && rest.last == UInt8(ascii: "/") { rest.removeLast() }
        do throws(InvalidPath) {
            path = try RelativePath(bytes: rest)
        } catch {
            throw .invalidPath(text, error)
        }
    }

    /// Splits an argument given as text.
    public init(parsing text: String) throws(RevisionError) {
        try self.init(parsing: text.utf8)
    }

    private static func firstColon(_ bytes: [UInt8]) -> Int? {
        var index = 0
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: ":"):
                return index
            case UInt8(ascii: "@"), UInt8(ascii: "^"):
                let next = index + 1
                // A brace that is never closed protects nothing.
                if next < bytes.count, bytes[next] == UInt8(ascii: "{"),
                    let close = bytes[next...].firstIndex(of: UInt8(ascii: "}"))
                {
                    index = close
                }
            default:
                break
            }
            index += 1
        }
        return nil
    }
}

/// Why an argument is no revision.
public enum RevisionError: Error, Equatable, CustomStringConvertible {
    /// The braces after an artifact hold no date.
    case invalidDate(String, TimestampError)
    /// Nothing follows an artifact's `@`.
    case missingTag(String)
    /// Nothing comes before the colon.
    case missingRevision(String)
    /// What follows the colon is no path.
    case invalidPath(String, InvalidPath)

    /// One line for people.
    public var description: String {
        switch self {
        case .invalidDate(let text, let error):
            "\(quotedForDisplay(text.utf8)): \(error)"
        case .missingTag(let text):
            "\(quotedForDisplay(text.utf8)) ends in '@'; write a tag after it, or a date as in @{2013-06-01}"
        case .missingRevision(let text):
            "'\(quotedForDisplay(text.utf8))' names no revision; write one before the colon, as in HEAD:data/flights"
        case .invalidPath(let text, let error):
            "\(quotedForDisplay(text.utf8)): \(error)"
        }
    }
}
