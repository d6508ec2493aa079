import FileSystem
import Tables
import TextFormats

/// A sample of a table's rows, decided.
///
///     var request = SampleRequest(.negatives)
///     request.label = "late"
///     request.ratio = "3"
///     let sample = try TableSample(reader, request)
///     try sample.write(reader, to: OutputPlace("train.parquet", replaces: false))
///
/// Only the columns that decide are read.
public struct TableSample: Sendable {
    /// The rows of one kind, and how many of them were taken.
    public struct Kind: Sendable, Equatable {
        /// What they have in common.
        public let value: String
        /// How many there are.
        public let rows: Int
        /// How many of them were taken.
        public let taken: Int

        /// How many rows one that was taken stands for; `nil` if none was.
        public var weight: Double? { taken == 0 ? nil : Double(rows) / Double(taken) }
    }

    /// What was asked for.
    public let request: SampleRequest
    /// The rows that were taken.
    public let sample: Sample
    /// The table, as it was named.
    public let table: String
    /// How many rows the table has.
    public let rowCount: Int
    /// The positives and the negatives, or the strata, the largest first; none where all rows are of one kind.
    public let kinds: [Kind]

    /// Decides.
    ///
    /// - Parameter name: what the report calls the table, so that it is the same on every machine; the reader's by default.
    /// - Throws: ``SplitError``, `TableError`.
    public init(_ reader: TableReader, _ request: SampleRequest, name: String? = nil) throws {
        try request.validate()
        (self.request, table) = (request, name ?? reader.name)
        rowCount = try reader.countedRows()
        if rowCount == 0 { throw SplitError.noRows(table: reader.name) }
        let random = RandomSource(seed: request.seed)
        switch (request.method, request.label) {
        case (.negatives, let label?):
            let isNegative = try Self.negatives(label, try reader.column(label), request.negative)
            let count = isNegative.count { $0 }
            let positives = rowCount - count
            if count == 0 { throw SplitError.noRowsOf(kind: "negative", column: label) }
            if positives == 0 { throw SplitError.noRowsOf(kind: "positive", column: label) }
            let size = request.size(of: count, positives: positives)
            sample = try Sample(negatives: isNegative, size: size, random)
            kinds = [
                Kind(value: "positive", rows: positives, taken: positives),
                Kind(value: "negative", rows: count, taken: size),
            ]
        case (.stratified, _):
            let keys = try reader.keys(request.stratify)
            sample = try Sample(stratified: keys.categories, size: request.size(of: rowCount), random)
            let sizes = keys.categories.sizes
            var taken = [Int](repeating: 0, count: sizes.count)
            for row in sample.rows { taken[Int(keys.categories.codes[row])] += 1 }
            kinds = sizes.indices.sorted { (sizes[$1], $0) < (sizes[$0], $1) }.map { code in
                Kind(value: keys.text(of: code), rows: sizes[code], taken: taken[code])
            }
        default:
            sample = try Sample(of: rowCount, size: request.size(of: rowCount), random)
            kinds = []
        }
    }

    /// Whether each row is a negative.
    private static func negatives(_ name: String, _ column: Column, _ value: String?) throws(SplitError) -> [Bool] {
        if column.nullCount > 0, let first = (0..<column.count).first(where: { column.isNull(at: $0) }) {
            throw .missingLabels(column: name, count: column.nullCount, first: first + 1)
        }
        let type = column.type
        let number = value.map { Double($0) } ?? 0
        if type.isNumeric, let number {
            return (0..<column.count).map { row in
                switch column.cell(at: row) {
                case .integer(let value): Double(value) == number
                case .unsigned(let value): Double(value) == number
                case .number(let value): value == number
                default: false
                }
            }
        }
        let text = type == .boolean ? value ?? "false" : value
        guard let text else { throw .unclearLabel(column: name, type: "\(type)") }
        return (0..<column.count).map { type.text(of: column.cell(at: $0)) == text }
    }

    // MARK: Writing

    /// Writes the sample as a table, with its record beside it. Rows keep their order.
    ///
    /// - Parameter reader: the table that the sample was decided on.
    /// - Throws: ``SplitError``, `TableError`, `FileError`.
    public func write(_ reader: TableReader, to place: OutputPlace) throws {
        guard let format = place.format else { throw TableError.unknownFormat(table: displayed(place.path)) }
        let weight = request.weightColumn
        if let weight, reader.schema.index(of: weight) != nil {
            throw SplitError.columnExists(weight, table: reader.name)
        }
        try place.path.removingLastComponent().makeDirectories()
        let schema = Schema(reader.schema.fields + (weight.map { [Field($0, .float64)] } ?? []))
        let writer = try TableWriter(.file(place.path), schema, format)
        let batches = try reader.batches()
        var (start, next) = (0, 0)
        while let batch = try batches.next() {
            let first = next
            var rows: [Int32] = []
            while next < sample.rows.count, sample.rows[next] < start + batch.count {
                rows.append(Int32(sample.rows[next] - start))
                next += 1
            }
            start += batch.count
            if rows.isEmpty { continue }
            var columns = batch.gather(rows).columns
            if weight != nil {
                columns.append(Column(sample.weights[first..<next].map { Optional($0) }, .float64))
            }
            try writer.write(RecordBatch(schema, columns, count: rows.count))
        }
        try writer.finish()
        try place.writeRecord(json, ending: ".sample.json")
    }

    /// All that was decided, as it is written beside a sample.
    package var json: JSONObject {
        var object = JSONObject()
        object["table"] = JSON(table)
        object["method"] = JSON(request.method.rawValue)
        object["seed"] = JSON(request.seed)
        object["generator"] = JSON("splitmix64")
        object["rows"] = JSON(rowCount)
        object["taken"] = JSON(sample.rows.count)
        if let weight = request.weightColumn { object["weight"] = JSON(weight) }
        if let label = request.label { object["label"] = JSON(label) }
        if !request.stratify.isEmpty { object["stratify"] = JSON(request.stratify) { JSON($0) } }
        if !kinds.isEmpty {
            object["kinds_count"] = JSON(kinds.count)
            object["kinds"] = JSON(kinds.prefix(SplitReport.strataLimit)) { kind in
                var object = JSONObject()
                object["value"] = JSON(kind.value)
                object["rows"] = JSON(kind.rows)
                object["taken"] = JSON(kind.taken)
                object["weight"] = kind.weight.map { JSON($0) } ?? .null
                return .object(object)
            }
        }
        return object
    }
}
