import Tables
import Testing

@Suite("Columns")
struct ColumnTests {
    /// A column of each layout with random values and nulls, and its cells.
    private static func columns(_ count: Int, _ random: inout SplitMix) -> [Column] {
        func optional<Value>(_ value: (inout SplitMix) -> Value) -> [Value?] {
            let share = [0, 0.3, 1][Int.random(in: 0..<3, using: &random)]
            return (0..<count).map { _ in Double.random(in: 0..<1, using: &random) < share ? nil : value(&random) }
        }
        let texts = optional { random in
            String(repeating: "ä", count: Int.random(in: 0..<4, using: &random))
                + "\(Int.random(in: 0..<99, using: &random))"
        }
        return [
            Column(booleans: optional { Bool.random(using: &$0) }),
            Column(optional { Int8.random(in: .min ... .max, using: &$0) }, .int8),
            Column(optional { UInt16.random(in: .min ... .max, using: &$0) }, .uint16),
            Column(optional { Float.random(in: -9...9, using: &$0) }, .float32),
            Column(optional { Int64.random(in: .min ... .max, using: &$0) }, .timestamp(.microsecond, zone: "UTC")),
            Column(optional { Int128($0.next()) }, .decimal(precision: 30, scale: 2)),
            Column(strings: texts),
        ]
    }

    private func cells(_ column: Column) -> [Cell] { (0..<column.count).map { column.cell(at: $0) } }

    @Test("gathering takes the value of each row, and null for none", arguments: 0..<60)
    func gather(_ seed: UInt64) {
        var random = SplitMix(seed: seed)
        let count = [1, 7, 8, 9, 100, 5000][Int.random(in: 0..<6, using: &random)]
        for column in Self.columns(count, &random) {
            let start = Int.random(in: 0..<count, using: &random)
            let slice = column.slice(start..<Int.random(in: start + 1...count, using: &random))
            let known = cells(slice)
            let size = [0, 1, 63, 3000, 100_000][Int.random(in: 0..<(seed % 20 == 0 ? 5 : 4), using: &random)]
            let rows = (0..<size).map { _ in Int32.random(in: -1..<Int32(slice.count), using: &random) }
            let gathered = slice.gather(rows, workers: Int.random(in: 1...3, using: &random))
            #expect(cells(gathered) == rows.map { $0 < 0 ? .null : known[Int($0)] })
            #expect(gathered.nullCount == cells(gathered).count { $0 == .null })
            #expect(gathered.type == column.type)
        }
    }

    @Test("columns joined hold the rows of each", arguments: 0..<30)
    func concatenate(_ seed: UInt64) {
        var random = SplitMix(seed: seed)
        let parts = (0..<4).map { _ in Self.columns(Int.random(in: 0..<70, using: &random), &random) }
        for number in parts[0].indices {
            let columns = parts.map { $0[number].slice(min(3, $0[number].count)..<$0[number].count) }
            let joined = Column.concatenate(columns, type: columns[0].type)
            #expect(joined.map(cells) == columns.flatMap(cells))
        }
    }

    @Test("a slice is its rows, and counts its own nulls")
    func slice() {
        let column = Column([1, nil, 3, nil, 5] as [Int64?], .int64)
        #expect(cells(column.slice(1..<4)) == [.null, .integer(3), .null])
        #expect(column.slice(1..<4).nullCount == 2)
        #expect(column.slice(2..<3).nullCount == 0)
        #expect(column.slice(1..<4).slice(1..<3).withValues(as: Int64.self) { $0[0] } == 3)
    }

    @Test("a type's name is read as the type")
    func names() {
        let types: [ColumnType] = [
            .boolean, .int8, .uint64, .float32, .string, .date, .fixedBinary(5), .decimal(precision: 30, scale: 3),
            .time(.millisecond), .timestamp(.nanosecond, zone: nil), .timestamp(.second, zone: "Europe/Berlin"),
            .duration(.second),
        ]
        for type in types { #expect(ColumnType(named: "\(type)") == type) }
        for name in ["int", "timestamp[h]", "decimal(50, 2)", "list", "timestamp[us"] {
            #expect(ColumnType(named: name) == nil)
        }
    }

    @Test("values are written as people read them")
    func texts() {
        #expect(ColumnType.date.text(of: .integer(-1)) == "1969-12-31")
        let micro = ColumnType.timestamp(.microsecond, zone: "UTC")
        #expect(micro.text(of: .integer(1_370_044_800_000_000)) == "2013-06-01T00:00:00Z")
        #expect(micro.text(of: .integer(-1)) == "1969-12-31T23:59:59.999999Z")
        #expect(ColumnType.timestamp(.second, zone: nil).text(of: .integer(0)) == "1970-01-01T00:00:00")
        #expect(ColumnType.time(.millisecond).text(of: .integer(3_723_500)) == "01:02:03.5")
        #expect(ColumnType.binary.text(of: .bytes([0, 255])) == "00ff")
        #expect(Column([-5, 12345] as [Int128?], .decimal(precision: 9, scale: 3)).cell(at: 0) == .text("-0.005"))
    }
}
