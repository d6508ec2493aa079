import FileSystem
import Git
import ObjectStore
import SystemPackage

/// A project's folder whose datasets, features and models are kept in step with its code.
///
///     let workspace = try Workspace.initialize(at: "project", usesGit: true).workspace
///     try workspace.add([RelativePath("data/flights")])
///     try workspace.commit(message: "Add the flights of 2013")
///
/// Paths are relative to the workspace's root, which is the root of the git working tree if there is one. A workspace
/// belongs to the thread that opened it; other processes may work in the same folder at the same time.
public final class Workspace {
    /// The workspace's root.
    public let root: FilePath
    /// The git repository around it; `nil` for a workspace without git.
    public let repository: Repository?
    /// Where the content is kept.
    public let store: Store
    /// The settings in force.
    public let configuration: Configuration
    /// The variable that holds the password of the online store.
    public static let onlinePasswordVariable = "VINTAGE_ONLINE_PASSWORD"

    /// The password of the online store that the environment has.
    public var onlinePassword: String? {
        environment[Self.onlinePasswordVariable].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The environment's variables.
    package let environment: [String: String]

    private init(
        root: FilePath, repository: Repository?, store: Store, configuration: Configuration,
        environment: [String: String]
    ) {
        self.root = root
        self.repository = repository
        self.store = store
        self.configuration = configuration
        self.environment = environment
    }

    /// The name of the folder that holds all that git does not keep.
    public static let folderName = ".vintage"
    /// The name of the settings file that git keeps.
    public static let configurationName = "vintage.yaml"

    var folder: FilePath { root.appending(Self.folderName) }
    package var caches: FilePath { folder.appending("cache") }
    var lockPath: FilePath { root.appending(Lock.fileName) }

    // MARK: Opening

    /// What ``initialize(at:usesGit:environment:parameters:)`` did.
    public struct Initialization {
        /// The workspace.
        public let workspace: Workspace
        /// Whether a git repository was made.
        public let createdRepository: Bool
        /// Whether the store was made; `false` if it was there already.
        public let createdStore: Bool
    }

    /// Makes a folder a workspace, or completes one, such as a fresh clone.
    ///
    /// - Parameters:
    ///   - usesGit: whether to use the git repository around the folder, or make one there.
    ///   - parameters: how a new store cuts files.
    /// - Throws: ``WorkspaceError/insideWorkspace(_:)`` if a folder above is a workspace without git.
    public static func initialize(
        at directory: FilePath, usesGit: Bool, environment: [String: String] = [:],
        parameters: ChunkingParameters = .standard
    ) throws -> Initialization {
        if let status = try directory.status(), status.kind != .directory {
            throw WorkspaceError.misuse("\(directory) is not a folder; name a folder for the workspace")
        }
        try directory.makeDirectories()
        var root = directory
        var repository: Repository?
        var createdRepository = false
        if usesGit {
            repository = try Repository.discover(from: directory)
            if repository == nil {
                repository = try Repository.initialize(at: directory)
                createdRepository = true
            }
            guard let workingDirectory = repository?.workingDirectory else { throw WorkspaceError.bareRepository }
            root = workingDirectory
        }
        // A submodule is a workspace of its own, whatever it lies in.
        if let other = findRoot(from: directory), other != root, other.appending(folderName).exists,
            !usesGit || other.appending(folderName).appending("without-git").exists || !other.isStrictlyAbove(root)
        {
            throw WorkspaceError.insideWorkspace(other)
        }
        let folder = root.appending(folderName)
        try folder.makeDirectories()
        // Git must never take the store for content, whatever the project's own rules are.
        let ignore = folder.appending(".gitignore")
        if !ignore.exists { try ignore.replaceContents(with: Array("*\n".utf8)) }
        let mode = folder.appending("without-git")
        if !usesGit, !mode.exists { try mode.replaceContents(with: []) }
        if usesGit, mode.exists { try mode.remove() }
        let storePath = try storePath(root, repository)
        let createdStore = !Store.exists(at: storePath)
        if createdStore { _ = try Store.create(at: storePath, parameters: parameters) }
        let workspace = try open(from: root, environment: environment)
        return Initialization(workspace: workspace, createdRepository: createdRepository, createdStore: createdStore)
    }

    /// Opens the workspace that a folder lies in.
    ///
    /// - Parameter skipsDamagedIndexes: whether a store with a damaged index opens all the same, for checking it.
    /// - Throws: ``WorkspaceError/notAWorkspace(_:)``, or what is wrong with the store or the settings.
    public static func open(
        from directory: FilePath, environment: [String: String] = [:], skipsDamagedIndexes: Bool = false
    ) throws -> Workspace {
        let (root, repository) = try locate(from: directory)
        let folder = root.appending(folderName)
        let storePath = try storePath(root, repository)
        if !folder.exists, !Store.exists(at: storePath) { throw WorkspaceError.notAWorkspace(directory) }
        let store = try Store(opening: storePath, skipsDamagedIndexes: skipsDamagedIndexes)
        if !folder.exists {
            try folder.makeDirectories()
            try folder.appending(".gitignore").replaceContents(with: Array("*\n".utf8))
        }
        let keys = ConfigurationKey.standard(
            compressionLevel: Store.standardCompressionLevel, workers: availableCores)
        let configuration = try Configuration.load(
            shared: try root.appending(configurationName).contentsIfPresent(),
            local: try folder.appending("config.yaml").contentsIfPresent(),
            environment: environment, keys: keys,
            otherVariables: ["VINTAGE_BINARY", remoteVariable, onlinePasswordVariable])
        let workspace = Workspace(
            root: root, repository: repository, store: store, configuration: configuration, environment: environment)
        if repository != nil { try workspace.useFilter() }
        return workspace
    }

    /// The root of the workspace that a folder lies in, and its repository.
    private static func locate(from directory: FilePath) throws -> (root: FilePath, repository: Repository?) {
        let found = findRoot(from: directory)
        if let found, found.appending(folderName).appending("without-git").exists { return (found, nil) }
        let repository = try Repository.discover(from: directory)
        if let repository, let root = repository.workingDirectory, found == nil || found!.isStrictlyAbove(root),
            try Store.exists(at: storePath(root, repository))
        {
            // A linked working tree may hold nothing that tells it: the store stands beside the main one.
            return (root, repository)
        }
        guard let found else {
            throw repository?.isBare == true ? WorkspaceError.bareRepository : .notAWorkspace(directory)
        }
        if repository?.workingDirectory == found { return (found, repository) }
        return (found, try Repository.discover(from: found))
    }

    /// The nearest folder, going up, that is a workspace: it holds `.vintage`, or a lock that a clone brought.
    private static func findRoot(from directory: FilePath) -> FilePath? {
        guard var path = try? directory.resolved() else { return nil }
        while true {
            if (try? path.appending(folderName).status())?.kind == .directory
                || path.appending(Lock.fileName).exists
            {
                return path
            }
            let parent = path.removingLastComponent()
            if parent == path || parent.isEmpty { return nil }
            path = parent
        }
    }

    /// Where the store is: a linked working tree of git shares the store of the main one. Where there is none, since the
    /// repository is bare, the linked ones share a store in the repository.
    private static func storePath(_ root: FilePath, _ repository: Repository?) throws -> FilePath {
        let own = root.appending(folderName).appending("store")
        guard let repository, repository.isLinkedWorktree, !own.exists else { return own }
        if let main = try repository.mainWorkingDirectory() { return main.appending(folderName).appending("store") }
        return repository.commonDirectory.appending("vintage").appending("store")
    }

    // MARK: Paths

    /// The path below the root that an argument means.
    ///
    /// - Parameters:
    ///   - argument: an absolute path, or one relative to `directory`; `.`, `..` and a slash at the end are understood.
    ///   - directory: where the user stands.
    /// - Throws: ``WorkspaceError/outsideWorkspace(_:)``.
    public func path(_ argument: [UInt8], from directory: FilePath) throws -> RelativePath {
        let isAbsolute = argument.first == UInt8(ascii: "/")
        let given = FilePath(isAbsolute ? "/" : "").appending(bytes: argument)
        var components = isAbsolute ? [] : try directory.resolved().bytes.split(separator: UInt8(ascii: "/"))
        for component in argument.split(separator: UInt8(ascii: "/")) {
            if component.elementsEqual([UInt8(ascii: ".")]) { continue }
            if component.elementsEqual([UInt8(ascii: "."), UInt8(ascii: ".")]) {
                _ = components.popLast()
                continue
            }
            components.append(component)
        }
        var base = root.bytes.split(separator: UInt8(ascii: "/"))
        if !components.starts(with: base, by: ==), isAbsolute {
            // The same folder by another name, such as one that a link leads to.
            let resolved = try FilePath("/").appending(bytes: Array(components.joined(separator: [UInt8(ascii: "/")])))
                .resolvedParent()
            components = resolved.bytes.split(separator: UInt8(ascii: "/"))
            base = try root.resolved().bytes.split(separator: UInt8(ascii: "/"))
        }
        guard components.starts(with: base, by: ==) else { throw WorkspaceError.outsideWorkspace(given) }
        return try RelativePath(bytes: Array(components.dropFirst(base.count).joined(separator: [UInt8(ascii: "/")])))
    }

    // MARK: The lock

    /// What `vintage.lock` says now; without a file, a lock without artifacts.
    ///
    /// - Throws: ``WorkspaceError/sparseLock`` if git's sparse checkout leaves the file out.
    public func lock() throws -> Lock {
        guard let text = try lockPath.contentsIfPresent() else {
            // Taken for a lock without artifacts, it would soon be committed as one.
            if try repository?.isLeftOut(Self.lockFile) == true { throw WorkspaceError.sparseLock }
            return Lock()
        }
        return try Lock(parsing: text)
    }

    /// The lock of a git commit.
    package func lock(at commit: GitObjectID) throws -> Lock {
        guard let text = try repository?.contents(of: Self.lockFile, at: commit) else { return Lock() }
        return try Lock(parsing: text)
    }

    package static let lockFile = RelativePath(unchecked: Array(Lock.fileName.utf8))
    static let ignoreFile = RelativePath(unchecked: Array(".gitignore".utf8))

    /// The lock of HEAD's commit; without git the lock itself, since nothing else is committed.
    func headLock() throws -> Lock {
        guard let repository else { return try lock() }
        guard let commit = try repository.head().commit else { return Lock() }
        return try lock(at: commit)
    }

    /// The artifact that a path is or lies in.
    ///
    /// - Throws: ``WorkspaceError/notTracked(_:nearest:)``.
    package func artifact(at path: RelativePath, in lock: Lock) throws -> RelativePath {
        if let artifact = lock.artifact(containing: path) { return artifact }
        let names = lock.entries.map(\.path.description)
        let nearest = nearestName(to: path.description, among: names)
        throw WorkspaceError.notTracked(path, nearest: lock.entries.first { $0.path.description == nearest }?.path)
    }

    /// The artifacts that paths name: one that a path is or lies in, or those below it. All for no path.
    package func artifacts(at paths: [RelativePath], in lock: Lock) throws -> [RelativePath] {
        if paths.isEmpty || paths.contains(.root) { return lock.entries.map(\.path) }
        var found: Set<RelativePath> = []
        for path in paths {
            let below = lock.artifacts(inside: path)
            if below.isEmpty { found.insert(try artifact(at: path, in: lock)) }
            found.formUnion(below.map(\.path))
        }
        return found.sorted()
    }

    // MARK: Working files

    /// The rules of `.vintageignore` at the root.
    func ignoreRules() throws -> IgnoreRules {
        guard let text = try root.appending(".vintageignore").contentsIfPresent() else { return .none }
        return IgnoreRules(parsing: text, at: .root)
    }

    /// Prepares to find out what working files hold.
    func capture(into sink: any ObjectSink, mustBeStored: Bool, meter: ByteMeter?) throws -> Capture {
        Capture(
            scanner: Scanner(root: root, rules: try ignoreRules(), workers: configuration.workers), sink: sink,
            store: store, workers: configuration.workers, meter: meter, mustBeStored: mustBeStored)
    }

    func cachePath(_ artifact: RelativePath) -> FilePath { StatCache.path(of: artifact, in: caches) }
}

extension FilePath {
    /// Whether the other path lies below this one.
    fileprivate func isStrictlyAbove(_ other: FilePath) -> Bool { other != self && other.starts(with: self) }
}
