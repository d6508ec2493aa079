import Tables
import TrainingSets

/// Rows of a source that a store keeps for one entity, as bytes.
///
/// Version 3, all numbers with the lowest byte first: the byte 3; the number of rows of files; the horizon
/// (``EntityRows/horizon``); for each of them the difference of its number in the source to that of the row before; the number
/// of pushed rows, and for each the 16 bytes of its push; which row has a vector of another text than there is now (0 for
/// none, else 1 and twice its place, and 1 more where the text is gone); for each column of the view, in the order of their
/// names, a byte that is 1 if there are nulls, then the bits of the rows that have a value, row 0's in the lowest bit of the
/// first byte; then the values: of their width, or as bits, or for texts all lengths and then all bytes; at the end four bytes
/// of CRC-32C over the key that they lie under (its space, a zero byte, its entity) and all before: so rows under another's
/// key are no rows. Counts and lengths are in LEB128, the horizon and the differences zigzag-coded before.
struct EntityRows {
    /// The first moment, in microseconds, for which these rows answer: older ones may have been dropped.
    var horizon: Int64
    /// Where each row comes from: those of files are before those that were pushed.
    var origins: [RowOrigin]
    /// Which row, by its place, has a vector that is not of the text that there was when the store was filled, and why.
    private(set) var staleText: (place: Int, reason: StaleReason)?

    /// That row by its number in the source; `nil` if there is none.
    var staleRow: StaleRow? {
        guard let staleText, case .file(let number) = origins[staleText.place] else { return nil }
        return StaleRow(number: number, reason: staleText.reason)
    }

    /// A row of the source whose vector is not of the text that there is now.
    struct StaleRow {
        let number: Int32
        let reason: StaleReason
    }

    /// The version of the bytes.
    static let version: UInt8 = 3

    /// How many rows there are.
    var count: Int { origins.count }

    /// Writes rows of columns.
    ///
    /// - Parameters:
    ///   - rows: which rows of the columns, in the source's order: those of files before those that were pushed.
    ///   - origins: where every row of the columns comes from.
    ///   - key: where they will lie.
    ///   - stale: the row whose vector is of another text; it need not be among them.
    static func bytes(
        of rows: some Collection<Int>, _ origins: [RowOrigin], _ columns: [ColumnView], horizon: Int64,
        at key: OnlineKey, stale: StaleRow? = nil
    ) -> [UInt8] {
        var (numbers, pushes) = ([UInt8](), [UInt8]())
        var (last, pushCount) = (Int64(0), 0)
        var staleText: UInt64 = 0
        for (place, row) in rows.enumerated() {
            switch origins[row] {
            case .file(let number):
                if let stale, stale.number == number {
                    staleText = 1 + 2 * UInt64(place) + (stale.reason == .textGone ? 1 : 0)
                }
                numbers.append(zigzag: Int64(number) - last)
                last = Int64(number)
            case .push(let id):
                pushes += id.bytes
                pushCount += 1
            }
        }
        var bytes: [UInt8] = [version]
        bytes.append(varint: UInt64(rows.count - pushCount))
        bytes.append(zigzag: horizon)
        bytes += numbers
        bytes.append(varint: UInt64(pushCount))
        bytes += pushes
        bytes.append(varint: staleText)
        for column in columns { column.append(rows, to: &bytes) }
        let checksum = bytes.withUnsafeBytes { CRC32C.checksum($0, after: key.checksum) }
        withUnsafeBytes(of: checksum.littleEndian) { bytes.append(contentsOf: $0) }
        return bytes
    }

    /// Reads rows, and adds their values to columns.
    ///
    /// - Parameter key: where they lie.
    /// - Returns: `nil` if the bytes are no such rows, or were written for another key.
    static func read(_ bytes: [UInt8], at key: OnlineKey, into columns: inout [GrowingColumn]) -> EntityRows? {
        guard checksumFits(bytes, key) else { return nil }
        let end = bytes.count - 4
        return bytes.withUnsafeBytes { all in
            var reader = ByteReader(UnsafeRawBufferPointer(rebasing: all[..<end]))
            guard let rows = EntityRows(head: &reader) else { return nil }
            for column in columns.indices {
                guard columns[column].append(rows.count, from: &reader) else { return nil }
            }
            return reader.isAtEnd ? rows : nil
        }
    }

    /// The pushes that rows come from, without a look at the rows themselves; none if the bytes are no rows.
    static func pushes(in bytes: [UInt8]) -> [PushID] {
        bytes.withUnsafeBytes { all in
            var reader = ByteReader(all)
            return (EntityRows(head: &reader)?.origins ?? []).compactMap(\.push)
        }
    }

