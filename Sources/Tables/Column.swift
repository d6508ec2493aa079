/// A column of values in Arrow's memory layout, which never changes.
///
///     let delays = Column([Int64?](arrayLiteral: 5, nil, -3), .int64)
///     let sum = delays.withValues(as: Int64.self) { values in
///         values.indices.reduce(0) { delays.isNull(at: $1) ? $0 : $0 + values[$1] }
///     }
///
/// Values of one width lie side by side and are read with ``withValues(as:_:)``, booleans with ``withBooleans(_:)``, texts and
/// bytes with ``withStrings(_:)``. What stands at a null is any value.
///
/// `@unchecked Sendable`: all memory that the pointers name is owned by `owner`, is freed with it alone, and is not
/// written once a column is made, so that any number of threads may read it.
public final class Column: @unchecked Sendable {
    /// What the values are.
    public let type: ColumnType
    /// How many rows there are.
    public let count: Int
    /// How many of them are null.
    public let nullCount: Int
    /// The distinct values, where rows hold their numbers; see ``withDictionary(_:)``.
    public let dictionary: Column?

    /// The row of the buffers with which the column begins.
    let offset: Int
    /// A bit for each row, set where there is a value; `nil` where every row has one.
    let validity: UnsafePointer<UInt8>?
    /// The values of one width, the bits of booleans, the 32-bit offsets of texts, or the 32-bit numbers in the dictionary.
    let values: UnsafeRawPointer
    /// What the offsets of texts point into.
    let bytes: UnsafeRawPointer
    private let owner: AnyObject

    /// Takes buffers that an owner keeps alive.
    ///
    /// - Parameter nullCount: how many rows are null; counted if it is `nil`.
    init(
        _ type: ColumnType, offset: Int = 0, count: Int, nullCount: Int? = nil, validity: UnsafePointer<UInt8>?,
        values: UnsafeRawPointer, bytes: UnsafeRawPointer? = nil, dictionary: Column? = nil, owner: AnyObject
    ) {
        let nullCount = nullCount ?? validity.map { count - setBits($0, from: offset, count: count) } ?? 0
        self.type = type
        self.count = count
        self.nullCount = nullCount
        self.dictionary = dictionary
        self.offset = offset
        self.validity = nullCount == 0 ? nil : validity
        self.values = values
        self.bytes = bytes ?? values
        self.owner = owner
    }

    /// Some of the rows, without a copy.
    public func slice(_ rows: Range<Int>) -> Column {
        precondition(rows.lowerBound >= 0 && rows.upperBound <= count, "the rows are not all in the column")
        if rows.count == count { return self }
        return Column(
            type, offset: offset + rows.lowerBound, count: rows.count, validity: validity, values: values,
            bytes: bytes, dictionary: dictionary, owner: owner)
    }

    /// The column under another type of the same layout, such as a timestamp with another zone.
    func relabelled(_ type: ColumnType) -> Column {
        Column(
            type, offset: offset, count: count, nullCount: nullCount, validity: validity, values: values, bytes: bytes,
            dictionary: dictionary, owner: owner)
    }

    /// Lets the system take back what is in files of ``ColumnStorage/files(in:)``, until it is read again.
    public func letGo() { (owner as? ColumnMemory)?.letGo() }

    // MARK: Nulls

    /// Whether a row is null.
    @inline(__always)
    public func isNull(at row: Int) -> Bool {
        guard let validity else { return false }
        return !bit(validity, offset + row)
    }

    /// Calls `body` with the rows that have values; with `nil` if all have.
    @inline(__always)
    public func withValidity<Result, Failure>(
        _ body: (BitView?) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        defer { withExtendedLifetime(self) {} }
        return try body(validity.map { BitView(base: $0, offset: offset, count: count) })
    }

    // MARK: Values

