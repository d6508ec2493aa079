import FileSystem

/// One name in a folder, with what it stands for.
public struct MergeEntry<Content> {
    /// The name's bytes, without `/`.
    public let name: [UInt8]
    /// The file or the folder.
    public let content: Content

    /// Names some content.
    public init(name: [UInt8], content: Content) {
        self.name = name
        self.content = content
    }
}

extension MergeEntry: Equatable where Content: Equatable {}
extension MergeEntry: Hashable where Content: Hashable {}
extension MergeEntry: Sendable where Content: Sendable {}

/// A merged file or folder.
public enum MergedNode<Node> {
    /// A file or a folder that one of the three sides has as it is.
    case existing(Node)
    /// A folder that no side has, by its entries in the order of their names.
    case folder([MergeEntry<MergedNode<Node>>])
}

extension MergedNode: Equatable where Node: Equatable {}
extension MergedNode: Sendable where Node: Sendable {}

/// A path at which both sides made different changes. `nil` means that a side has nothing there.
public struct MergeConflict<Node> {
    /// How the two changes disagree.
    public enum Kind: Hashable, Sendable {
        /// Both changed a file.
        case bothChanged
        /// Both added a file, not the same.
        case bothAdded
        /// We deleted a file that they changed.
        case deletedByUs
        /// They deleted a file that we changed.
        case deletedByThem
        /// One side has a file where the other has a folder with content of its own.
        case fileAgainstFolder
    }

    /// Where, below the roots that were merged.
    public let path: RelativePath
    /// How the changes disagree.
    public let kind: Kind
    /// What the common ancestor has.
    public let base: Node?
    /// What our side has; the merged tree keeps it.
    public let ours: Node?
    /// What their side has.
    public let theirs: Node?
}

extension MergeConflict: Equatable where Node: Equatable {}
extension MergeConflict: Sendable where Node: Sendable {}

/// What a merge comes to.
public struct MergeResult<Node> {
    /// The merged tree, or `nil` if nothing is left. Where there is a conflict it has what our side has.
    public let merged: MergedNode<Node>?
    /// The conflicts, in the order of their paths; none if the merge is clean.
    public let conflicts: [MergeConflict<Node>]
}

extension MergeResult: Equatable where Node: Equatable {}
extension MergeResult: Sendable where Node: Sendable {}

/// A three-way merge of trees, path by path.
///
/// At each path, a change that only one side made is taken, and so is a change that both made alike; two different
/// changes are a conflict. A renamed file is one that is deleted here and added there. A folder is there if it has
/// content, or if it is there by the same rule; so an empty folder survives.
///
/// The trees are opened through a closure, and only where all three differ: a merge costs what changed, not what there
/// is. A node is anything that is equal just when its whole content is, such as an object's id with its mode.
///
///     let merge = ThreeWayMerge<TreeNode, StoreError>(
///         isFolder: { $0.isFolder }, entries: { node throws(StoreError) in try store.entries(of: node) })
///     let result = try merge.merge(base: base, ours: ours, theirs: theirs)
public struct ThreeWayMerge<Node: Hashable, Failure: Error> {
    private let isFolder: (Node) -> Bool
    private let entries: (Node) throws(Failure) -> [MergeEntry<Node>]

    /// Takes the two questions that are asked of a node.
    ///
    /// - Parameters:
    ///   - isFolder: Whether a node is a folder, not a file.
    ///   - entries: A folder's entries, in the order of their names' bytes, each name once.
    public init(isFolder: @escaping (Node) -> Bool, entries: @escaping (Node) throws(Failure) -> [MergeEntry<Node>]) {
        self.isFolder = isFolder
        self.entries = entries
    }

    /// Merges two trees with their common ancestor; `nil` stands for nothing at all.
    ///
    /// Complexity: the number of entries of the folders that differ on all three sides.
    /// - Throws: What opening a folder throws.
    public func merge(base: Node?, ours: Node?, theirs: Node?) throws(Failure) -> MergeResult<Node> {
        var conflicts: [MergeConflict<Node>] = []
        let merged = try merge(Sides(base: base, ours: ours, theirs: theirs), at: .root, &conflicts)
        return MergeResult(merged: merged, conflicts: conflicts)
    }

    /// What the three sides have at one path.
    private struct Sides {
        var base: Node?
        var ours: Node?
        var theirs: Node?

        func filter(_ isWanted: (Node) -> Bool) -> Sides {
            func filtered(_ node: Node?) -> Node? { node.flatMap { isWanted($0) ? $0 : nil } }
            return Sides(base: filtered(base), ours: filtered(ours), theirs: filtered(theirs))
        }
    }

    /// The outcome for values that cannot be taken apart: the side that changed, or `nil` if both did.
    private func outcome<Value: Equatable>(_ base: Value, _ ours: Value, _ theirs: Value) -> Value? {
        if ours == theirs || base == theirs { return ours }
        return base == ours ? theirs : nil
    }

