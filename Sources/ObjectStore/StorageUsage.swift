/// How much snapshots hold, and how much of the store they take.
public struct StorageUsage: Equatable, Sendable {
    /// The numbers of some snapshots together.
    public struct Amount: Equatable, Sendable {
        /// How many snapshots.
        public var snapshots = 0
        /// Files and links in them, counted once for each snapshot.
        public var files: UInt64 = 0
        /// The sizes of those files: what copies of the snapshots would take.
        public var logicalBytes: UInt64 = 0
        /// The bytes of the distinct objects they need, before compression.
        public var uniqueBytes: UInt64 = 0
        /// The bytes of those objects' records in the packs.
        public var storedBytes: UInt64 = 0
        /// How many distinct objects they need.
        public var objects = 0

        /// How many times smaller the distinct objects are than the files; 1 for none.
        public var deduplicationRatio: Double { Self.ratio(logicalBytes, uniqueBytes) }
        /// How many times smaller the records are than the objects; 1 for none.
        public var compressionRatio: Double { Self.ratio(uniqueBytes, storedBytes) }

        private static func ratio(_ whole: UInt64, _ part: UInt64) -> Double {
            part == 0 ? 1 : Double(whole) / Double(part)
        }
    }

    /// For each name, in order. Objects that several share count for each.
    public var artifacts: [(name: String, amount: Amount)] {
        zip(names, amounts).map { ($0, $1) }
    }
    /// All names together. Objects that several share count once.
    public var total = Amount()
    /// The bytes of all packs in the store.
    public var packBytes: UInt64 = 0

    private var names: [String] = []
    private var amounts: [Amount] = []

    fileprivate mutating func append(_ name: String, _ amount: Amount) {
        names.append(name)
        amounts.append(amount)
    }
}

extension Store {
    /// Measures snapshots, without their history: each name's and all together.
    ///
    /// - Throws: ``StoreError/missing(_:_:)`` or ``StoreError/damaged(_:_:reason:)`` if the store lacks a part of one.
    public func usage(of roots: [Root]) throws(StoreError) -> StorageUsage {
        try refresh()
        let indexes = currentIndexes()
        var groups: [String: [ObjectID]] = [:]
        for root in roots where groups[root.name]?.contains(root.snapshot) != true {
            groups[root.name, default: []].append(root.snapshot)
        }
        var usage = StorageUsage()
        var all = Reachability(store: self, indexes: indexes)
        for (name, ids) in groups.sorted(by: { $0.key < $1.key }) {
            var part = Reachability(store: self, indexes: indexes)
            part.mark(ids, followsHistory: false)
            all.mark(ids, followsHistory: false)
            try Self.refuseFlaws(part.flaws.first)
            var amount = StorageUsage.Amount()
            for (_, snapshot) in part.snapshots {
                amount.snapshots += 1
                amount.files &+= snapshot.root.fileCount
                amount.logicalBytes &+= snapshot.root.size
            }
            amount.count(part.totals)
            usage.append(name, amount)
        }
        for (_, snapshot) in all.snapshots {
            usage.total.snapshots += 1
            usage.total.files &+= snapshot.root.fileCount
            usage.total.logicalBytes &+= snapshot.root.size
        }
        usage.total.count(all.totals)
        usage.packBytes = try layout.packFiles().reduce(0) { $0 + $1.size }
        return usage
    }

    private static func refuseFlaws(_ flaw: Reachability.Flaw?) throws(StoreError) {
        guard let flaw else { return }
        throw .damaged(flaw.key.id, flaw.key.kind, reason: flaw.reason)
    }
}

extension StorageUsage.Amount {
    fileprivate mutating func count(_ totals: Reachability.Totals) {
        objects = totals.objects
        uniqueBytes = totals.rawBytes
        storedBytes = totals.storedBytes
    }
}
