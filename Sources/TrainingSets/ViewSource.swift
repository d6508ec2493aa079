import Features
import PointInTime
import Tables

/// The rows of a view, with what decides whether and when each of them counts: those of its source's files, with rows in memory
/// after them, or rows in memory alone.
///
///     let rows = try ViewSource(plan, files: sources.files(of: plan.source), threads: 2)
///     var coder = EntityCoder(plan)
///     try rows.forEachBatch { facts in
///         let entities = try coder.codes(of: facts)
///     }
package struct ViewSource {
    /// The view.
    package let plan: ViewPlan
    private let table: any FactTable
    private let bound: BoundViewPlan
    private let threads: Int
    /// Rows that follow those of the files, with the columns of ``fields``.
    private var added: RecordBatch?

    /// The rows of files.
    ///
    /// - Throws: ``TrainingSetError``, ``Features/InvalidDefinitions`` where expressions do not fit the data, ``Tables/TableError``.
    package init(_ plan: ViewPlan, files: [SourceFile], threads: Int, batchSize: Int = 1 << 18) throws {
        let table = try SourceTable(plan.source, files, batchSize: batchSize)
        try self.init(plan, table, FactParts.bind(plan, to: table), threads)
    }

    fileprivate init(_ plan: ViewPlan, _ table: any FactTable, _ bound: BoundViewPlan, _ threads: Int) throws {
        (self.plan, self.table, self.bound, self.threads) = (plan, table, bound, threads)
    }

    /// The columns that the view reads, with their types, by name.
    package var fields: [Field] {
        plan.columnsOfData.compactMap { name in table.types[name].map { Field(name, $0) } }
    }

    /// All columns of the source, with their types, by name.
    package var sourceFields: [Field] {
        table.types.filter(\.value.isCarried).map { Field($0.key, $0.value) }.sorted { $0.name < $1.name }
    }

    /// The same rows, and others after them.
    ///
    /// - Parameter rows: have the columns of ``fields``, in their order.
    package func adding(_ rows: RecordBatch) -> ViewSource {
        var source = self
        source.added = rows
        return source
    }

    /// How many rows the files have; `nil` before all have been read once.
    package var fileRowCount: Int? { table.rowCount }

    private var parts: FactParts { FactParts(plan: plan, bound: bound, table: table, threads: threads) }

    /// Calls `body` with all rows, batch by batch, in order.
    package func forEachBatch(_ body: (ViewFacts) throws -> Void) throws {
        let reader = parts.reader(
            names: plan.keys.map(\.sourceColumn) + plan.source.eventKey,
            expressions: [bound.filter, bound.retracted].compactMap { $0 })
        var count = 0
        try reader.forEachBatch { batch in
            try body(
                ViewFacts(
                    batch, keys: try parts.keys(batch), eventKeys: try parts.eventKeys(batch),
                    isCounted: both(batch.isRow, try parts.isCounted(batch, reader))))
            count = batch.firstRow + batch.count
        }
        if let added, added.count > 0 {
            try PreparedView(plan, fields: fields, name: "the pushed rows").source(added).forEachBatch { facts in
                try body(facts.moved(by: count))
            }
        }
    }

    /// The columns that the view reads, in some rows.
    ///
    /// - Parameter rows: ascending numbers, each once; all rows have been read once before.
    package func rows(_ rows: [Int32]) throws -> RecordBatch {
        let fields = fields
        let fileRows = added == nil ? rows.count : rows.prefix { Int($0) < table.rowCount ?? .max }.count
        var columns = try table.values(of: fields.map(\.name), at: Array(rows[..<fileRows]), threads: threads)
        if let added, fileRows < rows.count, let first = table.rowCount {
            let places = rows[fileRows...].map { $0 - Int32(first) }
            for (index, field) in fields.enumerated() {
                let others = added.columns[index].gather(places, workers: 1)
                guard let joined = Column.concatenate([columns[index], others], type: field.type) else {
                    throw TrainingSetError.tooManyBytes(column: field.name)
                }
                columns[index] = joined
            }
        }
        return RecordBatch(Schema(fields), columns, count: rows.count)
    }

    /// The columns that features of the view are grouped by, in all rows, by name; a derived one is computed.
    package func groupColumns() throws -> [(name: String, column: Column)] {
        let names = Set(plan.columns.flatMap(\.groupKeys)).sorted()
        var pieces = names.map { _ in [Column]() }
        if names.isEmpty { return [] }
        try parts.reader(names: names, expressions: []).forEachBatch { batch in
            for (place, name) in names.enumerated() {
                switch batch.value(name) {
                case .column(let column): pieces[place].append(column)
                case .vector(let vector):
                    guard let column = vector.column() else { throw TrainingSetError.tooManyBytes(column: name) }
                    pieces[place].append(column)
                }
            }
        }
        return try zip(names, pieces).map { name, pieces in
            guard let first = pieces.first else {
                return (name, Column.nulls(table.types[name] ?? .string, count: 0))
            }
            guard let column = Column.concatenate(pieces, type: first.type) else {
                throw TrainingSetError.tooManyBytes(column: name)
            }
            return (name, column)
        }
    }

    /// All columns of the source, in some rows of the files.
    ///
    /// - Parameter rows: ascending numbers, each once; all rows have been read once before.
    package func sourceRows(_ rows: [Int32]) throws -> RecordBatch {
        let fields = sourceFields
        return RecordBatch(
            Schema(fields), try table.values(of: fields.map(\.name), at: rows, threads: threads), count: rows.count)
    }

    /// Which of the files a row is in, from 0, and its number there, from 1; rows up to it have been read.
    package func place(ofRow row: Int) -> (file: Int, row: Int) {
        (table.file(ofRow: row), table.place(ofRow: row).row)
    }
}

