import Synchronization

/// Puts a column together from the row groups' pieces, which come from any thread in any order.
///
/// Values of one width go to their place at once and the piece is let go, so that memory holds the column once.
///
/// `@unchecked Sendable`: each part writes only the rows that are its own; the rest is behind a lock.
final class ColumnAssembly: @unchecked Sendable {
    private let type: ColumnType
    private let starts: [Int]
    private let asDictionary: Bool
    /// Where values of one width go.
    private let memory: ColumnMemory?
    /// What is kept of each part: itself, or its bits of nulls where it has nulls.
    private let parts: Mutex<[Column?]>

    /// - Parameter sizes: how many rows each part has.
    init(_ type: ColumnType, sizes: [Int], asDictionary: Bool) {
        self.type = type
        self.asDictionary = asDictionary && type.isVariable
        var starts = [0]
        for size in sizes { starts.append(starts[starts.count - 1] + size) }
        self.starts = starts
        parts = Mutex(Array(repeating: nil, count: sizes.count))
        let isDirect = sizes.count != 1 && type.byteWidth != nil
        memory = isDirect ? type.byteWidth.map { ColumnMemory(values: $0 * starts[sizes.count], validity: 0) } : nil
    }

    func take(_ piece: Column, part: Int) {
        var kept: Column? = piece
        if let memory, let width = type.byteWidth {
            (memory.values + starts[part] * width).copyMemory(
                from: piece.values + piece.offset * width, byteCount: piece.count * width)
            kept = piece.nullCount == 0 ? nil : piece.nullsAlone()
        }
        parts.withLock { $0[part] = kept }
    }

    /// The column; `nil` if its texts are too many bytes. Called once, after the last part.
    func finish() -> Column? {
        let parts = parts.withLock { parts in
            defer { parts = [] }
            return parts
        }
        let count = starts[starts.count - 1]
        if let memory {
            let nulls = ColumnMemory(values: (count + 7) / 8, validity: 0)
            let bits = nulls.values.assumingMemoryBound(to: UInt8.self)
            let hasNulls = parts.contains { $0 != nil }
            if hasNulls {
                for (part, column) in parts.enumerated() {
                    copyBits(
                        column?.validity, column?.offset ?? 0, starts[part + 1] - starts[part], to: bits, starts[part])
                }
            }
            return Column(
                type, count: count, validity: hasNulls ? UnsafePointer(bits) : nil, values: memory.values,
                owner: Owners(memory, nulls))
        }
        let columns = parts.compactMap { $0 }
        if columns.count == 1 { return columns[0] }
        if asDictionary { return joinedDictionaries(columns, count) }
        return Column.concatenate(columns, type: type)
    }

    /// A column whose dictionary is those of the parts, one after another.
    private func joinedDictionaries(_ columns: [Column], _ count: Int) -> Column? {
        guard let dictionary = Column.concatenate(columns.map { $0.dictionary ?? $0 }, type: type) else { return nil }
        let buffer = ColumnBuffer(type, count: count, dictionary: dictionary)
        let numbers = buffer.values(as: Int32.self)
        var (row, first) = (0, Int32(0))
        for column in columns {
            copyBits(column.validity, column.offset, column.count, to: buffer.validity, row)
            let isNumbered: Void? = column.withDictionary { own, _ in
                for place in own.indices { numbers[row + place] = own[place] &+ first }
            }
            if isNumbered == nil {
                for place in 0..<column.count { numbers[row + place] = first + Int32(place) }
            }
            row += column.count
            first += Int32((column.dictionary ?? column).count)
        }
        return buffer.finish()
    }
}

/// Keeps two things alive.
private final class Owners {
    private let first: AnyObject
    private let second: AnyObject

    init(_ first: AnyObject, _ second: AnyObject) { (self.first, self.second) = (first, second) }
}

extension Column {
    /// A column of booleans that is null where this one is, so that this one's values can go.
    fileprivate func nullsAlone() -> Column {
        let buffer = ColumnBuffer(.boolean, count: count)
        copyBits(validity, offset, count, to: buffer.validity, 0)
        return buffer.finish()
    }
}
