import FileSystem

/// A tree in memory, made of values at paths, such as the snapshots of a lock; for merging what is small.
///
///     let merge = PathTree.merge(base: PathTree(base), ours: PathTree(ours), theirs: PathTree(theirs))
///     merge.tree.values     // the merged paths and values
///     merge.conflicts       // where both sides differ
public indirect enum PathTree<Value: Hashable & Sendable>: Hashable, Sendable {
    /// What is at a path.
    case value(Value)
    /// What lies below it, in the order of names.
    case folder([MergeEntry<PathTree>])

    /// Makes a tree of values at paths, none of which is the root, or is there twice, or lies inside another.
    ///
    /// Complexity: O(*n* log *n*).
    public init(_ values: some Sequence<(path: RelativePath, value: Value)>) {
        let sorted = values.sorted { $0.path < $1.path }.map { (components: $0.path.components, value: $0.value) }
        self = Self.folder(of: sorted[...], depth: 0)
    }

    private static func folder(
        of values: ArraySlice<(components: [ArraySlice<UInt8>], value: Value)>, depth: Int
    ) -> PathTree {
        var entries: [MergeEntry<PathTree>] = []
        var rest = values
        while let first = rest.first {
            precondition(first.components.count > depth, "a value lies inside another")
            let name = first.components[depth]
            let content: PathTree
            if first.components.count == depth + 1 {
                content = .value(first.value)
                rest = rest.dropFirst()
            } else {
                let inside = rest.prefix { $0.components.count > depth && $0.components[depth] == name }
                content = folder(of: inside, depth: depth + 1)
                rest = rest[inside.endIndex...]
            }
            precondition(entries.last?.name != Array(name), "a value lies inside another, or is there twice")
            entries.append(MergeEntry(name: Array(name), content: content))
        }
        return .folder(entries)
    }

    /// The values and their paths, in the order of paths.
    public var values: [(path: RelativePath, value: Value)] {
        var values: [(path: RelativePath, value: Value)] = []
        collect(at: .root, into: &values)
        return values
    }

    private func collect(at path: RelativePath, into values: inout [(path: RelativePath, value: Value)]) {
        switch self {
        case .value(let value): values.append((path, value))
        case .folder(let entries):
            for entry in entries { entry.content.collect(at: path.appending(component: entry.name), into: &values) }
        }
    }

    private var isFolder: Bool {
        if case .folder = self { return true }
        return false
    }

    private init(_ merged: MergedNode<PathTree>?) {
        switch merged {
        case nil: self = .folder([])
        case .existing(let tree): self = tree
        case .folder(let entries):
            self = .folder(entries.map { MergeEntry(name: $0.name, content: PathTree($0.content)) })
        }
    }

    /// Merges three trees; where there is a conflict the merged tree has what our side has.
    public static func merge(
        base: PathTree, ours: PathTree, theirs: PathTree
    ) -> (tree: PathTree, conflicts: [MergeConflict<PathTree>]) {
        let merge = ThreeWayMerge<PathTree, Never>(isFolder: \.isFolder) { tree in
            guard case .folder(let entries) = tree else { return [] }
            return entries
        }
        let result = merge.merge(base: base, ours: ours, theirs: theirs)
        return (PathTree(result.merged), result.conflicts)
    }
}
