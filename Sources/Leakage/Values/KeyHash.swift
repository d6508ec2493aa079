import Tables

import enum Features.ExpressionVector

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

    /// The hash of a row of some columns.
    static func of(_ columns: [ExpressionVector], _ row: Int) -> UInt64 {
        columns.reduce(0) { combined($0, of($1.value(row))) }
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
            let vector = builder.vector
            for row in hashes.indices { hashes[row] = combined(hashes[row], of(vector.value(row))) }
        }
    }
}
