import FileSystem
import SystemPackage
import Tables
import Testing

@Suite("Comparing tables")
struct TableComparisonTests {
    private let tables: TestTables

    init() throws { tables = try TestTables() }

    private func reader(_ text: String, _ name: String) throws -> TableReader {
        try TableReader(.file(try tables.write(text: text, to: name)))
    }

    @Test("by key, rows that came, went and changed are told, with their cells")
    func byKey() throws {
        let old = try reader("id,name,delay\n1,a,10\n2,b,20\n3,c,\n4,d,40\n", "old.csv")
        let new = try reader("id,name,delay\n5,e,50\n3,c,30\n2,b,20\n1,x,11\n", "new.csv")
        let changes = try TableComparison(old: old, new: new, key: ["id"], examples: 10)
        #expect(changes.added.map(\.values) == [["5"]])
        #expect(changes.removed.map(\.values) == [["4"]])
        #expect((changes.addedCount, changes.removedCount, changes.changedCount, changes.equalCount) == (1, 1, 2, 1))
        #expect(changes.changed.map(\.row.values) == [["3"], ["1"]])
        #expect(changes.changed[0].cells.map { [$0.column, $0.old, $0.new] } == [["delay", nil, "30"]])
        #expect(changes.changedCells.map(\.column) == ["name", "delay"])
        #expect(changes.changedCells.map(\.count) == [1, 2])
        #expect(!changes.isEmpty)
    }

    @Test("without a key, equal rows are counted")
    func wholeRows() throws {
        let old = try reader("a,b\n1,x\n1,x\n1,x\n2,y\n", "old.csv")
        let new = try reader("a,b\n2,y\n1,x\n3,z\n2,y\n", "new.csv")
        let changes = try TableComparison(old: old, new: new, examples: 10)
        #expect((changes.addedCount, changes.removedCount, changes.equalCount) == (2, 2, 2))
        #expect(changes.added.map(\.values) == [["3", "z"], ["2", "y"]])
        #expect(changes.removed.map(\.values) == [["1", "x"], ["1", "x"]])
    }

    @Test("values of a column whose type is another are compared as they are read")
    func otherTypes() throws {
        let text = "id,number,at\n1,5,2013-06-01 12:00:00\n2,6,2013-06-01 13:00:00\n"
        let old = try reader(text, "old.csv")
        let path = try tables.write(text: text.replacing("2,6,", with: "2,6.5,"), to: "new.csv")
        let types: [String: ColumnType] = ["number": .float64, "at": .timestamp(.millisecond, zone: nil)]
        let options = TableOptions(naiveTimestamps: .kept, types: types)
        let changes = try TableComparison(
            old: TableReader(.file(tables.path("old.csv")), TableOptions(naiveTimestamps: .kept)),
            new: TableReader(.file(path), options), key: ["id"], examples: 10)
        #expect(changes.schema.retyped.count == 2)
        #expect(changes.changedCells.map(\.column) == ["number"])
        #expect(changes.changed.map(\.row.values) == [["2"]])
        #expect(old.schema["number"]?.type == .int64)
    }

    @Test("two rows of one key are refused")
    func repeatedKey() throws {
        let old = try reader("id,b\n1,x\n", "old.csv")
        let new = try reader("id,b\n1,x\n2,y\n1,z\n", "new.csv")
        #expect(throws: TableError.repeatedKey("1", row: 2, table: new.name)) {
            try TableComparison(old: old, new: new, key: ["id"], examples: 10)
        }
    }

    @Test("columns that came, went, changed their type or moved are told")
    func schemas() {
        let old = Schema([Field("a", .int64), Field("b", .string), Field("c", .int32), Field("d", .date)])
        let new = Schema([Field("d", .date), Field("a", .int64), Field("c", .float64), Field("e", .boolean)])
        let changes = SchemaComparison(old: old, new: new)
        #expect(changes.added.map(\.name) == ["e"])
        #expect(changes.removed.map(\.name) == ["b"])
        #expect(changes.retyped.map(\.new.type) == [.float64])
        #expect(changes.isReordered)
        #expect(SchemaComparison(old: old, new: old).isEmpty)
    }

    @Test("random tables differ by the rows that were added, removed and changed", arguments: 0..<40)
    func random(_ seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        typealias Row = [String]
        func value() -> String { ["", "0", "1", "2"][Int.random(in: 0..<4, using: &random)] }
        var (old, new): ([String: Row], [String: Row]) = ([:], [:])
        for key in 0..<30 {
            let row = [value(), value()]
            if Bool.random(using: &random) { old["\(key)"] = row }
            if Bool.random(using: &random) { new["\(key)"] = Bool.random(using: &random) ? row : [value(), value()] }
        }
        func text(_ rows: [String: Row]) -> String {
            "id,a,b\n" + rows.shuffled(using: &random).map { "\($0.key),\($0.value[0]),\($0.value[1])\n" }.joined()
        }
        let types: [String: ColumnType] = ["id": .int32, "a": .int64, "b": .string]
        let readers = try [("old.csv", old), ("new.csv", new)].map { name, rows in
            try TableReader(.file(tables.write(text: text(rows), to: name)), TableOptions(types: types))
        }
        let changes = try TableComparison(old: readers[0], new: readers[1], key: ["id"], examples: 100)
        #expect(Set(changes.added.map(\.values[0])) == Set(new.keys).subtracting(old.keys))
        #expect(Set(changes.removed.map(\.values[0])) == Set(old.keys).subtracting(new.keys))
        let changed = new.filter { old[$0.key] != nil && old[$0.key] != $0.value }
        #expect(Set(changes.changed.map(\.row.values[0])) == Set(changed.keys))
        for row in changes.changed {
            let (before, after) = (old[row.row.values[0]] ?? [], new[row.row.values[0]] ?? [])
            let columns = [0, 1].filter { before[$0] != after[$0] }.map { ["a", "b"][$0] }
            #expect(row.cells.map(\.column) == columns)
        }
    }

    @Test("summaries are those of the values")
    func summaries() throws {
        let table = try reader("a,b,c\n1,x,1.5\n,y,nan\n-3,,2.5\n", "table.csv")
        let summaries = try ColumnSummary.summaries(of: table)
        #expect(summaries.map(\.nullCount) == [1, 1, 1])
        #expect(summaries[0].least == .integer(-3) && summaries[0].greatest == .integer(1))
        #expect(summaries[0].mean == -1)
        #expect(summaries[1].least == .text("x") && summaries[1].greatest == .text("y"))
        #expect(summaries[2].mean == 2)
    }
}
