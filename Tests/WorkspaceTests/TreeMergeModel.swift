import FileSystem

/// A three-way merge of plain trees by brute force: each path is looked at on its own.
struct TreeMergeModel {
    /// The merged files, where no path is in conflict.
    private(set) var merged = FileTree()
    /// Whether both sides' changes cannot be had at once.
    private(set) var hasConflict = false

    init(base: FileTree, ours: FileTree, theirs: FileTree) {
        func outcome<Value: Equatable>(_ base: Value, _ ours: Value, _ theirs: Value) -> Value? {
            if ours == theirs || base == theirs { return ours }
            return base == ours ? theirs : nil
        }
        let paths = Set(base.items.keys).union(ours.items.keys).union(theirs.items.keys)
        var folders: Set<RelativePath> = []
        for path in paths {
            let sides = [base, ours, theirs].map { $0.items[path] }
            let files = sides.map { $0?.isFolder == true ? nil : $0 }
            switch outcome(files[0], files[1], files[2]) {
            case .some(let item): if let item { merged.items[path] = item }
            case .none: hasConflict = true
            }
            let isFolder = sides.map { $0?.isFolder == true }
            if outcome(isFolder[0], isFolder[1], isFolder[2]) == true { folders.insert(path) }
        }
        // A file cannot stand where a folder does, or where something needs a folder.
        for path in merged.items.keys {
            if folders.contains(path) { hasConflict = true }
            var folder = path.parent
            while let next = folder {
                if merged.items[next] != nil { hasConflict = true }
                folder = next.parent
            }
        }
        for folder in folders {
            var above = folder.parent
            while let next = above {
                if merged.items[next] != nil { hasConflict = true }
                above = next.parent
            }
        }
        for folder in folders where merged.items[folder] == nil { merged.items[folder] = .folder }
        for path in merged.items.keys {
            var folder = path.parent
            while let next = folder, merged.items[next] == nil {
                merged.items[next] = .folder
                folder = next.parent
            }
        }
    }
}
