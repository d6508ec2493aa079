import FileSystem
import Tables
import Testing

@Suite("Tables that are damaged or wrong")
struct HostileTableTests {
    private let tables: TestTables

    init() throws { tables = try TestTables() }

    /// Reads all of a table, or says why not.
    private func outcome(_ bytes: [UInt8]) throws -> TableError? {
        let path = tables.path("hostile.parquet")
        try path.replaceContents(with: bytes, isDurable: false)
        do throws(TableError) {
            let reader = try TableReader(.file(path), TableOptions(naiveTimestamps: .kept))
            _ = try reader.read()
            let batches = try reader.batches()
            while try batches.next() != nil {}
            return nil
        } catch {
            return error
        }
    }

    private func isUnreadable(_ error: TableError?) -> Bool {
        if case .unreadable(let table, let reason) = error {
            return table.hasSuffix("hostile.parquet") && !reason.isEmpty
        }
        return false
    }

    @Test("a truncated Parquet file is refused by name, wherever it ends")
    func truncated() throws {
        let bytes = try tables.write("types").contents()
        for count in [0, 1, 4, 8, 12, 100, bytes.count / 2, bytes.count - 9, bytes.count - 8, bytes.count - 1] {
            #expect(try isUnreadable(outcome(Array(bytes.prefix(count)))), "the first \(count) bytes")
        }
    }

    @Test("a Parquet file with flipped bits is read or refused, and never ends the process")
    func flipped() throws {
        let bytes = try tables.write("types").contents()
        var random = SplitMix(seed: 4)
        var refused = 0
        for _ in 0..<400 {
            var damaged = bytes
            // Half of them in the footer, which says where all else lies.
            let isFooter = Bool.random(using: &random)
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                let places = isFooter ? bytes.count - 6000..<bytes.count : bytes.indices
                damaged[Int.random(in: places, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            }
            if try outcome(damaged) != nil { refused += 1 }
        }
        #expect(refused > 100)
    }

    @Test("text and noise are no Parquet")
    func noise() throws {
        #expect(try isUnreadable(outcome(Array("PAR1 but not really PAR1".utf8))))
        var random = SplitMix(seed: 5)
        #expect(try isUnreadable(outcome((0..<5000).map { _ in UInt8.random(in: 0...255, using: &random) })))
    }

    private func csvError(_ text: String, _ options: TableOptions = TableOptions()) throws -> TableError? {
        let path = try tables.write(text: text, to: "wrong.csv")
        do throws(TableError) {
            _ = try TableReader(.file(path), options).read()
            return nil
        } catch {
            return error
        }
    }

    @Test("a value that is not of the declared type names its line")
    func wrongValue() throws {
        let text = "id,name\n1,a\n2,b\nx,c\n4,d\n"
        guard case .badLine(_, let line, let reason) = try csvError(text, TableOptions(types: ["id": .int64])) else {
            Issue.record("not refused")
            return
        }
        #expect(line == 4)
        #expect(reason.contains("int64") && reason.contains("'x'"))
    }

    @Test("a row with too few values names its line, line ends between quotes and empty lines counted")
    func wrongWidth() throws {
        let text = "id,name\n1,\"two\nlines\"\n\n2,b\n3\n"
        guard case .badLine(_, let line, let reason) = try csvError(text) else {
            Issue.record("not refused")
            return
        }
        #expect(line == 6)
        #expect(reason.contains("2 columns"))
    }

    @Test("a value far behind the inferred beginning names its line")
    func lateValue() throws {
        var text = "id,name\n"
        for row in 0..<800_000 { text += "\(row),name\n" }
        text += "x,last\n"
        guard case .badLine(_, let line, _) = try csvError(text) else {
            Issue.record("not refused")
            return
        }
        #expect(line == 800_002)
    }

    @Test("a column that is not there is told with the nearest one")
    func noColumn() throws {
        let path = try tables.write(text: "carrier,delay\nUA,1\n", to: "flights.csv")
        let reader = try TableReader(.file(path))
        #expect(throws: TableError.noColumn("carier", table: reader.name, nearest: "carrier")) {
            try reader.read(["carier"])
        }
    }

    @Test("an empty CSV file and one without rows")
    func emptyCSV() throws {
        #expect(try csvError("") != nil)
        #expect(try csvError("a,b\n") == nil)
        let reader = try TableReader(.file(tables.path("wrong.csv")))
        #expect(try reader.read().count == 0)
        #expect(reader.schema.names == ["a", "b"])
    }

    @Test("a file whose name tells no format is refused")
    func unknownFormat() throws {
        let path = try tables.write(text: "a\n1\n", to: "table.txt")
        #expect(throws: TableError.self) { try TableReader(.file(path)) }
        #expect(try TableReader(.file(path), TableOptions(format: .csv)).read().count == 1)
    }

    @Test("a writer that is let go leaves no file, and what was there stays")
    func unfinished() throws {
        let path = try tables.write(text: "before", to: "out.parquet")
        let schema = Schema([Field("id", .int64)])
        do {
            let writer = try TableWriter(.file(path), schema, .parquet)
            try writer.write(RecordBatch(schema, [Column([1, 2] as [Int64?], .int64)]))
        }
        #expect(try path.contents() == Array("before".utf8))
        #expect(try Directory(tables.folder).listing().count == 1)
    }
}
