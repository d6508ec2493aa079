import CTables

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The library that reads and writes files, loaded on first use.
enum ArrowLibrary {
    /// Its functions.
    static func functions() throws(TableError) -> VintageTableFunctions {
        var message: UnsafeMutablePointer<CChar>?
        guard let functions = vintage_load_table_functions(&message) else {
            throw .noLibrary(reason: take(message) ?? "unknown")
        }
        return functions.pointee
    }

    /// The text of a message that was handed over, and frees it; `nil` for none.
    static func take(_ message: UnsafeMutablePointer<CChar>?) -> String? {
        guard let message else { return nil }
        defer { free(message) }
        return String(cString: message)
    }
}

/// An array that a producer lent, given back with the last column of it.
final class LentArray {
    private var array: ArrowArray

    init(_ array: ArrowArray) { self.array = array }

    deinit { array.release?(&array) }
}

extension Column {
    /// Takes an array over.
    ///
    /// - Parameter type: what the array's producer says that it is.
    convenience init(taking array: ArrowArray, _ type: ColumnType) {
        let owner = LentArray(array)
        let buffer = { (number: Int) -> UnsafeRawPointer? in
            number < Int(array.n_buffers) ? array.buffers?[number] : nil
        }
        let dictionary = array.dictionary.map { inner in
            let taken = inner.pointee
            // Whoever moves a part out marks it as moved.
            inner.pointee.release = nil
            return Column(taking: taken, type)
        }
        var values = buffer(1)
        if type.isVector, array.n_children == 1, let numbers = array.children?[0]?.pointee, numbers.n_buffers == 2 {
            values = numbers.buffers?[1].map { $0 + Int(numbers.offset) * 4 }
        }
        // An array without rows may come without buffers.
        self.init(
            type, offset: Int(array.offset), count: Int(array.length),
            nullCount: array.null_count >= 0 ? Int(array.null_count) : nil,
            validity: buffer(0)?.assumingMemoryBound(to: UInt8.self), values: values ?? emptyBuffer,
            bytes: type.isVariable && dictionary == nil ? buffer(2) ?? emptyBuffer : nil, dictionary: dictionary,
            owner: owner)
    }
}

extension RecordBatch {
    /// Takes a struct array over, with a column for each field.
    init(taking array: ArrowArray, _ schema: Schema) {
        var array = array
        let columns = schema.fields.enumerated().map { number, field in
            // The producer promises a child for each field of its schema.
            let child = array.children[number]!
            let taken = child.pointee
            child.pointee.release = nil
            return Column(taking: taken, field.type)
        }
        let count = Int(array.length)
        array.release?(&array)
        self.init(schema, columns, count: count)
    }
}

/// What buffers without bytes point to: a zero, as the only offset of a column without rows is one.
///
/// Sound to share: it is written before anybody can name it, and never again.
nonisolated(unsafe) private let emptyBuffer: UnsafeRawPointer = {
    let memory = UnsafeMutablePointer<UInt64>.allocate(capacity: 1)
    memory.initialize(to: 0)
    return UnsafeRawPointer(memory)
}()

extension Schema {
    /// Reads a schema and gives it back.
    init(taking schema: inout ArrowSchema) {
        var fields: [Field] = []
        for number in 0..<Int(schema.n_children) {
            guard let child = schema.children[number]?.pointee else { continue }
            let name = child.name.map { String(cString: $0) } ?? ""
            let inner = child.n_children == 1 ? child.children?[0]?.pointee.format.map { String(cString: $0) } : nil
            let type = ColumnType(arrowFormat: child.format.map { String(cString: $0) } ?? "", of: inner)
            fields.append(Field(name, type, isNullable: child.flags & Int64(ARROW_FLAG_NULLABLE) != 0))
        }
        schema.release?(&schema)
        self.init(fields)
    }
}
