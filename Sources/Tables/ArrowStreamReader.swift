import CTables

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Batches of rows that come over a pipe or a socket in Arrow's streaming format, as they come.
///
///     let reader = try ArrowStreamReader(descriptor: STDIN_FILENO, name: "standard input")
///     while let batch = try reader.next() { … }
///
/// Bytes that are no such stream are an error; each batch is looked at before it is given. One thread at a time uses it.
public final class ArrowStreamReader {
    private let stream: BatchStream

    /// The columns of each batch, as they cross: a dictionary's as its values.
    public var schema: Schema { stream.fields }

    /// Begins to read, and waits for the schema.
    ///
    /// - Parameters:
    ///   - descriptor: an open file, which stays open; what it yields is read as it comes.
    ///   - before: bytes of it that were read already.
    ///   - name: what messages call it.
    /// - Throws: ``TableError/unreadable(table:reason:)``, ``TableError/noLibrary(reason:)``.
    public init(descriptor: Int32, before: [UInt8] = [], name: String) throws(TableError) {
        let functions = try ArrowLibrary.functions()
        let input = ArrowInput(descriptor: descriptor, before: before)
        let failed = { (message: String) in TableError.unreadable(table: name, reason: message) }
        var stream = ArrowArrayStream()
        if let message = ArrowLibrary.take(functions.arrow_stream(input.retained(), &stream)) { throw failed(message) }
        self.stream = try BatchStream(stream, failed: failed)
    }

    /// The next batch, once it is there whole; `nil` after the last.
    ///
    /// - Throws: ``TableError/unreadable(table:reason:)``.
    public func next() throws(TableError) -> RecordBatch? { try stream.next() }

    /// Whether bytes begin as the streaming format does, which no text begins like.
    public static func isStream(_ bytes: some Collection<UInt8>) -> Bool {
        bytes.starts(with: [0xff, 0xff, 0xff, 0xff])
    }
}

/// Bytes of a descriptor, in order. The library's reader is the only one who asks, one call at a time.
private final class ArrowInput {
    private let descriptor: Int32
    private var before: ArraySlice<UInt8>

    init(descriptor: Int32, before: [UInt8]) { (self.descriptor, self.before) = (descriptor, before[...]) }

    /// Fills the beginning of a buffer, and tells how much; 0 at the end, -1 if that cannot be read.
    func read(into target: UnsafeMutableRawBufferPointer) -> Int {
        if !before.isEmpty {
            let count = min(before.count, target.count)
            target.copyBytes(from: before.prefix(count))
            before = before.dropFirst(count)
            return count
        }
        while true {
            #if canImport(Glibc)
                let count = Glibc.read(descriptor, target.baseAddress, target.count)
            #elseif canImport(Musl)
                let count = Musl.read(descriptor, target.baseAddress, target.count)
            #else
                let count = Darwin.read(descriptor, target.baseAddress, target.count)
            #endif
            if count >= 0 || errno != EINTR { return count }
        }
    }

    /// The bytes as the library takes them; it keeps this object until it releases it.
    func retained() -> VintageInput {
        VintageInput(
            context: Unmanaged.passRetained(self).toOpaque(),
            read: { context, count, target in
                guard let context, let target else { return -1 }
                let input = Unmanaged<ArrowInput>.fromOpaque(context).takeUnretainedValue()
                return Int64(input.read(into: .init(start: target, count: Int(count))))
            },
            release: { context in
                if let context { Unmanaged<ArrowInput>.fromOpaque(context).release() }
            })
    }
}
