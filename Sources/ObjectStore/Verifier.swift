import FileSystem
import SystemPackage

extension Store {
    /// A snapshot that must be whole, with a name for reports: its artifact's.
    public struct Root: Hashable, Sendable {
        /// The artifact.
        public let name: String
        /// The snapshot.
        public let snapshot: ObjectID

        /// Names a snapshot.
        public init(name: String, snapshot: ObjectID) {
            self.name = name
            self.snapshot = snapshot
        }
    }

    /// The content of a file that git has a pointer to, with a name for reports: the file's.
    public struct NamedContent: Hashable, Sendable {
        /// The file.
        public let name: String
        /// The content.
        public let content: FileReference

        /// Names a content.
        public init(name: String, content: FileReference) {
            self.name = name
            self.content = content
        }
    }

    /// Checks the store: its description, indexes, packs and tags, and that all is there that the roots and tags need.
    ///
    /// A store with a damaged index opens with ``init(opening:skipsDamagedIndexes:)``.
    ///
    /// - Parameters:
    ///   - roots: snapshots that must be whole, with their history as far as it is here.
    ///   - contents: contents of files that must be whole if the store has them.
    ///   - readsData: whether every byte is read and hashed, or the structure only.
    ///   - meter: is told of each byte of the packs that was checked.
    /// - Throws: the refusal of a file operation that keeps the check from going on; damage is reported, not thrown.
    public func verify(
        roots: [Root], contents: [NamedContent] = [], readsData: Bool, meter: ByteMeter? = nil
    ) throws(StoreError) -> VerificationReport {
        // Shared with writers: the clean-up must not take anything meanwhile.
        let lock = try SharedLock(layout)
        defer { withExtendedLifetime(lock) {} }
        var verifier = Verifier(store: self)
        try verifier.checkDescription()
        // Before the indexes: what is kept by then is in them, or in the journal of a writer at work.
        var kept = try verifier.checkKeptFiles()
        let areOthersWriting = try hasLiveJournals()
        try verifier.checkIndexes()
        if areOthersWriting { kept.removeAll { !verifier.holds($0) } }
        try verifier.checkPacks(readsData: readsData, meter)
        let tagged = try verifier.checkTags()
        verifier.checkReachability(roots + tagged, contents, kept)
        try verifier.noteUnexpectedFiles()
        return verifier.report
    }
}

/// One check of a store.
struct Verifier: ~Copyable {
    let store: Store
    var report = VerificationReport()
    /// The indexes whose bytes are what they should be.
    private var indexes: [PackIndex] = []
    /// Objects that cannot be had, and why.
    private var damaged: [ObjectKey: String] = [:]

    /// - Parameter indexes: those to take without a look at their bytes; ``checkIndexes()`` finds those that are sound.
    init(store: Store, indexes: [PackIndex] = []) {
        self.store = store
        self.indexes = indexes
    }

    mutating func checkDescription() throws(StoreError) {
        let path = store.layout.format
        guard let contents = try withFileErrors({ () throws(FileError) in try path.contentsIfPresent() }) else {
            report.problems.append(.description(path: displayed(path), reason: "it is missing"))
            return
        }
        do throws(DecodingFailure) {
            let description = try StoreDescription(decoding: contents)
            if description.parameters != store.parameters {
                report.problems.append(.description(path: displayed(path), reason: "it changed since it was read"))
            }
        } catch {
            report.problems.append(.description(path: displayed(path), reason: error.reason))
        }
    }

    // MARK: Indexes and packs

    mutating func checkIndexes() throws(StoreError) {
        attempts: for attempt in 0..<100 {
            indexes.removeAll()
            var problems: [VerificationReport.Problem] = []
            for path in try store.layout.indexFiles() {
                do throws(StoreError) {
                    let index = try PackIndex(path)
                    if index.isIntact() {
                        indexes.append(index)
                    } else {
                        let reason = "its bytes do not have the hash in its name; run 'vintage fsck --repair'"
                        problems.append(.index(path: displayed(path), reason: reason))
                    }
                } catch .damagedFile(let path, let reason) {
                    problems.append(.index(path: path, reason: "\(reason); run 'vintage fsck --repair'"))
                } catch .file(let error) where error.isNotFound && attempt < 99 {
                    continue attempts  // merged into another one meanwhile: list again
                } catch {
                    problems.append(.index(path: displayed(path), reason: error.description))
                }
            }
            report.problems += problems
            return
        }
    }

    mutating func checkPacks(readsData: Bool, _ meter: ByteMeter?) throws(StoreError) {
        // Records that the indexes name, for each pack.
        var expected: [PackIndex.Pack: Int] = [:]
        for index in indexes {
            var counts = [Int](repeating: 0, count: index.packs.count)
            for position in 0..<index.count {
                if let entry = index.entry(at: position) { counts[Int(entry.pack)] += 1 }
            }
            for (pack, count) in zip(index.packs, counts) { expected[pack, default: 0] += count }
        }
        let present = try store.layout.packFiles()
        let named = expected.keys.sorted { $0.id < $1.id }
        let namedIDs = Set(named.map(\.id))
        let unindexed = present.filter { !namedIDs.contains($0.id) }
        report.notes += unindexed.map { .unindexedPack(path: displayed(store.layout.pack($0.id))) }
        let checker = PackChecker(store: store, indexes: indexes, readsData: readsData, meter: meter)
        meter?.expect(present.reduce(0) { $0 &+ $1.size })
        let sizes = Dictionary(present.map { ($0.id, $0.size) }, uniquingKeysWith: { first, _ in first })
        try WorkQueue.run(workers: availableCores, capacity: availableCores) { (queue) throws(StoreError) in
            for pack in named {
                let count = expected[pack] ?? 0
                let size = sizes[pack.id]
                try queue.submit { () throws(StoreError) in checker.check(pack, expecting: count, actualSize: size) }
            }
            for pack in unindexed {
                try queue.submit { () throws(StoreError) in
                    checker.check(pack, expecting: 0, actualSize: pack.size)
                }
            }
        }
        let outcome = checker.outcome()
        report.problems += outcome.problems.sorted { $0.description < $1.description }
        report.packs = present.count
        report.records = outcome.records
        report.bytes = outcome.bytes
        damaged.merge(outcome.damaged) { first, _ in first }
    }

