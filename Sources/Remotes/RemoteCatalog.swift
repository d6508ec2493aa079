import FileSystem
import ObjectStore
import SystemPackage

/// What a remote holds, by its indexes, of which a copy is kept on this side.
///
/// The copies are checked when they come in and when they are used to decide that something need not be sent. Whoever
/// removes the folder of copies loses time only.
struct RemoteCatalog {
    let remote: any Remote
    let indexes: [PackIndex]

    /// Brings the copies up to date.
    ///
    /// - Parameter folder: where the copies of this remote are kept.
    init(_ remote: any Remote, folder: FilePath) throws(RemoteError) {
        self.remote = remote
        let layout = StoreLayout(root: folder)
        let lock = try withFileErrors { () throws(FileError) in
            try layout.indexes.makeDirectories()
            try layout.temporary.makeDirectories()
            let lock = try File(openingOrCreating: layout.lock)
            _ = try lock.lock(exclusively: true, waits: true)
            return lock
        }
        defer { withExtendedLifetime(lock) {} }
        let listed = Set(try remote.list(RemoteLayout.indexes).compactMap { RemoteLayout.indexID($0.name) })
        var copies = try Copies(layout)
        if !copies.names.isSubset(of: listed) { try copies.removeAll() }
        let new = listed.subtracting(copies.names).sorted()
        try forEachInParallel(new, workers: remote.parallelRequests) { (id) throws(RemoteError) in
            try Self.fetch(id, from: remote, into: layout)
        }
        if !new.isEmpty { try copies.add(new) }
        indexes = copies.indexes
    }

    private static func fetch(_ id: ObjectID, from remote: any Remote, into layout: StoreLayout) throws(RemoteError) {
        let name = RemoteLayout.index(id)
        func damaged(_ reason: String) -> RemoteError {
            .damaged(location: remote.location, name: name, reason: reason)
        }
        guard let bytes = try remote.contents(name, limit: 1 << 31) else { throw damaged("it is missing") }
        guard ObjectID(of: bytes) == id else { throw damaged("its bytes do not have the hash in its name") }
        do throws(StoreError) {
            let index = try PackIndex.write(bytes, layout)
            guard index.isIntact() else {
                try? layout.index(id).remove()
                throw StoreError.damagedFile(path: name, reason: "its entries are damaged")
            }
        } catch .damagedFile(_, let reason) {
            throw damaged(reason)
        } catch {
            throw .store(error)
        }
    }

    /// Whether the remote holds an object, and so all that it needs.
    func contains(_ key: ObjectKey) -> Bool {
        indexes.contains { $0.position(of: key) != nil }
    }

    /// Checks that each pack that the indexes name is there with the size that they state.
    ///
    /// Without this, what a lost pack held would be taken for sent.
    func checkPacks() throws(RemoteError) {
        var sizes: [ObjectID: UInt64] = [:]
        for object in try remote.list(RemoteLayout.packs) {
            if let id = RemoteLayout.packID(object.name) { sizes[id] = object.size }
        }
        for index in indexes {
            for pack in index.packs where sizes[pack.id] != pack.size {
                let reason = sizes[pack.id].map { "it has \($0) bytes where its index says \(pack.size)" }
                throw .damaged(
                    location: remote.location, name: RemoteLayout.pack(pack.id), reason: reason ?? "it is missing")
            }
        }
    }
}

/// The copies of a remote's indexes: files that may each stand for several of the remote's, and the list of those that
/// are in them.
private struct Copies {
    private let layout: StoreLayout
    /// The remote's indexes that the copies stand for.
    private(set) var names: Set<ObjectID> = []
    private(set) var indexes: [PackIndex] = []

    private var list: FilePath { layout.root.appending("list") }

    /// Opens the copies; damaged ones are as good as none.
    init(_ layout: StoreLayout) throws(RemoteError) {
        self.layout = layout
        let text = try withFileErrors { () throws(FileError) in try list.contentsIfPresent() } ?? []
        let lines = text.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
        // The list names first the copies, then what they stand for.
        let ids = lines.compactMap { ObjectID(hex: $0.dropFirst(2)) }
        guard lines.count == ids.count else {
            try removeAll()
            return
        }
        for (line, id) in zip(lines, ids) {
            if line.hasPrefix("- ") {
                names.insert(id)
            } else if let index = try? PackIndex(layout.index(id)), index.isIntact() {
                indexes.append(index)
            } else {
                try removeAll()
                return
            }
        }
    }

    mutating func removeAll() throws(RemoteError) {
        names = []
        indexes = []
        let layout = layout
        let list = list
        try withFileErrors { () throws(FileError) in
            try list.remove()
            try layout.indexes.removeAll()
            try layout.indexes.makeDirectories()
        }
    }

    /// Takes in copies that have come in, and merges those of similar size, so that a look-up stays a look-up in a few
    /// tables.
    mutating func add(_ new: [ObjectID]) throws(RemoteError) {
        let layout = layout
        for id in new {
            indexes.append(try withStoreErrors { () throws(StoreError) in try PackIndex(layout.index(id)) })
        }
        names.formUnion(new)
        while true {
            let tiers = Dictionary(grouping: indexes) { (64 - $0.count.leadingZeroBitCount) / 3 }
            guard let crowded = tiers.values.first(where: { $0.count >= 8 }) else { break }
            let merged = try withStoreErrors { () throws(StoreError) in
                try IndexMerge(crowded) { _ in true }.write(layout)
            }
            let gone = Set(crowded.map(\.name))
            indexes.removeAll { gone.contains($0.name) }
            if let merged { indexes.append(merged) }
        }
        indexes.sort { $0.count > $1.count }
        var text = ""
        for index in indexes { text += "+ \(index.name)\n" }
        for name in names.sorted() { text += "- \(name)\n" }
        let current = Set(indexes.map(\.name))
        let list = list
        try withFileErrors { () throws(FileError) in
            try list.replaceContents(with: Array(text.utf8), isDurable: false)
            for name in try Directory(layout.indexes).listing() {
                let path = layout.indexes.appending(bytes: name)
                if !current.contains(path.stem ?? "") { try path.remove() }
            }
        }
    }
}
