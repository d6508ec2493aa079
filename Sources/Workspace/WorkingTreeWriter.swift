import FileSystem
import ObjectStore
import Synchronization
import SystemPackage

/// Turns an artifact's working files from what they hold into what they should hold.
///
/// A file is written beside its place and renamed into it; a folder that is new as a whole is filled under a temporary
/// name and renamed once. No name is looked up through a symbolic link inside the artifact. What is not in the way is
/// left alone: ignored files stay, and so does the folder that holds them.
struct WorkingTreeWriter {
    let root: FilePath
    let store: Store
    /// The store, and listings that are not stored.
    let source: any TreeSource
    let workers: Int
    let meter: ByteMeter?

    /// What is to be done, found out before anything is touched.
    struct Plan {
        /// The artifact.
        let artifact: RelativePath
        /// What the files hold before.
        let current: WorkingEntry?
        /// What they should hold.
        let target: Node?
        /// Paths to remove, a folder after what is in it.
        var removals: [(path: RelativePath, status: FileStatus)] = []
        /// Folders among them that must go as a whole, since something else takes their place.
        var replacedFolders: [RelativePath] = []
        /// The folder that the artifact stands in.
        var parent: RelativePath?
        /// Folders to make, unless they are there, outermost first.
        var folders: [RelativePath] = []
        /// Folders to make below a temporary name, outermost first, and the new folders that they end up as.
        var freshRoots: [(path: RelativePath, temporary: RelativePath)] = []
        var freshFolders: [RelativePath] = []
        fileprivate var files: [PlannedFile] = []
        fileprivate var links: [PlannedLink] = []

        init(_ artifact: RelativePath, from current: WorkingEntry?, to target: Node?) {
            self.artifact = artifact
            self.current = current
            self.target = target
        }
    }

    fileprivate struct PlannedFile {
        var folder: RelativePath
        var name: [UInt8]
        var content: FileReference
        var isExecutable: Bool
        /// Where it ends up: differs from `folder` below a temporary name.
        var path: RelativePath
        /// Whether its folder is new, so that nobody sees it before it is complete.
        var isFresh: Bool
        /// The status of the file it replaces.
        var replaced: FileStatus?
    }

    fileprivate struct PlannedLink {
        var folder: RelativePath
        var name: [UInt8]
        var target: FileReference
        var path: RelativePath
        var isFresh: Bool
    }

    /// Finds out how to bring an artifact's working files to a content, without touching them.
    ///
    /// - Parameters:
    ///   - current: what the files hold, as just captured; `nil` for nothing.
    ///   - target: what they should hold; `nil` for nothing.
    ///   - leaving: artifacts that will be gone by then, and do not stand in the way.
    /// - Throws: ``WorkspaceError/unstoredWork(_:)`` if a file that is not tracked is in the way.
    func plan(
        _ artifact: RelativePath, from current: WorkingEntry?, to target: Node?, leaving: Set<RelativePath>
    ) throws -> Plan {
        var plan = Plan(artifact, from: current, to: target)
        if target != nil, let parent = artifact.parent, !parent.isRoot { plan.parent = parent }
        try add(&plan, artifact, current, to: target, freshIn: nil)
        try refuseBlocked(plan, leaving)
        return plan
    }

    /// Brings an artifact's working files to a content.
    ///
    /// - Returns: what the files hold now, for the stat cache.
    /// - Throws: ``WorkspaceError/unstoredWork(_:)`` if a file changed since it was captured.
    func apply(_ plan: Plan) throws -> WorkingEntry? {
        if plan.current?.node == plan.target { return plan.current }
        try remove(plan)
        if let parent = plan.parent { try makeFolder(parent) }
        for folder in plan.folders { try makeFolder(folder) }
        try makeFresh(plan)
        let written = try write(plan)
        try rename(plan)
        waitForTick(after: written)
        guard let target = plan.target else { return nil }
        return try entry(plan.artifact, target, plan.current, written)
    }

