import FileSystem
import ObjectStore
import SystemPackage

/// A name in the working files, what the file system says of it, and once known its content.
struct WorkingEntry {
    let name: [UInt8]
    var status: FileStatus
    /// Its content; `nil` until it is known.
    var node: Node?
    /// For a folder, its entries.
    var folder: WorkingFolder?
}

/// A folder of the working files, as one walk found it.
///
/// `@unchecked Sendable`: a walk gives each folder to one job, which alone writes its entries; everybody else reads
/// them after the walk has ended.
final class WorkingFolder: @unchecked Sendable {
    /// What is in it, ordered by the names' bytes.
    var entries: [WorkingEntry] = []
    /// Temporary names that killed processes left in it.
    var leftovers: [[UInt8]] = []

    init(entries: [WorkingEntry] = []) { self.entries = entries }

    /// The entry of a name, or `nil`.
    func entry(_ name: some Collection<UInt8>) -> WorkingEntry? {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].name.lexicographicallyPrecedes(name) { low = middle + 1 } else { high = middle }
        }
        guard low < entries.count, entries[low].name.elementsEqual(name) else { return nil }
        return entries[low]
    }
}

/// Walks an artifact's working files on all cores.
struct Scanner: Sendable {
    /// The workspace's root.
    let root: FilePath
    /// The rules of the workspace's own `.vintageignore`.
    let rules: IgnoreRules
    let workers: Int

    static let ignoreFileName = Array(".vintageignore".utf8)

    /// What stands at a path, or `nil` if nothing does.
    ///
    /// - Throws: ``StoreError/unsupportedFile(_:)`` for a device, a socket or a pipe that no rule ignores.
    func scan(_ path: RelativePath) throws(StoreError) -> WorkingEntry? {
        let location = root.appending(path)
        let status = try wrappingFileErrors { () throws(FileError) in try location.status() }
        guard let status else { return nil }
        var entry = WorkingEntry(name: Array(path.name), status: status)
        switch status.kind {
        case .other: throw .unsupportedFile(displayed(location))
        case .regular, .symbolicLink: break
        case .directory:
            let folder = WorkingFolder()
            entry.folder = folder
            let rules = try rules(above: path)
            try WorkQueue.run(workers: workers, capacity: workers * 8) { (queue) throws(StoreError) in
                let directory = try wrappingFileErrors { () throws(FileError) in try Directory(location) }
                try self.scan(OpenFolder(directory), path, folder, rules, queue)
            }
        }
        return entry
    }

    /// The workspace's own rules, and those of the folders between its root and a path.
    private func rules(above path: RelativePath) throws(StoreError) -> IgnoreRules {
        var rules = self.rules
        var folder = RelativePath.root
        for component in path.components.dropLast() {
            folder = folder.appending(component: component)
            let directory = try wrappingFileErrors { () throws(FileError) in try Directory(root.appending(folder)) }
            try add(to: &rules, from: directory, folder)
        }
        return rules
    }

    /// Adds the rules of a folder's `.vintageignore`, if it is a file.
    private func add(
        to rules: inout IgnoreRules, from directory: borrowing Directory, _ path: RelativePath
    ) throws(StoreError) {
        do throws(FileError) {
            guard try directory.status(Self.ignoreFileName)?.kind == .regular else { return }
            rules = rules.adding(parsing: try directory.file(reading: Self.ignoreFileName).readToEnd(), at: path)
        } catch {
            if !error.isNotFound { throw .file(error) }
        }
    }

    /// An open folder that a job takes along.
    private final class OpenFolder: Sendable {
        let directory: Directory

        init(_ directory: consuming Directory) { self.directory = directory }
    }

    private func scan(
        _ open: OpenFolder, _ path: RelativePath, _ folder: WorkingFolder, _ inherited: IgnoreRules, _ queue: WorkQueue
    ) throws(StoreError) {
        let listing = try wrappingFileErrors { () throws(FileError) in try open.directory.listing() }
        var rules = inherited
        if listing.contains(where: { $0.elementsEqual(Self.ignoreFileName) }) {
            try add(to: &rules, from: open.directory, path)
        }
        var entries: [WorkingEntry] = []
        entries.reserveCapacity(listing.count)
        for name in listing {
            if name.starts(with: temporaryPrefix.utf8) {
                folder.leftovers.append(Array(name))
                continue
            }
            // A name that vanished since the listing is not there.
            let status = try wrappingFileErrors { () throws(FileError) in try open.directory.status(name) }
            guard let status else { continue }
            if !rules.isEmpty {
                let isIgnored = name.withUnsafeBufferPointer {
                    rules.isIgnored($0, in: path, isDirectory: status.kind == .directory)
                }
                if isIgnored { continue }
            }
            if name[name.startIndex] == UInt8(ascii: "."), let reason = reasonRefused(Array(name)) {
                throw .malformed(
                    .empty,
                    reason: "\(path.appending(component: name)): \(reason); list it in .vintageignore or move it away")
            }
            var entry = WorkingEntry(name: Array(name), status: status)
            switch status.kind {
            case .other: throw .unsupportedFile(path.appending(component: name).description)
            case .regular, .symbolicLink: break
            case .directory:
                let child = WorkingFolder()
                entry.folder = child
                let childPath = path.appending(component: name)
                let childOpen = try wrappingFileErrors { () throws(FileError) in
                    OpenFolder(try open.directory.directory(name))
                }
                try queue.submit { [rules] () throws(StoreError) in
                    try self.scan(childOpen, childPath, child, rules, queue)
                }
            }
            entries.append(entry)
        }
        folder.entries = entries
    }
}

/// Runs a file operation and wraps its error in the store's.
func wrappingFileErrors<Result: ~Copyable>(_ body: () throws(FileError) -> Result) throws(StoreError) -> Result {
    do throws(FileError) {
        return try body()
    } catch {
        throw .file(error)
    }
}