/// Rows of a view with their keys and times.
package struct ViewFacts {
    /// The number of the first row in the source.
    package private(set) var firstRow: Int
    /// How many rows there are.
    package let count: Int
    /// When each fact happened, in microseconds.
    package let eventTimes: [Int64]
    /// When it became known, in microseconds.
    package let availabilityTimes: [Int64]
    /// The rows that are rows of the source; `nil` for all.
    package let isRow: [Bool]?
    /// The rows of the source that the view counts; the others may yet replace or take back one that it does. `nil` for all.
    package let isCounted: [Bool]?
    fileprivate let keys: [KeyPart]
    fileprivate let eventKeys: [(part: KeyPart, kind: KeyKind)]

    fileprivate init(
        _ batch: FactBatch, keys: [KeyPart], eventKeys: [(part: KeyPart, kind: KeyKind)], isCounted: [Bool]?
    ) {
        firstRow = batch.firstRow
        count = batch.count
        eventTimes = batch.eventTimes.withBuffer { Array($0) }
        availabilityTimes = batch.availabilityTimes.withBuffer { Array($0) }
        isRow = batch.isRow
        (self.keys, self.eventKeys, self.isCounted) = (keys, eventKeys, isCounted)
    }

    /// The same rows behind so many others.
    fileprivate func moved(by count: Int) -> ViewFacts {
        var facts = self
        facts.firstRow += count
        return facts
    }

    /// The bytes that name the entity of a row; `nil` if a key is null.
    package func entityKey(ofRow row: Int) -> [UInt8]? { EntityKey.bytes(of: keys, row: row) }
}

/// Numbers the entities of a view's rows, and their facts.
package struct EntityCoder {
    private var entities: KeyCoder
    private var facts: KeyCoder?
    private let column: String

    /// A coder that has seen no row.
    package init(_ plan: ViewPlan) {
        entities = KeyCoder(kinds: plan.keys.map { KeyKind($0.type).engineKind })
        column = plan.keys[0].sourceColumn
    }

    /// How many entities there are.
    package var count: Int { entities.count }

    /// The number of each row's entity; -1 where a key is null, and for what is no row of the source.
    package mutating func codes(of rows: ViewFacts) throws -> [Int32] {
        guard var codes = try KeyPart.encode(rows.keys, &entities) else {
            throw TrainingSetError.tooManyBytes(column: column)
        }
        codes.clear(where: rows.isRow)
        return codes
    }

    /// The number of each row's fact: rows of one entity and event key have one. -1 for a row that is a fact of its own.
    package mutating func factCodes(of rows: ViewFacts) throws -> [Int32] {
        if rows.eventKeys.isEmpty { return [Int32](repeating: -1, count: rows.count) }
        let parts = rows.keys + rows.eventKeys.map(\.part)
        var coder: KeyCoder
        if let known = facts.take() {
            coder = known
        } else {
            coder = KeyCoder(kinds: entities.kinds + rows.eventKeys.map(\.kind.engineKind))
        }
        let codes = try KeyPart.encode(parts, &coder)
        facts = coder
        guard var codes else { throw TrainingSetError.tooManyBytes(column: column) }
        codes.clear(where: rows.isRow)
        return codes
    }
}