    /// Waits until the clock has moved past the last file's status, so that any change that follows shows in it.
    private func waitForTick(after written: [RelativePath: FileStatus]) {
        guard let last = written.values.map(\.changed).max() else { return }
        for _ in 0..<20 where fileSystemClock() <= last { pause(milliseconds: 1) }
    }

    // MARK: Planning

    private func add(
        _ plan: inout Plan, _ path: RelativePath, _ current: WorkingEntry?, to target: Node?, freshIn: RelativePath?
    ) throws(StoreError) {
        if let node = current?.node, node == target { return }
        switch target {
        case nil:
            if let current { addRemoval(&plan, path, current) }
        case .directory(let tree):
            if let current, current.status.kind != .directory { addRemoval(&plan, path, current) }
            try addFolder(&plan, path, current, tree, freshIn: freshIn)
        case .file(let content, let isExecutable):
            if let current, current.status.kind != .regular { addReplacement(&plan, path, current) }
            let folder = freshIn ?? path.parent!
            plan.files.append(
                PlannedFile(
                    folder: folder, name: Array(path.name), content: content, isExecutable: isExecutable, path: path,
                    isFresh: freshIn != nil, replaced: current?.status.kind == .regular ? current?.status : nil))
        case .link(let content):
            if let current { addReplacement(&plan, path, current) }
            plan.links.append(
                PlannedLink(
                    folder: freshIn ?? path.parent!, name: Array(path.name), target: content, path: path,
                    isFresh: freshIn != nil))
        }
    }

    private func addFolder(
        _ plan: inout Plan, _ path: RelativePath, _ current: WorkingEntry?, _ tree: TreeReference,
        freshIn: RelativePath?
    ) throws(StoreError) {
        if let folder = current?.folder, case .directory(let old) = current?.node {
            try source.forEachDifference(old, tree) { (name, _, new) throws(StoreError) in
                try add(&plan, path.appending(component: name), folder.entry(name), to: new, freshIn: nil)
            }
            return
        }
        // A folder that is there but not tracked is filled where it is. What stands there now and gives way counts as
        // gone: a look at a path below it could be led elsewhere by a link.
        let isFresh = freshIn != nil || current != nil || !root.appending(path).exists
        let place: RelativePath
        if let freshIn {
            place = freshIn.appending(component: path.name)
            plan.freshFolders.append(place)
        } else if isFresh {
            place = path.parent!.appending(component: temporaryName().utf8)
            plan.freshRoots.append((path, place))
            plan.freshFolders.append(place)
        } else {
            place = path
            plan.folders.append(path)
        }
        try source.forEachEntry(of: tree) { (entry) throws(StoreError) in
            try add(&plan, path.appending(component: entry.name), nil, to: entry.node, freshIn: isFresh ? place : nil)
        }
    }

    private func addReplacement(_ plan: inout Plan, _ path: RelativePath, _ entry: WorkingEntry) {
        if entry.status.kind == .directory { plan.replacedFolders.append(path) }
        addRemoval(&plan, path, entry)
    }

    private func addRemoval(_ plan: inout Plan, _ path: RelativePath, _ entry: WorkingEntry) {
        for child in entry.folder?.entries ?? [] { addRemoval(&plan, path.appending(component: child.name), child) }
        plan.removals.append((path, entry.status))
    }

    /// Refuses to write where an untracked file stands.
    private func refuseBlocked(_ plan: Plan, _ leaving: Set<RelativePath>) throws {
        let removed = Set(plan.removals.map(\.path))
        var blocked: [RelativePath] = []
        func check(_ path: RelativePath) throws {
            if !removed.contains(path), try root.appending(path).status() != nil { blocked.append(path) }
        }
        for file in plan.files where !file.isFresh && file.replaced == nil { try check(file.path) }
        for link in plan.links where !link.isFresh { try check(link.path) }
        var parent = plan.parent
        while let folder = parent, !folder.isRoot {
            if let status = try root.appending(folder).status(), status.kind != .directory, !leaving.contains(folder) {
                blocked.append(folder)
            }
            parent = folder.parent
        }
        for folder in plan.folders {
            if let status = try root.appending(folder).status(), status.kind != .directory { blocked.append(folder) }
        }
        for folder in plan.replacedFolders { try findUntracked(folder, removed, &blocked) }
        if !blocked.isEmpty { throw WorkspaceError.unstoredWork(blocked) }
    }

