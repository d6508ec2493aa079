/// Finds all objects that snapshots need: their trees, manifests and chunks, and if asked their history and lineage.
///
/// What is missing or unreadable is collected, not thrown. A part that was reached before is passed over, so that many
/// snapshots of one artifact cost little more than one. The indexes are taken once: hold the store's lock meanwhile.
struct Reachability: ~Copyable {
    /// An object that is needed and cannot be had, or that does not fit what names it.
    struct Flaw {
        let key: ObjectKey
        /// What is wrong with it, as the end of a sentence.
        let reason: String
        /// What needs it; `nil` for a root.
        let neededBy: ObjectKey?
    }

    /// What the marked objects add up to.
    struct Totals: Equatable {
        var objects = 0
        var rawBytes: UInt64 = 0
        var storedBytes: UInt64 = 0
    }

    /// What a listing's node says it holds, or a manifest's.
    private struct Sums: Equatable {
        var size: UInt64 = 0
        var fileCount: UInt64 = 0
    }

    private let store: Store
    private let checksSums: Bool
    private(set) var marks: EntryMarks
    private(set) var totals = Totals()
    private(set) var flaws: [Flaw] = []
    /// Parents and inputs that are not here, each with the snapshot that names it: their history may be elsewhere.
    private(set) var absentHistory: [(snapshot: ObjectID, neededBy: ObjectID)] = []
    /// Contents named from outside that the store lacks, or has as something else.
    private(set) var absentContents = 0
    /// The snapshots that were read.
    private(set) var snapshots: [(id: ObjectID, snapshot: Snapshot)] = []

    private var reported: Set<ObjectKey> = []
    private var absent: Set<ObjectID> = []
    private var sums: [ObjectKey: Sums] = [:]
    private var scratch = ReadScratch()

    /// - Parameter checksSums: whether sizes and counts are compared with what they add up, which costs memory for each
    ///   folder and large file.
    init(store: Store, indexes: [PackIndex], checksSums: Bool = false) {
        self.store = store
        self.checksSums = checksSums
        marks = EntryMarks(indexes)
    }

    /// Marks what snapshots reach.
    mutating func mark(_ roots: [ObjectID], followsHistory: Bool) {
        var waiting: [(id: ObjectID, neededBy: ObjectID?)] = roots.reversed().map { ($0, nil) }
        while let (id, follower) = waiting.popLast() {
            let key = ObjectKey(id, .snapshot)
            guard let place = marks.place(of: key) else {
                if let follower {
                    if absent.insert(id).inserted { absentHistory.append((id, follower)) }
                } else {
                    report(key, "the store does not hold it", nil)
                }
                continue
            }
            guard insert(place),
                let snapshot = read(
                    key, place, follower.map { ObjectKey($0, .snapshot) },
                    { (bytes) throws(DecodingFailure) in try Snapshot(decoding: bytes) })
            else { continue }
            snapshots.append((id, snapshot))
            mark(snapshot.root, key)
            if followsHistory {
                for parent in snapshot.parents { waiting.append((parent, id)) }
                for input in snapshot.inputs { waiting.append((input.snapshot, id)) }
            }
        }
    }

    /// Marks a content that something outside of the store names, as a pointer in git does.
    ///
    /// One that the store lacks is counted only, and what is said of its size is not believed: anybody can write a name.
    mutating func mark(named content: FileReference) {
        if content.size == 0 && content.level == 0 { return }
        let key = ObjectKey(content.id, content.kind)
        guard let place = marks.place(of: key) else {
            absentContents += 1
            return
        }
        if content.level == 0 {
            _ = insert(place)
            return
        }
        guard
            let manifest = read(key, place, nil, { (bytes) throws(DecodingFailure) in try Manifest(decoding: bytes) })
        else { return }
        if manifest.level == content.level {
            markFile(content.id, manifest.size, content.level, key)
        } else {
            absentContents += 1
        }
    }

    /// Marks a content that the store itself has promised to keep.
    mutating func mark(_ kept: KeptFile) {
        markFile(kept.content.id, kept.content.size, kept.content.level, ObjectKey(kept.content.id, kept.content.kind))
    }

    /// Marks a file or a folder with all below it.
    private mutating func mark(_ node: Node, _ owner: ObjectKey) {
        // A list instead of recursion: a stored tree may be deeper than a thread's stack.
        var folders: [(tree: TreeReference, owner: ObjectKey)] = []
        switch node {
        case .file(let file, _), .link(let file): markFile(file.id, file.size, file.level, owner)
        case .directory(let tree): folders.append((tree, owner))
        }
        while let (tree, owner) = folders.popLast() {
            guard let found = markListing(tree.id, tree.level, owner, &folders), checksSums else { continue }
            if found != Sums(size: tree.size, fileCount: tree.fileCount) {
                report(ObjectKey(tree.id, .tree), "what it holds does not add up to what it is named with", owner)
            }
        }
    }

