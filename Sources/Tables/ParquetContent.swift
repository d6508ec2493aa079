import CTables

/// A Parquet file that is open.
///
/// `@unchecked Sendable`: the library promises that any number of threads may call it with one file, and the file is
/// closed when nobody names it any more.
final class ParquetContent: TableContent, @unchecked Sendable {
    let schema: Schema
    let rowGroupSizes: [Int]?
    private let bytes: ByteSource
    private let functions: VintageTableFunctions
    private let file: OpaquePointer

    init(_ bytes: ByteSource) throws(TableError) {
        let functions = try ArrowLibrary.functions()
        var opened: OpaquePointer?
        try bytes.check(functions.parquet_open(bytes.retained(), &opened))
        guard let opened else { throw bytes.error("it cannot be opened") }
        (self.bytes, self.functions, file) = (bytes, functions, opened)
        var schema = ArrowSchema()
        if let message = ArrowLibrary.take(functions.parquet_schema(opened, &schema)) {
            functions.parquet_close(opened)
            throw bytes.error(message)
        }
        self.schema = Schema(taking: &schema)
        rowGroupSizes = (0..<functions.parquet_row_groups(opened)).map { Int(functions.parquet_rows(opened, $0)) }
    }

    deinit { functions.parquet_close(file) }

    private var sizes: [Int] { rowGroupSizes ?? [] }

    func statistics(rowGroup: Int, column: Int) throws(TableError) -> ColumnStatistics {
        var found = VintageColumnStatistics()
        try bytes.check(functions.parquet_statistics(file, Int64(rowGroup), Int64(column), &found))
        return ColumnStatistics(
            compressedSize: Int(found.compressed_size), nullCount: found.null_count < 0 ? nil : Int(found.null_count),
            range: found.has_range ? Column(taking: found.range, schema.fields[column].type) : nil)
    }

    func stream(
        _ columns: [Int], rowGroups: [Int]?, rows: Int, workers: Int
    ) throws(TableError) -> BatchStream {
        var stream = ArrowArrayStream()
        let groups = (rowGroups ?? Array(sizes.indices)).map(Int64.init)
        let places = columns.map(Int64.init)
        let options = VintageReadOptions(batch_rows: Int64(rows), use_threads: workers > 1, pre_buffer: false)
        try bytes.check(
            functions.parquet_stream(
                file, groups, Int64(groups.count), places, Int64(places.count), options, &stream))
        return try BatchStream(stream, failed: bytes.error)
    }

    func read(
        _ columns: [Int], dictionaries: [Bool], rowGroups: [Int]?, workers: Int
    ) throws(TableError) -> [Column] {
        let groups = rowGroups ?? Array(sizes.indices)
        let assembly = columns.enumerated().map { number, column in
            ColumnAssembly(
                schema.fields[column].type, sizes: groups.map { sizes[$0] }, asDictionary: dictionaries[number])
        }
        // A row group of one column is one task. Those of a column follow each other, so that the first columns are
        // whole, and what they were put together from is gone, before the last are begun.
        try inParallel(columns.count * groups.count, workers: workers) { (task) throws(TableError) in
            let (number, part) = (task / groups.count, task % groups.count)
            let piece = try read(columns[number], groups[part], asDictionary: dictionaries[number])
            guard piece.count == sizes[groups[part]] else { throw bytes.error("a row group has another length") }
            assembly[number].take(piece, part: part)
        }
        var whole: [Column] = []
        for (number, column) in columns.enumerated() {
            guard let found = assembly[number].finish() else {
                throw .columnTooLarge(schema.fields[column].name, table: bytes.name)
            }
            whole.append(found)
        }
        return whole
    }

    private func read(_ column: Int, _ group: Int, asDictionary: Bool) throws(TableError) -> Column {
        var array = ArrowArray()
        var (place, isDictionary) = (Int64(column), asDictionary)
        try bytes.check(functions.parquet_read(file, Int64(group), &place, &isDictionary, 1, &array))
        return RecordBatch(taking: array, Schema([schema.fields[column]])).columns[0]
    }
}