    /// Finds what no rule tracks in a folder that is to go.
    private func findUntracked(
        _ folder: RelativePath, _ removed: Set<RelativePath>, _ found: inout [RelativePath]
    ) throws(FileError) {
        let directory = try openFolder(folder)
        for name in try directory.listing() where !name.starts(with: temporaryPrefix.utf8) {
            let path = folder.appending(component: name)
            guard removed.contains(path) else {
                found.append(path)
                continue
            }
            if try directory.status(name)?.kind == .directory { try findUntracked(path, removed, &found) }
        }
    }

    /// Removes what killed processes left among an artifact's files and beside it. Nobody else may be writing.
    func removeLeftovers(_ current: WorkingEntry?, at path: RelativePath) throws(FileError) {
        func visit(_ folder: WorkingFolder, _ path: RelativePath) throws(FileError) {
            for name in folder.leftovers { try openFolder(path).removeAll(name) }
            for entry in folder.entries {
                if let child = entry.folder { try visit(child, path.appending(component: entry.name)) }
            }
        }
        if let folder = current?.folder { try visit(folder, path) }
        guard let parent = path.parent, let beside = try? openFolder(parent) else { return }
        for name in try beside.listing() where name.starts(with: temporaryPrefix.utf8) { try beside.removeAll(name) }
    }

    // MARK: Doing

    private func remove(_ plan: Plan) throws {
        for (path, status) in plan.removals {
            let folder: Directory
            do throws(FileError) {
                folder = try openFolder(path.parent!)
            } catch {
                if error.isNotFound { continue }
                throw error
            }
            let name = path.name
            // What changed after it was captured holds work that is stored nowhere.
            guard let now = try folder.status(name) else { continue }
            if status.kind == .directory {
                if now.kind == .directory { try folder.removeDirectory(name) }
            } else if now.provesSameContent(as: status) {
                try folder.remove(name)
            } else {
                throw WorkspaceError.unstoredWork([path])
            }
        }
    }

    private func makeFresh(_ plan: Plan) throws {
        for folder in plan.freshFolders { try openFolder(folder.parent!).makeDirectory(folder.name) }
    }

    /// Makes a folder and those above it that are missing, refusing symbolic links on the way.
    private func makeFolder(_ path: RelativePath) throws(FileError) {
        var directory = try Directory(root)
        for component in path.components {
            try directory.makeDirectory(component)
            directory = try directory.directory(component)
        }
    }

    /// Opens a folder of the workspace, refusing symbolic links on the way.
    private func openFolder(_ path: RelativePath) throws(FileError) -> Directory {
        var directory = try Directory(root)
        for component in path.components { directory = try directory.directory(component) }
        return directory
    }