    /// Marks a node of a listing and those below it; folders in it are left to the caller.
    ///
    /// - Returns: what the entries add up to, if that is known.
    private mutating func markListing(
        _ id: ObjectID, _ level: UInt8, _ owner: ObjectKey,
        _ folders: inout [(tree: TreeReference, owner: ObjectKey)]
    ) -> Sums? {
        let key = ObjectKey(id, .tree)
        guard let place = place(of: key, owner) else { return nil }
        guard insert(place) else { return sums[key] }
        guard
            let node = read(
                key, place, owner, { (bytes) throws(DecodingFailure) in try TreeNode(decoding: bytes) })
        else { return nil }
        var total: Sums? = Sums()
        switch node.content {
        case .leaf(let entries):
            guard level == 0 else { return wrongLevel(key, owner) }
            for entry in entries {
                // Sums of a hostile tree may overflow: they are compared, never used.
                total?.size &+= entry.node.size
                total?.fileCount &+= entry.node.fileCount
                switch entry.node {
                case .file(let file, _), .link(let file): markFile(file.id, file.size, file.level, key)
                case .directory(let tree): folders.append((tree, key))
                }
            }
        case .inner(let found, let children):
            guard level == found else { return wrongLevel(key, owner) }
            for child in children {
                guard let part = markListing(child.id, level - 1, key, &folders) else {
                    total = nil
                    continue
                }
                total?.size &+= part.size
                total?.fileCount &+= part.fileCount
            }
        }
        if checksSums { sums[key] = total }
        return total
    }

    private mutating func wrongLevel(_ key: ObjectKey, _ owner: ObjectKey) -> Sums? {
        report(key, "its level is not the one it is named with", owner)
        return nil
    }

    /// Marks a chunk, or a node of a manifest and all below it.
    private mutating func markFile(_ id: ObjectID, _ size: UInt64, _ level: UInt8, _ owner: ObjectKey) {
        if size == 0 && level == 0 { return }
        let key = ObjectKey(id, level == 0 ? .chunk : .manifest)
        guard let place = place(of: key, owner) else { return }
        let isNew = insert(place)
        if level == 0 {
            if checksSums, let entry = marks.entry(at: place), UInt64(entry.header.rawLength) != size {
                report(key, "a file states another length for it than it has", owner)
            }
            return
        }
        guard isNew else {
            if let known = sums[key], known.size != size {
                report(key, "its chunks do not add up to the size it is named with", owner)
            }
            return
        }
        guard
            let manifest = read(
                key, place, owner, { (bytes) throws(DecodingFailure) in try Manifest(decoding: bytes) })
        else { return }
        guard manifest.level == level else { return report(key, "its level is not the one it is named with", owner) }
        if checksSums { sums[key] = Sums(size: manifest.size) }
        if manifest.size != size { report(key, "its chunks do not add up to the size it is named with", owner) }
        for entry in manifest.entries { markFile(entry.id, entry.size, level - 1, key) }
    }

    // MARK: Objects

    private mutating func place(of key: ObjectKey, _ owner: ObjectKey) -> EntryMarks.Place? {
        if let place = marks.place(of: key) { return place }
        report(key, "the store does not hold it", owner)
        return nil
    }

    private mutating func insert(_ place: EntryMarks.Place) -> Bool {
        guard marks.insert(place) else { return false }
        totals.objects += 1
        if let entry = marks.entry(at: place) {
            totals.rawBytes += UInt64(entry.header.rawLength)
            totals.storedBytes += entry.header.recordBytes
        }
        return true
    }

    private mutating func report(_ key: ObjectKey, _ reason: String, _ owner: ObjectKey?) {
        if reported.insert(key).inserted { flaws.append(Flaw(key: key, reason: reason, neededBy: owner)) }
    }

    private mutating func read<Value>(
        _ key: ObjectKey, _ place: EntryMarks.Place, _ owner: ObjectKey?,
        _ decode: ([UInt8]) throws(DecodingFailure) -> Value
    ) -> Value? {
        guard let location = marks.location(of: place) else {
            report(key, "its index entry is damaged", owner)
            return nil
        }
        let bytes: [UInt8]
        do throws(StoreError) {
            bytes = Array(try store.read(location, &scratch))
        } catch {
            report(key, error.reason, owner)
            return nil
        }
        do throws(DecodingFailure) {
            return try decode(bytes)
        } catch {
            report(key, error.reason, owner)
            return nil
        }
    }
}

extension RecordHeader {
    /// The bytes that the whole record takes in its pack.
    package var recordBytes: UInt64 { UInt64(PackFormat.recordHeaderCount) + UInt64(storedLength) }
}
