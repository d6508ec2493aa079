import FileSystem
import ObjectStore
import SystemPackage

/// Finds out what an artifact's working files hold, reading only those that changed since they were read last.
struct Capture {
    let scanner: Scanner
    /// Takes what is read: a store's writer, or an overlay that only wants to compare.
    let sink: any ObjectSink
    let store: Store
    let workers: Int
    let meter: ByteMeter?

    /// Whether what a known content stands for must be in the store, since a snapshot will name it.
    let mustBeStored: Bool

    /// The working files of an artifact with the content of each, or `nil` if there are none.
    ///
    /// - Parameter cache: what was known before; afterwards what is known now.
    func capture(_ artifact: RelativePath, _ cache: inout StatCache) throws(StoreError) -> WorkingEntry? {
        guard var root = try scanner.scan(artifact) else {
            cache.hasChanged = cache.root != nil
            cache.root = nil
            return nil
        }
        let reader = Reader(capture: self, location: scanner.root.appending(artifact))
        let isKnown = try reader.match(&root, cache.root, at: reader.location)
        if !isKnown {
            try reader.readPending(&root)
            try reader.build(&root)
        }
        if !isKnown {
            cache.root = root
            cache.hasChanged = true
        }
        return root
    }

    /// One capture at work.
    private final class Reader {
        let capture: Capture
        let location: FilePath
        /// Files to be read; `folder` is `nil` for an artifact that is one file.
        private var pending: [(folder: WorkingFolder?, index: Int, location: FilePath, size: UInt64)] = []

        init(capture: Capture, location: FilePath) {
            self.capture = capture
            self.location = location
        }

        /// Takes contents over from the cache where the status proves them, and notes the other files for reading.
        ///
        /// - Returns: whether all content is known, so that the entry has its node.
        func match(_ entry: inout WorkingEntry, _ known: WorkingEntry?, at location: FilePath) throws(StoreError)
            -> Bool
        {
            try match(&entry, known, at: location, nil, 0)
        }

        private func match(
            _ entry: inout WorkingEntry, _ known: WorkingEntry?, at location: @autoclosure () -> FilePath,
            _ folder: WorkingFolder?, _ index: Int
        ) throws(StoreError) -> Bool {
            switch entry.status.kind {
            case .regular:
                if let known, case .file(let file, _) = known.node, known.status.provesSameContent(as: entry.status),
                    !capture.mustBeStored || isStored(file)
                {
                    entry.node = .file(file, isExecutable: entry.status.isExecutable)
                    return known.status.isExecutable == entry.status.isExecutable
                }
                pending.append((folder, index, location(), UInt64(entry.status.size)))
                return false
            case .symbolicLink:
                // A link is as cheap to read as to examine.
                let target = try wrappingFileErrors { () throws(FileError) in
                    let place = location()
                    return try Directory(place.removingLastComponent()).linkTarget(entry.name)
                }
                let id = try capture.sink.put(target, kind: .chunk)
                entry.node = .link(FileReference(id: id, size: UInt64(target.count), level: 0))
                return known?.node == entry.node
            case .directory:
                return try match(folder: entry.folder!, known, &entry, at: location())
            case .other:
                return false
            }
        }

        private func match(
            folder: WorkingFolder, _ known: WorkingEntry?, _ entry: inout WorkingEntry, at location: FilePath
        ) throws(StoreError) -> Bool {
            let knownEntries = known?.folder?.entries ?? []
            var isSame = known?.folder != nil && knownEntries.count == folder.entries.count
            var next = 0
            for index in folder.entries.indices {
                let name = folder.entries[index].name
                while next < knownEntries.count, knownEntries[next].name.lexicographicallyPrecedes(name) { next += 1 }
                let isThere = next < knownEntries.count && knownEntries[next].name == name
                let isKnown = try match(
                    &folder.entries[index], isThere ? knownEntries[next] : nil, at: location.appending(bytes: name),
                    folder, index)
                if !isKnown { isSame = false }
            }
            // A listing that is not in the store is built again, since nobody could read it.
            guard isSame, case .directory(let tree) = known?.node, capture.store.contains(tree.id, kind: .tree) else {
                return false
            }
            entry.node = known?.node
            return true
        }

        private func isStored(_ file: FileReference) -> Bool {
            file.size == 0 || capture.store.contains(file.id, kind: file.kind)
        }

        /// Reads the noted files, on all cores.
        func readPending(_ root: inout WorkingEntry) throws(StoreError) {
            let files = pending.map(\.location)
            let archiver = Archiver(
                sink: capture.sink, parameters: capture.store.parameters, workers: capture.workers,
                meter: capture.meter)
            let archived = try archiver.archive(sizes: pending.map(\.size)) { (number) throws(StoreError) in
                try wrappingFileErrors { () throws(FileError) in try File(reading: files[number], followsLinks: false) }
            }
            for (file, result) in zip(pending, archived) {
                let node = Node.file(result.file, isExecutable: result.status.isExecutable)
                if let folder = file.folder {
                    folder.entries[file.index].status = result.status
                    folder.entries[file.index].node = node
                } else {
                    root.status = result.status
                    root.node = node
                }
            }
        }

        /// Builds the listings of folders that have changed, from the leaves up.
        func build(_ entry: inout WorkingEntry) throws(StoreError) {
            guard entry.node == nil, let folder = entry.folder else { return }
            var builder = TreeBuilder()
            for index in folder.entries.indices {
                try build(&folder.entries[index])
                let child = TreeEntry(name: folder.entries[index].name, node: folder.entries[index].node!)
                try builder.append(child) { (node) throws(StoreError) in try capture.sink.put(node, kind: .tree) }
            }
            let tree = try builder.finish { (node) throws(StoreError) in try capture.sink.put(node, kind: .tree) }
            entry.node = .directory(tree)
        }
    }
}
