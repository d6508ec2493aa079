import FileSystem
import SystemPackage

/// A file that a store keeps by the hash of all its bytes, as git-lfs names files, until somebody lets go of it.
///
///     vintage file 1
///     sha256 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824
///     id 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824
///     size 5
///     level 0
///     checksum 8b7df143d91c716e…
public struct KeptFile: Hashable, Sendable {
    /// The SHA-256 of the file's bytes.
    public let digest: ObjectID
    /// Where the store has the bytes.
    public let content: FileReference

    /// Joins a hash and a content, which must be that of the bytes with the hash.
    public init(digest: ObjectID, content: FileReference) {
        self.digest = digest
        self.content = content
    }

    func encoded() -> [UInt8] {
        let text = Array(
            "vintage file 1\nsha256 \(digest)\nid \(content.id)\nsize \(content.size)\nlevel \(content.level)\n".utf8)
        return text + Array("checksum \(ObjectID(of: text))\n".utf8)
    }

    init?(parsing bytes: [UInt8]) {
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        func value(_ index: Int, _ name: String) -> Substring? {
            lines.count == 7 && lines[index].hasPrefix(name + " ") ? lines[index].dropFirst(name.count + 1) : nil
        }
        guard let digest = value(1, "sha256").flatMap({ ObjectID(hex: $0) }),
            let id = value(2, "id").flatMap({ ObjectID(hex: $0) }),
            let size = value(3, "size").flatMap({ UInt64($0) }), size <= UInt64(Int64.max),
            let level = value(4, "level").flatMap({ UInt8($0) }), level <= Manifest.maximumLevel
        else { return nil }
        self.init(digest: digest, content: FileReference(id: id, size: size, level: level))
        // Only the very bytes that would be written are accepted.
        guard encoded() == bytes else { return nil }
    }
}

extension Store {
    /// Keeps a content by the hash of its bytes: the clean-up leaves it, and the check wants it whole.
    ///
    /// The content must be in the store, or persisted in a writer's journal. Keep the writer that stored it until this
    /// returns: it keeps the clean-up away. Safe beside other processes, since a hash has one content only.
    ///
    /// - Complexity: two flushes.
    public func keep(_ file: KeptFile) throws(StoreError) {
        let place = layout.keptFile(file.digest)
        let folder = place.removingLastComponent()
        // Not beside its place: what a kill leaves in `tmp` is cleaned up.
        let temporary = layout.temporary.appending(temporaryName())
        try withFileErrors { () throws(FileError) in
            let isNew = !folder.exists
            try folder.makeDirectories()
            do throws(FileError) {
                let written = try File(creating: temporary)
                try written.write(file.encoded())
                try written.synchronize()
                try temporary.rename(to: place)
            } catch {
                try? temporary.remove()
                throw error
            }
            try Directory(folder).synchronize()
            if isNew { try Directory(layout.keptFiles).synchronize() }
        }
    }

    /// The file with a hash, if the store keeps one.
    ///
    /// - Throws: ``StoreError/damagedFile(path:reason:)`` if what says so is damaged.
    public func keptFile(_ digest: ObjectID) throws(StoreError) -> KeptFile? {
        let path = layout.keptFile(digest)
        guard let bytes = try withFileErrors({ () throws(FileError) in try path.contentsIfPresent() }) else {
            return nil
        }
        guard let file = KeptFile(parsing: bytes), file.digest == digest else { throw Self.damagedKeptFile(path) }
        return file
    }

    static func damagedKeptFile(_ path: FilePath) -> StoreError {
        .damagedFile(path: displayed(path), reason: "its checksum or its name does not match")
    }

    /// Lets go of a file: its content stays until the clean-up finds that nothing else needs it.
    public func letGo(_ digest: ObjectID) throws(StoreError) {
        try withFileErrors { () throws(FileError) in try self.layout.keptFile(digest).remove() }
    }

    /// All files that are kept, in the order of their hashes.
    ///
    /// - Throws: ``StoreError/damagedFile(path:reason:)``.
    public func keptFiles() throws(StoreError) -> [KeptFile] {
        var found: [KeptFile] = []
        for path in try keptFilePaths() {
            guard let bytes = try withFileErrors({ () throws(FileError) in try path.contentsIfPresent() }) else {
                continue  // let go meanwhile
            }
            guard let file = KeptFile(parsing: bytes), layout.keptFile(file.digest) == path else {
                throw Self.damagedKeptFile(path)
            }
            found.append(file)
        }
        return found
    }

    /// Where the files are that say what is kept.
    func keptFilePaths() throws(StoreError) -> [FilePath] {
        try withFileErrors { () throws(FileError) in
            // A store that keeps none has no such folder.
            guard layout.keptFiles.exists else { return [] }
            var found: [FilePath] = []
            for folder in try Directory(layout.keptFiles).listing() {
                let path = layout.keptFiles.appending(bytes: folder)
                guard try path.status()?.kind == .directory else { continue }
                found += try Directory(path).listing().map { path.appending(bytes: $0) }
            }
            return found
        }
    }
}
