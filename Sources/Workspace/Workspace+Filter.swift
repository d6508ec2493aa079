import FileSystem
import Git
import ObjectStore

extension Workspace {
    /// Has libgit2 see tracked files as git's own commands do: contents in the working tree, pointers in git.
    func useFilter() throws {
        let (store, level, workers) = (store, configuration.compressionLevel, configuration.workers)
        try ContentFilter.use(
            ContentFilter { content in
                if content.isEmpty { return nil }
                let head = Array(content.prefix(Pointer.maximumCount + 1))
                switch Pointer.appearance(of: head, isWhole: head.count == content.count) {
                case .pointer, .broken: return nil
                case .conflicted:
                    throw WorkspaceError.misuse("a tracked file is a pointer with conflict markers in it")
                case .content: break
                }
                let writer = try store.makeWriter(level: level)
                var rest = content[...]
                let file = try Archiver(writer: writer, workers: workers).archive { (space) throws(StoreError) in
                    let part = rest.prefix(space.count)
                    space.copyBytes(from: part)
                    rest = rest.dropFirst(part.count)
                    return part.count
                }
                try writer.finish()
                return Pointer(file).encoded()
            } smudge: { content in
                guard let pointer = Pointer(parsing: Array(content.prefix(Pointer.maximumCount + 1))),
                    store.contains(pointer.content.id, kind: pointer.content.kind)
                else { return nil }
                return try store.contents(of: pointer.content)
            })
    }
}