    /// Whether rows under a key are as good as others that would be written there: the same, and they answer from as early
    /// a moment on.
    static func areAsGood(_ old: [UInt8], as new: [UInt8], at key: OnlineKey) -> Bool {
        if old == new { return true }
        guard let oldHead = Self.head(of: old), let newHead = Self.head(of: new), oldHead.count == newHead.count,
            oldHead.horizon <= newHead.horizon,
            old[oldHead.end...].dropLast(4).elementsEqual(new[newHead.end...].dropLast(4))
        else { return false }
        return checksumFits(old, key)
    }

    /// How many rows of files there are, the horizon, and where that ends.
    private static func head(of bytes: [UInt8]) -> (count: Int, horizon: Int64, end: Int)? {
        bytes.withUnsafeBytes { all in
            var reader = ByteReader(all)
            guard reader.byte() == version, let count = reader.count(), let horizon = reader.zigzag(),
                reader.remaining >= 4
            else { return nil }
            return (count, horizon, all.count - reader.remaining)
        }
    }

    private static func checksumFits(_ bytes: [UInt8], _ key: OnlineKey) -> Bool {
        guard bytes.count > 4 else { return false }
        return bytes.withUnsafeBytes { all in
            let end = all.count - 4
            let expected = UInt32(littleEndian: all.loadUnaligned(fromByteOffset: end, as: UInt32.self))
            return expected
                == CRC32C.checksum(UnsafeRawBufferPointer(rebasing: all[..<end]), after: key.checksum)
        }
    }

    private init?(head reader: inout ByteReader) {
        guard reader.byte() == Self.version, let count = reader.count(), let horizon = reader.zigzag() else {
            return nil
        }
        self.horizon = horizon
        origins = []
        origins.reserveCapacity(count)
        var last: Int64 = 0
        for _ in 0..<count {
            guard let difference = reader.zigzag() else { return nil }
            let (number, isTooLarge) = last.addingReportingOverflow(difference)
            guard !isTooLarge, let row = Int32(exactly: number) else { return nil }
            origins.append(.file(row))
            last = number
        }
        guard let pushed = reader.count() else { return nil }
        for _ in 0..<pushed {
            guard let id = reader.bytes(PushID.width).flatMap({ PushID($0) }) else { return nil }
            origins.append(.push(id))
        }
        guard let stale = reader.varint() else { return nil }
        if stale > 0 {
            guard (stale - 1) / 2 < UInt64(count) else { return nil }
            staleText = (Int((stale - 1) / 2), (stale - 1) % 2 == 0 ? .textChanged : .textGone)
        }
    }
}

extension OnlineKey {
    /// The checksum of what it is called, which that of its rows goes on from.
    fileprivate var checksum: UInt32 {
        var space = space
        let sum = space.withUTF8 { CRC32C.checksum(UnsafeRawBufferPointer($0)) }
        let end = withUnsafeBytes(of: UInt8(0)) { CRC32C.checksum($0, after: sum) }
        return entity.withUnsafeBytes { CRC32C.checksum($0, after: end) }
    }
}

/// Where a row comes from.
enum RowOrigin: Hashable {
    /// The files of the source: the row's number in them.
    case file(Int32)
    /// A push.
    case push(PushID)

    /// The push, if it is one.
    var push: PushID? {
        if case .push(let id) = self { return id }
        return nil
    }
}

/// A column's values where they lie, for as long as the column is there.
enum ColumnView {
    case fixed(UnsafeRawPointer, width: Int, validity: BitView?)
    case bits(BitView, validity: BitView?)
    case texts(StringView, validity: BitView?)

    /// Calls `body` with views of columns.
    static func with<Result>(
        _ columns: ArraySlice<Column>, _ views: [ColumnView] = [], _ body: ([ColumnView]) throws -> Result
    ) throws -> Result {
        guard let first = columns.first else { return try body(views) }
        return try first.withValidity { validity in
            func next(_ view: ColumnView) throws -> Result { try with(columns.dropFirst(), views + [view], body) }
            func fixed<Value: BitwiseCopyable>(_: Value.Type) throws -> Result {
                try first.withValues(as: Value.self) { values in
                    // Without rows there is no address, and nothing that is read there.
                    let start = values.baseAddress.map { UnsafeRawPointer($0) } ?? UnsafeRawPointer(bitPattern: 8)!
                    return try next(.fixed(start, width: MemoryLayout<Value>.size, validity: validity))
                }
            }
            switch (first.type, first.type.byteWidth) {
            case (.boolean, _): return try first.withBooleans { try next(.bits($0, validity: validity)) }
            case (.vector, let width?):
                return try first.withVectors {
                    try next(.fixed(UnsafeRawPointer($0.base), width: width, validity: validity))
                }
            case (_, 1): return try fixed(UInt8.self)
            case (_, 2): return try fixed(UInt16.self)
            case (_, 4): return try fixed(UInt32.self)
            case (_, 8): return try fixed(UInt64.self)
            default: return try first.withStrings { try next(.texts($0, validity: validity)) }
            }
        }
    }

