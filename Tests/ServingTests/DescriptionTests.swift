import Foundation
import PythonEnvironment
import Testing
import TextFormats

/// The server is held to its own OpenAPI document, by requests that schemathesis makes up from it.
@Suite("The server's description")
struct DescriptionTests {
    /// What the document's examples are about.
    private static let weather = [
        "features/weather.yaml": """
        entities:
          airport: {keys: {origin: string}}
        sources:
          weather: {path: data/weather.csv, event_time: time_hour}
        views:
          weather: {entity: airport, source: weather, features: [temp]}

        """,
        "data/weather.csv": """
        origin,time_hour,temp
        JFK,2026-01-01T10:00:00Z,41.0
        LGA,2026-01-01T11:00:00Z,39.9

        """,
    ]

    @Test("is true of what the server answers to hundreds of requests, right and wrong ones")
    func schemathesis() throws {
        let workspace = try ServedWorkspace(Self.weather)
        try workspace.vintage("features", "materialize")
        try workspace.start()
        let address = "http://127.0.0.1:\(workspace.port)"
        // It leaves notes in the folder where it runs.
        let report = try PythonEnvironment.run(
            "/bin/sh",
            [
                "-c", "cd \"$1\" && shift && exec \"$@\"", "sh", workspace.folder.path,
                try PythonEnvironment.program("schemathesis"), "run", "\(address)/openapi.json", "--url", address,
                "--no-color", "--max-examples", "100", "--seed", "1", "--generation-database", "none",
                "--exclude-checks", "positive_data_acceptance,ignored_auth",
            ])
        #expect(report.contains("Tested: 5"), "\(report)")
        #expect(try workspace.ask("GET", "/ready").status == 200)
        #expect(try workspace.log == [])
        // The examples are of what there is, so not all was refused.
        let metrics = try workspace.ask("GET", "/metrics").text
        for route in ["/get-online-features", "/push"] {
            #expect(metrics.contains("count{route=\"\(route)\",status=\"200\"}"), "\(route)")
        }
    }

    @Test("names every route, by the method that it is asked with")
    func routes() throws {
        let workspace = try ServedWorkspace()
        try workspace.start()
        let document = try workspace.ask("GET", "/openapi.json").json
        guard case .object(let paths) = document["paths"] else {
            Issue.record("there are no paths")
            return
        }
        let refused = try workspace.ask("GET", "/nothing").text
        #expect(paths.members.count == 6)
        for (path, methods) in paths.members {
            #expect(refused.contains(path))
            guard case .object(let methods) = methods else { continue }
            for method in ["get", "post", "put", "delete", "patch"] {
                let answer = try workspace.ask(method.uppercased(), path, method == "post" ? "{}" : nil)
                let isDescribed = methods.members.contains { $0.key == method }
                #expect((answer.status == 405) != isDescribed, "\(method) \(path): \(answer.status)")
            }
        }
    }
}
