import FileSystem
import Git
import ObjectStore
import SystemPackage
import Workspace

extension GitBridge {
    private var attributesPath: FilePath { workspace.root.appending(".gitattributes") }

    /// The patterns whose files are tracked, as the root's `.gitattributes` has them.
    public func trackedPatterns() throws -> [[UInt8]] {
        AttributesFile(parsing: try attributesPath.contentsIfPresent() ?? []).patterns
    }

    /// Has the files of patterns tracked, from the next `git add` of each on.
    ///
    /// - Parameters:
    ///   - patterns: as in `.gitattributes`.
    ///   - folder: the folder that they are meant in.
    /// - Returns: the patterns that were not tracked before, as they are in the root's `.gitattributes` now.
    public func track(_ patterns: [[UInt8]], in folder: RelativePath = .root) throws -> [[UInt8]] {
        try configureRepository()
        return try edit { file in
            try patterns.map { try Self.pattern($0, in: folder) }.filter { file.track($0) }
        }
    }

    /// Has the files of patterns kept by git itself, from the next `git add` of each on.
    ///
    /// - Returns: the patterns that were tracked before.
    public func untrack(_ patterns: [[UInt8]], in folder: RelativePath = .root) throws -> [[UInt8]] {
        try edit { file in
            try patterns.filter { given in
                // A pattern is also taken as `track --list` prints it.
                let isThere = file.untrack(given)
                return try folder.isRoot ? isThere : file.untrack(Self.pattern(given, in: folder)) || isThere
            }
        }
    }

    private func edit(_ change: (inout AttributesFile) throws -> [[UInt8]]) throws -> [[UInt8]] {
        var file = AttributesFile(parsing: try attributesPath.contentsIfPresent() ?? [])
        let changed = try change(&file)
        if changed.isEmpty { return [] }
        let text = file.encoded()
        // Without the file git would go by the one in the index.
        if text.isEmpty, try !repository.hasTrackedFiles(at: RelativePath(".gitattributes")) {
            try attributesPath.remove()
        } else {
            try attributesPath.replaceContents(with: text)
        }
        return changed
    }

    /// A pattern for the root's file that means in a folder what it would mean in a file there.
    private static func pattern(_ pattern: [UInt8], in folder: RelativePath) throws -> [UInt8] {
        if pattern.isEmpty || pattern.first == UInt8(ascii: "!") || pattern.contains(0x0a) {
            throw GitBridgeError.invalidPattern(pattern)
        }
        if folder.isRoot { return pattern }
        var escaped: [UInt8] = []
        for byte in folder.bytes {
            if [UInt8(ascii: "*"), UInt8(ascii: "?"), UInt8(ascii: "["), UInt8(ascii: "\\")].contains(byte) {
                escaped.append(UInt8(ascii: "\\"))
            }
            escaped.append(byte)
        }
        if pattern.first == UInt8(ascii: "/") { return escaped + pattern }
        let isAnchored = pattern.dropLast().contains(UInt8(ascii: "/"))
        return escaped + Array((isAnchored ? "/" : "/**/").utf8) + pattern
    }

    // MARK: Files

    /// A file that git has in its index, and how it is kept there.
    public struct TrackedFile: Sendable {
        /// Its path.
        public let path: RelativePath
        /// What stands for its content in the index; `nil` if git keeps the content itself.
        public let pointer: Pointer?
        /// Whether the attributes in force have it tracked.
        public let isTracked: Bool
    }

    /// The files in git's index that are tracked, or that git has as pointers.
    public func files() throws -> [TrackedFile] {
        let entries = try repository.indexEntries().filter(\.isFile)
        let values = try repository.attribute("filter", of: entries.map(\.path))
        var files: [TrackedFile] = []
        for (entry, value) in zip(entries, values) {
            var pointer: Pointer?
            if try repository.blobSize(entry.id) ?? .max <= Pointer.maximumCount {
                pointer = Pointer(parsing: try repository.contents(of: entry.id))
            }
            if value == "vintage" || pointer != nil {
                files.append(TrackedFile(path: entry.path, pointer: pointer, isTracked: value == "vintage"))
            }
        }
        return files
    }

    /// Where files are moved to.
    public enum Keeper: Sendable {
        /// The store, with a pointer in git.
        case vintage
        /// Git itself.
        case git
    }

    /// The files that the attributes in force have kept otherwise than they are.
    ///
    /// - Returns: the files, and those of them whose content is not in the working tree, so that they cannot be moved.
    public func filesToMigrate(to keeper: Keeper) throws -> (files: [RelativePath], withoutContent: [RelativePath]) {
        var files: [RelativePath] = []
        var withoutContent: [RelativePath] = []
        for file in try self.files() {
            switch keeper {
            case .vintage where file.isTracked && file.pointer == nil:
                // An empty file stands for itself.
                if try (workspace.root.appending(file.path).status()?.size ?? 0) > 0 { files.append(file.path) }
            case .git where !file.isTracked && file.pointer != nil:
                files.append(file.path)
                if try Self.standingPointer(at: workspace.root.appending(file.path)) != nil {
                    withoutContent.append(file.path)
                }
            default: continue
            }
        }
        return (files, withoutContent)
    }

