import FileSystem
import Tables
import Testing

@Suite("Timestamps and zones")
struct TimeZoneTests {
    private let tables: TestTables

    init() throws { tables = try TestTables() }

    private func read(_ text: String, zone: String) throws -> [String] {
        let path = try tables.write(text: "at\n" + text, to: "times.csv")
        let column = try TableReader(.file(path), TableOptions(naiveTimestamps: .inZone(zone))).column("at")
        return (0..<column.count).map { column.type.text(of: column.cell(at: $0)) }
    }

    @Test("timestamps without a zone are refused by name, until one is declared")
    func naive() throws {
        let path = try tables.write(text: "at\n2013-06-01 12:00:00\n", to: "times.csv")
        let reader = try TableReader(.file(path))
        #expect(reader.schema.fields[0].type == .timestamp(.second, zone: nil))
        #expect(throws: TableError.naiveTimestamp("at", table: reader.name)) { try reader.column("at") }
        let declared = try TableReader(.file(path), TableOptions(zones: ["at": "America/New_York"]))
        #expect(declared.schema.fields[0].type == .timestamp(.second, zone: "America/New_York"))
        #expect(try declared.column("at").cell(at: 0) == .integer(1_370_102_400))
    }

    @Test("clocks are read by the rules of their zone")
    func rules() throws {
        let texts = "2013-01-15 12:00:00\n2013-07-15 12:00:00\n"
        #expect(try read(texts, zone: "America/New_York") == ["2013-01-15T17:00:00Z", "2013-07-15T16:00:00Z"])
        #expect(try read(texts, zone: "Asia/Kolkata") == ["2013-01-15T06:30:00Z", "2013-07-15T06:30:00Z"])
        #expect(try read(texts, zone: "UTC") == ["2013-01-15T12:00:00Z", "2013-07-15T12:00:00Z"])
        #expect(try read(texts, zone: "-03:30") == ["2013-01-15T15:30:00Z", "2013-07-15T15:30:00Z"])
    }

    @Test("an hour that clocks showed twice is the later one, and one they left out is never early")
    func changes() throws {
        // New York's clocks went from 2:00 back to 1:00 on 3 November 2013, and from 2:00 on to 3:00 on 10 March.
        #expect(
            try read("2013-11-03 00:30:00\n2013-11-03 01:30:00\n2013-11-03 02:30:00\n", zone: "America/New_York")
                == ["2013-11-03T04:30:00Z", "2013-11-03T06:30:00Z", "2013-11-03T07:30:00Z"])
        #expect(
            try read("2013-03-10 01:30:00\n2013-03-10 02:30:00\n2013-03-10 03:30:00\n", zone: "America/New_York")
                == ["2013-03-10T06:30:00Z", "2013-03-10T07:30:00Z", "2013-03-10T07:30:00Z"])
    }

    @Test("a zone that is not one is refused")
    func noZone() throws {
        for zone in ["Mars/Olympus", "EST5", "+2", "+25:00"] {
            #expect(throws: TableError.noZone(zone)) { try read("2013-06-01 12:00:00\n", zone: zone) }
        }
    }
}
