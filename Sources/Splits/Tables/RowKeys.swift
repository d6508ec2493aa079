import PointInTime
import Tables

/// Which rows of a table have the same values in some columns.
///
/// Null equals null, values that are not a number equal each other, and 0 equals -0.
public struct RowKeys: Sendable {
    /// A number for each different key, in the order in which they first appear.
    public let categories: Categories
    /// A row of each key.
    let examples: [Int]
    private let columns: [(type: ColumnType, column: Column)]

    /// Compares rows by columns of a batch.
    ///
    /// - Throws: `PointInTimeError` if there are more rows than it numbers.
    public init(_ batch: RecordBatch) throws {
        columns = zip(batch.schema.fields, batch.columns).map { ($0.type, $1) }
        var codes: [Int32]
        if batch.columns.count == 1 {
            codes = try Self.codes(of: batch.columns[0])
        } else {
            var parts: [[Int64]] = []
            for column in batch.columns { parts.append(try Self.codes(of: column).map { Int64($0) }) }
            codes = try Self.encode(together: parts[...], [])
        }
        // A value that only stands where a row is null has a number too; it is taken away again.
        var (numbers, examples): ([Int32], [Int]) = ([], [])
        for (row, code) in codes.enumerated() {
            let code = Int(code)
            while numbers.count <= code { numbers.append(-1) }
            if numbers[code] < 0 {
                numbers[code] = Int32(truncatingIfNeeded: examples.count)
                examples.append(row)
            }
            codes[row] = numbers[code]
        }
        self.examples = examples
        categories = Categories(codes, count: examples.count)
    }

    /// The values of a key for people.
    public func text(of code: Int) -> String {
        columns.map { type, column in
            column.isNull(at: examples[code]) ? "null" : type.text(of: column.cell(at: examples[code]))
        }.joined(separator: ", ")
    }

    // MARK: Codes

    private static func codes(of column: Column) throws -> [Int32] {
        var codes = try codesOfValues(column)
        if column.nullCount > 0 {
            let null = (codes.max() ?? -1) + 1
            for row in codes.indices where column.isNull(at: row) { codes[row] = null }
        }
        return codes
    }

    private static func codesOfValues(_ column: Column) throws -> [Int32] {
        switch column.type {
        case .string, .binary:
            let ofDictionary = try column.withDictionary { (numbers, dictionary) throws -> [Int32] in
                let codes = try codesOfTexts(dictionary)
                return numbers.indices.map { column.isNull(at: $0) ? 0 : codes[Int(numbers[$0])] }
            }
            return try ofDictionary ?? codesOfTexts(column)
        case .vector:
            // Bit by bit, as a vector's text shows only its beginning.
            var builder = StringColumnBuilder(.binary)
            column.withVectors { vectors in
                for row in 0..<vectors.count { builder.append(UnsafeRawBufferPointer(vectors[row])) }
            }
            return try codesOfTexts(builder.finish())
        case .fixedBinary, .decimal, .unsupported:
            var builder = StringColumnBuilder()
            for row in 0..<column.count { builder.append(column.type.text(of: column.cell(at: row))) }
            return try codesOfTexts(builder.finish())
        default:
            return try encode(together: [words(of: column)], [])
        }
    }

    private static func codesOfTexts(_ column: Column) throws -> [Int32] {
        var (offsets, bytes): ([Int32], [UInt8]) = ([0], [])
        offsets.reserveCapacity(column.count + 1)
        column.withStrings { strings in
            for row in 0..<strings.count {
                if !column.isNull(at: row) { bytes.append(contentsOf: strings[row]) }
                // A column's texts have less than 2 GiB.
                offsets.append(Int32(truncatingIfNeeded: bytes.count))
            }
        }
        var coder = KeyCoder(kinds: [.bytes])
        return try offsets.withUnsafeBufferPointer { offsets throws in
            try bytes.withUnsafeBytes { bytes throws in
                try coder.encode([.bytes(offsets: offsets, values: bytes)])
            }
        }
    }

    /// Numbers that are equal where the values are; 0 for null.
    private static func words(of column: Column) -> [Int64] {
        func integers<Value: FixedWidthInteger & BitwiseCopyable>(_: Value.Type) -> [Int64] {
            column.withValues(as: Value.self) { values in
                values.indices.map { column.isNull(at: $0) ? 0 : Int64(truncatingIfNeeded: values[$0]) }
            }
        }
        func numbers<Value: BinaryFloatingPoint & BitwiseCopyable>(_: Value.Type) -> [Int64] {
            column.withValues(as: Value.self) { values in
                values.indices.map { row in
                    let value = Double(values[row])
                    if column.isNull(at: row) || value == 0 { return 0 }
                    return Int64(bitPattern: (value.isNaN ? Double.nan : value).bitPattern)
                }
            }
        }
        switch column.type {
        case .boolean:
            return column.withBooleans { bits in
                (0..<bits.count).map { !column.isNull(at: $0) && bits[$0] ? 1 : 0 }
            }
        case .int8: return integers(Int8.self)
        case .int16: return integers(Int16.self)
        case .uint8: return integers(UInt8.self)
        case .uint16: return integers(UInt16.self)
        case .uint32: return integers(UInt32.self)
        case .uint64: return integers(UInt64.self)
        case .float32: return numbers(Float.self)
        case .float64: return numbers(Double.self)
        default: return column.type.byteWidth == 4 ? integers(Int32.self) : integers(Int64.self)
        }
    }

    /// The codes of rows by several columns of numbers.
    private static func encode(
        together columns: ArraySlice<[Int64]>, _ key: [KeyColumn]
    ) throws -> [Int32] {
        guard let column = columns.first else {
            var coder = KeyCoder(kinds: key.map(\.kind))
            return try coder.encode(key)
        }
        return try column.withUnsafeBufferPointer { values throws in
            try encode(together: columns.dropFirst(), key + [.integers(values)])
        }
    }
}
