import FileSystem
import ObjectStore
import SystemPackage
import Workspace

/// The folders in which DVC keeps contents by their MD5.
///
/// DVC 3 has them in `files/md5/ab/cdef…`, versions before in `ab/cdef…`; remotes of DVC are laid out alike.
struct DVCCache {
    /// The folders, in the order in which they are searched.
    let folders: [FilePath]

    /// The caches of DVC's folders in a workspace, by their settings.
    ///
    /// - Parameters:
    ///   - projects: the folders of the workspace that may have a `.dvc`.
    ///   - further: folders to search too.
    init(root: FilePath, projects: Set<RelativePath>, further: [FilePath]) throws {
        var folders: [FilePath] = []
        for project in projects.sorted() {
            let settings = root.appending(project).appending(".dvc")
            guard settings.exists else { continue }
            folders.append(try Self.folder(settings))
        }
        self.folders = folders + further
    }

    /// Where a `.dvc` folder's settings have the cache; this machine's own come before those that git has.
    static func folder(_ settings: FilePath) throws -> FilePath {
        for name in ["config.local", "config"] {
            guard let text = try settings.appending(name).contentsIfPresent() else { continue }
            if let folder = cacheFolder(in: String(decoding: text, as: UTF8.self)) {
                return settings.pushing(FilePath(folder)).lexicallyNormalized()
            }
        }
        return settings.appending("cache")
    }

    /// The value of `dir` in the section `cache`.
    private static func cacheFolder(in text: String) -> String? {
        var isInSection = false
        var found: String?
        for line in text.split(whereSeparator: \.isNewline) {
            let words = line.drop { $0 == " " || $0 == "\t" }
            if words.hasPrefix("#") || words.hasPrefix(";") { continue }
            if words.hasPrefix("[") {
                isInSection = words.split(separator: "]")[0].dropFirst().trimmed == "cache"
            } else if isInSection, let separator = words.firstIndex(of: "="),
                words[..<separator].trimmed == "dir"
            {
                found = String(words[words.index(after: separator)...].trimmed)
            }
        }
        return found?.isEmpty == true ? nil : found
    }

    /// The place of an object in a folder that DVC 3 writes.
    static func place(_ hash: DVCHash, in folder: FilePath) -> FilePath {
        folder.appending("files").appending("md5").appending(String(hash.text.prefix(2)))
            .appending(String(hash.text.dropFirst(2)))
    }

    /// Where an object is; `nil` if no folder has it.
    func find(_ hash: DVCHash) -> FilePath? {
        for folder in folders {
            let old = folder.appending(String(hash.text.prefix(2))).appending(String(hash.text.dropFirst(2)))
            let new = Self.place(hash, in: folder)
            for place in hash.isPlain ? [new, old] : [old, new] where place.exists { return place }
        }
        return nil
    }

    /// Reads a folder's listing and checks its MD5.
    func listing(_ hash: DVCHash, at path: FilePath) throws -> DVCListing {
        let bytes = try path.contents()
        var digest = DVCDigest(isPlain: hash.isPlain)
        bytes.withUnsafeBytes { digest.take($0) }
        guard digest.matches(hash) else {
            throw DVCError.damaged(path, expected: String(hash.digits), found: digest.value)
        }
        do throws(DVCListing.Failure) {
            return try DVCListing(parsing: bytes, isPlain: hash.isPlain)
        } catch {
            throw DVCError.malformedListing(path, reason: error.reason)
        }
    }

    /// Stores a file and checks its MD5.
    func store(_ hash: DVCHash, at path: FilePath, _ archiver: Archiver) throws -> FileReference {
        let file = try File(reading: path)
        file.expectSequentialReads()
        var digest = DVCDigest(isPlain: hash.isPlain)
        let content = try archiver.archive { (space) throws(StoreError) in
            do throws(FileError) {
                let count = try file.read(into: space)
                digest.take(UnsafeRawBufferPointer(rebasing: space[..<count]))
                return count
            } catch {
                throw .file(error)
            }
        }
        guard digest.matches(hash) else {
            throw DVCError.damaged(path, expected: String(hash.digits), found: digest.value)
        }
        return content
    }
}

extension Substring {
    /// Without blanks and quotes around it.
    fileprivate var trimmed: Substring {
        let isBlank = { (character: Character) in character.isWhitespace || character == "\"" || character == "'" }
        var text = drop(while: isBlank)
        while let last = text.last, isBlank(last) { text = text.dropLast() }
        return text
    }
}
