import Tables
import TextFormats

/// The rows that were pushed to a source and are not in its files yet: what a store says, and what it forgets.
///
/// Each push is one entry of the space `push:SOURCE`, under its name: the length of a text in LEB128, the text, which is JSON
/// and tells the columns and the spaces that the rows were applied to, and the rows as ``EntityRows`` writes them. Rows of files
/// and pushed ones are together what a source holds, so that a view can be filled anew without a loss.
struct PushJournal {
    /// One push.
    struct Entry {
        let id: PushID
        let rows: RecordBatch
        /// The spaces of views that have the rows, as far as these need them.
        let spaces: Set<String>
    }

    /// The pushes, in their order.
    private(set) var entries: [Entry]

    private static let entriesAtOnce = 1000

    /// The space of a source's pushes.
    static func space(of source: String) -> String { OnlineKey.listedPrefix + source }

    /// The place of a push.
    static func key(_ id: PushID, source: String) -> OnlineKey { OnlineKey(space: space(of: source), entity: id.bytes) }

    /// Reads the pushes of a source.
    init(_ storage: any OnlineStorage, source: String) throws(OnlineStoreError) {
        var found: Set<PushID> = []
        let space = Self.space(of: source)
        try storage.forEachEntity(in: space) { entities in
            for entity in entities {
                if let id = entity.withUnsafeBytes({ PushID($0) }) { found.insert(id) }
            }
        }
        let ids = found.sorted()
        entries = []
        for first in stride(from: 0, to: ids.count, by: Self.entriesAtOnce) {
            let some = ids[first..<min(first + Self.entriesAtOnce, ids.count)]
            for (id, value) in zip(some, try storage.values(of: some.map { Self.key($0, source: source) })) {
                // Another who filled views may have found all of it in the files.
                guard let value else { continue }
                guard let entry = Self.entry(id, value, source: source) else {
                    throw .damaged(store: storage.name, what: "rows that were pushed to the source '\(source)'")
                }
                entries.append(entry)
            }
        }
    }

    // MARK: Bytes

    /// An entry's bytes.
    static func bytes(
        _ rows: RecordBatch, id: PushID, source: String, spaces: some Sequence<String>
    ) throws -> [UInt8] {
        try head(rows.schema.fields, spaces) + body(rows, id: id, source: source)
    }

    /// The same entry, applied to other spaces too. What is no entry stays as it is: a reader will say so.
    static func adding(_ spaces: [String], to bytes: [UInt8]) -> [UInt8] {
        guard let (fields, old, start) = readHead(bytes) else { return bytes }
        return head(fields, old.union(spaces)) + bytes[start...]
    }

    private static func head(_ fields: [Field], _ spaces: some Sequence<String>) -> [UInt8] {
        var object = JSONObject()
        object["columns"] = JSON(fields: fields)
        object["spaces"] = JSON(spaces.sorted()) { .string($0) }
        let text = Array(JSON.object(object).line.utf8)
        var bytes: [UInt8] = []
        bytes.append(varint: UInt64(text.count))
        return bytes + text
    }

    private static func readHead(_ bytes: [UInt8]) -> (fields: [Field], spaces: Set<String>, start: Int)? {
        let parts = bytes.withUnsafeBytes { all -> (text: [UInt8], rest: Int)? in
            var reader = ByteReader(all)
            guard let length = reader.count(), let text = reader.bytes(length) else { return nil }
            return (Array(text), all.count - reader.remaining)
        }
        guard let parts, let json = try? JSON(parsing: parts.text), let fields = json["columns"].fields,
            let spaces = json["spaces"].elements
        else { return nil }
        return (fields, Set(spaces.compactMap(\.string)), parts.rest)
    }

    private static func body(_ rows: RecordBatch, id: PushID, source: String) throws -> [UInt8] {
        let origins = [RowOrigin](repeating: .push(id), count: rows.count)
        return try ColumnView.with(rows.columns[...]) { columns in
            EntityRows.bytes(of: 0..<rows.count, origins, columns, horizon: 0, at: key(id, source: source))
        }
    }

