import FileSystem
import Git
import ObjectStore
import SystemPackage
import TextFormats
import Workspace

extension GitBridge {
    /// What an export to DVC wrote.
    public struct DVCExportReport: Sendable {
        /// An artifact that was exported.
        public struct Exported: Sendable {
            /// The artifact.
            public let path: RelativePath
            /// The `.dvc` file that names it, or the `dvc.lock` that does already.
            public let file: RelativePath
            /// Its MD5, as DVC names it.
            public let hash: String
            /// How many files it holds.
            public let files: Int
            /// Their bytes.
            public let size: UInt64
        }

        /// The artifacts, in the order of their paths.
        public var artifacts: [Exported] = []
        /// Where DVC's cache is.
        public var cache: FilePath
        /// What DVC does not keep: folders without files, and what makes a file in a folder a program.
        public var losses: [RelativePath] = []
        /// Whether DVC's own folder was made.
        public var madeProject = false
    }

    /// Writes artifacts as DVC has them: their contents into its cache, and a `.dvc` file beside each.
    ///
    /// Working files and the lock stay as they are; nothing is staged.
    ///
    /// - Parameters:
    ///   - paths: only these artifacts; all by default.
    ///   - revision: the version; the lock's by default.
    ///   - force: whether a `.dvc` file is replaced whose content git does not have.
    /// - Throws: ``DVCError``, with no `.dvc` file written.
    public func exportDVC(
        _ paths: [RelativePath] = [], revision: String? = nil, force: Bool = false, meter: ByteMeter? = nil
    ) throws -> DVCExportReport {
        let chosen = try artifacts(paths, revision)
        for (path, _) in chosen where String(validating: path.bytes, as: UTF8.self) == nil {
            throw DVCError.cannotExport(path, reason: "its name is no UTF-8 text, and DVC writes names as text")
        }
        let settings = workspace.root.appending(".dvc")
        let made = try makeProject(settings)
        var report = DVCExportReport(cache: try DVCCache.folder(settings), madeProject: made)
        let exporter = DVCExporter(store: workspace.store, cache: report.cache, meter: meter)
        var texts: [(file: RelativePath, text: [UInt8])] = []
        let stages = try stageOutputs()
        for (path, snapshot) in chosen {
            let exported = try exporter.export(path, try workspace.store.snapshot(snapshot).root)
            var file = RelativePath(unchecked: path.bytes + Array(".dvc".utf8))
            if let recorded = stages[path] {
                guard case .object(let hash) = recorded.content, hash == exported.hash else {
                    throw DVCError.madeByStage(path, lock: recorded.file)
                }
                file = recorded.file
            } else if try !names(file, exported.hash, path) {
                texts.append((file, exported.fileText(named: path.name)))
            }
            report.artifacts.append(
                DVCExportReport.Exported(
                    path: path, file: file, hash: exported.hash.text, files: exported.count ?? 1, size: exported.size))
        }
        for (file, text) in texts where !force { try checkOverwriting(file, text) }
        for (file, text) in texts {
            let place = workspace.root.appending(file)
            try place.removingLastComponent().makeDirectories()
            try place.replaceContents(with: text)
        }
        report.losses = exporter.losses
        return report
    }

    /// The artifacts that paths name, each with its snapshot in a revision.
    private func artifacts(
        _ paths: [RelativePath], _ revision: String?
    ) throws -> [(path: RelativePath, snapshot: ObjectID)] {
        var all: [(path: RelativePath, snapshot: ObjectID)]
        switch try revision.map({ try workspace.resolve($0) }) {
        case nil: all = try workspace.lock().entries.map { ($0.path, $0.snapshot) }
        case .commit(_, let lock): all = lock.entries.map { ($0.path, $0.snapshot) }
        case .snapshot(let id, let snapshot): all = [(snapshot.artifact, id)]
        }
        if paths.isEmpty || paths.contains(.root) { return all }
        for path in paths where !all.contains(where: { path.contains($0.path) }) {
            if let around = all.first(where: { $0.path.contains(path) }) {
                throw DVCError.cannotExport(path, reason: "only whole artifacts can be; this one is \(around.path)")
            }
            throw WorkspaceError.notInRevision(path, revision: revision ?? Lock.fileName)
        }
        return all.filter { artifact in paths.contains { $0.contains(artifact.path) } }
    }

