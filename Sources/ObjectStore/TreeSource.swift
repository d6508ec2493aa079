import FileSystem

/// Where folder listings are read from: a store, or a store with listings beside it that are not stored.
public protocol TreeSource: Sendable {
    /// Reads a node of a listing.
    ///
    /// - Throws: ``StoreError/missing(_:_:)``, ``StoreError/damaged(_:_:reason:)``, ``StoreError/malformed(_:reason:)``.
    func treeNode(_ id: ObjectID, level: UInt8) throws(StoreError) -> TreeNode
}

extension Store: TreeSource {}

extension TreeSource {
    /// The ids of a folder's leaves, in the order of the names in them.
    package func leaves(of tree: TreeReference) throws(StoreError) -> [ObjectID] {
        var found: [ObjectID] = []
        try appendLeaves(tree.id, tree.level, &found)
        return found
    }

    private func appendLeaves(_ id: ObjectID, _ level: UInt8, _ found: inout [ObjectID]) throws(StoreError) {
        if level == 0 {
            found.append(id)
            return
        }
        for child in try children(id, level) { try appendLeaves(child.id, level - 1, &found) }
    }

    private func children(_ id: ObjectID, _ level: UInt8) throws(StoreError) -> [TreeNode.Child] {
        guard case .inner(_, let children) = try treeNode(id, level: level).content else { return [] }
        return children
    }

    /// The entries of a leaf.
    package func leafEntries(_ id: ObjectID) throws(StoreError) -> [TreeEntry] {
        guard case .leaf(let entries) = try treeNode(id, level: 0).content else { return [] }
        return entries
    }

    /// Calls `body` with each entry of a folder, in the order of their names.
    ///
    /// - Complexity: one read a leaf; memory for one leaf.
    public func forEachEntry(
        of tree: TreeReference, _ body: (TreeEntry) throws(StoreError) -> Void
    ) throws(StoreError) {
        var last: [UInt8]?
        for leaf in try leaves(of: tree) {
            let entries = try leafEntries(leaf)
            if let last, let first = entries.first, !last.lexicographicallyPrecedes(first.name) {
                throw .malformed(tree.id, reason: "its leaves are not in order")
            }
            last = entries.last?.name ?? last
            for entry in entries { try body(entry) }
        }
    }

    /// All entries of a folder, in the order of their names.
    public func entries(of tree: TreeReference) throws(StoreError) -> [TreeEntry] {
        var entries: [TreeEntry] = []
        try forEachEntry(of: tree) { (entry) throws(StoreError) in entries.append(entry) }
        return entries
    }

    /// What a name in a folder stands for, or `nil`.
    ///
    /// - Complexity: one read a level of the listing.
    public func entry(_ name: some Collection<UInt8>, in tree: TreeReference) throws(StoreError) -> Node? {
        var id = tree.id
        var level = tree.level
        while level > 0 {
            let children = try children(id, level)
            guard let child = children.last(where: { !name.lexicographicallyPrecedes($0.firstName) }) else {
                return nil
            }
            id = child.id
            level -= 1
        }
        return try leafEntries(id).first { $0.name.elementsEqual(name) }?.node
    }

    /// What stands at a path below a node, or `nil`.
    public func node(at path: RelativePath, below root: Node) throws(StoreError) -> Node? {
        var node = root
        for component in path.components {
            guard case .directory(let tree) = node, let next = try entry(component, in: tree) else { return nil }
            node = next
        }
        return node
    }

    /// Pairs the entries of two folders by name, passing over parts of the listings that both share.
    ///
    /// One changed file in a folder of a million costs a few reads, not a million comparisons.
    ///
    /// - Parameter body: called for each name that stands for different things, in order; `nil` where it is missing.
    public func forEachDifference(
        _ left: TreeReference?, _ right: TreeReference?,
        _ body: (_ name: [UInt8], _ left: Node?, _ right: Node?) throws(StoreError) -> Void
    ) throws(StoreError) {
        let leftLeaves = try left.map { (tree) throws(StoreError) in try leaves(of: tree) } ?? []
        let rightLeaves = try right.map { (tree) throws(StoreError) in try leaves(of: tree) } ?? []
        let shared = Set(leftLeaves).intersection(rightLeaves)
        var a = EntryCursor(source: self, leaves: leftLeaves.filter { !shared.contains($0) })
        var b = EntryCursor(source: self, leaves: rightLeaves.filter { !shared.contains($0) })
        var (first, second) = (try a.next(), try b.next())
        while first != nil || second != nil {
            if let entry = first, second == nil || entry.name.lexicographicallyPrecedes(second!.name) {
                try body(entry.name, entry.node, nil)
                first = try a.next()
            } else if let entry = second, first == nil || entry.name.lexicographicallyPrecedes(first!.name) {
                try body(entry.name, nil, entry.node)
                second = try b.next()
            } else if let left = first, let right = second {
                if left.node != right.node { try body(left.name, left.node, right.node) }
                (first, second) = (try a.next(), try b.next())
            }
        }
    }
}

/// Walks the entries of a list of leaves, holding one leaf.
private struct EntryCursor {
    let source: any TreeSource
    let leaves: [ObjectID]
    var nextLeaf = 0
    var entries: ArraySlice<TreeEntry> = []

    init(source: any TreeSource, leaves: [ObjectID]) {
        self.source = source
        self.leaves = leaves
    }

    mutating func next() throws(StoreError) -> TreeEntry? {
        while entries.isEmpty {
            guard nextLeaf < leaves.count else { return nil }
            entries = try source.leafEntries(leaves[nextLeaf])[...]
            nextLeaf += 1
        }
        return entries.popFirst()
    }
}