    private static func entry(_ id: PushID, _ bytes: [UInt8], source: String) -> Entry? {
        guard let (fields, spaces, start) = readHead(bytes) else { return nil }
        var columns = fields.map { GrowingColumn($0.type) }
        let rows = EntityRows.read(Array(bytes[start...]), at: key(id, source: source), into: &columns)
        guard rows != nil else { return nil }
        return Entry(id: id, rows: RecordBatch(Schema(fields), columns.map { $0.finish() }), spaces: spaces)
    }

    // MARK: Rows

    /// How many rows there are.
    var rowCount: Int { entries.reduce(0) { $0 + $1.rows.count } }

    /// All rows with some columns; one that was not pushed is null.
    ///
    /// - Throws: ``PushError/typeChanged(source:column:pushed:now:)`` where values do not fit the columns.
    func rows(_ fields: [Field], source: String) throws -> RecordBatch {
        let columns = try fields.map { field in
            let parts = try entries.map { entry in
                guard let values = entry.rows[field.name] else {
                    return Column.nulls(field.type, count: entry.rows.count)
                }
                if values.type == field.type { return values }
                guard case .success(let converted) = values.converted(to: field.type, zone: nil) else {
                    throw PushError.typeChanged(
                        source: source, column: field.name, pushed: "\(values.type)", now: "\(field.type)")
                }
                return converted
            }
            guard let column = Column.concatenate(parts, type: field.type, workers: 1) else {
                throw PushError.tooManyBytes(source: source, column: field.name)
            }
            return column
        }
        return RecordBatch(Schema(fields), columns, count: rowCount)
    }

    /// Each row's push.
    var origins: [PushID] { entries.flatMap { Array(repeating: $0.id, count: $0.rows.count) } }

    /// The same without some rows, counted through all entries.
    func removing(_ rows: Set<Int>) -> PushJournal {
        var (journal, first) = (self, 0)
        journal.entries = entries.compactMap { entry in
            defer { first += entry.rows.count }
            let kept = (0..<entry.rows.count).filter { !rows.contains(first + $0) }
            if kept.count == entry.rows.count { return entry }
            if kept.isEmpty { return nil }
            let columns = entry.rows.columns.map { $0.gather(kept.map { Int32($0) }, workers: 1) }
            let rows = RecordBatch(entry.rows.schema, columns, count: kept.count)
            return Entry(id: entry.id, rows: rows, spaces: entry.spaces)
        }
        return journal
    }

    /// The same without some pushes.
    func removing(_ pushes: Set<PushID>) -> PushJournal {
        var journal = self
        journal.entries.removeAll { pushes.contains($0.id) }
        return journal
    }

    /// The pushes that were not applied to a space.
    func lacking(_ space: String) -> PushJournal {
        var journal = self
        journal.entries.removeAll { $0.spaces.contains(space) }
        return journal
    }

    // MARK: Changes

    /// Has a store note that the pushes were applied to a space.
    func note(_ space: String, _ storage: any OnlineStorage, source: String) throws(OnlineStoreError) {
        let ids = lacking(space).entries.map(\.id)
        for first in stride(from: 0, to: ids.count, by: Self.entriesAtOnce) {
            let some = ids[first..<min(first + Self.entriesAtOnce, ids.count)]
            try storage.update(some.map { Self.key($0, source: source) }, marks: []) { old in
                old.map { $0.map { Self.adding([space], to: $0) } }
            }
        }
    }

    /// Has a store forget the rows of `self` that another journal, made of it, has no more.
    func forget(allBut kept: PushJournal, _ storage: any OnlineStorage, source: String) throws {
        let rest = Dictionary(uniqueKeysWithValues: kept.entries.map { ($0.id, $0) })
        for entry in entries where rest[entry.id]?.rows.count != entry.rows.count {
            let body = try rest[entry.id].map { try Self.body($0.rows, id: $0.id, source: source) }
            try storage.update([Self.key(entry.id, source: source)], marks: []) { old in
                // Other spaces may have been noted since.
                guard let body, let old = old[0], let (fields, spaces, _) = Self.readHead(old) else { return [nil] }
                return [Self.head(fields, spaces) + body]
            }
        }
    }
}