    /// Makes what `dvc init` makes, where it is not there.
    private func makeProject(_ settings: FilePath) throws -> Bool {
        if settings.appending("config").exists { return false }
        try settings.makeDirectories()
        for (name, text) in [("config", ""), (".gitignore", "/config.local\n/tmp\n/cache\n")]
        where !settings.appending(name).exists {
            try settings.appending(name).replaceContents(with: Array(text.utf8))
        }
        return true
    }

    /// What the stages of pipelines have made, as the `dvc.lock` files in the working tree say.
    private func stageOutputs() throws -> [RelativePath: DVCOutput] {
        var found: [RelativePath: DVCOutput] = [:]
        for entry in try repository.indexEntries() where entry.path.name.elementsEqual("dvc.lock".utf8) {
            let folder = workspace.root.appending(entry.path).removingLastComponent()
            guard let text = try folder.appending("dvc.lock").contentsIfPresent() else { continue }
            do throws(DVCReader.Failure) {
                let reader = DVCReader(file: entry.path)
                let yaml = try? folder.appending("dvc.yaml").contentsIfPresent()
                for output in try reader.outputs(ofLock: text, definitions: yaml ?? nil).outputs {
                    found[output.path] = output
                }
            } catch {
                throw DVCError.unreadable(entry.path, commit: nil, reason: error.reason)
            }
        }
        return found
    }

    /// Whether a `.dvc` file has a hash for an artifact already: what else stands in it is its owner's.
    private func names(_ file: RelativePath, _ hash: DVCHash, _ path: RelativePath) throws -> Bool {
        guard let text = try workspace.root.appending(file).contentsIfPresent(),
            let outputs = try? DVCReader(file: file).outputs(ofFile: text).outputs
        else { return false }
        return outputs.contains { $0.path == path && $0.content == .object(hash) }
    }

    /// Refuses to replace what is stored nowhere.
    private func checkOverwriting(_ file: RelativePath, _ text: [UInt8]) throws {
        guard let old = try workspace.root.appending(file).contentsIfPresent(), old != text else { return }
        let committed = try repository.head().commit.flatMap { try repository.contents(of: file, at: $0) }
        if committed != old { throw DVCError.wouldOverwrite(file) }
    }
}

/// One export: writes contents into DVC's cache.
private final class DVCExporter {
    private let store: Store
    private let cache: FilePath
    private let meter: ByteMeter?
    private var known: [FileReference: DVCHash] = [:]
    private(set) var losses: [RelativePath] = []

    init(store: Store, cache: FilePath, meter: ByteMeter?) {
        (self.store, self.cache, self.meter) = (store, cache, meter)
    }

    /// What was written of an artifact.
    struct Exported {
        let hash: DVCHash
        let size: UInt64
        /// How many files a folder holds; `nil` for a file.
        let count: Int?
        let isExecutable: Bool

        /// The text of the `.dvc` file.
        func fileText(named name: ArraySlice<UInt8>) -> [UInt8] {
            var lines = ["outs:", "- md5: \(hash.text)", "  size: \(size)"]
            if let count { lines.append("  nfiles: \(count)") }
            if isExecutable { lines.append("  isexec: true") }
            lines += ["  hash: md5", "  path: \(Self.scalar(String(decoding: name, as: UTF8.self)))"]
            return Array((lines.joined(separator: "\n") + "\n").utf8)
        }

        /// A text as YAML takes it for a text.
        private static func scalar(_ text: String) -> String {
            let isPlain = text.utf8.allSatisfy {
                (0x61...0x7a).contains($0 | 0x20) || (0x30...0x39).contains($0) || "._-/".utf8.contains($0)
            }
            let words = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"]
            let isWord = text.utf8.first.map { (0x61...0x7a).contains($0 | 0x20) } ?? false
            return isPlain && isWord && !words.contains(text.lowercased()) ? text : JSON.string(text).line
        }
    }