/// A view that is worked out again and again over rows in memory, by the very join that makes training sets.
package struct PreparedView: Sendable {
    /// What is computed.
    package let plan: ViewPlan
    private let types: [String: ColumnType]
    private let bound: BoundViewPlan
    private let name: String

    /// Prepares a view.
    ///
    /// - Parameters:
    ///   - fields: the columns that rows will have; the plan's are among them.
    ///   - name: what messages call the rows.
    /// - Throws: ``Features/InvalidDefinitions`` where expressions do not fit the columns, ``TrainingSetError``.
    package init(_ plan: ViewPlan, fields: [Field], name: String) throws {
        (self.plan, self.name) = (plan, name)
        types = Dictionary(fields.map { ($0.name, $0.type) }) { first, _ in first }
        let empty = RecordBatch(Schema(fields), fields.map { Column.nulls($0.type, count: 0) }, count: 0)
        bound = try FactParts.bind(plan, to: RowTable(plan.source, empty, types: types, name: name))
    }

    private func table(_ rows: RecordBatch) -> RowTable { RowTable(plan.source, rows, types: types, name: name) }

    /// Rows in memory, with what decides whether they count.
    package func source(_ rows: RecordBatch) throws -> ViewSource { try ViewSource(plan, table(rows), bound, 1) }

    /// The features of some entities at some moments.
    ///
    /// - Parameters:
    ///   - rows: rows of the source, all that may count for these entities, in the source's order.
    ///   - spine: the entities and moments.
    /// - Returns: a column for each of the plan's, and for each label the row of `rows` that its plain features are of, if
    ///   there are plain features.
    package func features(
        of rows: RecordBatch, at spine: SpineTable
    ) throws -> (columns: [Column], latest: [Int32]?) {
        let join = try ViewJoin(
            plan, table(rows), SpineIndex(spine, threads: 1, limit: nil),
            embargo: plan.view.embargo.seconds * 1_000_000, threads: 1, storage: .memory, bound: bound)
        let result = try join.run()
        return (result.columns, result.latest)
    }
}

/// The bytes that name an entity in an online store.
package enum EntityKey {
    /// The name of a row's entity: for each key one byte that says what it is, then eight bytes of a number, the lowest first, or
    /// the length of a text in eight bytes and its bytes. `nil` if a key is null.
    static func bytes(of parts: [KeyPart], row: Int) -> [UInt8]? {
        var bytes: [UInt8] = []
        for part in parts {
            if let validity = part.validity, !validity[row] { return nil }
            part.append(row, to: &bytes)
        }
        return bytes
    }

    /// The columns of a spine that names tell, the other way round; `nil` if one of them names no entity of such keys.
    package static func columns(of names: [[UInt8]], by keys: [JoinKey]) -> [(name: String, column: Column)]? {
        var parts = keys.map { _ in [ArraySlice<UInt8>]() }
        for name in names {
            var rest = name[...]
            for (place, key) in keys.enumerated() {
                guard let tag = rest.popFirst(), rest.count >= 8 else { return nil }
                let isText = KeyKind(key.type) == .text
                let number = rest.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
                guard tag == (isText ? 2 : 1), !isText || number <= UInt64(rest.count - 8) else { return nil }
                let length = isText ? 8 + Int(number) : 8
                parts[place].append(rest.prefix(length))
                rest = rest.dropFirst(length)
            }
            if !rest.isEmpty { return nil }
        }
        return zip(keys, parts).map { key, values in
            let numbers = { values.map { Int64(bitPattern: $0.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }) } }
            switch KeyKind(key.type) {
            case .text:
                var texts = StringColumnBuilder()
                for value in values { texts.append(Array(value.dropFirst(8))) }
                return (key.spineColumn, texts.finish())
            case .whole: return (key.spineColumn, Column(numbers().map { Optional($0) }, .int64))
            case .boolean: return (key.spineColumn, Column(booleans: numbers().map { $0 != 0 }))
            case .moment:
                return (
                    key.spineColumn, Column(numbers().map { Optional($0) }, .timestamp(.microsecond, zone: "UTC"))
                )
            }
        }
    }

    /// The names of the entities that columns of keys tell; `nil` for a row with a null.
    ///
    /// - Throws: ``TrainingSetError/wrongKeyType(column:type:expected:table:)``.
    package static func bytes(of columns: RecordBatch, by keys: [JoinKey]) throws -> [[UInt8]?] {
        let parts = try keys.map { key in
            let kind = KeyKind(key.type)
            guard let column = columns[key.spineColumn], let part = KeyPart(.column(column), as: kind) else {
                throw TrainingSetError.wrongKeyType(
                    column: key.spineColumn, type: columns[key.spineColumn].map { "\($0.type)" } ?? "missing column",
                    expected: kind.rawValue, table: "the request")
            }
            return part
        }
        return (0..<columns.count).map { bytes(of: parts, row: $0) }
    }
}
