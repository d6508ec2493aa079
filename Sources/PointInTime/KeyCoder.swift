#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Numbers distinct keys 0, 1, 2 … in the order in which they are first seen, so that a join works on small numbers.
///
/// The spine's keys are encoded first; a source's keys are then looked up, and those the spine does not have are -1:
///
///     var coder = KeyCoder(kinds: [.bytes, .integers])
///     let labels = try coder.encode([.bytes(offsets: …, values: …), .integers(…)])
///     let facts = try coder.codes(of: [.bytes(offsets: …, values: …), .integers(…)], threads: 2)
///
/// A key may have several columns, compared column by column. The memory is that of the distinct keys and 16 bytes for
/// each. Keys are found by a hash table with open addressing, in constant time each.
public struct KeyCoder: Sendable {
    /// What the key's columns hold.
    public let kinds: [KeyColumn.Kind]
    /// How many distinct keys there are.
    public private(set) var count = 0

    /// The distinct keys' values, a column each.
    private var columns: [Distinct]
    /// Per slot, the upper half of a key's hash and one more than its code; zero where there is none.
    private var slots: [UInt64]

    /// The distinct values of one column, by code: numbers, or bytes end to end.
    fileprivate struct Distinct: Sendable {
        var numbers: [Int64] = []
        var bytes: [UInt8] = []
        var ends: [Int] = []

        func byteRange(_ code: Int) -> Range<Int> { (code == 0 ? 0 : ends[code - 1])..<ends[code] }
    }

    /// A coder for keys of the given columns.
    public init(kinds: [KeyColumn.Kind]) {
        self.kinds = kinds
        columns = Array(repeating: Distinct(), count: kinds.count)
        slots = Array(repeating: 0, count: 1 << 10)
    }

    /// The code of each row's key; keys not seen before get the next codes.
    ///
    /// - Throws: ``PointInTimeError`` if the columns are not of the coder's kinds or differ in length, or if there are
    ///   more distinct keys than codes.
    public mutating func encode(_ key: [KeyColumn]) throws(PointInTimeError) -> [Int32] {
        let rowCount = try check(key)
        // Enough that no code runs out half-way.
        if count + rowCount >= Int32.max { throw .tooManyRows(limit: Int(Int32.max) - 1) }
        var codes = [Int32](repeating: -1, count: rowCount)
        for first in stride(from: 0, to: rowCount, by: Self.blockLength) {
            let rows = first..<min(rowCount, first + Self.blockLength)
            reserve(rows.count)
            Self.withHashes(of: key, rows) { hashes in
                for row in rows {
                    let hash = hashes[row - first]
                    var code = find(hash, key, row)
                    if code < 0 { code = insert(hash, key, row) }
                    codes[row] = code
                }
            }
        }
        return codes
    }

    /// The code of each row's key; -1 for a key that was never encoded.
    ///
    /// - Throws: ``PointInTimeError`` if the columns are not of the coder's kinds or differ in length.
    public func codes(of key: [KeyColumn], threads: Int = 1) throws(PointInTimeError) -> [Int32] {
        let rowCount = try check(key)
        if rowCount >= count, case .integers(let values) = key[0], key.count == 1, let near = closeNumbers() {
            return near.codes(of: values, threads: max(1, threads))
        }
        return [Int32](unsafeUninitializedCapacity: rowCount) { codes, initialized in
            let pieces = (rowCount + (1 << 14) - 1) >> 14
            forEach(below: pieces, threads: threads) { piece in
                let end = min(rowCount, (piece + 1) << 14)
                for first in stride(from: piece << 14, to: end, by: Self.blockLength) {
                    let rows = first..<min(end, first + Self.blockLength)
                    Self.withHashes(of: key, rows) { hashes in
                        find(hashes, key, rows, into: codes)
                    }
                }
            }
            initialized = rowCount
        }
    }

    private static var blockLength: Int { 512 }

    private func check(_ key: [KeyColumn]) throws(PointInTimeError) -> Int {
        let found = key.map(\.kind)
        guard found == kinds, let first = key.first else { throw .keyColumnsDiffer(expected: kinds, found: found) }
        for column in key { try checkLength("key", of: column.count, is: first.count) }
        return first.count
    }

    private static func withHashes(
        of key: [KeyColumn], _ rows: Range<Int>, _ body: (UnsafeMutableBufferPointer<UInt64>) -> Void
    ) {
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: rows.count) { hashes in
            hashes.initialize(repeating: Hash.seed)
            for column in key { column.mix(into: hashes, from: rows.lowerBound) }
            body(hashes)
        }
    }
}

// MARK: - Numbers that lie close together

extension KeyCoder {
    /// The codes of numbers that lie close together: a number's place tells its code.
    private struct CloseNumbers {
        let least: Int64
        let codes: [Int32]

        func codes(of values: UnsafeBufferPointer<Int64>, threads: Int) -> [Int32] {
            [Int32](unsafeUninitializedCapacity: values.count) { found, initialized in
                let bounds = evenBounds(of: values.count, parts: threads)
                forEach(below: threads, threads: threads) { part in
                    let codes = codes.span
                    for row in bounds[part]..<bounds[part + 1] {
                        let place = UInt64(bitPattern: values[row] &- least)
                        found[row] = place < UInt64(codes.count) ? codes[unchecked: Int(place)] : -1
                    }
                }
                initialized = values.count
            }
        }
    }

