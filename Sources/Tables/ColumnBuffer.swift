#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The memory of a column that is being made: values of one width, booleans or numbers in a dictionary.
///
///     let buffer = ColumnBuffer(.float32, count: rows.count)
///     for (place, row) in rows.enumerated() {
///         if row >= 0 { buffer.set(source[row], at: place) }
///     }
///     let column = buffer.finish()
///
/// It begins with every row null and every value zero. Threads may fill it together if their rows do not share a
/// group of eight, whose bits are one byte.
public struct ColumnBuffer: ~Copyable {
    /// What the values are.
    public let type: ColumnType
    /// How many rows there are.
    public let count: Int
    private let memory: ColumnMemory
    private let dictionary: Column?

    /// Takes memory for rows.
    ///
    /// - Parameter type: a type of one width, or booleans.
    public init(_ type: ColumnType, count: Int) {
        precondition(type == .boolean || type.byteWidth != nil, "a buffer has values of one width")
        self.init(type, count: count, dictionary: nil)
    }

    init(_ type: ColumnType, count: Int, dictionary: Column?) {
        self.type = type
        self.count = count
        self.dictionary = dictionary
        let width = dictionary != nil ? 4 : type.byteWidth
        memory = ColumnMemory(
            values: width.map { $0 * count } ?? (count + 7) / 8, validity: (count + 7) / 8)
    }

    /// The values, to be written. Where a row gets a value, ``validity`` gets its bit.
    @inline(__always)
    public func values<Value: BitwiseCopyable>(as _: Value.Type) -> UnsafeMutablePointer<Value> {
        memory.values.assumingMemoryBound(to: Value.self)
    }

    /// The bits of rows that have a value; bit 0 of byte 0 is row 0's.
    @inline(__always)
    public var validity: UnsafeMutablePointer<UInt8> { memory.validity }

    /// Gives a row a value.
    @inline(__always)
    public func set<Value: BitwiseCopyable>(_ value: Value, at row: Int) {
        let width = dictionary != nil ? 4 : type.byteWidth
        precondition(MemoryLayout<Value>.size == width, "the values have another width")
        precondition(row >= 0 && row < count, "there is no such row")
        values(as: Value.self)[row] = value
        validity[row >> 3] |= 1 << UInt8(row & 7)
    }

    /// Gives a row of a column of booleans a value.
    @inline(__always)
    public func set(boolean: Bool, at row: Int) {
        precondition(type == .boolean && row >= 0 && row < count, "there is no such row of booleans")
        if boolean { values(as: UInt8.self)[row >> 3] |= 1 << UInt8(row & 7) }
        validity[row >> 3] |= 1 << UInt8(row & 7)
    }

    /// Says that every row has a value.
    public func setAllValid() {
        validity.update(repeating: 0xff, count: (count + 7) / 8)
    }

    /// The column.
    public consuming func finish() -> Column {
        Column(
            type, count: count, validity: memory.validity, values: memory.values, dictionary: dictionary,
            owner: memory)
    }
}

/// Memory that columns point into, freed with the last of them.
///
/// Zeroed memory comes from the system page by page as it is touched, so that a column without nulls costs little.
final class ColumnMemory {
    let values: UnsafeMutableRawPointer
    let validity: UnsafeMutablePointer<UInt8>
    /// Set once, by the thread that makes the column.
    private(set) var bytes: UnsafeMutableRawPointer?
    /// The files that the memory is of, if it is.
    private let mapped: [MappedMemory]

    init(values: Int, validity: Int) {
        self.values = Self.zeroed(values)
        self.validity = Self.zeroed(validity).assumingMemoryBound(to: UInt8.self)
        mapped = []
    }

    /// Takes memory of files.
    init(values: MappedMemory, validity: MappedMemory) {
        self.values = values.address
        self.validity = validity.address.assumingMemoryBound(to: UInt8.self)
        mapped = [values, validity]
    }

    /// Takes memory for the bytes of texts; nothing is in it yet.
    func reserveBytes(_ count: Int) -> UnsafeMutableRawPointer {
        let bytes = UnsafeMutableRawPointer.allocate(byteCount: max(count, 8), alignment: 8)
        self.bytes = bytes
        return bytes
    }

    /// Lets the system take back what is in files.
    func letGo() { for memory in mapped { memory.letGo() } }

    deinit {
        if mapped.isEmpty {
            free(values)
            free(validity)
        }
        bytes?.deallocate()
    }

    private static func zeroed(_ count: Int) -> UnsafeMutableRawPointer {
        // Words at the end may be read whole.
        guard let memory = calloc((count + 7) / 8 + 1, 8) else {
            // As every allocation of Swift's does when there is no memory.
            preconditionFailure("out of memory")
        }
        return memory
    }
}
