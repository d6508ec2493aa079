import FileSystem
import Git
import ObjectStore

extension Workspace {
    /// The contents that pointers in git name, each once: by its file's path if the index has it, else by the pointer's id.
    ///
    /// Every pointer that git itself still keeps counts, be it of a commit, the index, a stash or of nothing any more: a
    /// content lives as long as git's own text does.
    ///
    /// - Complexity: a look at each of git's objects.
    package func pointers() throws -> [Store.NamedContent] {
        guard let repository else { return [] }
        var paths: [GitObjectID: RelativePath] = [:]
        for entry in try repository.indexEntries() where entry.isFile { paths[entry.id] = entry.path }
        var found: [FileReference: String] = [:]
        try repository.forEachBlob(ofSize: 1...Pointer.maximumCount) { (id, bytes) in
            guard let pointer = Pointer(parsing: bytes) else { return }
            if let path = paths[id] {
                found[pointer.content] = path.description
            } else if found[pointer.content] == nil {
                found[pointer.content] = "pointer \(id.short)"
            }
        }
        return found.map { Store.NamedContent(name: $0.value, content: $0.key) }.sorted { $0.name < $1.name }
    }

    /// The tracked files in git's index at or below some paths, each with its content; all of them for no path.
    ///
    /// - Complexity: a look at the size of each file there.
    package func trackedFiles(_ paths: [RelativePath] = []) throws -> [(path: RelativePath, content: FileReference)] {
        guard let repository else { return [] }
        var found: [(path: RelativePath, content: FileReference)] = []
        for entry in try repository.indexEntries()
        where entry.isFile && (paths.isEmpty || paths.contains { $0.contains(entry.path) }) {
            guard let size = try repository.blobSize(entry.id), size <= Pointer.maximumCount,
                let pointer = Pointer(parsing: try repository.contents(of: entry.id))
            else { continue }
            found.append((entry.path, pointer.content))
        }
        return found
    }

    /// What a file stands for that git has a pointer of; `nil` if it is none.
    ///
    /// - Parameter revision: a git revision; `nil` for the index, `:1`, `:2` and `:3` for the sides of a conflict in it.
    public func pointer(_ revision: String?, path: RelativePath) throws -> Pointer? {
        guard let repository, !path.isRoot else { return nil }
        if let stage = Self.stage(revision) {
            return try repository.stagedContents(of: path, stage: stage).flatMap { Pointer(parsing: $0) }
        }
        guard let revision, case .commit(let commit, let lock) = try resolve(revision),
            lock.artifact(containing: path) == nil
        else { return nil }
        return try repository.contents(of: path, at: commit).flatMap { Pointer(parsing: $0) }
    }

    /// The index's version that a revision names.
    private static func stage(_ revision: String?) -> Int32? {
        switch revision {
        case nil, ":0": 0
        case ":1": 1
        case ":2": 2
        case ":3": 3
        default: nil
        }
    }
}
