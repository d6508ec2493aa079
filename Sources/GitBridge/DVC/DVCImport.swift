import FileSystem
import Git
import ObjectStore
import SystemPackage
import Workspace

extension GitBridge {
    /// What an import from DVC made.
    public struct DVCImportReport: Sendable {
        /// The artifacts, with the snapshots that the lock names now.
        public var artifacts: [AddedArtifact] = []
        /// How many versions each has, in the order of the artifacts.
        public var versions: [Int] = []
        /// Versions that were left out, since the cache lacks them.
        public var skipped: [DVCError.MissingObject] = []
        /// What HEAD names and cannot be imported, each with the reason.
        public var unsupported: [DVCError] = []
        /// What the store grew by.
        public var stored: StoreWriter.Statistics
    }

    /// Makes artifacts of the data that DVC keeps, with a snapshot for each commit of HEAD's history that moved it.
    ///
    /// A snapshot has the time, the author and the message of its commit. Data that HEAD has no more is left out. Working
    /// files, `.dvc` files and the cache stay as they are. Doing it again takes over what is new.
    ///
    /// - Parameters:
    ///   - paths: only the data at or below these; all by default.
    ///   - caches: further folders that are laid out as DVC's cache, such as a remote that is a folder.
    ///   - skipsMissing: whether an older version whose content is missing is left out instead of refusing all.
    ///   - meter: is told of each byte read.
    /// - Throws: ``DVCError``, or ``Workspace/WorkspaceError``.
    public func importDVC(
        _ paths: [RelativePath] = [], caches: [FilePath] = [], skipsMissing: Bool = false, meter: ByteMeter? = nil,
        command: String = "vintage import dvc"
    ) throws -> DVCImportReport {
        guard let head = try repository.head().commit else { throw DVCError.nothingToImport }
        let history = DVCHistory(repository)
        let current = try history.outputs(at: head)
        if current.isEmpty, history.unsupported.isEmpty { throw DVCError.nothingToImport }
        for path in paths where !current.keys.contains(where: { path.contains($0) }) {
            throw DVCError.notKept(path, known: current.keys.sorted())
        }
        let unsupported = history.unsupported.sorted { $0.key < $1.key }.map(\.value)
        let wanted = Set(current.keys.filter { path in paths.isEmpty || paths.contains { $0.contains(path) } })
        let cache = try DVCCache(root: workspace.root, projects: try history.folders(at: head), further: caches)
        let writer = try workspace.store.makeWriter(level: workspace.configuration.compressionLevel)
        let importer = DVCImporter(
            repository: repository, history: history, cache: cache, writer: writer, wanted: wanted,
            workers: workspace.configuration.workers, meter: meter)
        for path in wanted.sorted() { try path.checkIsArtifactPath() }
        let versions = try importer.versions(upTo: head, skipsMissing: skipsMissing)
        var report = DVCImportReport(stored: writer.statistics)
        report.unsupported = unsupported + importer.unreadable
        report.skipped = importer.skipped
        try writer.finish()
        report.artifacts = try workspace.takeHistory(
            versions.map { ($0.key, $0.value) }.sorted { $0.0 < $1.0 }, command: command)
        report.versions = report.artifacts.map { importer.counts[$0.path] ?? 0 }
        // The writer has kept the clean-up away until the lock named the snapshots.
        return withExtendedLifetime(writer) {
            report.stored = writer.statistics
            return report
        }
    }
}

/// One import: walks git's history from the first commit on and stores what moved.
private final class DVCImporter {
    private let repository: Repository
    private let history: DVCHistory
    private let cache: DVCCache
    private let writer: StoreWriter
    private let archiver: Archiver
    private let wanted: Set<RelativePath>
    private var skipsMissing = false

    /// The contents that were stored, by their MD5.
    private var contents: [DVCHash: FileReference] = [:]
    private var folders: [DVCOutput.Content: Node] = [:]
    /// How many snapshots were made of each artifact.
    private(set) var counts: [RelativePath: Int] = [:]
    private(set) var skipped: [DVCError.MissingObject] = []
    /// Why files of older commits could not be read.
    private(set) var unreadable: [DVCError] = []

    /// A version of an artifact at a commit. One that was left out stands for the versions before it.
    private struct Version {
        let output: DVCOutput
        let snapshots: [ObjectID]
    }

