import CTables

/// Batches that the library reads one after another. One thread at a time uses it.
final class BatchStream {
    private var stream: ArrowArrayStream
    private let schema: Schema
    private let failed: (String) -> TableError

    /// Takes a stream over and reads its schema.
    ///
    /// - Parameter failed: the error for a message of the library.
    init(_ stream: ArrowArrayStream, failed: @escaping (String) -> TableError) throws(TableError) {
        self.stream = stream
        self.failed = failed
        var schema = ArrowSchema()
        if self.stream.get_schema(&self.stream, &schema) != 0 {
            let error = failed(Self.message(&self.stream))
            self.stream.release?(&self.stream)
            throw error
        }
        self.schema = Schema(taking: &schema)
    }

    deinit { stream.release?(&stream) }

    /// The columns of each batch.
    var fields: Schema { schema }

    /// The next batch; `nil` after the last.
    func next() throws(TableError) -> RecordBatch? {
        var array = ArrowArray()
        if stream.get_next(&stream, &array) != 0 { throw failed(Self.message(&stream)) }
        if array.release == nil { return nil }
        return RecordBatch(taking: array, schema)
    }

    private static func message(_ stream: inout ArrowArrayStream) -> String {
        guard let text = stream.get_last_error(&stream) else { return "unknown" }
        return String(cString: text)
    }
}
