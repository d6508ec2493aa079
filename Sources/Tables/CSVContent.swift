import CTables

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A CSV file that is open: its columns are known, and each reading begins anew.
final class CSVContent: TableContent {
    let schema: Schema
    let rowGroupSizes: [Int]? = nil
    private let bytes: ByteSource
    private let format: TableFormat
    private let types: [String: ColumnType]

    /// How many bytes decide on the types that are not declared, and are read at once.
    static let blockSize = 4 << 20

    init(_ bytes: ByteSource, _ format: TableFormat, _ types: [String: ColumnType]) throws(TableError) {
        (self.bytes, self.format, self.types) = (bytes, format, types)
        if bytes.size == 0 { throw .unreadable(table: bytes.name, reason: "it is empty, without a line of names") }
        schema = try Self.open(bytes, format, types, columns: nil, isSerial: true).fields
    }

    func statistics(rowGroup: Int, column: Int) throws(TableError) -> ColumnStatistics {
        ColumnStatistics(compressedSize: 0, nullCount: nil, range: nil)
    }

    func stream(
        _ columns: [Int], rowGroups: [Int]?, rows: Int, workers: Int
    ) throws(TableError) -> BatchStream {
        let names = columns.map { schema.fields[$0].name }
        // Types that were inferred once are declared from then on, so that each reading agrees.
        var types = types
        for place in columns where types[schema.fields[place].name] == nil {
            types[schema.fields[place].name] = schema.fields[place].type
        }
        return try Self.open(bytes, format, types, columns: names, isSerial: workers == 1)
    }

    func read(
        _ columns: [Int], dictionaries: [Bool], rowGroups: [Int]?, workers: Int
    ) throws(TableError) -> [Column] {
        let stream = try stream(columns, rowGroups: nil, rows: 0, workers: workers)
        var batches: [RecordBatch] = []
        while let batch = try stream.next() { batches.append(batch) }
        var whole: [Column] = []
        for (number, place) in columns.enumerated() {
            let field = schema.fields[place]
            let parts = batches.map { $0.columns[number] }
            guard let column = Column.concatenate(parts, type: field.type, workers: workers) else {
                throw .columnTooLarge(field.name, table: bytes.name)
            }
            whole.append(column)
        }
        return whole
    }

    private static func open(
        _ bytes: ByteSource, _ format: TableFormat, _ types: [String: ColumnType], columns: [String]?, isSerial: Bool
    ) throws(TableError) -> BatchStream {
        let functions = try ArrowLibrary.functions()
        var declared = Schema(types.sorted { $0.key < $1.key }.map { Field($0.key, $0.value) }).exported()
        // The library moves it out where it takes it.
        defer { declared.release?(&declared) }
        let names = (columns ?? []).map { strdup($0) }
        defer { for name in names { free(name) } }
        var stream = ArrowArrayStream()
        let failed = { @Sendable (message: String) in
            CSVFailure(message).error(bytes, format, types, columns: columns, isSerial: isSerial)
        }
        let message = withUnsafeMutablePointer(to: &declared) { declared in
            names.map { UnsafePointer<CChar>($0) }.withUnsafeBufferPointer { names in
                let options = VintageCSVOptions(
                    delimiter: format.delimiter, block_size: Int32(blockSize), use_threads: !isSerial,
                    declared: types.isEmpty ? nil : declared, columns: names.baseAddress,
                    column_count: columns == nil ? -1 : Int64(names.count))
                return functions.csv_stream(bytes.retained(), options, &stream)
            }
        }
        if let message = ArrowLibrary.take(message) { throw failed(message) }
        return try BatchStream(stream, failed: failed)
    }

    /// What the library says when it reads the file in one thread, which knows the number of each row.
    static func serialMessage(
        _ bytes: ByteSource, _ format: TableFormat, _ types: [String: ColumnType], columns: [String]?
    ) -> TableError? {
        do throws(TableError) {
            let stream = try open(bytes, format, types, columns: columns, isSerial: true)
            while try stream.next() != nil {}
            return nil
        } catch {
            return error
        }
    }
}
