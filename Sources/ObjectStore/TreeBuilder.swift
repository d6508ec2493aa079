/// Builds a folder's listing from its entries in the order of their names, holding one unfinished node a level.
///
///     var builder = TreeBuilder()
///     try builder.append(entry, store)
///     let tree = try builder.finish(store)
package struct TreeBuilder {
    /// Stores a node and returns its id.
    package typealias Store = (_ node: [UInt8]) throws(StoreError) -> ObjectID

    private var leaf: [TreeEntry] = []
    private var inner: [[TreeNode.Child]] = []
    private var hasEmitted: [Bool] = [false]
    private var size: UInt64 = 0
    private var fileCount: UInt64 = 0

    package init() {}

    /// Adds the entry with the next name; names must come in ascending order of their bytes.
    package mutating func append(_ entry: TreeEntry, _ store: Store) throws(StoreError) {
        let (newSize, isTooLarge) = size.addingReportingOverflow(entry.node.size)
        let (newCount, areTooMany) = fileCount.addingReportingOverflow(entry.node.fileCount)
        guard !isTooLarge, !areTooMany, newSize <= UInt64(Int64.max) else {
            throw .malformed(entry.node.id, reason: "the sizes it states add up to more than there can be")
        }
        (size, fileCount) = (newSize, newCount)
        leaf.append(entry)
        if TreeNode.ends(after: entry.name, count: leaf.count) { try emit(0, store) }
    }

    private mutating func emit(_ level: Int, _ store: Store) throws(StoreError) {
        let node: TreeNode
        let firstName: [UInt8]
        if level == 0 {
            firstName = leaf[0].name
            node = TreeNode(.leaf(leaf))
            leaf.removeAll(keepingCapacity: true)
        } else {
            firstName = inner[level - 1][0].firstName
            node = TreeNode(.inner(level: UInt8(level), inner[level - 1]))
            inner[level - 1].removeAll(keepingCapacity: true)
        }
        hasEmitted[level] = true
        if level == inner.count {
            inner.append([])
            hasEmitted.append(false)
        }
        let child = TreeNode.Child(firstName: firstName, id: try store(node.encoded()))
        inner[level].append(child)
        if TreeNode.ends(after: child.firstName, count: inner[level].count) { try emit(level + 1, store) }
    }

    /// Ends the folder: the root is the lowest level that has a single node.
    package mutating func finish(_ store: Store) throws(StoreError) -> TreeReference {
        if !hasEmitted[0] {
            let id = try store(TreeNode(.leaf(leaf)).encoded())
            return TreeReference(id: id, level: 0, size: size, fileCount: fileCount)
        }
        if !leaf.isEmpty { try emit(0, store) }
        var level = 1
        while true {
            if !hasEmitted[level], inner[level - 1].count == 1 {
                return TreeReference(
                    id: inner[level - 1][0].id, level: UInt8(level - 1), size: size, fileCount: fileCount)
            }
            if !inner[level - 1].isEmpty { try emit(level, store) }
            level += 1
        }
    }
}
