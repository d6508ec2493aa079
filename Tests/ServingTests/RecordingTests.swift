import Foundation
import Testing
import TextFormats

@Suite("What a server records")
struct RecordingTests {
    private static let question = #"{"feature_service": "arrival", "entities": {"carrier": ["AA", "UA", "nobody"]}}"#
    private static let listed = #"{"features": ["delays:flights"], "entities": {"carrier": ["AA"]}}"#

    private static func served(_ options: [String]) throws -> ServedWorkspace {
        let workspace = try ServedWorkspace()
        try workspace.vintage("features", "materialize")
        try workspace.start(options)
        return workspace
    }

    private static func tables(_ workspace: ServedWorkspace) throws -> [String] {
        let folder = workspace.folder.appending(path: "data/served/arrival")
        return try FileManager.default.contentsOfDirectory(atPath: folder.path).map { "data/served/arrival/\($0)" }
    }

    @Test("is in one table when it ends: a row for each entity of each answer of a service")
    func answers() throws {
        let workspace = try Self.served(["--record", "data/served"])
        for _ in 0..<3 { #expect(try workspace.features(Self.question).status == 200) }
        #expect(try workspace.features(Self.listed).status == 200)
        #expect(workspace.stop() == 0)
        let tables = try Self.tables(workspace)
        try #require(tables.count == 1)
        #expect(try workspace.log == [])
        let schema = try JSON(parsing: Array(workspace.vintage("table", "schema", tables[0], "--json").utf8))
        #expect(schema["rows"].count == 9)
        let columns = (schema["columns"].elements ?? []).compactMap { $0["name"].string }
        #expect(
            columns == [
                "carrier", "time", "served_at", "served_mean_delay", "served_flights", "served_home", "served_is_open",
            ])
    }

    @Test("can be joined, and what was served is what the join yields")
    func joins() throws {
        let workspace = try Self.served(["--record", "data/served"])
        #expect(try workspace.features(Self.question).status == 200)
        #expect(workspace.stop() == 0)
        let table = try #require(try Self.tables(workspace).first)
        try workspace.vintage(
            "features", "join", "--spine", table, "--service", "arrival", "--time", "time", "-o", "joined.csv")
        let lines = try workspace.text("joined.csv").split(separator: "\n").map { line in
            line.split(separator: ",", omittingEmptySubsequences: false).map { $0.filter { $0 != "\"" } }
        }
        let names = lines[0]
        try #require(lines.count == 4)
        for feature in ["mean_delay", "flights", "home", "is_open"] {
            let (served, joined) = try (
                #require(names.firstIndex(of: "served_\(feature)")), #require(names.firstIndex(of: feature))
            )
            #expect(lines.dropFirst().map { $0[served] } == lines.dropFirst().map { $0[joined] })
        }
        let flights = try #require(names.firstIndex(of: "served_flights"))
        #expect(lines.dropFirst().map { $0[flights] } == ["12", "30", ""])
    }

    @Test("is nothing where the share is 0, and about half where it is a half")
    func shares() throws {
        let none = try Self.served(["--record", "data/served", "--sample", "0"])
        for _ in 0..<20 { #expect(try none.features(Self.question).status == 200) }
        #expect(none.stop() == 0)
        #expect(!FileManager.default.fileExists(atPath: none.folder.appending(path: "data/served").path))
        let half = try Self.served(["--record", "data/served", "--sample", "0.5"])
        let client = try HTTPClient(port: half.port)
        for _ in 0..<400 { #expect(try client.ask("POST", "/get-online-features", Self.question).status == 200) }
        #expect(half.stop() == 0)
        let table = try #require(try Self.tables(half).first)
        let rows = try JSON(parsing: Array(half.vintage("table", "schema", table, "--json").utf8))["rows"].count ?? 0
        // Further off by chance once in a billion runs.
        #expect((3 * 140...3 * 260).contains(Int(rows)))
        #expect(rows % 3 == 0)
    }

    @Test("does not keep it from answering where it cannot be written, and is told and counted as lost")
    func failure() throws {
        let workspace = try ServedWorkspace()
        try workspace.vintage("features", "materialize")
        try workspace.write("no folder", to: "data/served")
        try workspace.start(["--record", "data/served"])
        #expect(try workspace.features(Self.question).status == 200)
        let client = try HTTPClient(port: workspace.port)
        #expect(
            try client.ask("GET", "/metrics").text.contains("vintage_rows_recorded_total{result=\"written\"} 0\n"))
        #expect(workspace.stop() == 0)
        #expect(try workspace.log.contains { $0.contains("could not be recorded") })
    }
}