    // MARK: Tags and reachability

    /// - Returns: the snapshots that tags name.
    mutating func checkTags() throws(StoreError) -> [Store.Root] {
        var found: [Store.Root] = []
        for file in try store.tagFiles() {
            do throws(StoreError) {
                let tag = try Tag(reading: file, store.layout)
                found.append(Store.Root(name: "\(tag.artifact)@\(tag.name)", snapshot: tag.snapshot))
            } catch .file(let error) where error.isNotFound {
                continue  // removed meanwhile
            } catch {
                report.problems.append(.tag(path: displayed(file), reason: error.reason))
            }
        }
        return found
    }

    /// - Returns: the files that are kept by their hash.
    mutating func checkKeptFiles() throws(StoreError) -> [KeptFile] {
        var found: [KeptFile] = []
        for path in try store.keptFilePaths() {
            guard let bytes = try withFileErrors({ () throws(FileError) in try path.contentsIfPresent() }) else {
                continue  // let go meanwhile
            }
            if let file = KeptFile(parsing: bytes), store.layout.keptFile(file.digest) == path {
                found.append(file)
            } else {
                report.problems.append(.keptFile(path: displayed(path), reason: Store.damagedKeptFile(path).reason))
            }
        }
        return found
    }

    /// Whether an index names the content of a file.
    func holds(_ file: KeptFile) -> Bool {
        let key = ObjectKey(file.content.id, file.content.kind)
        return indexes.contains { $0.location(of: key) != nil }
    }

    mutating func checkReachability(
        _ roots: [Store.Root], _ contents: [Store.NamedContent], _ kept: [KeptFile] = [], followsHistory: Bool = true
    ) {
        var reachability = Reachability(store: store, indexes: indexes, checksSums: true)
        reachability.mark(roots.map(\.snapshot), followsHistory: followsHistory)
        for file in kept { reachability.mark(file) }
        for content in contents { reachability.mark(named: content.content) }
        if reachability.absentContents > 0 { report.notes.append(.absentContents(reachability.absentContents)) }
        report.reachableObjects = reachability.totals.objects
        for flaw in reachability.flaws where damaged[flaw.key] == nil { damaged[flaw.key] = flaw.reason }
        for absent in reachability.absentHistory {
            report.notes.append(.absentHistory(absent.snapshot, neededBy: absent.neededBy))
        }
        if damaged.isEmpty { return }
        var search = DamageSearch(store: store, indexes: indexes, damaged: Set(damaged.keys))
        var history: [ObjectID: Snapshot] = [:]
        for (id, snapshot) in reachability.snapshots { history[id] = snapshot }
        for root in roots { search.search(root.name, root.snapshot, history[root.snapshot]) }
        for content in contents { search.search(content.name, content.content) }
        for file in kept { search.search("sha256:\(file.digest)", file.content) }
        for root in roots { history[root.snapshot] = nil }
        for (id, snapshot) in reachability.snapshots where history[id] != nil {
            search.search(snapshot.artifact.description, id, snapshot)
        }
        for (key, reason) in damaged.sorted(by: { $0.key < $1.key }) {
            let touched = search.touched[key] ?? VerificationReport.Touched()
            report.problems.append(.object(key.id, key.kind, reason: reason, touches: touched))
        }
    }

    // MARK: Other files

    mutating func noteUnexpectedFiles() throws(StoreError) {
        let layout = store.layout
        var unexpected: [FilePath] = []
        var temporary = 0
        let isPack = { (name: ArraySlice<UInt8>, folder: ArraySlice<UInt8>) in
            name.count == 69 && name.suffix(5).elementsEqual(".pack".utf8) && name.starts(with: folder)
                && ObjectID(hex: String(decoding: name.prefix(64), as: UTF8.self)) != nil
        }
        try withFileErrors { () throws(FileError) in
            let expected: Set = ["format", "lock", "packs", "indexes", "tmp", "tags", "files"]
            for name in try Directory(layout.root).listing() {
                if expected.contains(String(decoding: name, as: UTF8.self)) { continue }
                if name.starts(with: temporaryPrefix.utf8) { temporary += 1; continue }
                unexpected.append(layout.root.appending(bytes: name))
            }
            for folder in try Directory(layout.packs).listing() {
                let path = layout.packs.appending(bytes: folder)
                guard try path.status()?.kind == .directory, folder.count == 2 else {
                    unexpected.append(path)
                    continue
                }
                for name in try Directory(path).listing() where !isPack(name, folder) {
                    unexpected.append(path.appending(bytes: name))
                }
            }
            for name in try Directory(layout.indexes).listing()
            where name.count != 70 || !name.suffix(6).elementsEqual(".index".utf8) {
                unexpected.append(layout.indexes.appending(bytes: name))
            }
            temporary += try Directory(layout.temporary).listing().count
        }
        report.notes += unexpected.map { .unexpectedFile(path: displayed($0)) }
        if temporary > 0 { report.notes.append(.temporaryFiles(temporary)) }
    }
}