    /// Adds the values of some rows.
    func append(_ rows: some Collection<Int>, to bytes: inout [UInt8]) {
        switch self {
        case .fixed(let values, let width, let validity):
            Self.append(validity, rows, to: &bytes)
            for row in rows {
                let isThere = validity?[row] ?? true
                let value = UnsafeRawBufferPointer(start: values + row * width, count: width)
                if isThere {
                    bytes.append(contentsOf: value)
                } else {
                    bytes.append(contentsOf: repeatElement(0, count: width))
                }
            }
        case .bits(let bits, let validity):
            Self.append(validity, rows, to: &bytes)
            Self.append(rows.lazy.map { (validity?[$0] ?? true) && bits[$0] }, to: &bytes)
        case .texts(let texts, let validity):
            Self.append(validity, rows, to: &bytes)
            for row in rows { bytes.append(varint: (validity?[row] ?? true) ? UInt64(texts[row].count) : 0) }
            for row in rows where validity?[row] ?? true { bytes.append(contentsOf: texts[row]) }
        }
    }

    private static func append(_ validity: BitView?, _ rows: some Collection<Int>, to bytes: inout [UInt8]) {
        guard let validity, rows.contains(where: { !validity[$0] }) else {
            bytes.append(0)
            return
        }
        bytes.append(1)
        append(rows.lazy.map { validity[$0] }, to: &bytes)
    }

    private static func append(_ bits: some Collection<Bool>, to bytes: inout [UInt8]) {
        var (byte, place) = (UInt8(0), UInt8(0))
        for bit in bits {
            if bit { byte |= 1 << place }
            place += 1
            if place == 8 {
                bytes.append(byte)
                (byte, place) = (0, 0)
            }
        }
        if place > 0 { bytes.append(byte) }
    }
}

/// A column that rows are added to, entity by entity.
struct GrowingColumn {
    let type: ColumnType
    var values: [UInt8] = []
    var isValid: [Bool] = []
    var texts = StringColumnBuilder()

    init(_ type: ColumnType) { self.type = type }

    /// Adds rows that were written; `false` if the bytes are none.
    mutating func append(_ count: Int, from reader: inout ByteReader) -> Bool {
        guard let hasNulls = reader.byte(), hasNulls <= 1 else { return false }
        let first = isValid.count
        if hasNulls == 1 {
            guard let bits = reader.bytes((count + 7) / 8) else { return false }
            for row in 0..<count { isValid.append(bits[row >> 3] >> UInt8(row & 7) & 1 == 1) }
        } else {
            isValid.append(contentsOf: repeatElement(true, count: count))
        }
        if type == .boolean {
            guard let bits = reader.bytes((count + 7) / 8) else { return false }
            for row in 0..<count { values.append(bits[row >> 3] >> UInt8(row & 7) & 1) }
            return true
        }
        if let width = type.byteWidth {
            guard let bytes = reader.bytes(count * width) else { return false }
            values.append(contentsOf: bytes)
            return true
        }
        var lengths: [Int] = []
        for _ in 0..<count {
            guard let length = reader.count() else { return false }
            lengths.append(length)
        }
        for (row, length) in lengths.enumerated() {
            guard let text = reader.bytes(length), texts.byteCount + length <= Int(Int32.max) else { return false }
            if isValid[first + row] { texts.append(text) } else { texts.appendNull() }
        }
        return true
    }

    /// The column.
    func finish() -> Column {
        if type.isVariable { return texts.finish() }
        let buffer = ColumnBuffer(type, count: isValid.count)
        if type == .boolean {
            for row in isValid.indices where isValid[row] { buffer.set(boolean: values[row] == 1, at: row) }
            return buffer.finish()
        }
        values.withUnsafeBytes { source in
            if let start = source.baseAddress {
                UnsafeMutableRawPointer(buffer.values(as: UInt8.self)).copyMemory(from: start, byteCount: source.count)
            }
        }
        for row in isValid.indices where isValid[row] { buffer.validity[row >> 3] |= 1 << UInt8(row & 7) }
        return buffer.finish()
    }
}
