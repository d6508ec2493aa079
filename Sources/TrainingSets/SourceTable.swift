import Features
import ObjectStore
import Tables

/// The rows of a source: those of its files, one file after another, with the types as which they are read.
///
/// Rows are numbered from zero through all files.
final class SourceTable: FactTable {
    /// One file.
    struct File {
        let file: SourceFile
        let reader: TableReader
        /// How many rows it has; `nil` for a CSV file that was not read yet.
        var count: Int?
    }

    let source: FeatureSource
    private(set) var files: [File]
    /// How many rows are read at once, about.
    private let batchSize: Int
    /// The first rows of the next pass over some columns, if they are being read already.
    private var ahead: (names: [String], batch: ReadAhead)?
    /// The columns that every file has, with their types.
    let types: [String: ColumnType]

    init(_ source: FeatureSource, _ files: [SourceFile], batchSize: Int) throws {
        self.source = source
        self.batchSize = batchSize
        self.files = try files.map { file in
            let reader = try Self.open(file, source)
            return File(file: file, reader: reader, count: reader.rowCount)
        }
        var types: [String: ColumnType] = [:]
        for field in self.files[0].reader.schema.fields { types[field.name] = field.type }
        if let declared = source.columns {
            types = types.filter { type in declared.contains { $0.name == type.key } }
        }
        self.types = types
    }

    /// The first file, which stands for the others in messages.
    var name: String { files[0].reader.name }

    /// How many rows all files have; `nil` while a CSV file was not read.
    var rowCount: Int? {
        var total = 0
        for file in files {
            guard let count = file.count else { return nil }
            total += count
        }
        return total
    }

    /// Checks that all files agree on some columns, and with what is declared.
    func check(_ names: [String]) throws {
        for name in names {
            for file in files {
                let table = file.reader.name
                guard let found = file.reader.schema[name]?.type else {
                    throw TableError.noColumn(name, table: table, nearest: nil)
                }
                if let expected = types[name], found != expected {
                    throw TrainingSetError.typesDiffer(
                        column: name, type: "\(found)", table: table, other: files[0].reader.name,
                        otherType: "\(expected)")
                }
                if let declared = source.columns?.first(where: { $0.name == name })?.type,
                    ExpressionType(found) != declared.expressionType
                {
                    throw TrainingSetError.typesDiffer(
                        column: name, type: "\(found)", table: table, other: "the source '\(source.name)'",
                        otherType: declared.rawValue)
                }
            }
        }
    }

    /// Which file a row is in; rows up to it have been read.
    func file(ofRow row: Int) -> Int {
        var first = 0
        for (index, file) in files.enumerated() {
            first += file.count ?? .max - first
            if row < first { return index }
        }
        return files.count - 1
    }

    /// The file and the row in it, from 1, of a row; rows up to it have been read.
    func place(ofRow row: Int) -> (table: String, row: Int) {
        var first = 0
        for file in files {
            let count = file.count ?? .max
            if row - first < count { return (file.reader.name, row - first + 1) }
            first += count
        }
        return (source.name, row + 1)
    }

    // MARK: Opening

    private static func open(_ file: SourceFile, _ source: FeatureSource) throws -> TableReader {
        var options = TableOptions(naiveTimestamps: source.zone.map { .inZone($0) } ?? .refused)
        switch source.format {
        case .parquet: options.format = .parquet
        case .csv: options.format = .csv
        case nil: break
        }
        for column in source.columns ?? [] where column.type != .timestamp {
            options.types[column.name] = ColumnType(column.type)
        }
        guard let declared = source.columns?.filter({ $0.type == .timestamp }), !declared.isEmpty else {
            return try TableReader(file.table, options)
        }
        // Whether moments are written with a zone only the file knows; how finely, nobody does from its beginning.
        var asWritten = options
        asWritten.naiveTimestamps = .kept
        let reader = try TableReader(file.table, asWritten)
        if reader.format != .parquet {
            for column in declared {
                guard case .timestamp(_, let zone)? = reader.schema[column.name]?.type else {
                    options.types[column.name] = .timestamp(.microsecond, zone: nil)
                    continue
                }
                options.types[column.name] = .timestamp(.microsecond, zone: zone)
            }
        }
        return try TableReader(file.table, options)
    }