    /// Calls `body` with the values of a type of one width, such as `Int64` for ``ColumnType/timestamp(_:zone:)``.
    ///
    /// The Swift type is only checked to have the width of the column's values.
    @inline(__always)
    public func withValues<Value: BitwiseCopyable, Result, Failure>(
        as _: Value.Type, _ body: (UnsafeBufferPointer<Value>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        precondition(type.byteWidth == MemoryLayout<Value>.size, "the column's values have another width")
        defer { withExtendedLifetime(self) {} }
        let first = values.assumingMemoryBound(to: Value.self) + offset
        return try body(UnsafeBufferPointer(start: first, count: count))
    }

    /// Calls `body` with the values of a column of booleans.
    @inline(__always)
    public func withBooleans<Result, Failure>(
        _ body: (BitView) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        precondition(type == .boolean, "the column has no booleans")
        defer { withExtendedLifetime(self) {} }
        return try body(BitView(base: values.assumingMemoryBound(to: UInt8.self), offset: offset, count: count))
    }

    /// Calls `body` with the values of a column of texts or bytes, whether they stand in a dictionary or not.
    @inline(__always)
    public func withStrings<Result, Failure>(
        _ body: (StringView) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        precondition(type.isVariable, "the column has no texts")
        defer { withExtendedLifetime(self) {} }
        let own = values.assumingMemoryBound(to: Int32.self) + offset
        if let dictionary {
            let offsets = dictionary.values.assumingMemoryBound(to: Int32.self) + dictionary.offset
            return try body(StringView(count: count, numbers: own, offsets: offsets, bytes: dictionary.bytes))
        }
        return try body(StringView(count: count, numbers: nil, offsets: own, bytes: bytes))
    }

    /// Calls `body` with the place of each row's value in the ``dictionary``, or returns `nil` if there is none.
    ///
    /// A value may stand in the dictionary more than once. What stands at a null is any number.
    @inline(__always)
    public func withDictionary<Result, Failure>(
        _ body: (_ numbers: UnsafeBufferPointer<Int32>, _ dictionary: Column) throws(Failure) -> Result
    ) throws(Failure) -> Result? {
        guard let dictionary else { return nil }
        defer { withExtendedLifetime(self) {} }
        let numbers = values.assumingMemoryBound(to: Int32.self) + offset
        return try body(UnsafeBufferPointer(start: numbers, count: count), dictionary)
    }
}

/// Bits, one a row.
public struct BitView {
    /// The byte with the first bits.
    let base: UnsafePointer<UInt8>
    /// The bit of row 0.
    let offset: Int
    /// How many rows there are.
    public let count: Int

    /// The bit of a row.
    @inline(__always)
    public subscript(row: Int) -> Bool { bit(base, offset + row) }

    /// How many bits are set.
    public var setCount: Int { setBits(base, from: offset, count: count) }
}

/// Texts or bytes, one a row.
public struct StringView {
    /// How many rows there are.
    public let count: Int
    /// The place of each row's offsets, where rows share values.
    let numbers: UnsafePointer<Int32>?
    let offsets: UnsafePointer<Int32>
    let bytes: UnsafeRawPointer

    /// The bytes of a row. At a null they are any bytes, or none.
    @inline(__always)
    public subscript(row: Int) -> UnsafeRawBufferPointer {
        let place = numbers.map { Int($0[row]) } ?? row
        let (start, end) = (Int(offsets[place]), Int(offsets[place + 1]))
        return UnsafeRawBufferPointer(start: bytes + start, count: end - start)
    }

    /// The text of a row.
    public func string(at row: Int) -> String { String(decoding: self[row], as: UTF8.self) }
}

@inline(__always)
func bit(_ bits: UnsafePointer<UInt8>, _ place: Int) -> Bool { bits[place >> 3] >> UInt8(place & 7) & 1 != 0 }

/// How many of some bits are set.
func setBits(_ bits: UnsafePointer<UInt8>, from start: Int, count: Int) -> Int {
    var (place, found) = (start, 0)
    let end = start + count
    while place < end, place & 7 != 0 {
        found += bit(bits, place) ? 1 : 0
        place += 1
    }
    while place + 64 <= end {
        found += UnsafeRawPointer(bits + (place >> 3)).loadUnaligned(as: UInt64.self).nonzeroBitCount
        place += 64
    }
    while place < end {
        found += bit(bits, place) ? 1 : 0
        place += 1
    }
    return found
}