    init(
        repository: Repository, history: DVCHistory, cache: DVCCache, writer: StoreWriter, wanted: Set<RelativePath>,
        workers: Int, meter: ByteMeter?
    ) {
        (self.repository, self.history, self.cache, self.writer) = (repository, history, cache, writer)
        self.wanted = wanted
        archiver = Archiver(writer: writer, workers: workers, meter: meter)
    }

    /// The snapshot of each artifact at a commit, after those of all commits before it were made.
    func versions(upTo head: GitObjectID, skipsMissing: Bool) throws -> [RelativePath: ObjectID] {
        var commits: [GitCommit] = []
        try repository.history(from: [head]) { commit in
            commits.append(commit)
            return true
        }
        commits.reverse()
        try check(commits, head, skipsMissing: skipsMissing)
        self.skipsMissing = skipsMissing
        var states: [GitObjectID: [RelativePath: Version]] = [:]
        var childrenLeft: [GitObjectID: Int] = [:]
        for commit in commits { for parent in commit.parents { childrenLeft[parent, default: 0] += 1 } }
        for commit in commits {
            // A shallow clone ends at commits whose parents are not there.
            let parents = commit.parents.compactMap { states[$0] }
            states[commit.id] = try state(at: commit, after: parents)
            for parent in commit.parents {
                childrenLeft[parent, default: 1] -= 1
                if childrenLeft[parent] == 0 { states[parent] = nil }
            }
        }
        var found: [RelativePath: ObjectID] = [:]
        for (path, version) in states[head] ?? [:] { found[path] = version.snapshots.first }
        return found
    }

    /// Looks whether all is there before anything is stored.
    private func check(_ commits: [GitCommit], _ head: GitObjectID, skipsMissing: Bool) throws {
        var missing: [DVCError.MissingObject] = []
        var seen: Set<DVCOutput.Content> = []
        for commit in commits.reversed() {
            for (path, output) in try wantedOutputs(at: commit.id).sorted(by: { $0.key < $1.key })
            where seen.insert(output.content).inserted {
                for hash in try lacking(output.content) {
                    missing.append(DVCError.MissingObject(hash: hash.text, path: path, commit: commit.id))
                }
            }
            // What HEAD itself names must be there: the lock is to name it.
            if commit.id == head, skipsMissing, missing.isEmpty { return }
        }
        if !missing.isEmpty { throw DVCError.missing(missing, searched: cache.folders) }
    }

    private func wantedOutputs(at commit: GitObjectID) throws -> DVCHistory.Outputs {
        try history.outputs(at: commit).filter { path, output in
            guard wanted.contains(path) else { return false }
            // Outputs with `cache: false` have a hash too, and are kept by git.
            return try output.stage == nil || repository.fileID(of: path, at: commit) == nil
        }
    }

    /// The objects of a content that the cache lacks.
    private func lacking(_ content: DVCOutput.Content) throws -> [DVCHash] {
        switch content {
        case .files(let files): return files.map(\.hash).filter { cache.find($0) == nil }
        case .object(let hash):
            guard let path = cache.find(hash) else { return [hash] }
            if !hash.isFolder { return [] }
            return try cache.listing(hash, at: path).files.map(\.hash).filter { cache.find($0) == nil }
        }
    }

    // MARK: Snapshots

