import FileSystem
import Workspace

/// What a reader is told of a table beside its bytes.
public struct TableOptions: Sendable {
    /// What becomes of timestamps without a zone.
    public enum NaiveTimestamps: Hashable, Sendable {
        /// Reading such a column is an error that names it.
        case refused
        /// They stay as they are; they are no moments.
        case kept
        /// They were seen on a clock of this zone, and become moments.
        case inZone(String)
    }

    /// The format; by default what the name's end says.
    public var format: TableFormat?
    /// What becomes of timestamps without a zone.
    public var naiveTimestamps: NaiveTimestamps
    /// As ``naiveTimestamps``, for single columns.
    public var zones: [String: String]
    /// The types of columns of a CSV file; the others' are inferred.
    public var types: [String: ColumnType]

    /// What a reader is told; nothing by default.
    public init(
        format: TableFormat? = nil, naiveTimestamps: NaiveTimestamps = .refused, zones: [String: String] = [:],
        types: [String: ColumnType] = [:]
    ) {
        (self.format, self.naiveTimestamps, self.zones, self.types) = (format, naiveTimestamps, zones, types)
    }
}

/// A table that is read: Parquet or CSV, a file or in the object store.
///
///     let flights = try TableReader(.stored(reference, store, name: "flights.parquet"))
///     let delays = try flights.read(["carrier", "arr_delay"])
///
/// Of a Parquet file only the columns and row groups that are asked for are read. Any number of threads may read from
/// one reader at once.
public final class TableReader: Sendable {
    /// The columns, with the types as which they are read.
    public let schema: Schema
    /// What messages call the table.
    public let name: String
    /// How it is written.
    public let format: TableFormat
    let options: TableOptions
    let bytes: ByteSource
    let content: any TableContent
    private let fileSchema: Schema

    /// Opens a table and reads what it says of itself.
    public init(_ source: TableSource, _ options: TableOptions = TableOptions()) throws(TableError) {
        guard let format = options.format ?? TableFormat(fileName: Self.lastComponent(source)) else {
            throw .unknownFormat(table: source.name)
        }
        let bytes = try ByteSource(source)
        let content: any TableContent
        switch format {
        case .parquet: content = try ParquetContent(bytes)
        case .csv, .tsv: content = try CSVContent(bytes, format, options.types)
        }
        (self.bytes, self.content, self.format, self.options) = (bytes, content, format, options)
        name = bytes.name
        fileSchema = content.schema
        schema = Schema(content.schema.fields.map { Self.declared($0, options) })
    }

    private static func lastComponent(_ source: TableSource) -> String {
        switch source {
        case .file(let path): path.lastComponent?.string ?? ""
        case .stored(_, _, let name): name
        }
    }

    /// How many rows there are, where the file says so; a CSV file has to be read for it.
    public var rowCount: Int? { content.rowGroupSizes.map { $0.reduce(0, +) } }

    /// How many rows each row group has; none for a CSV file.
    public var rowGroupSizes: [Int] { content.rowGroupSizes ?? [] }

    /// How many bytes have been read so far: of a stored file, those of every chunk touched.
    public var bytesRead: UInt64 { bytes.bytesRead }

    // MARK: Reading

    /// Reads columns whole, each in one piece of memory.
    ///
    /// - Parameters:
    ///   - names: the columns, in the order wanted; all by default.
    ///   - dictionaries: the columns of texts that may come with a ``Column/dictionary``, which takes less time and
    ///     memory where values repeat.
    ///   - rowGroups: the row groups of a Parquet file, in the order wanted; all by default.
    ///   - workers: how many threads work.
    public func read(
        _ names: [String]? = nil, dictionaries: Set<String> = [], rowGroups: [Int]? = nil,
        workers: Int = availableCores
    ) throws(TableError) -> RecordBatch {
        let places = try places(of: names)
        let columns = try content.read(
            places, dictionaries: places.map { dictionaries.contains(fileSchema.fields[$0].name) },
            rowGroups: rowGroups, workers: workers)
        return try finish(columns, places, count: columns.first?.count ?? rowCount ?? 0)
    }

    /// Reads one column whole; see ``read(_:dictionaries:rowGroups:workers:)``.
    public func column(
        _ name: String, asDictionary: Bool = false, workers: Int = availableCores
    ) throws(TableError) -> Column {
        try read([name], dictionaries: asDictionary ? [name] : [], workers: workers).columns[0]
    }

    /// The rows in order, batch by batch, in memory that does not grow with the table.
    ///
    ///     let batches = try flights.batches(["arr_delay"])
    ///     while let batch = try batches.next() { … }
    ///
    /// - Parameters:
    ///   - names: the columns, in the order wanted; all by default.
    ///   - rowGroups: the row groups of a Parquet file, in the order wanted; all by default.
    ///   - rows: how many rows a batch of a Parquet file has at most.
    ///   - workers: more than one lets columns be read at once.
    public func batches(
        _ names: [String]? = nil, rowGroups: [Int]? = nil, rows: Int = 1 << 16, workers: Int = availableCores
    ) throws(TableError) -> Batches {
        let places = try places(of: names)
        let stream = try content.stream(places, rowGroups: rowGroups, rows: rows, workers: workers)
        return Batches(reader: self, stream: stream, places: places)
    }