    private func merge(
        _ sides: Sides, at path: RelativePath, _ conflicts: inout [MergeConflict<Node>]
    ) throws(Failure) -> MergedNode<Node>? {
        if let same = outcome(sides.base, sides.ours, sides.theirs) { return same.map { .existing($0) } }
        let files = sides.filter { !isFolder($0) }
        let folders = sides.filter(isFolder)
        let file = outcome(files.base, files.ours, files.theirs)
        let hasFolder = folders.ours != nil || folders.theirs != nil
        switch file {
        case .some(.none):
            // No file is left, so what there is is a folder.
            return hasFolder ? try mergeFolders(folders, at: path, &conflicts) : nil
        case .some(.some(let file)):
            // A file that one side added or kept. The other side's folder must have nothing left to say.
            var conflictsInside: [MergeConflict<Node>] = []
            let folder = hasFolder ? try mergeFolders(folders, at: path, &conflictsInside) : nil
            if folder == nil && conflictsInside.isEmpty { return .existing(file) }
        case .none:
            break
        }
        conflicts.append(
            MergeConflict(
                path: path, kind: kind(files, hasFolder: hasFolder), base: sides.base, ours: sides.ours,
                theirs: sides.theirs))
        return sides.ours.map { .existing($0) }
    }

    private func kind(_ files: Sides, hasFolder: Bool) -> MergeConflict<Node>.Kind {
        if hasFolder { return .fileAgainstFolder }
        if files.ours == nil { return .deletedByUs }
        if files.theirs == nil { return .deletedByThem }
        return files.base == nil ? .bothAdded : .bothChanged
    }

    private func mergeFolders(
        _ folders: Sides, at path: RelativePath, _ conflicts: inout [MergeConflict<Node>]
    ) throws(Failure) -> MergedNode<Node>? {
        let ours = try entries(ofFolder: folders.ours)
        let theirs = try entries(ofFolder: folders.theirs)
        var rows = EntryRows(base: try entries(ofFolder: folders.base), ours: ours, theirs: theirs)
        var merged: [MergeEntry<MergedNode<Node>>] = []
        while let row = rows.next() {
            let sides = Sides(base: row.base, ours: row.ours, theirs: row.theirs)
            if let content = try merge(sides, at: path.appending(component: row.name), &conflicts) {
                merged.append(MergeEntry(name: row.name, content: content))
            }
        }
        // Of there and not there, a side that differs from the base has decided.
        let isKept = (folders.ours == nil) == (folders.base == nil) ? folders.theirs != nil : folders.ours != nil
        if merged.isEmpty && !isKept { return nil }
        // A folder that came out as a side has it need not be written again.
        if let folder = folders.ours, isSame(merged, ours) { return .existing(folder) }
        if let folder = folders.theirs, isSame(merged, theirs) { return .existing(folder) }
        return .folder(merged)
    }

    private func entries(ofFolder folder: Node?) throws(Failure) -> [MergeEntry<Node>] {
        guard let folder else { return [] }
        return try entries(folder)
    }

    private func isSame(_ merged: [MergeEntry<MergedNode<Node>>], _ entries: [MergeEntry<Node>]) -> Bool {
        merged.count == entries.count
            && zip(merged, entries).allSatisfy { $0.name == $1.name && $0.content == .existing($1.content) }
    }

    /// Walks three sorted listings at once, a name at a time.
    private struct EntryRows {
        private var base: Cursor
        private var ours: Cursor
        private var theirs: Cursor

        init(base: [MergeEntry<Node>], ours: [MergeEntry<Node>], theirs: [MergeEntry<Node>]) {
            (self.base, self.ours, self.theirs) = (Cursor(base), Cursor(ours), Cursor(theirs))
        }

        mutating func next() -> (name: [UInt8], base: Node?, ours: Node?, theirs: Node?)? {
            guard let name = Self.first(base.name, Self.first(ours.name, theirs.name)) else { return nil }
            return (name, base.take(name), ours.take(name), theirs.take(name))
        }

        private static func first(_ left: [UInt8]?, _ right: [UInt8]?) -> [UInt8]? {
            guard let left else { return right }
            guard let right else { return left }
            return right.lexicographicallyPrecedes(left) ? right : left
        }

        private struct Cursor {
            private let entries: [MergeEntry<Node>]
            private var index = 0

            init(_ entries: [MergeEntry<Node>]) { self.entries = entries }

            var name: [UInt8]? { index < entries.count ? entries[index].name : nil }

            /// The content of the next entry, if it has this name.
            mutating func take(_ name: [UInt8]) -> Node? {
                guard self.name == name else { return nil }
                defer { index += 1 }
                return entries[index].content
            }
        }
    }
}