    /// The codes by number, if that takes not much more memory than the numbers; `nil` otherwise.
    private func closeNumbers() -> CloseNumbers? {
        let numbers = columns[0].numbers
        guard let least = numbers.min(), let greatest = numbers.max() else { return nil }
        let (span, overflow) = greatest.subtractingReportingOverflow(least)
        guard !overflow, span < Int64(4 * numbers.count + 1024) else { return nil }
        var codes = [Int32](repeating: -1, count: Int(span) + 1)
        for (code, number) in numbers.enumerated() { codes[Int(number - least)] = Int32(truncatingIfNeeded: code) }
        return CloseNumbers(least: least, codes: codes)
    }
}

// MARK: - The table

extension KeyCoder {
    /// Looks up rows of a block; one column of numbers, by far the most frequent key, has a loop of its own.
    private func find(
        _ hashes: UnsafeMutableBufferPointer<UInt64>, _ key: [KeyColumn], _ rows: Range<Int>,
        into codes: UnsafeMutableBufferPointer<Int32>
    ) {
        if key.count == 1, case .integers(let values) = key[0] {
            let numbers = columns[0].numbers
            let distinct = numbers.span
            for row in rows {
                codes[row] = probe(hashes[row &- rows.lowerBound]) { code in
                    distinct[unchecked: code] == values[row]
                }
            }
        } else {
            for row in rows { codes[row] = find(hashes[row &- rows.lowerBound], key, row) }
        }
    }

    private func find(_ hash: UInt64, _ key: [KeyColumn], _ row: Int) -> Int32 {
        probe(hash) { code in
            for index in key.indices where !isEqual(columns[index], at: code, to: key[index], at: row) { return false }
            return true
        }
    }

    @inline(__always)
    private func probe(_ hash: UInt64, _ isKey: (Int) -> Bool) -> Int32 {
        let slots = slots.span
        let mask = slots.count &- 1
        var place = Int(truncatingIfNeeded: hash) & mask
        while true {
            let slot = slots[unchecked: place]
            if slot == 0 { return -1 }
            let code = Int(UInt32(truncatingIfNeeded: slot)) &- 1
            if (slot ^ hash) >> 32 == 0 && isKey(code) { return Int32(truncatingIfNeeded: code) }
            place = (place &+ 1) & mask
        }
    }

    @inline(__always)
    private func isEqual(_ column: borrowing Distinct, at code: Int, to other: KeyColumn, at row: Int) -> Bool {
        switch other {
        case .integers(let values): return column.numbers[code] == values[row]
        case .bytes(let offsets, let values):
            let sought = KeyColumn.bytes(offsets, values, at: row)
            let known = column.byteRange(code)
            guard known.count == sought.count else { return false }
            guard let address = sought.baseAddress, sought.count > 0 else { return true }
            return column.bytes.withUnsafeBytes { bytes in
                bytes.baseAddress.map { memcmp($0 + known.lowerBound, address, known.count) == 0 } ?? false
            }
        }
    }

    private mutating func insert(_ hash: UInt64, _ key: [KeyColumn], _ row: Int) -> Int32 {
        for index in key.indices { append(key[index], at: row, to: index) }
        count += 1
        place(hash, code: count - 1)
        return Int32(truncatingIfNeeded: count - 1)
    }

    private mutating func append(_ value: KeyColumn, at row: Int, to index: Int) {
        switch value {
        case .integers(let values): columns[index].numbers.append(values[row])
        case .bytes(let offsets, let values):
            columns[index].bytes.append(contentsOf: KeyColumn.bytes(offsets, values, at: row))
            columns[index].ends.append(columns[index].bytes.count)
        }
    }

    private mutating func place(_ hash: UInt64, code: Int) {
        let mask = slots.count - 1
        var place = Int(truncatingIfNeeded: hash) & mask
        while slots[place] != 0 { place = (place + 1) & mask }
        slots[place] = (hash & 0xFFFF_FFFF_0000_0000) | UInt64(code + 1)
    }

    /// Makes room for more keys, so that the table stays at most half full.
    private mutating func reserve(_ more: Int) {
        guard (count + more) * 2 > slots.count else { return }
        var capacity = slots.count
        while (count + more) * 2 > capacity { capacity *= 2 }
        slots = Array(repeating: 0, count: capacity * 2)
        for first in stride(from: 0, to: count, by: Self.blockLength) {
            let codes = first..<min(count, first + Self.blockLength)
            withUnsafeTemporaryAllocation(of: UInt64.self, capacity: codes.count) { hashes in
                hashes.initialize(repeating: Hash.seed)
                for (column, kind) in zip(columns, kinds) { column.mix(kind, codes, into: hashes) }
                for code in codes { place(hashes[code - first], code: code) }
            }
        }
    }
}

extension KeyCoder.Distinct {
    /// Mixes known values into hashes, as ``KeyColumn`` does with those sought.
    fileprivate func mix(
        _ kind: KeyColumn.Kind, _ codes: Range<Int>, into hashes: UnsafeMutableBufferPointer<UInt64>
    ) {
        switch kind {
        case .integers:
            for code in codes {
                let place = code - codes.lowerBound
                hashes[place] = Hash.mix(hashes[place], UInt64(bitPattern: numbers[code]))
            }
        case .bytes:
            bytes.withUnsafeBytes { bytes in
                for code in codes {
                    let place = code - codes.lowerBound
                    hashes[place] = Hash.mix(hashes[place], UnsafeRawBufferPointer(rebasing: bytes[byteRange(code)]))
                }
            }
        }
    }
}
