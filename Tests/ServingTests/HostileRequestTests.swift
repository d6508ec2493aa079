import Testing
import TextFormats

@Suite("A hostile request")
struct HostileRequestTests {
    private static func served(_ options: [String] = []) throws -> ServedWorkspace {
        let workspace = try ServedWorkspace()
        try workspace.vintage("features", "materialize")
        try workspace.start(options)
        return workspace
    }

    private static func nested(_ levels: Int) -> String {
        String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
    }

    private static let wrongBodies: [(body: String, part: String)] = [
        ("", "ends too early"),
        ("null", "valid dictionary"),
        ("[]", "valid dictionary"),
        ("{\"features\"", "':' is missing"),
        (#"{"features": ["delays:flights"], "entities": {"carrier": ["AA"]}} {}"#, "follows the value"),
        (nested(100_000), "nested too deep"),
        (#"{"features": ["delays:flights"], "entities": {"carrier": \#(nested(200))}}"#, "valid string"),
        (#"{"features": [], "entities": {"carrier": ["AA"]}}"#, "at least 1"),
        (#"{"features": [1], "entities": {"carrier": ["AA"]}}"#, "valid string"),
        (#"{"features": ["delays:flights", "delays:flights"], "entities": {"carrier": ["AA"]}}"#, "ask for each once"),
        (#"{"feature_service": 1, "entities": {"carrier": ["AA"]}}"#, "valid string"),
        (#"{"feature_service": "arrival", "entities": {}}"#, "at least 1"),
        (#"{"feature_service": "arrival", "entities": {"carrier": "AA"}}"#, "valid list"),
        (#"{"feature_service": "arrival", "entities": {"carrier": [{}]}}"#, "valid string"),
        (#"{"feature_service": "arrival", "entities": {"carrier": [1e400]}}"#, "too large"),
        (#"{"feature_service": "arrival", "entities": {"carrier": ["AA"], "carrier": ["UA"]}}"#, "twice"),
        (#"{"feature_service": "arrival", "entities": {"carrier": ["AA"], "airline": ["AA"]}}"#, "no such key"),
        (#"{"feature_service": "arrival", "entities": {"carrier": ["AA"], "carier": ["AA", "UA"]}}"#, "2 values"),
        (#"{"feature_service": "arrival", "entities": {"carrier": ["\ud800"]}}"#, "half a character"),
        (#"{"feature_service": "arrival", "entities": {"carrier": ["AA"]}, "full_feature_names": 1}"#, "valid boolean"),
        (#"{"feature_service": "arrival", "entities": {"carrier": ["AA"]}, "at": 0}"#, "date and a time"),
        (
            #"{"feature_service": "arrival", "entities": {"carrier": ["AA"]}, "at": "999999-01-01T00:00:00Z"}"#,
            "date and a time"
        ),
    ]

    @Test("with a body that is wrong is told what, and the connection serves the next one")
    func bodies() throws {
        let workspace = try Self.served()
        let client = try HTTPClient(port: workspace.port)
        for (body, part) in Self.wrongBodies {
            let answer = try client.ask("POST", "/get-online-features", body)
            #expect(answer.status == 422, "\(body.prefix(100)): \(answer.text)")
            #expect(answer.text.contains(part), "\(body.prefix(100)): \(answer.text)")
        }
        #expect(try client.ask("GET", "/ready").status == 200)
    }

    @Test("with rows that are wrong is told what, and none of them are taken in")
    func rows() throws {
        let workspace = try Self.served()
        let client = try HTTPClient(port: workspace.port)
        let time = #""event_time": ["2026-01-02T00:00:00Z"]"#
        for (frame, part) in [
            ("[]", "valid dictionary"), ("{}", "at least 1"), (#"{"carrier": "AA"}"#, "valid list"),
            (#"{"carrier": ["AA", "UA"], \#(time)}"#, "2 of 'carrier'"), (#"{"carrier": ["AA"]}"#, "'event_time'"),
            (#"{"carrier": [null], \#(time)}"#, "'carrier'"), (#"{"carrier": [7], \#(time)}"#, "'carrier'"),
            (#"{"carrier": ["AA"], "flights": [1.5], \#(time)}"#, "'flights'"),
            (#"{"carrier": ["AA"], "flight": [1], \#(time)}"#, "'flights'"),
            (#"{"carrier": ["AA"], "event_time": ["tomorrow"]}"#, "'event_time'"),
            (#"{"carrier": ["AA"], "event_time": [\#(Self.nested(200))]}"#, "'event_time'"),
        ] {
            let answer = try client.ask("POST", "/push", #"{"push_source_name": "delays_push", "df": \#(frame)}"#)
            #expect(answer.status == 422, "\(frame): \(answer.text)")
            #expect(answer.text.contains(part), "\(frame): \(answer.text)")
        }
        let offline = #"{"push_source_name": "delays_push", "df": {"carrier": ["AA"], \#(time)}, "to": "offline"}"#
        #expect(try client.ask("POST", "/push", offline).status == 422)
        let answer = try client.ask(
            "POST", "/get-online-features", #"{"features": ["delays:flights"], "entities": {"carrier": ["AA"]}}"#)
        #expect(answer.json["results"].elements?.last?["values"].line == "[12]")
    }

    @Test("for more than is allowed is refused by its size, its rows or its features")
    func sizes() throws {
        let workspace = try Self.served(["--max-entities", "100", "--max-body", "100000"])
        func body(_ count: Int) -> String {
            let keys = Array(repeating: "\"AA\"", count: count).joined(separator: ",")
            return #"{"feature_service": "arrival", "entities": {"carrier": [\#(keys)]}}"#
        }
        let client = try HTTPClient(port: workspace.port)
        #expect(try client.ask("POST", "/get-online-features", body(100)).status == 200)
        let batch = try client.ask("POST", "/get-online-features", body(101))
        #expect(batch.status == 422)
        #expect(batch.text.contains("at most 100"))
        #expect(try client.ask("POST", "/get-online-features", body(30_000)).status == 413)
        // A body in pieces does not say how long it will be.
        try client.write(
            Array(
                "POST /push HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
                    .utf8))
        for _ in 0..<20 { try client.write(Array("2000\r\n\(String(repeating: " ", count: 0x2000))\r\n".utf8)) }
        try client.write(Array("0\r\n\r\n".utf8))
        #expect(try client.answer().status == 413)
        let names = Array(repeating: "\"delays\"", count: 1001).joined(separator: ",")
        let many = try client.ask(
            "POST", "/get-online-features", #"{"features": [\#(names)], "entities": {"carrier": []}}"#)
        #expect(many.status == 422)
        #expect(try client.ask("GET", "/health").status == 200)
    }

    @Test("for another path, by another method or of another type is refused with a status that says so")
    func paths() throws {
        let workspace = try Self.served()
        let client = try HTTPClient(port: workspace.port)
        for (method, path, status) in [
            ("GET", "/", 404), ("GET", "/get-online-features/", 404), ("GET", "//health", 404),
            ("GET", "/health%00", 404), ("GET", "/../../etc/passwd", 404), ("DELETE", "/push", 405),
            ("GET", "/get-online-features", 405), ("POST", "/metrics", 405), ("PUT", "/health", 405),
            ("GET", "/health?a=b", 200),
        ] {
            let answer = try client.ask(method, path)
            #expect(answer.status == status, "\(method) \(path): \(answer.text)")
            let isRead = path == "/metrics" || path == "/health"
            if status == 405 { #expect(answer.field("Allow") == (isRead ? "GET" : "POST")) }
        }
        #expect(try client.ask("POST", "/push").status == 415)
        #expect(try client.ask("POST", "/push", "{}", fields: ["Content-Type": "text/plain"]).status == 415)
    }

    @Test("that is no HTTP or breaks off leaves the server as it was")
    func broken() throws {
        let workspace = try Self.served()
        for text in [
            "nonsense\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\u{0}\u{1}\r\n\r\n", "BREW /health HTTP/1.1\r\n\r\n",
        ] {
            let client = try HTTPClient(port: workspace.port)
            try client.write(Array(text.utf8))
            if let answer = try? client.answer() { #expect((400..<500).contains(answer.status), "\(text)") }
        }
        let head = "POST /push HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
        for text in ["POST /pu", head, head + "{\"push_source_name\""] {
            let client = try HTTPClient(port: workspace.port)
            try client.write(Array(text.utf8))
            client.finish()
            if let answer = try? client.answer() { #expect((400..<500).contains(answer.status), "\(text)") }
        }
        let long = try HTTPClient(port: workspace.port)
        try long.write(Array("GET /health HTTP/1.1\r\nA: \(String(repeating: "a", count: 200_000))\r\n\r\n".utf8))
        if let answer = try? long.answer() { #expect((400..<500).contains(answer.status)) }
        #expect(try workspace.ask("GET", "/ready").status == 200)
        #expect(workspace.stop() == 0)
    }
}
