/// A node of a large file's chunk list: an ordered run of chunks (level 1) or of nodes one level lower.
///
/// Where a node ends depends on the ids in it alone, so that a change in the file changes one node a level: the list of
/// a terabyte is updated in kilobytes. The same idea is called a prolly tree in Noms and Dolt.
package struct Manifest: Sendable {
    /// A part of the file: a chunk or a lower node.
    package struct Entry: Hashable, Sendable {
        package let id: ObjectID
        /// How many bytes of the file it covers; never 0.
        package let size: UInt64

        package init(id: ObjectID, size: UInt64) {
            self.id = id
            self.size = size
        }
    }

    package let level: UInt8
    package let entries: [Entry]

    /// The fewest entries of a node that another follows.
    package static let minimumCount = 64
    /// The most entries of any node.
    package static let maximumCount = 1024
    /// The highest level a reader accepts; level 6 would hold a file larger than any.
    package static let maximumLevel: UInt8 = 8

    package init(level: UInt8, entries: [Entry]) {
        self.level = level
        self.entries = entries
    }

    /// Whether a node that now has `count` entries ends after the entry.
    package static func ends(after entry: Entry, count: Int) -> Bool {
        count >= maximumCount || (count >= minimumCount && entry.id.words.0 & 0x7f == 0)
    }

    package var size: UInt64 { entries.reduce(0) { $0 + $1.size } }

    package func encoded() -> [UInt8] {
        var encoder = Encoder()
        encoder.append(fixed: "vintage manifest 1\n")
        encoder.append(level)
        encoder.append(number: UInt64(entries.count))
        for entry in entries {
            encoder.append(entry.id)
            encoder.append(number: entry.size)
        }
        return encoder.bytes
    }

    package init(decoding bytes: [UInt8]) throws(DecodingFailure) {
        var decoder = Decoder(bytes)
        try decoder.expect("vintage manifest 1\n")
        level = try decoder.byte()
        guard (1...Self.maximumLevel).contains(level) else { throw DecodingFailure("its level is out of range") }
        let count = try decoder.count()
        guard (1...Self.maximumCount).contains(count) else { throw DecodingFailure("it has too few or many entries") }
        var entries: [Entry] = []
        entries.reserveCapacity(count)
        var total: UInt64 = 0
        for _ in 0..<count {
            let entry = Entry(id: try decoder.id(), size: try decoder.number())
            let (sum, overflows) = total.addingReportingOverflow(entry.size)
            // A reader makes room for a whole chunk, so that a chunk must not claim to be larger than any.
            guard entry.size > 0, !overflows, sum <= UInt64(Int64.max),
                level > 1 || entry.size <= UInt64(PackFormat.maximumObjectSize)
            else {
                throw DecodingFailure("its sizes are out of range")
            }
            total = sum
            entries.append(entry)
        }
        try decoder.end()
        self.entries = entries
    }
}

/// Builds a manifest from a file's chunks as they come, holding one unfinished node a level.
package struct ManifestBuilder {
    /// Stores a node and returns its id.
    package typealias Store = (_ node: [UInt8]) throws(StoreError) -> ObjectID

    private var pending: [[Manifest.Entry]] = [[]]
    private var hasEmitted: [Bool] = [false]
    private var size: UInt64 = 0

    package init() {}

    /// Adds the file's next chunk.
    package mutating func append(_ chunk: Manifest.Entry, _ store: Store) throws(StoreError) {
        size += chunk.size
        try append(chunk, at: 0, store)
    }

    private mutating func append(_ entry: Manifest.Entry, at index: Int, _ store: Store) throws(StoreError) {
        pending[index].append(entry)
        if Manifest.ends(after: entry, count: pending[index].count) { try emit(index, store) }
    }

    private mutating func emit(_ index: Int, _ store: Store) throws(StoreError) {
        let node = Manifest(level: UInt8(index + 1), entries: pending[index])
        pending[index].removeAll(keepingCapacity: true)
        hasEmitted[index] = true
        if index + 1 == pending.count {
            pending.append([])
            hasEmitted.append(false)
        }
        try append(Manifest.Entry(id: try store(node.encoded()), size: node.size), at: index + 1, store)
    }

    /// Ends the file: the root is the lowest level that has a single entry.
    package mutating func finish(_ store: Store) throws(StoreError) -> FileReference {
        if size == 0 { return .empty }
        var index = 0
        while true {
            if !hasEmitted[index], pending[index].count == 1 {
                return FileReference(id: pending[index][0].id, size: size, level: UInt8(index))
            }
            if !pending[index].isEmpty { try emit(index, store) }
            index += 1
        }
    }
}
