import Features
import Tables

import enum Tables.TableFormat

/// The rows to be labelled: entities' keys, the label's time, and whatever else stands beside them.
///
///     let spine = try SpineTable(.file("labels.parquet"), for: plan)
///     spine.count
///
/// All columns go into the training set as they are.
public struct SpineTable: Sendable {
    /// What messages call it.
    public let name: String
    /// All columns, as the file holds them.
    public let columns: RecordBatch
    /// The column of the label's time.
    public let timeColumn: String
    /// Columns that needed a zone, as moments.
    private let moments: [String: Column]
    /// The label's time of each row, in microseconds.
    let times: WholeNumbers

    /// The label's time of each row, in microseconds since 1970.
    public var labelTimes: [Int64] { times.withBuffer { Array($0) } }

    /// How many rows there are.
    public var count: Int { columns.count }

    /// Reads the rows to be labelled.
    ///
    /// - Parameters:
    ///   - plan: what is computed: its keys name columns that must be there.
    ///   - time: the column of the label's time; by default the one that the service's label names.
    ///   - zone: the zone of timestamps that have none.
    ///   - limit: how much memory the rows may take; by default as much as is fastest.
    /// - Throws: ``TrainingSetError/noLabelTime(column:table:row:)`` for a row without a time, ``Tables/TableError``.
    public init(
        _ source: TableSource, format: TableFormat? = nil, for plan: ServicePlan, time: String? = nil,
        zone: String? = nil, threads: Int, limit: MemoryLimit? = nil
    ) throws {
        guard let time = time ?? plan.label?.time else {
            throw TrainingSetError.noTimeColumn(service: plan.service.name)
        }
        var options = TableOptions(format: format, naiveTimestamps: .kept)
        for key in plan.views.flatMap(\.keys) where [.string, .int64, .bool].contains(key.type) {
            options.types[key.spineColumn] = ColumnType(key.type)
        }
        for column in plan.service.request where column.type.expressionType != .timestamp {
            options.types[column.name] = ColumnType(column.type)
        }
        var reader = try TableReader(source, options)
        let unknown = reader.schema.fields.filter { !$0.type.isCarried }.map(\.name)
        if reader.format != .parquet, !unknown.isEmpty {
            // A column of CSV without any value has no type of its own.
            let moments =
                plan.views.flatMap(\.keys).filter { [.date, .timestamp].contains($0.type) }.map(\.spineColumn)
                + plan.service.request.filter { $0.type.expressionType == .timestamp }.map(\.name)
            for name in unknown {
                let isMoment = name == time || moments.contains(name)
                options.types[name] = isMoment ? .timestamp(.microsecond, zone: "UTC") : .string
            }
            reader = try TableReader(source, options)
        }
        let needed = Set(
            [time] + plan.views.flatMap { $0.keys.map(\.spineColumn) + $0.columns.flatMap(\.groupKeys) }
                + plan.service.request.map(\.name))
        let naive = needed.filter { reader.schema[$0]?.type.isNaiveTimestamp ?? false }.sorted()
        var moments: [String: Column] = [:]
        if !naive.isEmpty {
            options.naiveTimestamps = zone.map { .inZone($0) } ?? .refused
            let read = try TableReader(source, options).read(naive, workers: threads)
            for (name, column) in zip(naive, read.columns) { moments[name] = column }
        }
        // Names that are not there are found out here, by the reader's own message.
        let missing = needed.filter { reader.schema[$0] == nil }.sorted()
        if !missing.isEmpty { _ = try reader.read(missing, workers: 1) }
        let texts = Set(reader.schema.fields.filter { $0.type == .string }.map(\.name))
        let fields = reader.schema.fields
        let storage = limit?.storage(of: reader.rowCount ?? 0, columns: fields.count) ?? .memory
        guard case .files = storage else {
            let columns = try reader.read(dictionaries: texts, workers: threads)
            try self.init(columns, name: reader.name, time: time, moments: moments)
            return
        }
        var columns: [Column] = []
        for field in fields {
            let column = try reader.read([field.name], dictionaries: texts, workers: threads).columns[0]
            columns.append(try column.moved(to: storage))
        }
        try self.init(RecordBatch(reader.schema, columns), name: reader.name, time: time, moments: moments)
    }

    /// Takes rows that are in memory.
    public init(_ columns: RecordBatch, name: String, time: String) throws {
        try self.init(columns, name: name, time: time, moments: [:])
    }

    private init(_ columns: RecordBatch, name: String, time: String, moments: [String: Column]) throws {
        guard let column = moments[time] ?? columns[time] else {
            throw TableError.noColumn(time, table: name, nearest: nil)
        }
        guard !column.type.isNaiveTimestamp else { throw TableError.naiveTimestamp(time, table: name) }
        // A CSV file without rows does not tell what its columns are.
        let found = column.count == 0 ? .computed([]) : WholeNumbers(moments: column, .down)
        guard let times = found else {
            throw TrainingSetError.notMoments(column: time, type: "\(column.type)", table: name)
        }
        if column.nullCount > 0, let row = (0..<column.count).first(where: { column.isNull(at: $0) }) {
            throw TrainingSetError.noLabelTime(column: time, table: name, row: row + 1)
        }
        (self.columns, self.name, timeColumn) = (columns, name, time)
        (self.moments, self.times) = (moments, times)
    }

    /// A column as keys are taken from it; `nil` if there is none of that name.
    func keyColumn(_ name: String) -> Column? { moments[name] ?? columns[name] }
}