    /// Writes an artifact's contents.
    func export(_ path: RelativePath, _ root: Node) throws -> Exported {
        meter?.expect(root.size)
        switch root {
        case .link: throw DVCError.cannotExport(path, reason: "it is a symbolic link, which DVC does not keep")
        case .file(let content, let isExecutable):
            let hash = try written(content)
            return Exported(hash: hash, size: content.size, count: nil, isExecutable: isExecutable)
        case .directory(let tree):
            var listing = DVCListing(files: [])
            try collect(tree, path, .root, &listing)
            let bytes = listing.encoded()
            var digest = DVCDigest(isPlain: true)
            bytes.withUnsafeBytes { digest.take($0) }
            guard let hash = DVCHash(digest.value + ".dir", isPlain: true) else { throw Self.noHash(path) }
            try place(hash) { (file) throws(FileError) in try file.write(bytes) }
            return Exported(hash: hash, size: tree.size, count: listing.files.count, isExecutable: false)
        }
    }

    private static func noHash(_ path: RelativePath) -> DVCError {
        .cannotExport(path, reason: "its MD5 could not be taken")
    }

    private func collect(
        _ tree: TreeReference, _ artifact: RelativePath, _ folder: RelativePath, _ listing: inout DVCListing
    ) throws {
        let entries = try store.entries(of: tree)
        // The artifact itself may be empty: DVC has a listing for it.
        if entries.isEmpty, !folder.isRoot { losses.append(artifact.appending(folder)) }
        for entry in entries {
            let path = folder.appending(component: entry.name)
            let place = artifact.appending(path)
            switch entry.node {
            case .directory(let below): try collect(below, artifact, path, &listing)
            case .link:
                throw DVCError.cannotExport(place, reason: "it is a symbolic link, which DVC does not keep")
            case .file(let content, let isExecutable):
                guard String(validating: entry.name, as: UTF8.self) != nil else {
                    throw DVCError.cannotExport(
                        place, reason: "its name is no UTF-8 text, and DVC writes names as text")
                }
                if isExecutable { losses.append(place) }
                listing.files.append(DVCListing.File(path: path, hash: try written(content)))
            }
        }
    }

    /// Writes a file's content into the cache.
    private func written(_ content: FileReference) throws -> DVCHash {
        if let hash = known[content] {
            meter?.add(content.size)
            return hash
        }
        var digest = DVCDigest(isPlain: true)
        let temporary = try temporaryFile()
        let hash: DVCHash
        do {
            let file = try File(creating: temporary, permissions: 0o444)
            if content.size > 0 {
                try store.readAhead(content, workers: availableCores) { (bytes) throws(StoreError) in
                    digest.take(bytes)
                    do throws(FileError) {
                        try file.write(bytes)
                    } catch {
                        throw .file(error)
                    }
                    meter?.add(UInt64(bytes.count))
                }
            }
            guard let found = DVCHash(digest.value, isPlain: true) else { throw Self.noHash(.root) }
            hash = found
            try move(temporary, hash)
        } catch {
            try? temporary.remove()
            throw error
        }
        known[content] = hash
        return hash
    }

    private func place(_ hash: DVCHash, _ write: (borrowing File) throws(FileError) -> Void) throws(FileError) {
        let temporary = try temporaryFile()
        do throws(FileError) {
            let file = try File(creating: temporary, permissions: 0o444)
            try write(file)
            try move(temporary, hash)
        } catch {
            try? temporary.remove()
            throw error
        }
    }

    private func temporaryFile() throws(FileError) -> FilePath {
        let folder = cache.appending("files").appending("md5")
        try folder.makeDirectories()
        return folder.appending(temporaryName())
    }

    private func move(_ temporary: FilePath, _ hash: DVCHash) throws(FileError) {
        let place = DVCCache.place(hash, in: cache)
        try place.removingLastComponent().makeDirectories()
        try temporary.rename(to: place)
    }
}
