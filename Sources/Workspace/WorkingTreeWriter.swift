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
    private struct Plan {
        /// Paths to remove, a folder after what is in it.
        var removals: [(path: RelativePath, status: FileStatus)] = []
        /// Folders to make in folders that are there, outermost first.
        var folders: [RelativePath] = []
        /// Folders to make below a temporary name, outermost first, and the new folders that they end up as.
        var freshRoots: [(path: RelativePath, temporary: RelativePath)] = []
        var freshFolders: [RelativePath] = []
        var files: [PlannedFile] = []
        var links: [PlannedLink] = []
    }

    private struct PlannedFile {
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

    private struct PlannedLink {
        var folder: RelativePath
        var name: [UInt8]
        var target: FileReference
        var path: RelativePath
        var isFresh: Bool
    }

    /// Brings an artifact's working files to a content.
    ///
    /// - Parameters:
    ///   - current: what the files hold, as just captured; `nil` for nothing.
    ///   - target: what they should hold; `nil` for nothing.
    /// - Returns: what the files hold now, for the stat cache.
    /// - Throws: ``WorkspaceError/unstoredWork(_:)`` before anything is touched, if a file that no rule tracks is in the
    ///   way, or while it works, if a file changed since it was captured.
    func apply(_ artifact: RelativePath, from current: WorkingEntry?, to target: Node?) throws -> WorkingEntry? {
        if current?.node == target { return current }
        var plan = Plan()
        try add(&plan, artifact, current, to: target, freshIn: nil)
        try refuseBlocked(plan)
        try remove(plan)
        for folder in plan.folders { try root.appending(folder).makeDirectories() }
        try makeFresh(plan)
        let written = try write(plan)
        try rename(plan)
        guard let target else { return nil }
        return try entry(artifact, target, current, written)
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
            if let current, current.status.kind != .regular { addRemoval(&plan, path, current) }
            let folder = freshIn ?? path.parent!
            plan.files.append(
                PlannedFile(
                    folder: folder, name: Array(path.name), content: content, isExecutable: isExecutable, path: path,
                    isFresh: freshIn != nil, replaced: current?.status.kind == .regular ? current?.status : nil))
            if freshIn == nil { noteParents(&plan, path) }
        case .link(let content):
            if let current { addRemoval(&plan, path, current) }
            plan.links.append(
                PlannedLink(
                    folder: freshIn ?? path.parent!, name: Array(path.name), target: content, path: path,
                    isFresh: freshIn != nil))
            if freshIn == nil { noteParents(&plan, path) }
        }
    }

    /// Makes sure that the folders above an artifact are there.
    private func noteParents(_ plan: inout Plan, _ path: RelativePath) {
        if let parent = path.parent, !parent.isRoot, !root.appending(parent).exists, plan.folders.last != parent {
            plan.folders.append(parent)
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
        // A folder whose place is taken by what no rule tracks is filled where it is.
        let isFresh = freshIn != nil || !root.appending(path).exists
        let place: RelativePath
        if let freshIn {
            place = freshIn.appending(component: path.name)
            plan.freshFolders.append(place)
        } else if isFresh {
            noteParents(&plan, path)
            place = path.parent!.appending(component: temporaryName().utf8)
            plan.freshRoots.append((path, place))
            plan.freshFolders.append(place)
        } else {
            place = path
            if current?.status.kind != .directory { plan.folders.append(path) }
        }
        try source.forEachEntry(of: tree) { (entry) throws(StoreError) in
            try add(&plan, path.appending(component: entry.name), nil, to: entry.node, freshIn: isFresh ? place : nil)
        }
    }

    private func addRemoval(_ plan: inout Plan, _ path: RelativePath, _ entry: WorkingEntry) {
        for child in entry.folder?.entries ?? [] { addRemoval(&plan, path.appending(component: child.name), child) }
        plan.removals.append((path, entry.status))
    }

    /// Refuses to write where an untracked file stands.
    private func refuseBlocked(_ plan: Plan) throws {
        let removed = Set(plan.removals.map(\.path))
        var blocked: [RelativePath] = []
        func check(_ path: RelativePath) throws {
            guard !removed.contains(path), try root.appending(path).status() != nil else { return }
            blocked.append(path)
        }
        for file in plan.files where !file.isFresh && file.replaced == nil { try check(file.path) }
        for link in plan.links where !link.isFresh { try check(link.path) }
        for folder in plan.folders where !removed.contains(folder) {
            if let status = try root.appending(folder).status(), status.kind == .regular || status.kind == .other {
                blocked.append(folder)
            }
        }
        if !blocked.isEmpty { throw WorkspaceError.unstoredWork(blocked) }
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
            if status.kind == .directory {
                _ = try folder.removeDirectory(name)
            } else {
                // A file that changed after it was captured holds work that is stored nowhere.
                if let now = try folder.status(name) {
                    guard now.kind == status.kind, status.kind != .regular || now.provesSameContent(as: status) else {
                        throw WorkspaceError.unstoredWork([path])
                    }
                }
                try folder.remove(name)
            }
        }
    }

    private func makeFresh(_ plan: Plan) throws {
        for folder in plan.freshFolders { try openFolder(folder.parent!).makeDirectory(folder.name) }
    }

    /// Opens a folder of the workspace, refusing symbolic links below the workspace's own folders.
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
                        if let replaced = file.replaced, let now = try folder.directory.status(file.name),
                            !now.provesSameContent(as: replaced)
                        {
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
