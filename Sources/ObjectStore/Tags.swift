import FileSystem
import SystemPackage

/// A name that a user gave to a snapshot of an artifact.
public struct Tag: Hashable, Sendable {
    /// The artifact.
    public let artifact: RelativePath
    /// The name.
    public let name: String
    /// The snapshot that it names.
    public let snapshot: ObjectID
}

extension Store {
    /// Names a snapshot.
    ///
    /// - Parameter replacing: whether a tag of that name moves to the snapshot.
    /// - Throws: ``StoreError/invalidTag(_:)``, ``StoreError/missing(_:_:)`` if the store lacks the snapshot, or
    ///   ``StoreError/tagExists(_:)`` unless the tag names this snapshot already.
    public func setTag(
        artifact: RelativePath, name: String, snapshot: ObjectID, replacing: Bool
    ) throws(StoreError) {
        let place = try TagPlace(artifact, name, layout)
        // Shared with writers: the clean-up must not take the snapshot between the look and the tag.
        let storeLock = try SharedLock(layout)
        defer { withExtendedLifetime(storeLock) {} }
        try withTagLock { () throws(StoreError) in
            if !contains(snapshot, kind: .snapshot) { try refresh() }
            guard contains(snapshot, kind: .snapshot) else { throw .missing(snapshot, .snapshot) }
            if !replacing, let present = try tag(artifact: artifact, name: name) {
                if present == snapshot { return }
                throw .tagExists("\(artifact)@\(name)")
            }
            try withFileErrors { () throws(FileError) in
                try place.folder.makeDirectories()
                try Directory(layout.tags).synchronize()
                try place.file.replaceContents(with: place.contents(naming: snapshot))
            }
        }
    }

    /// The snapshot that a tag names, or `nil` if there is no such tag.
    ///
    /// - Throws: ``StoreError/damagedFile(path:reason:)``; never returns a wrong id.
    public func tag(artifact: RelativePath, name: String) throws(StoreError) -> ObjectID? {
        let place = try TagPlace(artifact, name, layout)
        let contents = try withFileErrors { () throws(FileError) in try place.file.contentsIfPresent() }
        return try contents.map { (contents) throws(StoreError) in try place.snapshot(in: contents) }
    }

    /// Removes a tag.
    ///
    /// - Returns: `false` if there is no such tag.
    @discardableResult
    public func removeTag(artifact: RelativePath, name: String) throws(StoreError) -> Bool {
        let place = try TagPlace(artifact, name, layout)
        var isThere = false
        try withTagLock { () throws(StoreError) in
            try withFileErrors { () throws(FileError) in
                isThere = place.file.exists
                if !isThere { return }
                try place.file.remove()
                try Directory(place.folder).synchronize()
                try Directory(layout.tags).removeDirectory(place.folderName.utf8)
            }
        }
        return isThere
    }

    /// All tags, ordered by artifact, then by name.
    public func tags() throws(StoreError) -> [Tag] {
        var found: [Tag] = []
        for file in try tagFiles() { found.append(try Tag(reading: file, layout)) }
        return found.sorted { ($0.artifact, $0.name) < ($1.artifact, $1.name) }
    }

    /// The files of all tags.
    func tagFiles() throws(StoreError) -> [FilePath] {
        try withFileErrors { () throws(FileError) in
            var found: [FilePath] = []
            for folder in try Directory(layout.tags).listing() where folder.first != UInt8(ascii: ".") {
                let path = layout.tags.appending(bytes: folder)
                guard try path.status()?.kind == .directory else {
                    found.append(path)
                    continue
                }
                do throws(FileError) {
                    for name in try Directory(path).listing() where name.first != UInt8(ascii: ".") {
                        found.append(path.appending(bytes: name))
                    }
                } catch {
                    if !error.isNotFound { throw error }  // its last tag was removed meanwhile
                }
            }
            return found
        }
    }

    /// Runs `body` while no other process changes tags.
    private func withTagLock(_ body: () throws(StoreError) -> Void) throws(StoreError) {
        let lock = try withFileErrors { () throws(FileError) in
            let lock = try File(openingOrCreating: self.layout.tags.appending(".lock"))
            _ = try lock.lock(exclusively: true, waits: true)
            return lock
        }
        try body()
        _ = consume lock
    }
}