    // MARK: Reading

    /// Begins to read what the next pass over some columns needs first.
    func readAhead(_ names: [String], dictionaries: Set<String>, threads: Int) {
        guard threads > 1, hasModestGroups(files[0].reader) else { return }
        guard let first = pieces(of: files[0].reader.rowGroupSizes).first else { return }
        ahead = (names, ReadAhead(files[0].reader, names, dictionaries, Array(first), threads))
    }

    private func takeAhead(_ reader: TableReader, _ names: [String]) -> ReadAhead? {
        guard reader === files[0].reader, let (known, batch) = ahead, known == names else { return nil }
        ahead = nil
        return batch
    }

    /// Calls `body` with all rows, batch by batch, in order.
    ///
    /// - Parameter body: takes the number of the batch's first row too.
    func forEachBatch(
        _ names: [String], dictionaries: Set<String>, threads: Int, _ body: (_ first: Int, RecordBatch) throws -> Void
    ) throws {
        var first = 0
        for index in files.indices {
            let begin = first
            try forEachBatch(files[index].reader, names, dictionaries, threads) { batch in
                try body(first, batch)
                first += batch.count
            }
            files[index].count = first - begin
        }
    }

    private func forEachBatch(
        _ reader: TableReader, _ names: [String], _ dictionaries: Set<String>, _ threads: Int,
        _ body: (RecordBatch) throws -> Void
    ) throws {
        guard hasModestGroups(reader) else {
            let batches = try reader.batches(names, rows: batchSize, workers: threads)
            while let batch = try batches.next() { try body(batch) }
            return
        }
        // While rows are worked on, the next ones are read.
        let pieces = pieces(of: reader.rowGroupSizes)
        var next =
            takeAhead(reader, names) ?? pieces.first.map { ReadAhead(reader, names, dictionaries, Array($0), threads) }
        for piece in pieces.indices {
            guard let batch = try next?.batch() else { return }
            next = nil
            if threads > 1, piece + 1 < pieces.count {
                next = ReadAhead(reader, names, dictionaries, Array(pieces[piece + 1]), threads)
            }
            try body(batch)
            if threads <= 1, piece + 1 < pieces.count {
                next = ReadAhead(reader, names, dictionaries, Array(pieces[piece + 1]), threads)
            }
        }
    }

    /// Whether the file has row groups, each of which may be in memory as a whole.
    private func hasModestGroups(_ reader: TableReader) -> Bool {
        reader.format == .parquet && !reader.rowGroupSizes.contains { $0 > 4 * batchSize }
    }

    /// Row groups put together until they have about as many rows as are read at once.
    private func pieces(of sizes: [Int]) -> [Range<Int>] {
        var pieces: [Range<Int>] = []
        var (first, rows) = (0, 0)
        for (group, size) in sizes.enumerated() {
            if rows > 0, rows + size > batchSize {
                pieces.append(first..<group)
                (first, rows) = (group, 0)
            }
            rows += size
        }
        if first < sizes.count { pieces.append(first..<sizes.count) }
        return pieces
    }

    /// The values of columns at some places, each of which is given a row, or a negative number for none.
    ///
    /// - Parameter storage: where the columns' memory is.
    /// - Returns: `nil` if the rows of the source's files cannot be read in parts.
    func values(
        of names: [String], given rows: [Int32], storage: ColumnStorage, threads: Int
    ) throws -> [Column]? {
        guard files.allSatisfy({ hasModestGroups($0.reader) }) else { return nil }
        let groups = files.flatMap { file in
            file.reader.rowGroupSizes.enumerated().map { (reader: file.reader, group: $0.offset, size: $0.element) }
        }
        let placed = PlacedRows(rows, groups)
        let columns = Parts(columns: names.count, pieces: 1)
        try inParallel(names.count, workers: threads) { number in
            let name = names[number]
            guard let type = types[name] else { preconditionFailure("the columns were checked before they are read") }
            guard let column = try placed.values(of: name, type, storage: storage) else {
                throw TrainingSetError.tooManyBytes(column: name)
            }
            column.letGo()
            columns.set(column, number, 0)
        }
        return names.indices.map { columns.take($0)[0] }
    }

