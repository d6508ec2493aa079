import FileSystem
import Git
import ObjectStore
import SystemPackage
import Workspace

extension GitBridge {
    /// What an import from git-lfs did, or would do.
    public struct LargeFileImportReport: Sendable {
        /// The files that are tracked by Vintage now.
        public var files: [RelativePath] = []
        /// Their bytes.
        public var size: UInt64 = 0
        /// The files of attributes that were changed.
        public var attributes: [RelativePath] = []
    }

    /// Takes files over from git-lfs: the store keeps their contents, and Vintage's pointers stand in git's index.
    ///
    /// Attributes that hand files to git-lfs hand them to Vintage afterwards. The working files stay, but for those that are
    /// pointers of git-lfs: they get their content. Commits stay as they are; the next one has the change.
    ///
    /// - Parameter paths: only files at or below these; all by default.
    /// - Throws: ``LargeFileImportError`` with nothing changed but the store.
    public func importLargeFiles(_ paths: [RelativePath] = [], meter: ByteMeter? = nil) throws -> LargeFileImportReport
    {
        let found = try largeFiles(paths)
        guard !found.isEmpty else { throw LargeFileImportError.nothingToImport(paths) }
        let storage = try LargeFileStorage(repository)
        let contents = LargeFileStore(workspace)
        let missing = try found.filter { file in
            guard storage.find(file.pointer.name) == nil else { return false }
            return try contents.content(named: file.pointer.name, size: file.pointer.size) == nil
        }
        if let first = missing.first {
            throw LargeFileImportError.missing(first.path, first.pointer.name, others: missing.count - 1)
        }
        meter?.expect(found.reduce(0) { $0 + $1.pointer.size })
        let writer = try workspace.store.makeWriter(level: workspace.configuration.compressionLevel)
        let archiver = Archiver(writer: writer, workers: workspace.configuration.workers, meter: meter)
        var pointers: [(path: RelativePath, bytes: [UInt8])] = []
        var stored: [LargeFilePointer: FileReference] = [:]
        for file in found {
            let content: FileReference
            if let known = stored[file.pointer] {
                content = known
            } else if let place = storage.find(file.pointer.name) {
                content = try storage.store(file.pointer, at: place, archiver)
            } else if let known = try contents.content(named: file.pointer.name, size: file.pointer.size) {
                content = known
            } else {
                throw LargeFileImportError.missing(file.path, file.pointer.name, others: 0)
            }
            stored[file.pointer] = content
            pointers.append((file.path, content.size == 0 ? [] : Pointer(content).encoded()))
        }
        try writer.finish()
        try configureRepository()
        var report = LargeFileImportReport()
        report.attributes = try changeAttributes(of: found.map(\.path), all: paths.isEmpty || paths.contains(.root))
        try repository.stageContents(pointers)
        try repository.stage(report.attributes)
        for file in found {
            report.files.append(file.path)
            report.size += file.pointer.size
            // A clone may have been made without contents.
            guard let standing = try standingLargeFile(file.path), standing == file.pointer,
                let content = stored[file.pointer]
            else { continue }
            try replace(file.path, with: content)
        }
        // The writer has kept the clean-up away until git had the pointers.
        return withExtendedLifetime(writer) { report }
    }

    /// The files of git's index that are pointers of git-lfs, by the attributes in force.
    private func largeFiles(_ paths: [RelativePath]) throws -> [(path: RelativePath, pointer: LargeFilePointer)] {
        var candidates: [(path: RelativePath, pointer: LargeFilePointer)] = []
        for entry in try repository.indexEntries() where entry.isFile {
            guard paths.isEmpty || paths.contains(where: { $0.contains(entry.path) }),
                try repository.blobSize(entry.id) ?? .max < LargeFilePointer.maximumCount,
                let pointer = LargeFilePointer(parsing: try repository.contents(of: entry.id))
            else { continue }
            candidates.append((entry.path, pointer))
        }
        let values = try repository.attribute("filter", of: candidates.map(\.path))
        return zip(candidates, values).filter { $1 == "lfs" }.map(\.0)
    }

    private func standingLargeFile(_ path: RelativePath) throws -> LargeFilePointer? {
        let place = workspace.root.appending(path)
        guard let status = try place.status(), status.kind == .regular,
            status.size < Int64(LargeFilePointer.maximumCount)
        else { return nil }
        return LargeFilePointer(parsing: try place.contents())
    }

    // MARK: Attributes