    /// What a migration does.
    public struct Migration: Sendable {
        /// The patterns that are tracked or untracked.
        public var patterns: [[UInt8]]
        /// The files that are staged.
        public var files: [RelativePath]
    }

    /// Finds out what moves, and moves it if asked to: files are staged as they are in the working tree.
    ///
    /// - Parameters:
    ///   - patterns: are tracked, or untracked, first.
    ///   - applies: whether to do it; else `.gitattributes` is as before afterwards.
    /// - Throws: ``GitBridgeError/withoutContent(_:)`` with nothing staged.
    public func planMigration(
        to keeper: Keeper, patterns: [[UInt8]], in folder: RelativePath, applies: Bool
    ) throws -> Migration {
        let before = try attributesPath.contentsIfPresent()
        func goBack() throws {
            if let before { try attributesPath.replaceContents(with: before) } else { try attributesPath.remove() }
        }
        do {
            let changed = try keeper == .vintage ? track(patterns, in: folder) : untrack(patterns, in: folder)
            let (files, withoutContent) = try filesToMigrate(to: keeper)
            if !withoutContent.isEmpty { throw GitBridgeError.withoutContent(withoutContent) }
            if applies { try migrate(files) } else { try goBack() }
            return Migration(patterns: changed, files: files)
        } catch {
            try goBack()
            throw error
        }
    }

    /// Stages files as the attributes in force have them kept. History is left as it is.
    private func migrate(_ files: [RelativePath]) throws {
        if files.isEmpty { return }
        // libgit2 cannot do it: only git asks the filter for files whose status has not changed.
        let status = try repository.runGit(
            ["--literal-pathspecs", "add", "--renormalize", "--pathspec-from-file=-", "--pathspec-file-nul"],
            input: Array(files.map(\.bytes).joined(separator: [0])))
        guard status == 0 else { throw GitBridgeError.gitFailed("git add --renormalize", status: status) }
    }

    // MARK: Pointers in the working tree

    /// The pointer that a working file is, in place of its content.
    static func standingPointer(at path: FilePath) throws -> Pointer? {
        guard let status = try path.status(), status.kind == .regular, status.size <= Int64(Pointer.maximumCount),
            let bytes = try path.contentsIfPresent()
        else { return nil }
        return Pointer(parsing: bytes)
    }

    /// What ``bringContents()`` did.
    public struct BroughtContents: Sendable {
        /// Files that have their content now.
        public var files: [RelativePath] = []
        /// Files that stand as pointers still, since the store lacks their content.
        public var missing: [RelativePath] = []
    }

    /// The tracked files that stand as pointers in the working tree.
    public func standingPointers() throws -> [(path: RelativePath, pointer: Pointer)] {
        var found: [(path: RelativePath, pointer: Pointer)] = []
        for entry in try repository.indexEntries() where entry.isFile && entry.size <= UInt32(Pointer.maximumCount) {
            if let pointer = try Self.standingPointer(at: workspace.root.appending(entry.path)) {
                found.append((entry.path, pointer))
            }
        }
        let values = try repository.attribute("filter", of: found.map(\.path))
        return zip(found, values).filter { $1 == "vintage" }.map(\.0)
    }

    /// Puts the content into the place of each tracked file that stands as a pointer, where the store has it.
    public func bringContents() throws -> BroughtContents {
        var report = BroughtContents()
        let standing = try standingPointers()
        if standing.isEmpty { return report }
        for (path, pointer) in standing {
            guard workspace.store.contains(pointer.content.id, kind: pointer.content.kind) else {
                report.missing.append(path)
                continue
            }
            try replace(path, with: pointer.content)
            report.files.append(path)
        }
        if !report.files.isEmpty {
            // To git a file of another size is another file, until its entry in the index is made again.
            _ = try repository.runGit(
                ["update-index", "-q", "-z", "--stdin"],
                input: Array(report.files.map(\.bytes).joined(separator: [0])) + [0])
        }
        return report
    }

    func replace(_ path: RelativePath, with content: FileReference) throws {
        let place = workspace.root.appending(path)
        let isExecutable = try place.status()?.isExecutable == true
        let folder = try Directory(place.removingLastComponent())
        let name = Array(temporaryName().utf8)
        do {
            let file = try folder.file(creating: name, permissions: isExecutable ? 0o777 : 0o666)
            try workspace.store.readAhead(content, workers: workspace.configuration.workers) {
                (bytes) throws(StoreError) in
                do throws(FileError) {
                    try file.write(bytes)
                } catch {
                    throw .file(error)
                }
            }
            try folder.rename(name, to: path.name)
        } catch {
            try? folder.remove(name)
            throw error
        }
    }
}
