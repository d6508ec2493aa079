import Tables

/// Rows of a source that labels are given, by the row group that they lie in, so that each row group is read once and its
/// values go to their labels at once.
struct PlacedRows {
    /// A row group with rows that are wanted.
    struct Piece {
        let reader: TableReader
        let group: Int
        /// The number of its first row in the source.
        let first: Int
        /// Which of ``PlacedRows/places`` are in it.
        let places: Range<Int>
    }

    let pieces: [Piece]
    /// The row for each place, negative for none.
    let rows: [Int32]
    /// The places that have a row, those of a row group together, ascending.
    let places: [Int32]
    /// A bit for each place that has a row; `nil` if all have.
    let isThere: Column?

    /// Sorts rows by row group, in time linear in their number.
    init(_ rows: [Int32], _ groups: [(reader: TableReader, group: Int, size: Int)]) {
        var firsts = [0]
        for group in groups { firsts.append(firsts[firsts.count - 1] + group.size) }
        // The group in which each stretch of rows begins, from which it is not far to a row's own.
        let stretch = 12
        var starts: [Int32] = []
        var group = 0
        for row in stride(from: 0, to: firsts[groups.count], by: 1 << stretch) {
            while firsts[group + 1] <= row { group += 1 }
            starts.append(Int32(group))
        }
        func owner(of row: Int) -> Int {
            var group = Int(starts[row >> stretch])
            while firsts[group + 1] <= row { group += 1 }
            return group
        }
        var counts = [Int](repeating: 0, count: groups.count)
        let owners = rows.map { row -> Int32 in
            if row < 0 { return -1 }
            let group = owner(of: Int(row))
            counts[group] += 1
            return Int32(truncatingIfNeeded: group)
        }
        var (ends, found) = ([Int](), 0)
        for count in counts {
            ends.append(found)
            found += count
        }
        places = [Int32](unsafeUninitializedCapacity: found) { places, count in
            for (place, owner) in owners.enumerated() where owner >= 0 {
                let group = Int(owner)
                places[ends[group]] = Int32(truncatingIfNeeded: place)
                ends[group] += 1
            }
            count = found
        }
        pieces = groups.indices.filter { counts[$0] > 0 }.map { group in
            Piece(
                reader: groups[group].reader, group: groups[group].group, first: firsts[group],
                places: ends[group] - counts[group]..<ends[group])
        }
        self.rows = rows
        isThere = found == rows.count ? nil : Self.bits(of: rows)
    }

    private static func bits(of rows: [Int32]) -> Column {
        let buffer = ColumnBuffer(.boolean, count: rows.count)
        let bits = buffer.validity
        for (place, row) in rows.enumerated() where row >= 0 { bits[place >> 3] |= 1 << UInt8(place & 7) }
        return buffer.finish()
    }

    /// A column's values in these rows.
    ///
    /// - Returns: `nil` if its texts are too many bytes.
    func values(of name: String, _ type: ColumnType, storage: ColumnStorage) throws(TableError) -> Column? {
        if type.isVariable { return try texts(of: name, type, storage) }
        guard ColumnScatter.takes(type, asDictionary: false) else {
            return try gathered(name, type, asDictionary: false)
        }
        var scatter = try ColumnScatter(type, count: rows.count, isValid: isThere, storage: storage)
        for piece in pieces { put(try read(piece, name, asDictionary: false), piece, in: &scatter) }
        return scatter.finish()
    }

    private func read(_ piece: Piece, _ name: String, asDictionary: Bool) throws(TableError) -> Column {
        try piece.reader.read([name], dictionaries: asDictionary ? [name] : [], rowGroups: [piece.group], workers: 1)
            .columns[0]
    }

    private func put(_ column: Column, _ piece: Piece, in scatter: inout ColumnScatter) {
        rows.withUnsafeBufferPointer { rows in
            places.withUnsafeBufferPointer { places in
                scatter.take(
                    column, places: UnsafeBufferPointer(rebasing: places[piece.places]), rows: rows, first: piece.first)
            }
        }
    }

    /// Texts, by their numbers in a dictionary unless nearly each has its own.
    private func texts(of name: String, _ type: ColumnType, _ storage: ColumnStorage) throws(TableError) -> Column? {
        guard let first = pieces.first else { return Column.nulls(type, count: rows.count) }
        let probe = try read(first, name, asDictionary: true)
        guard let dictionary = probe.dictionary, dictionary.count <= first.places.count / 4 else {
            return try gathered(name, type, asDictionary: true)
        }
        var scatter = try ColumnScatter(type, count: rows.count, isValid: isThere, storage: storage)
        put(probe, first, in: &scatter)
        for piece in pieces.dropFirst() {
            let column = try read(piece, name, asDictionary: true)
            guard let dictionary = column.dictionary, dictionary.count <= max(piece.places.count, 1 << 12) else {
                return try gathered(name, type, asDictionary: true)
            }
            put(column, piece, in: &scatter)
        }
        return scatter.finish()
    }

    /// Values of any type, row group after row group and then in the order of places.
    private func gathered(_ name: String, _ type: ColumnType, asDictionary: Bool) throws(TableError) -> Column? {
        var parts: [Column] = []
        for piece in pieces {
            let column = try read(piece, name, asDictionary: asDictionary)
            parts.append(column.gather(places[piece.places].map { rows[Int($0)] - Int32(piece.first) }, workers: 1))
        }
        if parts.isEmpty { return Column.nulls(type, count: rows.count) }
        guard let whole = Column.concatenate(parts, type: type, workers: 1) else { return nil }
        var order = [Int32](repeating: -1, count: rows.count)
        for (number, place) in places.enumerated() { order[Int(place)] = Int32(number) }
        return whole.gather(order, workers: 1)
    }
}
