import CTables
import Dispatch
import FileSystem
import Synchronization
import SystemPackage

/// How a table is written.
public struct TableWriteOptions: Sendable {
    /// zstd's level, for Parquet.
    public var compressionLevel: Int
    /// How many rows a row group of Parquet has at most.
    public var rowGroupSize: Int
    /// Whether several threads work.
    public var usesThreads: Bool

    /// The options that the program writes tables with, unless told otherwise.
    public init(compressionLevel: Int = 3, rowGroupSize: Int = 1 << 20, usesThreads: Bool = true) {
        (self.compressionLevel, self.rowGroupSize, self.usesThreads) = (compressionLevel, rowGroupSize, usesThreads)
    }
}

/// Where a table's bytes go.
public enum TableDestination {
    /// A file, which is there when all is written, and is as it was until then.
    case file(FilePath)
    /// Something that takes bytes in order, called by one thread at a time; the name is for messages.
    case bytes((UnsafeRawBufferPointer) throws -> Void, name: String)
}

/// Writes a table, batch by batch.
///
///     let writer = try TableWriter(.file("train.parquet"), schema, .parquet)
///     try writer.write(batch)
///     try writer.finish()
///
/// Parquet is compressed with zstd and its pages end where the content says, so that versions of a table share most of
/// their chunks in the object store. The same batches give the same bytes. One thread at a time uses a writer.
public final class TableWriter {
    private let functions: VintageTableFunctions
    private let writer: OpaquePointer
    private let sink: ByteSink
    private let schema: Schema

    /// Begins a table.
    ///
    /// - Parameter schema: the columns that every batch has.
    public init(
        _ destination: TableDestination, _ schema: Schema, _ format: TableFormat,
        _ options: TableWriteOptions = TableWriteOptions()
    ) throws(TableError) {
        functions = try ArrowLibrary.functions()
        sink = try ByteSink(destination)
        self.schema = schema
        if let field = schema.fields.first(where: { if case .unsupported = $0.type { true } else { false } }) {
            throw .unsupportedColumn(field.name, type: "\(field.type)", table: sink.name)
        }
        var exported = schema.exported()
        var writer: OpaquePointer?
        let message: UnsafeMutablePointer<CChar>?
        switch format {
        case .parquet:
            let options = VintageParquetWriteOptions(
                compression_level: Int32(options.compressionLevel), row_group_rows: Int64(options.rowGroupSize),
                content_defined_pages: true, use_threads: options.usesThreads)
            message = functions.parquet_writer(sink.retained(), &exported, options, &writer)
        case .csv, .tsv:
            message = functions.csv_writer(sink.retained(), &exported, format.delimiter, &writer)
        }
        if let message = ArrowLibrary.take(message) { throw sink.error(message) }
        guard let writer else { throw sink.error("it cannot be begun") }
        self.writer = writer
    }

    deinit {
        functions.release_writer(writer)
        sink.close()
    }

    /// Writes rows.
    public func write(_ batch: RecordBatch) throws(TableError) {
        precondition(batch.schema.fields.map(\.type) == schema.fields.map(\.type), "a batch has other columns")
        var columns: [Column] = []
        for (field, column) in zip(schema.fields, batch.columns) {
            guard let column = column.decoded() else { throw .columnTooLarge(field.name, table: sink.name) }
            columns.append(column)
        }
        var array = RecordBatch(schema, columns, count: batch.count).exported()
        try check(functions.write(writer, &array))
    }

    /// Writes what is left. Without it there is no table.
    public func finish() throws(TableError) {
        try check(functions.finish(writer))
        try sink.finish()
    }

    private func check(_ message: UnsafeMutablePointer<CChar>?) throws(TableError) {
        if let message = ArrowLibrary.take(message) { throw sink.error(message) }
    }
}

