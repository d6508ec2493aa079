import FileSystem
import ObjectStore

/// Makes trees that differ from stored ones at a few paths.
struct TreeEditor {
    let source: any TreeSource
    /// Takes the new listings.
    let sink: any ObjectSink

    /// One path and what is to stand there; `nil` for nothing.
    typealias Edit = (path: RelativePath, node: Node?)

    /// A tree with other content at the given paths. Folders on the way are made, and stay when they become empty.
    ///
    /// - Complexity: reads and writes the listings of the folders that the paths lead through, each once.
    func editing(_ root: Node?, _ edits: [Edit]) throws(StoreError) -> Node? {
        if let whole = edits.last(where: { $0.path.isRoot }) { return whole.node }
        if edits.isEmpty { return root }
        var below: [[UInt8]: [Edit]] = [:]
        for edit in edits {
            let first = Array(edit.path.components[0])
            let rest = RelativePath(unchecked: Array(edit.path.bytes.dropFirst(first.count + 1)))
            below[first, default: []].append((rest, edit.node))
        }
        var entries: [TreeEntry] = []
        if case .directory(let tree) = root { entries = try source.entries(of: tree) }
        var kept: [TreeEntry] = []
        for entry in entries {
            guard let edits = below.removeValue(forKey: entry.name) else {
                kept.append(entry)
                continue
            }
            if let node = try editing(entry.node, edits) { kept.append(TreeEntry(name: entry.name, node: node)) }
        }
        for (name, edits) in below {
            if edits.allSatisfy({ $0.node == nil }) { continue }
            if let node = try editing(nil, edits) { kept.append(TreeEntry(name: name, node: node)) }
        }
        kept.sort { $0.name.lexicographicallyPrecedes($1.name) }
        return try folder(kept)
    }

    /// A folder of the given entries, which must be in order.
    func folder(_ entries: [TreeEntry]) throws(StoreError) -> Node {
        var builder = TreeBuilder()
        let store = { (node: [UInt8]) throws(StoreError) in try sink.put(node, kind: .tree) }
        for entry in entries { try builder.append(entry, store) }
        return .directory(try builder.finish(store))
    }

    /// A merged tree, with the listings that no side had.
    func build(_ merged: MergedNode<Node>) throws(StoreError) -> Node {
        switch merged {
        case .existing(let node): return node
        case .folder(let entries):
            var built: [TreeEntry] = []
            for entry in entries { built.append(TreeEntry(name: entry.name, node: try build(entry.content))) }
            return try folder(built)
        }
    }
}