    private func state(
        at commit: GitCommit, after parents: [[RelativePath: Version]]
    ) throws -> [RelativePath: Version] {
        let outputs: DVCHistory.Outputs
        do {
            outputs = try wantedOutputs(at: commit.id)
        } catch let error as DVCError where skipsMissing {
            // Such as one with conflict markers in it: what was there before goes on.
            unreadable.append(error)
            return parents.reduce(into: [:]) { $0.merge($1) { first, _ in first } }
        }
        var state: [RelativePath: Version] = [:]
        var underWay: Set<RelativePath> = []
        func version(of path: RelativePath, _ output: DVCOutput) throws -> Version {
            if let known = state[path] { return known }
            let before = parents.compactMap { $0[path] }
            if let same = before.first(where: { $0.output.holdsSame(as: output) }) {
                state[path] = same
                return same
            }
            underWay.insert(path)
            defer { underWay.remove(path) }
            var ancestors: [ObjectID] = []
            for id in before.flatMap(\.snapshots) where !ancestors.contains(id) { ancestors.append(id) }
            if skipsMissing, let hash = try lacking(output.content).first {
                skipped.append(DVCError.MissingObject(hash: hash.text, path: path, commit: commit.id))
                state[path] = Version(output: output, snapshots: ancestors)
                return Version(output: output, snapshots: ancestors)
            }
            // What a stage read is an input, where DVC keeps it too.
            var inputs: [Snapshot.Input] = []
            for dependency in output.stage?.dependencies ?? [] {
                guard let (name, needed) = outputs.first(where: { $0.key.contains(dependency) }),
                    !underWay.contains(name), let snapshot = try version(of: name, needed).snapshots.first,
                    !inputs.contains(where: { $0.artifact == name })
                else { continue }
                inputs.append(Snapshot.Input(artifact: name, snapshot: snapshot))
            }
            let snapshot = try writer.put(
                Snapshot(
                    artifact: path, root: try node(output), time: commit.committer.seconds,
                    offsetMinutes: Int32(commit.committer.offsetMinutes), parents: ancestors,
                    inputs: inputs, provenance: Self.provenance(output, commit)))
            counts[path, default: 0] += 1
            state[path] = Version(output: output, snapshots: [snapshot])
            return Version(output: output, snapshots: [snapshot])
        }
        for (path, output) in outputs.sorted(by: { $0.key < $1.key }) { _ = try version(of: path, output) }
        return state
    }

    private static func provenance(_ output: DVCOutput, _ commit: GitCommit) -> Snapshot.Provenance {
        var provenance = Snapshot.Provenance()
        provenance.author = "\(commit.author.name) <\(commit.author.email)>"
        var message = commit.message
        while message.last?.isNewline == true { message.removeLast() }
        provenance.message = message
        provenance.command = output.stage?.command ?? "dvc add"
        provenance.codeCommit = commit.id.description
        provenance.parameters = output.stage?.parameters ?? [:]
        provenance.parameters["dvc.file"] = output.file.description
        if case .object(let hash) = output.content { provenance.parameters["dvc.md5"] = hash.text }
        if let stage = output.stage { provenance.parameters["dvc.stage"] = stage.name }
        return provenance
    }

    // MARK: Contents

    private func node(_ output: DVCOutput) throws -> Node {
        switch output.content {
        case .object(let hash) where !hash.isFolder:
            return .file(try stored(hash), isExecutable: output.isExecutable)
        case .object(let hash):
            if let known = folders[output.content] { return known }
            guard let path = cache.find(hash) else { throw lost(hash, output) }
            let node = try folder(cache.listing(hash, at: path).files[...], depth: 0)
            folders[output.content] = node
            return node
        case .files(let files):
            if let known = folders[output.content] { return known }
            let node = try folder(files[...], depth: 0)
            folders[output.content] = node
            return node
        }
    }

    private func lost(_ hash: DVCHash, _ output: DVCOutput) -> DVCError {
        .unsupported(output.path, in: output.file, reason: "\(hash.text) went away from the cache")
    }

    private func stored(_ hash: DVCHash) throws -> FileReference {
        if let known = contents[hash] { return known }
        guard let path = cache.find(hash) else {
            throw FileError(operation: "find", path: hash.text, code: .noSuchFileOrDirectory)
        }
        let content = try cache.store(hash, at: path, archiver)
        contents[hash] = content
        return content
    }

    /// Stores a folder.
    ///
    /// - Parameters:
    ///   - files: the files below it, in the order of their paths.
    ///   - depth: how many components of the paths lead to it.
    private func folder(_ files: ArraySlice<DVCListing.File>, depth: Int) throws -> Node {
        var entries: [TreeEntry] = []
        var rest = files
        while let first = rest.first {
            let components = first.path.components
            let name = components[depth]
            let group = rest.prefix { $0.path.components.count > depth && $0.path.components[depth] == name }
            let node: Node =
                components.count == depth + 1
                ? .file(try stored(first.hash), isExecutable: first.isExecutable)
                : try folder(group, depth: depth + 1)
            entries.append(TreeEntry(name: Array(name), node: node))
            rest = rest.dropFirst(group.count)
        }
        // Paths are ordered by components, and their names by bytes: the same within a folder.
        var builder = TreeBuilder()
        let put = { [writer] (node: [UInt8]) throws(StoreError) in try writer.put(node, kind: .tree) }
        for entry in entries { try builder.append(entry, put) }
        return .directory(try builder.finish(put))
    }
}