extension Column {
    /// The column with its values themselves instead of numbers in a dictionary; `nil` if they are too many bytes.
    public func decoded() -> Column? {
        guard dictionary != nil else { return self }
        let decoded: Column?? = withDictionary { numbers, dictionary in
            guard nullCount > 0 else { return dictionary.gather(numbers) }
            let rows = numbers.indices.map { isNull(at: $0) ? -1 : numbers[$0] }
            return dictionary.gather(rows)
        }
        guard let decoded = decoded ?? nil, decoded.dictionary == nil else { return nil }
        return decoded
    }
}

/// A destination that is open, as the library writes to it.
///
/// What goes into a file is written by a thread of its own, a few pieces behind, so that the library goes on meanwhile.
///
/// `@unchecked Sendable`: a writer is used by one thread at a time, and the library writes only while it is called. What the
/// file's thread shares with it is the file, which it alone writes, and the failure behind a lock.
private final class ByteSink: @unchecked Sendable {
    let name: String
    private let destination: TableDestination
    private let file: File?
    private let temporary: FilePath?
    private let failure = Mutex<(any Error)?>(nil)
    private var isFinished = false
    private let queue = DispatchQueue(label: "table writer")
    private let room = DispatchSemaphore(value: 16)
    private static let pieceSize = 1 << 20

    init(_ destination: TableDestination) throws(TableError) {
        self.destination = destination
        switch destination {
        case .bytes(_, let name):
            self.name = name
            file = nil
            temporary = nil
        case .file(let path):
            name = displayed(path)
            do throws(FileError) {
                let temporary = path.removingLastComponent().appending(temporaryName())
                file = try File(creating: temporary)
                self.temporary = temporary
            } catch {
                throw .file(error)
            }
        }
    }

    // Pieces on their way keep this, so that none is when it goes.
    deinit { removeUnfinished() }

    /// Waits for what is on its way, and removes a file that was not finished.
    func close() {
        queue.sync {}
        removeUnfinished()
    }

    private func removeUnfinished() {
        if let temporary, !isFinished { try? temporary.remove() }
        isFinished = true
    }

    func finish() throws(TableError) {
        guard case .file(let path) = destination, let temporary else { return }
        queue.sync {}
        if failure.withLock({ $0 != nil }) { throw error("its end cannot be written") }
        do throws(FileError) {
            try temporary.rename(to: path)
        } catch {
            throw .file(error)
        }
        isFinished = true
    }

    func error(_ message: String) -> TableError {
        switch failure.withLock({ $0 }) {
        case let error as FileError: .file(error)
        case let error as TableError: error
        case let error?: .unwritable(table: name, reason: "\(error)")
        case nil: .unwritable(table: name, reason: message)
        }
    }

    private func write(_ bytes: UnsafeRawBufferPointer) -> Bool {
        // After a failure nothing more is written, whatever the library tries on its way out.
        if failure.withLock({ $0 != nil }) { return false }
        do {
            switch destination {
            case .bytes(let take, _): try take(bytes)
            case .file:
                for piece in bytes.indices.pieces(of: Self.pieceSize) {
                    writeLater(UnsafeRawBufferPointer(rebasing: bytes[piece]))
                }
            }
            return true
        } catch {
            failure.withLock { $0 = error }
            return false
        }
    }

    private func writeLater(_ bytes: UnsafeRawBufferPointer) {
        room.wait()
        let copy = [UInt8](bytes)
        queue.async { [self] in
            defer { room.signal() }
            if failure.withLock({ $0 != nil }) { return }
            do {
                try copy.withUnsafeBytes { try file?.write($0) }
            } catch {
                failure.withLock { $0 = error }
            }
        }
    }

    func retained() -> VintageSink {
        VintageSink(
            context: Unmanaged.passRetained(self).toOpaque(),
            write: { context, bytes, count in
                guard let context else { return false }
                let sink = Unmanaged<ByteSink>.fromOpaque(context).takeUnretainedValue()
                return sink.write(UnsafeRawBufferPointer(start: bytes, count: Int(count)))
            },
            release: { context in
                if let context { Unmanaged<ByteSink>.fromOpaque(context).release() }
            })
    }
}
