import FileSystem

/// Finds the files of artifacts that need damaged objects.
///
/// What is known to be whole is not entered twice, so that the search costs one walk over all and then only the damaged
/// parts of each further snapshot.
struct DamageSearch: ~Copyable {
    /// How many files are told apart for one object; beyond, the count is a lower bound.
    private static let countedFiles = 10_000
    /// No file system can hold a deeper path, and a thread's stack is finite.
    private static let deepest = 1_000

    private let store: Store
    private let damaged: Set<ObjectKey>
    private var whole: EntryMarks
    private var scratch = ReadScratch()
    private var seen: [ObjectKey: Set<VerificationReport.Touched.Item>] = [:]
    /// What was found, for each damaged object that something needs.
    private(set) var touched: [ObjectKey: VerificationReport.Touched] = [:]

    init(store: Store, indexes: [PackIndex], damaged: Set<ObjectKey>) {
        self.store = store
        self.damaged = damaged
        whole = EntryMarks(indexes)
    }

    /// Searches one snapshot, whose content is given if it could be read.
    mutating func search(_ name: String, _ id: ObjectID, _ snapshot: Snapshot?) {
        guard let snapshot else {
            note(ObjectKey(id, .snapshot), name, .root)
            return
        }
        switch snapshot.root {
        case .file(let file, _), .link(let file): _ = search(file, name, .root)
        case .directory(let tree): _ = search(tree.id, tree.level, name, .root, depth: 0)
        }
    }

    /// Searches the content of one file.
    mutating func search(_ name: String, _ content: FileReference) { _ = search(content, name, .root) }

    private mutating func note(_ key: ObjectKey, _ name: String, _ path: RelativePath) {
        guard damaged.contains(key) else { return }
        let item = VerificationReport.Touched.Item(artifact: name, path: path)
        guard seen[key, default: []].count < Self.countedFiles, seen[key, default: []].insert(item).inserted else {
            return
        }
        touched[key, default: .init()].count += 1
        if touched[key, default: .init()].items.count < VerificationReport.Touched.limit {
            touched[key, default: .init()].items.append(item)
        }
    }

    /// Searches a node of a listing.
    ///
    /// - Returns: whether all of it is whole.
    private mutating func search(
        _ id: ObjectID, _ level: UInt8, _ name: String, _ path: RelativePath, depth: Int
    ) -> Bool {
        let key = ObjectKey(id, .tree)
        if damaged.contains(key) { note(key, name, path) }
        guard depth < Self.deepest, let place = whole.place(of: key) else { return false }
        if whole.contains(place) { return true }
        guard let bytes = read(place), let node = try? TreeNode(decoding: bytes) else { return false }
        var isWhole = !damaged.contains(key)
        switch node.content {
        case .leaf(let entries):
            for entry in entries {
                let below = path.appending(component: entry.name)
                switch entry.node {
                case .file(let file, _), .link(let file):
                    if !search(file, name, below) { isWhole = false }
                case .directory(let tree):
                    if !search(tree.id, tree.level, name, below, depth: depth + 1) { isWhole = false }
                }
            }
        case .inner(let found, let children):
            guard found == level else { return false }
            for child in children where !search(child.id, level - 1, name, path, depth: depth) { isWhole = false }
        }
        if isWhole { _ = whole.insert(place) }
        return isWhole
    }

    private mutating func search(_ file: FileReference, _ name: String, _ path: RelativePath) -> Bool {
        if file.level == 0 && file.size == 0 { return true }
        return search(file.id, file.level, name, path)
    }

    /// Searches a chunk or a node of a manifest.
    private mutating func search(_ id: ObjectID, _ level: UInt8, _ name: String, _ path: RelativePath) -> Bool {
        let key = ObjectKey(id, level == 0 ? .chunk : .manifest)
        if damaged.contains(key) { note(key, name, path) }
        guard let place = whole.place(of: key) else { return false }
        if level == 0 { return !damaged.contains(key) }
        if whole.contains(place) { return true }
        guard let bytes = read(place), let manifest = try? Manifest(decoding: bytes), manifest.level == level else {
            return false
        }
        var isWhole = !damaged.contains(key)
        for entry in manifest.entries where !search(entry.id, level - 1, name, path) { isWhole = false }
        if isWhole { _ = whole.insert(place) }
        return isWhole
    }

    private mutating func read(_ place: EntryMarks.Place) -> [UInt8]? {
        guard let location = whole.location(of: place) else { return nil }
        do throws(StoreError) {
            return Array(try store.read(location, &scratch))
        } catch {
            return nil
        }
    }
}
