import Foundation
import PythonEnvironment
import Testing
import TextFormats

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite("vintage serve")
struct RouteTests {
    private static let question = #"{"feature_service": "arrival", "entities": {"carrier": ["AA", "UA", "nobody"]}}"#

    private static let row =
        #"{"push_source_name": "delays_push", "df": {"carrier": ["B6"], "event_time": ["2026-01-02T00:00:00Z"]}}"#

    private static func served(_ options: [String] = []) throws -> ServedWorkspace {
        let workspace = try ServedWorkspace()
        try workspace.vintage("features", "materialize")
        try workspace.start(options)
        return workspace
    }

    @Test("ends with status 0 on SIGTERM and on an interrupt, with connections open", arguments: [SIGTERM, SIGINT])
    func ends(_ signal: Int32) throws {
        let workspace = try Self.served()
        let client = try HTTPClient(port: workspace.port)
        #expect(try client.ask("GET", "/health").status == 200)
        #expect(workspace.stop(signal) == 0)
        #expect(throws: HTTPClient.Failure.self) { try HTTPClient(port: workspace.port) }
    }

    @Test("answers many questions on one connection, and those that were sent ahead in order")
    func keepAlive() throws {
        let workspace = try Self.served()
        let client = try HTTPClient(port: workspace.port)
        for _ in 0..<50 {
            #expect(try client.ask("POST", "/get-online-features", Self.question).status == 200)
        }
        try client.write(Array("GET /health HTTP/1.1\r\nHost: a\r\n\r\nGET /nothing HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
        #expect(try client.answer().status == 200)
        #expect(try client.answer().status == 404)
    }

    @Test("answers for the moment that is asked for, and says which moments are too early")
    func moments() throws {
        let workspace = try ServedWorkspace()
        try workspace.vintage("features", "materialize", "--until", "2026-01-02", "--history", "1d")
        try workspace.start()
        func ask(_ moment: String) throws -> HTTPClient.Answer {
            try workspace.features(
                #"{"features": ["delays:flights"], "entities": {"carrier": ["AA"]}, "at": "\#(moment)"}"#)
        }
        func status(_ answer: HTTPClient.Answer) -> String? {
            answer.json["results"].elements?.last?["statuses"].elements?.first?.string
        }
        #expect(status(try ask("2026-01-01T09:59:59.999999Z")) == "OUTSIDE_MAX_AGE")
        #expect(status(try ask("2026-01-01T10:00:00Z")) == "PRESENT")
        #expect(try ask("2025-12-31T23:59:59Z").status == 422)
        #expect(try ask("yesterday").status == 422)
    }

    @Test("is ready once each view is in the store as it is defined, and says which is not")
    func readiness() throws {
        let workspace = try ServedWorkspace()
        try workspace.start()
        let early = try workspace.ask("GET", "/ready")
        #expect(early.status == 503)
        #expect(early.text.contains("'delays'"))
        #expect(try workspace.ask("GET", "/health").status == 200)
        let refused = try workspace.features(Self.question)
        #expect(refused.status == 503)
        #expect(refused.field("Retry-After") != nil)
        try workspace.vintage("features", "materialize")
        #expect(try workspace.ask("GET", "/ready").status == 200)
        #expect(try workspace.features(Self.question).status == 200)
        _ = workspace.stop()
        let changed = try workspace.text("features/delays.yaml").replacing("36500d", with: "36499d")
        try workspace.write(changed, to: "features/delays.yaml")
        try workspace.start()
        let late = try workspace.ask("GET", "/ready")
        #expect(late.status == 503)
        #expect(late.text.contains("defined otherwise"))
    }

    @Test("shows metrics that promtool takes without a complaint, and counts what was served")
    func metrics() throws {
        let workspace = try Self.served()
        #expect(try workspace.features(Self.question).status == 200)
        #expect(try workspace.features("{").status == 422)
        #expect(try workspace.ask("POST", "/push", Self.row).status == 200)
        let metrics = try workspace.ask("GET", "/metrics")
        #expect(metrics.field("Content-Type") == "text/plain; version=0.0.4; charset=utf-8")
        let complaints = try PythonEnvironment.run(
            "/usr/bin/env", ["promtool", "check", "metrics"], input: Data(metrics.body))
        #expect(complaints == "")
        let lines = metrics.text.split(separator: "\n").map(String.init)
        for line in [
            #"vintage_request_duration_seconds_count{route="/get-online-features",status="200"} 1"#,
            #"vintage_request_duration_seconds_count{route="/get-online-features",status="422"} 1"#,
            #"vintage_values_served_total{view="delays",status="present"} 6"#,
            #"vintage_values_served_total{view="delays",status="null"} 2"#,
            #"vintage_values_served_total{view="delays",status="not_found"} 4"#,
            #"vintage_values_served_total{view="delays",status="outside_ttl"} 0"#,
            "vintage_entities_served_total 3", "vintage_rows_pushed_total 1", "vintage_requests_waiting 0",
            "vintage_store_up 1", #"vintage_view_ready{view="delays"} 1"#,
        ] {
            #expect(lines.contains(line), "\(line)")
        }
        let lag = try #require(lines.first { $0.hasPrefix(#"vintage_watermark_lag_seconds{view="delays"} "#) })
        #expect((0..<600).contains(try #require(Double(lag.split(separator: " ")[1]))))
    }

    @Test("logs requests as lines of JSON where that is asked for")
    func requestLog() throws {
        let workspace = try Self.served(["--log", "requests"])
        _ = try workspace.features(Self.question)
        _ = try workspace.ask("GET", "/nothing")
        let lines = try workspace.log.map { try JSON(parsing: Array($0.utf8)) }
        #expect(lines.map { $0["path"].string } == ["/get-online-features", "/nothing"])
        #expect(lines.map { $0["status"].count } == [200, 404])
        #expect(lines.allSatisfy { $0["level"].string == "info" && $0["time"].string?.hasSuffix("Z") == true })
        #expect(lines[1]["reason"].string?.contains("/nothing") == true)
    }

    @Test("logs nothing but errors otherwise")
    func errorLog() throws {
        let workspace = try ServedWorkspace()
        try workspace.start()
        _ = try workspace.ask("GET", "/nothing")
        _ = try workspace.features(Self.question)
        let lines = try workspace.log.map { try JSON(parsing: Array($0.utf8)) }
        #expect(lines.count == 1)
        #expect(lines.first?["level"].string == "error")
        #expect(lines.first?["reason"].string?.contains("materialize") == true)
    }

    // MARK: Tokens

    private static let (reader, writer) = ("reader-0123456789", "writer-0123456789")

    @Test("asks for a token where there are some, and for one that is good for what is asked")
    func tokens() throws {
        let workspace = try ServedWorkspace()
        try workspace.vintage("features", "materialize")
        try workspace.write("# Who may ask\n\(Self.reader) read\n\(Self.writer) read,push\n", to: "tokens.txt")
        try workspace.start(["--tokens", "tokens.txt"])
        func ask(_ token: String?) throws -> Int {
            try workspace.features(Self.question, fields: token.map { ["Authorization": $0] } ?? [:]).status
        }
        #expect(try ask("Bearer \(Self.reader)") == 200)
        #expect(try ask("bearer \(Self.writer)") == 200)
        #expect(try ask(nil) == 401)
        #expect(try ask("Bearer \(Self.reader)0") == 401)
        #expect(try ask("Bearer \(Self.reader.dropLast())") == 401)
        #expect(try ask("Bearer ") == 401)
        #expect(try ask("Basic \(Self.reader)") == 401)
        let refused = try workspace.ask("GET", "/metrics")
        #expect(refused.status == 401)
        #expect(refused.field("WWW-Authenticate") == "Bearer")
        func push(_ token: String) throws -> Int {
            try workspace.ask("POST", "/push", Self.row, fields: ["Authorization": "Bearer \(token)"]).status
        }
        #expect(try push(Self.reader) == 403)
        #expect(try push(Self.writer) == 200)
        for path in ["/health", "/ready", "/openapi.json"] { #expect(try workspace.ask("GET", path).status == 200) }
    }

    @Test(
        "does not begin with a file of tokens that is none, and never shows one",
        arguments: ["", "# nobody\n", "short read\n", "long-enough-0123456789\n", "long-enough-0123456789 write\n"])
    func wrongTokens(_ text: String) throws {
        let workspace = try ServedWorkspace()
        try workspace.write(text, to: "tokens.txt")
        let (status, message) = try workspace.run(["serve", "--features", "--port", "0", "--tokens", "tokens.txt"])
        #expect(status == 2)
        #expect(message.hasPrefix("vintage: "))
        #expect(message.contains("the file of tokens"))
        #expect(!message.contains("long-enough"))
    }

    @Test("says that a port is taken, and ends with status 3")
    func takenPort() throws {
        let workspace = try Self.served()
        let (status, message) = try workspace.run(["serve", "--features", "--port", "\(workspace.port)"])
        #expect(status == 3)
        #expect(message.contains("port \(workspace.port)"))
        #expect(message.split(separator: "\n").count == 1)
    }

    // MARK: TLS

    @Test("speaks TLS with a certificate, and to nobody who does not")
    func encryption() throws {
        let workspace = try ServedWorkspace()
        try workspace.vintage("features", "materialize")
        try PythonEnvironment.python("ServingTests/tls.py", ["make", workspace.folder.path])
        try workspace.start(["--certificate", "server.pem", "--key", "server.key"])
        #expect(workspace.address.hasPrefix("https://127.0.0.1:"))
        let answer = try PythonEnvironment.python(
            "ServingTests/tls.py", ["ask", workspace.folder.path, "\(workspace.port)"])
        #expect(answer.contains("\"values\":[\"AA\"]"))
        #expect(throws: HTTPClient.Failure.self) { try workspace.ask("GET", "/health") }
    }

    @Test("does not begin with a certificate that is none")
    func wrongCertificate() throws {
        let workspace = try ServedWorkspace()
        try workspace.write("nothing", to: "server.pem")
        let words = ["serve", "--features", "--port", "0", "--certificate", "server.pem", "--key", "server.pem"]
        let (status, message) = try workspace.run(words)
        #expect(status == 2)
        #expect(message.contains("PEM"))
    }
}
