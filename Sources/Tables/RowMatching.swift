#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Finds the rows of one table that are equal to rows of another, by some columns.
///
/// A hash of each row leads to rows that may be equal; their values decide.
struct RowMatching {
    /// For each row of the new side the row of the old side that it equals, or -1.
    private(set) var matches: [Int32]
    /// The rows of the old side that no row of the new one equals, in order.
    private(set) var unmatched: [Int32]
    /// Two rows of one side that are equal, if there are any; the later one is named.
    private(set) var duplicate: (isOld: Bool, row: Int)?

    /// Matches rows. Of rows that are equal on one side each takes one of the other.
    ///
    /// - Complexity: O(rows), in time and memory.
    init(old: [Column], new: [Column]) {
        let (oldCount, newCount) = (old.first?.count ?? 0, new.first?.count ?? 0)
        let (oldHashes, newHashes) = (rowHashes(old), rowHashes(new))
        var capacity = 16
        while capacity < oldCount * 2 { capacity *= 2 }
        let mask = capacity - 1
        // A slot holds the first of equal rows, -1 for nothing yet, -2 where all were taken.
        var slots = [Int32](repeating: -1, count: capacity)
        var following = [Int32](repeating: -1, count: oldCount)
        var seen: (isOld: Bool, row: Int)?
        for row in (0..<oldCount).reversed() {
            var slot = Int(truncatingIfNeeded: oldHashes[row]) & mask
            while slots[slot] != -1 {
                let other = Int(slots[slot])
                if oldHashes[other] == oldHashes[row], rowsAreEqual(old, other, old, row) {
                    following[row] = slots[slot]
                    seen = (true, other)
                    break
                }
                slot = (slot + 1) & mask
            }
            slots[slot] = Int32(row)
        }
        matches = [Int32](repeating: -1, count: newCount)
        var isTaken = [Bool](repeating: false, count: oldCount)
        for row in 0..<newCount {
            var slot = Int(truncatingIfNeeded: newHashes[row]) & mask
            while slots[slot] != -1 {
                let other = Int(slots[slot])
                if other >= 0, oldHashes[other] == newHashes[row], rowsAreEqual(old, other, new, row) {
                    matches[row] = Int32(other)
                    isTaken[other] = true
                    slots[slot] = following[other] < 0 ? -2 : following[other]
                    break
                }
                slot = (slot + 1) & mask
            }
        }
        unmatched = isTaken.indices.compactMap { isTaken[$0] ? nil : Int32($0) }
        duplicate = seen
    }

    /// A row of the columns that equals an earlier one.
    static func duplicate(in columns: [Column]) -> Int? {
        RowMatching(old: columns, new: columns.map { $0.slice(0..<0) }).duplicate?.row
    }
}

private func mixed(_ value: UInt64, _ seed: UInt64) -> UInt64 {
    let product = (value ^ seed ^ 0x9e37_79b9_7f4a_7c15).multipliedFullWidth(by: 0xa076_1d64_78bd_642f)
    return product.high ^ product.low
}

private func hash(_ bytes: UnsafeRawBufferPointer, _ seed: UInt64) -> UInt64 {
    var hash = mixed(UInt64(bytes.count), seed)
    var place = 0
    while place + 8 <= bytes.count {
        hash = mixed(bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self), hash)
        place += 8
    }
    var rest: UInt64 = 0
    while place < bytes.count {
        rest = rest << 8 | UInt64(bytes[place])
        place += 1
    }
    return mixed(rest, hash)
}

/// A hash of each row's values. Whole numbers of different widths have equal hashes where they are equal.
func rowHashes(_ columns: [Column]) -> [UInt64] {
    var hashes = [UInt64](repeating: 0, count: columns.first?.count ?? 0)
    for column in columns {
        func add<Value: FixedWidthInteger & BitwiseCopyable>(_: Value.Type) {
            column.withValues(as: Value.self) { values in
                for row in values.indices {
                    let word = UInt64(truncatingIfNeeded: values[row])
                    hashes[row] = mixed(column.isNull(at: row) ? 0x5bd1_e995 : word, hashes[row])
                }
            }
        }
        switch (column.type, column.type.byteWidth) {
        case (.boolean, _):
            column.withBooleans { values in
                for row in 0..<values.count {
                    hashes[row] = mixed(column.isNull(at: row) ? 2 : values[row] ? 1 : 0, hashes[row])
                }
            }
        case (.string, _), (.binary, _):
            column.withStrings { values in
                for row in 0..<values.count {
                    hashes[row] = column.isNull(at: row) ? mixed(1, hashes[row]) : hash(values[row], hashes[row])
                }
            }
        case (.int8, _): add(Int8.self)
        case (.uint8, _): add(UInt8.self)
        case (.int16, _): add(Int16.self)
        case (.uint16, _): add(UInt16.self)
        case (.uint32, _): add(UInt32.self)
        case (.int32, _), (_, 4): add(Int32.self)
        case (_, 8): add(Int64.self)
        default:
            for row in 0..<column.count {
                hashes[row] = mixed(UInt64(bitPattern: Int64(column.cell(at: row).hashValue)), hashes[row])
            }
        }
    }
    return hashes
}

/// Whether rows have equal values in all columns; nulls equal nulls.
func rowsAreEqual(_ left: [Column], _ leftRow: Int, _ right: [Column], _ rightRow: Int) -> Bool {
    for (left, right) in zip(left, right) where !cellsAreEqual(left, leftRow, right, rightRow) { return false }
    return true
}

/// Whether two values are equal: bit by bit, or as they are read where the types differ.
@inline(__always)
func cellsAreEqual(_ left: Column, _ leftRow: Int, _ right: Column, _ rightRow: Int) -> Bool {
    let (isNull, isRightNull) = (left.isNull(at: leftRow), right.isNull(at: rightRow))
    if isNull || isRightNull { return isNull && isRightNull }
    if left.type != right.type {
        return valuesAreEqual(left.cell(at: leftRow), left.type, right.cell(at: rightRow), right.type)
    }
    if let width = left.type.byteWidth {
        return memcmp(
            left.values + (left.offset + leftRow) * width, right.values + (right.offset + rightRow) * width, width) == 0
    }
    if left.type == .boolean {
        return left.withBooleans { left in right.withBooleans { left[leftRow] == $0[rightRow] } }
    }
    return left.withStrings { left in
        right.withStrings { right in
            let (left, right) = (left[leftRow], right[rightRow])
            guard left.count == right.count else { return false }
            guard let first = left.baseAddress, let second = right.baseAddress else { return true }
            return memcmp(first, second, left.count) == 0
        }
    }
}

/// Whether values of different types are the same number, else the same text.
private func valuesAreEqual(_ left: Cell, _ leftType: ColumnType, _ right: Cell, _ rightType: ColumnType) -> Bool {
    switch (left, right) {
    case (.integer(let left), .number(let right)) where leftType.isInteger: Int64(exactly: right) == left
    case (.number(let left), .integer(let right)) where rightType.isInteger: Int64(exactly: left) == right
    case (.integer, .integer) where leftType.isInteger && rightType.isInteger, (.number, .number): left == right
    default: leftType.text(of: left) == rightType.text(of: right)
    }
}