    /// The batches of a table, which one thread at a time takes.
    public final class Batches {
        private let reader: TableReader
        private let stream: BatchStream
        private let places: [Int]

        fileprivate init(reader: TableReader, stream: BatchStream, places: [Int]) {
            (self.reader, self.stream, self.places) = (reader, stream, places)
        }

        /// The next batch; `nil` after the last.
        public func next() throws(TableError) -> RecordBatch? {
            guard let batch = try stream.next() else { return nil }
            return try reader.finish(batch.columns, places, count: batch.count)
        }
    }

    /// The row groups that may hold a value of a column within a range, by what the file says of them.
    ///
    /// - Parameters:
    ///   - name: a column of whole numbers, dates or timestamps.
    ///   - range: in the units of the column as it is read.
    public func rowGroups(where name: String, isIn range: ClosedRange<Int64>) throws(TableError) -> [Int] {
        let place = try places(of: [name])[0]
        var kept: [Int] = []
        for group in rowGroupSizes.indices {
            let statistics = try statistics(group, place)
            guard let bounds = statistics.range else {
                // Nothing is known of it, unless it is known that there is nothing.
                if statistics.nullCount != rowGroupSizes[group] { kept.append(group) }
                continue
            }
            guard case .integer(let least) = bounds.cell(at: 0), case .integer(let greatest) = bounds.cell(at: 1) else {
                kept.append(group)
                continue
            }
            if least <= range.upperBound, greatest >= range.lowerBound { kept.append(group) }
        }
        return kept
    }

    /// What a Parquet file says of a column in a row group.
    public func statistics(_ name: String, rowGroup: Int) throws(TableError) -> ColumnStatistics {
        try statistics(rowGroup, try places(of: [name])[0])
    }

    private func statistics(_ group: Int, _ place: Int) throws(TableError) -> ColumnStatistics {
        let found = try content.statistics(rowGroup: group, column: place)
        let range = try found.range.map { (column) throws(TableError) in try finish(column, place) }
        return ColumnStatistics(compressedSize: found.compressedSize, nullCount: found.nullCount, range: range)
    }

    // MARK: Columns

    /// The places of columns in the file.
    private func places(of names: [String]?) throws(TableError) -> [Int] {
        var places: [Int] = []
        for name in names ?? fileSchema.names {
            guard let place = fileSchema.index(of: name) else {
                throw .noColumn(name, table: self.name, nearest: nearestName(to: name, among: fileSchema.names))
            }
            if places.contains(place) || fileSchema.fields.lastIndex(where: { $0.name == name }) != place {
                throw .ambiguousColumn(name, table: self.name)
            }
            let field = schema.fields[place]
            if case .unsupported(let type) = field.type {
                throw .unsupportedColumn(name, type: type, table: self.name)
            }
            if field.type.isNaiveTimestamp, options.naiveTimestamps != .kept {
                throw .naiveTimestamp(name, table: self.name)
            }
            places.append(place)
        }
        return places
    }

    fileprivate func finish(_ columns: [Column], _ places: [Int], count: Int) throws(TableError) -> RecordBatch {
        var finished: [Column] = []
        for (column, place) in zip(columns, places) { finished.append(try finish(column, place)) }
        return RecordBatch(Schema(places.map { schema.fields[$0] }), finished, count: count)
    }

    /// A column as the file holds it, as it is declared.
    private func finish(_ column: Column, _ place: Int) throws(TableError) -> Column {
        let (held, wanted) = (fileSchema.fields[place], schema.fields[place])
        guard held.type.isNaiveTimestamp, case .timestamp(let unit, let zone?) = wanted.type else { return column }
        let rules = try ZoneRules(named: zone)
        guard let moments = rules.moments(ofLocal: column, unit, zone: zone) else {
            throw .timestampOutOfRange(held.name, table: name)
        }
        return moments
    }

    /// The field as it is read.
    private static func declared(_ field: Field, _ options: TableOptions) -> Field {
        guard case .timestamp(let unit, zone: nil) = field.type else { return field }
        if let zone = options.zones[field.name] {
            return Field(field.name, .timestamp(unit, zone: zone), isNullable: field.isNullable)
        }
        guard case .inZone(let zone) = options.naiveTimestamps else { return field }
        return Field(field.name, .timestamp(unit, zone: zone), isNullable: field.isNullable)
    }
}

/// What a file says of a column in a row group.
public struct ColumnStatistics: Sendable {
    /// How many bytes of the file it takes.
    public let compressedSize: Int
    /// How many rows are null; `nil` if the file does not say.
    public let nullCount: Int?
    /// Two rows, the least value and the greatest; texts may be cut, the least down and the greatest up. `nil` if the
    /// file does not say.
    public let range: Column?
}

/// What one format does for a reader. Columns are named by their places.
protocol TableContent: Sendable {
    var schema: Schema { get }
    /// `nil` where the format has no row groups.
    var rowGroupSizes: [Int]? { get }

    func read(
        _ columns: [Int], dictionaries: [Bool], rowGroups: [Int]?, workers: Int
    ) throws(TableError) -> [Column]
    func stream(
        _ columns: [Int], rowGroups: [Int]?, rows: Int, workers: Int
    ) throws(TableError) -> BatchStream
    func statistics(rowGroup: Int, column: Int) throws(TableError) -> ColumnStatistics
}
