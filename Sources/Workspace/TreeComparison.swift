import FileSystem
import ObjectStore

/// Lists what differs between two trees, file by file.
struct TreeComparison {
    let source: any TreeSource

    /// The changes from one tree to another, ordered by path, with content that merely moved told as a rename.
    ///
    /// - Complexity: reads the listings that differ; folders that are equal are not opened.
    func changes(from old: Node?, to new: Node?) throws(StoreError) -> [Change] {
        var changes: [Change] = []
        try compare(.root, old, new, &changes)
        changes = withRenames(changes)
        changes.sort { $0.path < $1.path }
        return changes
    }

    private func compare(
        _ path: RelativePath, _ old: Node?, _ new: Node?, _ changes: inout [Change]
    ) throws(StoreError) {
        if old == new { return }
        switch (old, new) {
        case (.directory(let left), .directory(let right)):
            try source.forEachDifference(left, right) { (name, old, new) throws(StoreError) in
                try compare(path.appending(component: name), old, new, &changes)
            }
        case (.directory(let tree), _):
            try addAll(path, tree, isNew: false, &changes)
            if let new { changes.append(Change(kind: .added, path: path, old: nil, new: new)) }
        case (_, .directory(let tree)):
            if let old { changes.append(Change(kind: .removed, path: path, old: old, new: nil)) }
            try addAll(path, tree, isNew: true, &changes)
        case (nil, let new?): changes.append(Change(kind: .added, path: path, old: nil, new: new))
        case (let old?, nil): changes.append(Change(kind: .removed, path: path, old: old, new: nil))
        case (let old?, let new?): changes.append(Change(kind: .modified, path: path, old: old, new: new))
        case (nil, nil): break
        }
    }

    private func addAll(
        _ path: RelativePath, _ tree: TreeReference, isNew: Bool, _ changes: inout [Change]
    ) throws(StoreError) {
        var isEmpty = true
        try source.forEachEntry(of: tree) { (entry) throws(StoreError) in
            isEmpty = false
            let path = path.appending(component: entry.name)
            if case .directory(let tree) = entry.node {
                try addAll(path, tree, isNew: isNew, &changes)
            } else {
                changes.append(
                    Change(
                        kind: isNew ? .added : .removed, path: path, old: isNew ? nil : entry.node,
                        new: isNew ? entry.node : nil))
            }
        }
        // An empty folder is content too.
        if isEmpty {
            let node = Node.directory(tree)
            changes.append(
                Change(kind: isNew ? .added : .removed, path: path, old: isNew ? nil : node, new: isNew ? node : nil))
        }
    }

    /// Pairs removed files with added ones of equal content, first with first in the order of paths.
    private func withRenames(_ changes: [Change]) -> [Change] {
        var removed: [Node: [Int]] = [:]
        for (index, change) in changes.enumerated() where change.kind == .removed {
            // Empty files and folders are all alike: pairing them would tell nothing.
            if let node = change.old, !node.isDirectory, node.size > 0 { removed[node, default: []].append(index) }
        }
        if removed.isEmpty { return changes }
        var result: [Change?] = changes
        for (index, change) in changes.enumerated() where change.kind == .added {
            guard let node = change.new, let source = removed[node]?.first else { continue }
            removed[node]!.removeFirst()
            result[source] = nil
            result[index] = Change(
                kind: .renamed(from: changes[source].path), path: change.path, old: node, new: node)
        }
        return result.compactMap { $0 }
    }
}
