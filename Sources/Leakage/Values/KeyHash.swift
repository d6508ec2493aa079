import Features
import Tables

/// Hashes of keys, for finding the rows of a few entities among many. Equal keys have equal hashes, whatever the width of
/// their columns. Of 64 bits, they are taken for the keys themselves: among millions of keys two unequal ones with one hash
/// come once in millions of sets.
enum KeyHash {
    /// The hash of several values.
    static func of(_ values: [GuardValue]) -> UInt64 {
        values.reduce(0) { combined($0, of($1)) }
    }

    /// The hash of each row of a batch, over all its columns.
    static func ofRows(_ batch: RecordBatch) -> [UInt64] {
        var hashes = [UInt64](repeating: 0, count: batch.count)
        for column in batch.columns { add(column, to: &hashes) }
        return hashes
    }

    @inline(__always)
    private static func combined(_ hash: UInt64, _ next: UInt64) -> UInt64 { mixed(hash &* 31 &+ next) }

    private static let null: UInt64 = 0x6e75_6c6c

    /// The hash of each row of some columns.
    static func ofRows(_ columns: [ExpressionVector], count: Int) -> [UInt64] {
        var hashes = [UInt64](repeating: 0, count: count)
        for column in columns { add(column, to: &hashes) }
        return hashes
    }

    /// The hash of each text, taken alone.
    static func ofTexts(_ texts: TextVector) -> [UInt64] {
        texts.bytes.withUnsafeBytes { bytes in
            (0..<texts.count).map {
                of(UnsafeRawBufferPointer(rebasing: bytes[texts.offsets[$0]..<texts.offsets[$0 + 1]]))
            }
        }
    }

    private static func add(_ column: ExpressionVector, to hashes: inout [UInt64]) {
        let isValid = column.validity
        @inline(__always)
        func add(_ row: Int, _ hash: UInt64) {
            hashes[row] = combined(hashes[row], isValid?[row] ?? true ? hash : null)
        }
        switch column {
        case .bool(let vector): for row in hashes.indices { add(row, mixed(vector.values[row] ? 1 : 0)) }
        case .int64(let vector), .timestamp(let vector), .duration(let vector):
            for row in hashes.indices { add(row, mixed(UInt64(bitPattern: vector.values[row]))) }
        case .float64(let vector):
            for row in hashes.indices { add(row, mixed((vector.values[row] + 0).bitPattern)) }
        case .string(let vector): for (row, hash) in ofTexts(vector).enumerated() { add(row, hash) }
        }
    }

    private static func of(_ value: GuardValue) -> UInt64 {
        switch value {
        case .null: return null
        case .bool(let value): return mixed(value ? 1 : 0)
        case .integer(let value), .time(let value): return mixed(UInt64(bitPattern: value))
        case .number(let value): return mixed((value + 0).bitPattern)
        case .text(let text):
            var text = text
            return text.withUTF8 { of(UnsafeRawBufferPointer($0)) }
        }
    }

    @inline(__always)
    private static func of(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        return mixed(hash)
    }

    /// The hash of each text of a dictionary.
    private static func ofTexts(_ column: Column) -> [UInt64] {
        column.withStrings { strings in
            (0..<column.count).map { column.isNull(at: $0) ? null : of(strings[$0]) }
        }
    }

    private static func add(_ column: Column, to hashes: inout [UInt64]) {
        let isShared: Void? = column.withDictionary { numbers, dictionary in
            // A value that many rows share is hashed once.
            let shared = ofTexts(dictionary)
            for row in hashes.indices {
                hashes[row] = combined(hashes[row], column.isNull(at: row) ? null : shared[Int(numbers[row])])
            }
        }
        if isShared != nil { return }
        switch column.type {
        case .string:
            column.withStrings { strings in
                for row in hashes.indices {
                    hashes[row] = combined(hashes[row], column.isNull(at: row) ? null : of(strings[row]))
                }
            }
        case .int64, .timestamp(.microsecond, _):
            column.withValues(as: Int64.self) { values in
                for row in hashes.indices {
                    let hash = column.isNull(at: row) ? null : mixed(UInt64(bitPattern: values[row]))
                    hashes[row] = combined(hashes[row], hash)
                }
            }
        default:
            var builder = VectorBuilder(column.type.expressionType ?? .string, capacity: hashes.count)
            builder.append(column)
            add(builder.vector, to: &hashes)
        }
    }
}

/// Hashes, numbered in the order in which they are given, among which those of many rows are looked up.
struct HashNumbers {
    /// How many distinct hashes there are.
    private(set) var count = 0
    /// Per slot a hash and one more than its number; a number of 0 where there is none.
    private var slots: [(hash: UInt64, number: Int32)]
    private let mask: Int

    init(_ hashes: some Collection<UInt64>) {
        var capacity = 16
        while capacity < 4 * hashes.count { capacity *= 2 }
        slots = Array(repeating: (0, 0), count: capacity)
        mask = capacity - 1
        for hash in hashes {
            var place = Int(truncatingIfNeeded: hash) & mask
            while slots[place].number != 0, slots[place].hash != hash { place = (place + 1) & mask }
            if slots[place].number != 0 { continue }
            count += 1
            slots[place] = (hash, Int32(count))
        }
    }

    /// The number of a hash; `nil` if it is none of these.
    @inline(__always)
    subscript(hash: UInt64) -> Int? {
        var place = Int(truncatingIfNeeded: hash) & mask
        while slots[place].number != 0 {
            if slots[place].hash == hash { return Int(slots[place].number) - 1 }
            place = (place &+ 1) & mask
        }
        return nil
    }
}