    /// The values of columns in some rows.
    ///
    /// - Parameter rows: ascending numbers, each once; all rows have been read once before.
    /// - Returns: a column for each name, of as many rows.
    func values(of names: [String], at rows: [Int32], threads: Int) throws -> [Column] {
        if files.allSatisfy({ hasModestGroups($0.reader) }) {
            let pieces = piecesWithRows(rows)
            let parts = Parts(columns: names.count, pieces: pieces.count)
            // A column is a task, so that one piece of it is in memory at a time.
            try inParallel(names.count, workers: threads) { (column) throws(TableError) in
                for (number, piece) in pieces.enumerated() {
                    let read = try piece.reader.read(
                        [names[column]], dictionaries: [names[column]], rowGroups: [piece.group], workers: 1)
                    parts.set(piece.gather(read.columns[0], rows), column, number)
                }
            }
            return try names.indices.map { try joined(parts.take($0), names[$0], threads) }
        }
        var found: [[Column]] = Array(repeating: [], count: names.count)
        var place = 0
        try forEachBatch(names, dictionaries: [], threads: threads) { first, batch in
            let begin = place
            while place < rows.count, Int(rows[place]) < first + batch.count { place += 1 }
            if begin == place { return }
            let own = rows[begin..<place].map { $0 - Int32(first) }
            for (number, column) in batch.columns.enumerated() {
                found[number].append(column.gather(own, workers: threads))
            }
        }
        return try zip(names, found).map { try joined($1, $0, threads) }
    }

    private func joined(_ parts: [Column], _ name: String, _ threads: Int) throws -> Column {
        guard let type = types[name] else { preconditionFailure("the columns were checked before they are read") }
        if parts.isEmpty { return Column.nulls(type, count: 0) }
        guard let column = Column.concatenate(parts, type: type, workers: threads) else {
            throw TrainingSetError.tooManyBytes(column: name)
        }
        return column
    }

    /// A row group some of whose rows are wanted.
    private struct Piece {
        let reader: TableReader
        let group: Int
        /// The number of its first row.
        let first: Int
        /// Which of the wanted rows are in it.
        let wanted: Range<Int>

        func gather(_ column: Column, _ rows: [Int32]) -> Column {
            let own = rows[wanted].map { $0 - Int32(first) }
            return column.gather(own, workers: 1)
        }
    }

    private func piecesWithRows(_ rows: [Int32]) -> [Piece] {
        var pieces: [Piece] = []
        var (first, place) = (0, 0)
        for file in files {
            for (group, size) in file.reader.rowGroupSizes.enumerated() {
                let begin = place
                while place < rows.count, Int(rows[place]) < first + size { place += 1 }
                if begin < place {
                    pieces.append(Piece(reader: file.reader, group: group, first: first, wanted: begin..<place))
                }
                first += size
            }
        }
        return pieces
    }
}

extension ColumnType {
    /// The type of a declared column, moments without a zone.
    init(_ type: DeclaredType) {
        switch type {
        case .bool: self = .boolean
        case .int8: self = .int8
        case .int16: self = .int16
        case .int32: self = .int32
        case .int64: self = .int64
        case .uint8: self = .uint8
        case .uint16: self = .uint16
        case .uint32: self = .uint32
        case .uint64: self = .uint64
        case .float32: self = .float32
        case .float64: self = .float64
        case .string: self = .string
        case .date: self = .date
        case .timestamp: self = .timestamp(.microsecond, zone: nil)
        }
    }
}