    private func write(_ plan: Plan) throws -> [RelativePath: FileStatus] {
        let written = Mutex<[RelativePath: FileStatus]>([:])
        let files = plan.files
        let folders = FolderHandles()
        let restorer = Restorer(store: store, workers: workers, meter: meter)
        let temporaryNames = Mutex<[Int: [UInt8]]>([:])
        let failure = Mutex<WorkspaceError?>(nil)
        do {
            try restorer.restore(files.map(\.content)) { (number) throws(StoreError) in
                let file = files[number]
                return try wrappingFileErrors { () throws(FileError) in
                    let folder = try folders.open(file.folder) { (path) throws(FileError) in try openFolder(path) }
                    var name = file.name
                    if !file.isFresh {
                        name = Array(temporaryName().utf8)
                        temporaryNames.withLock { $0[number] = name }
                    }
                    let permissions: UInt32 = file.isExecutable ? 0o777 : 0o666
                    return Restorer.Target(try folder.directory.file(creating: name, permissions: permissions))
                }
            } complete: { (number, target) throws(StoreError) in
                let file = files[number]
                try wrappingFileErrors { () throws(FileError) in
                    // A time just before the clock's present tick: whoever writes the file from now on leaves a later one.
                    let time = fileSystemClock() - 1
                    try target.file.setModified(time)
                    if !file.isFresh {
                        let folder = try folders.open(file.folder) { (path) throws(FileError) in try openFolder(path) }
                        let isInTheWay = try folder.directory.status(file.name).map { now in
                            file.replaced.map { !now.provesSameContent(as: $0) } ?? true
                        }
                        if isInTheWay == true {
                            failure.withLock { $0 = .unstoredWork([file.path]) }
                            throw FileError("replace", root.appending(file.path), .fileExists)
                        }
                        let temporary = temporaryNames.withLock { $0.removeValue(forKey: number)! }
                        try folder.directory.rename(temporary, to: file.name)
                    }
                    let status = try target.file.status()
                    // A file system that keeps no such fine times cannot show a change that follows at once.
                    if status.modified == time { written.withLock { $0[file.path] = status } }
                }
            }
        } catch {
            for (number, name) in temporaryNames.withLock({ $0 }) {
                try? openFolder(files[number].folder).remove(name)
            }
            for (_, temporary) in plan.freshRoots { try? root.appending(temporary).removeAll() }
            if let failure = failure.withLock({ $0 }) { throw failure }
            throw error
        }
        for link in plan.links {
            let target = try store.contents(of: link.target)
            guard !target.contains(0) else {
                throw StoreError.malformed(link.target.id, reason: "a link's target holds a NUL byte")
            }
            try openFolder(link.folder).makeLink(link.name, to: target)
        }
        return written.withLock { $0 }
    }

    private func rename(_ plan: Plan) throws {
        for (path, temporary) in plan.freshRoots {
            try openFolder(path.parent!).rename(temporary.name, to: path.name)
        }
    }

    // MARK: What the files hold afterwards

    private func status(_ path: RelativePath) throws(StoreError) -> FileStatus? {
        try wrappingFileErrors { () throws(FileError) in try root.appending(path).status() }
    }

    private func entry(
        _ path: RelativePath, _ node: Node, _ old: WorkingEntry?, _ written: [RelativePath: FileStatus]
    ) throws(StoreError) -> WorkingEntry? {
        if let old, old.node == node { return old }
        switch node {
        case .file:
            guard let status = written[path] else { return nil }
            return WorkingEntry(name: Array(path.name), status: status, node: node)
        case .link:
            guard let status = try status(path) else { return nil }
            return WorkingEntry(name: Array(path.name), status: status, node: node)
        case .directory(let tree):
            guard let status = try status(path) else { return nil }
            let folder = WorkingFolder()
            try source.forEachEntry(of: tree) { (entry) throws(StoreError) in
                let known = try self.entry(
                    path.appending(component: entry.name), entry.node, old?.folder?.entry(entry.name), written)
                if let known { folder.entries.append(known) }
            }
            return WorkingEntry(name: Array(path.name), status: status, node: node, folder: folder)
        }
    }
}

/// Open folders that neighbouring files share; only the last few stay open.
private final class FolderHandles: Sendable {
    final class Handle: Sendable {
        let directory: Directory

        init(_ directory: consuming Directory) { self.directory = directory }
    }

    private let recent = Mutex<[(path: RelativePath, handle: Handle)]>([])

    func open(
        _ path: RelativePath, _ open: (RelativePath) throws(FileError) -> Directory
    ) throws(FileError) -> Handle {
        if let known = recent.withLock({ $0.last { $0.path == path }?.handle }) { return known }
        let handle = Handle(try open(path))
        recent.withLock { recent in
            recent.append((path, handle))
            if recent.count > 16 { recent.removeFirst() }
        }
        return handle
    }
}