    /// Hands files to Vintage that attributes hand to git-lfs.
    ///
    /// - Parameter all: whether the patterns are changed where they stand; else each file gets a line of its own.
    /// - Returns: the files of attributes that were changed, as they are in the working tree.
    /// - Throws: ``LargeFileImportError/attributesDiffer(_:)`` with all of them as before.
    private func changeAttributes(of files: [RelativePath], all: Bool) throws -> [RelativePath] {
        let name = RelativePath(unchecked: Array(".gitattributes".utf8))
        var places: [RelativePath] = [name]
        if all {
            for entry in try repository.indexEntries() where entry.path.name.elementsEqual(name.bytes) {
                if entry.path != name { places.append(entry.path) }
            }
        }
        var before: [(place: RelativePath, text: [UInt8]?)] = []
        do {
            for place in places {
                let path = workspace.root.appending(place)
                let old = try path.contentsIfPresent()
                var file = AttributesFile(parsing: old ?? [])
                if all {
                    file.takeOverFromLargeFileStorage()
                } else {
                    for path in files { _ = file.track(Self.pattern(of: path)) }
                }
                let new = file.encoded()
                if new == old ?? [] { continue }
                before.append((place, old))
                try path.replaceContents(with: new)
            }
            let values = try repository.attribute("filter", of: files)
            if let other = zip(files, values).first(where: { $1 != "vintage" }) {
                throw LargeFileImportError.attributesDiffer(other.0)
            }
        } catch {
            for (place, text) in before {
                let path = workspace.root.appending(place)
                if let text { try path.replaceContents(with: text) } else { try path.remove() }
            }
            throw error
        }
        return before.map(\.place)
    }

    /// The pattern that matches one file.
    private static func pattern(of path: RelativePath) -> [UInt8] {
        var pattern: [UInt8] = [UInt8(ascii: "/")]
        for byte in path.bytes {
            if "*?[\\".utf8.contains(byte) { pattern.append(UInt8(ascii: "\\")) }
            pattern.append(byte)
        }
        return pattern
    }
}

/// Why files could not be taken over from git-lfs.
public enum LargeFileImportError: ErrorWithExitStatus, Equatable {
    /// Git has no pointer of git-lfs at the paths.
    case nothingToImport([RelativePath])
    /// The content of a file is nowhere here.
    case missing(RelativePath, ObjectID, others: Int)
    /// A file would stay with git-lfs, since other attributes say so.
    case attributesDiffer(RelativePath)

    /// The status that a command should end with after the error.
    public var exitStatus: ExitStatus {
        switch self {
        case .nothingToImport, .attributesDiffer: .misused
        case .missing: .found
        }
    }
}

extension LargeFileImportError: CustomStringConvertible {
    /// One line for people: what, where, and what to do next.
    public var description: String {
        switch self {
        case .nothingToImport(let paths):
            "git's index has no file of git-lfs\(paths.first.map { " at \($0)" } ?? ""); 'git lfs ls-files' lists those there are"
        case .missing(let path, let name, let others):
            "the content of \(path) is not here (object \(name))\(others > 0 ? ", nor that of \(others) others" : ""); run "
                + "'git lfs fetch' first"
        case .attributesDiffer(let path):
            "\(path) would stay with git-lfs, since attributes outside of the root's .gitattributes say so; change the "
                + "line that 'git check-attr --all \(path)' shows, or import all files"
        }
    }
}

/// The folder in which git-lfs keeps a repository's contents.
struct LargeFileStorage {
    private let folder: FilePath

    init(_ repository: Repository) throws {
        var folder = repository.commonDirectory.appending("lfs")
        if let setting = try repository.configValue("lfs.storage"), !setting.isEmpty {
            // As git-lfs reads it: from inside the repository's own folder.
            folder = repository.commonDirectory.pushing(FilePath(setting))
        }
        self.folder = folder
    }

    /// Where files are put that are on their way: on the same file system as the others.
    var temporary: FilePath { folder.appending("tmp") }

    /// Where the content of a name is; `nil` if it is not here.
    func find(_ name: ObjectID) -> FilePath? {
        let hex = name.description
        let path = folder.appending("objects").appending(String(hex.prefix(2)))
            .appending(String(hex.dropFirst(2).prefix(2))).appending(hex)
        return path.exists ? path : nil
    }

    /// Stores a content and checks its SHA-256.
    func store(_ pointer: LargeFilePointer, at path: FilePath, _ archiver: Archiver) throws -> FileReference {
        let file = try File(reading: path)
        var digest = ContentDigest()
        let content = try archiver.archive { (space) throws(StoreError) in
            do throws(FileError) {
                let count = try file.read(into: space)
                digest.take(UnsafeRawBufferPointer(rebasing: space[..<count]))
                return count
            } catch {
                throw .file(error)
            }
        }
        guard digest.value == pointer.name else {
            throw LargeFileError.wrongContent(displayed(path), expected: pointer.name, found: digest.value)
        }
        return content
    }
}