extension Tag {
    /// Reads a tag's file.
    init(reading file: FilePath, _ layout: StoreLayout) throws(StoreError) {
        func damaged(_ reason: String) -> StoreError { .damagedFile(path: displayed(file), reason: reason) }
        let contents = try withFileErrors { () throws(FileError) in try file.contents() }
        let lines = contents.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard lines.count > 1, let bytes = unquoted(Array(lines[1])), let artifact = try? RelativePath(bytes: bytes),
            let name = percentDecoded(file.lastComponent?.string ?? "")
        else { throw damaged("it is no tag") }
        let place: TagPlace
        do throws(StoreError) {
            place = try TagPlace(artifact, name, layout)
        } catch {
            throw damaged("its name is no tag's")
        }
        guard place.file == file else { throw damaged("it stands where another tag belongs") }
        self.init(artifact: artifact, name: name, snapshot: try place.snapshot(in: contents))
    }
}

/// Where a tag stands, and how its file reads.
///
///     vintage tag 1
///     data/flights
///     2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824
///     checksum 8b7df143d91c716e…
private struct TagPlace {
    let artifact: RelativePath
    let folderName: String
    let folder: FilePath
    let file: FilePath

    init(_ artifact: RelativePath, _ name: String, _ layout: StoreLayout) throws(StoreError) {
        guard Self.isValid(name) else { throw .invalidTag(name) }
        self.artifact = artifact
        let encoded = percentEncoded(artifact.bytes)
        // A path too long for one name is named by its hash: the path itself stands in the file.
        folderName = encoded.utf8.count <= 255 ? encoded : "%%\(ObjectID(of: artifact.bytes))"
        folder = layout.tags.appending(folderName)
        file = folder.appending(percentEncoded(Array(name.utf8)))
    }

    /// Whether a name is of letters, digits and `. _ - + /`, with no component that is empty, `.` or `..`.
    private static func isValid(_ name: String) -> Bool {
        guard !name.utf8.isEmpty, name.utf8.first != UInt8(ascii: "-"),
            name.utf8.allSatisfy({ isPlain($0) || $0 == UInt8(ascii: "/") }),
            percentEncoded(Array(name.utf8)).utf8.count <= 255
        else { return false }
        return name.split(separator: "/", omittingEmptySubsequences: false)
            .allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }
    }

    func contents(naming snapshot: ObjectID) -> [UInt8] {
        let text = Array("vintage tag 1\n\(quotedForDisplay(artifact.bytes))\n\(snapshot)\n".utf8)
        return text + Array("checksum \(ObjectID(of: text))\n".utf8)
    }

    func snapshot(in contents: [UInt8]) throws(StoreError) -> ObjectID {
        let lines = contents.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        // Only the very bytes that would be written are accepted.
        guard lines.count == 5, let id = ObjectID(hex: String(decoding: lines[2], as: UTF8.self)),
            self.contents(naming: id) == contents
        else { throw .damagedFile(path: displayed(file), reason: "its checksum or its artifact does not match") }
        return id
    }
}

// MARK: Names

private func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"),
        UInt8(ascii: "+"):
        true
    default: false
    }
}

/// Bytes as one file name: all but letters, digits, `_`, `-`, `+` and a `.` that is not the first as `%` and two
/// hexadecimal digits. No bytes at all give `%`.
private func percentEncoded(_ bytes: [UInt8]) -> String {
    if bytes.isEmpty { return "%" }
    let digits = Array("0123456789ABCDEF".utf8)
    var encoded: [UInt8] = []
    for (position, byte) in bytes.enumerated() {
        if isPlain(byte) && !(position == 0 && byte == UInt8(ascii: ".")) {
            encoded.append(byte)
        } else {
            encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
    }
    return String(decoding: encoded, as: UTF8.self)
}

/// The text that ``percentEncoded(_:)`` made a name of; `nil` if it made it of none.
private func percentDecoded(_ name: String) -> String? {
    var bytes: [UInt8] = []
    var rest = Array(name.utf8)[...]
    while let byte = rest.popFirst() {
        if byte != UInt8(ascii: "%") {
            bytes.append(byte)
            continue
        }
        guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else {
            return nil
        }
        bytes.append(value)
        rest = rest.dropFirst(2)
    }
    guard percentEncoded(bytes) == name else { return nil }
    return String(validating: bytes, as: UTF8.self)
}
