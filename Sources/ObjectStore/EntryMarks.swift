/// Remembers for each entry of some indexes whether it was seen: one bit an entry, so that sixteen million objects cost
/// two megabytes.
package struct EntryMarks: Sendable {
    /// An entry of one of the indexes.
    package struct Place: Equatable, Sendable {
        package let index: Int
        package let position: Int
    }

    package let indexes: [PackIndex]
    private var bits: [[UInt64]]

    package init(_ indexes: [PackIndex]) {
        self.indexes = indexes
        bits = indexes.map { [UInt64](repeating: 0, count: ($0.count + 63) / 64) }
    }

    /// The entry that stands for an object: the one in the first index that has it.
    package func place(of key: ObjectKey) -> Place? {
        for (number, index) in indexes.enumerated() {
            if let position = index.position(of: key) { return Place(index: number, position: position) }
        }
        return nil
    }

    package func entry(at place: Place) -> PackIndex.Entry? { indexes[place.index].entry(at: place.position) }

    package func location(of place: Place) -> RecordLocation? {
        guard let entry = entry(at: place) else { return nil }
        let pack = indexes[place.index].packs[Int(entry.pack)].id
        return RecordLocation(header: entry.header, pack: pack, offset: entry.offset)
    }

    package func contains(_ place: Place) -> Bool {
        bits[place.index][place.position / 64] >> UInt64(place.position % 64) & 1 == 1
    }

    /// Marks an entry.
    ///
    /// - Returns: `false` if it was marked before.
    package mutating func insert(_ place: Place) -> Bool {
        if contains(place) { return false }
        bits[place.index][place.position / 64] |= 1 << UInt64(place.position % 64)
        return true
    }
}
