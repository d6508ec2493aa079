import Testing
import TextFormats

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite("A server whose store fails")
struct OutageTests {
    private static let question = #"{"feature_service": "arrival", "entities": {"carrier": ["AA"]}}"#

    private static func served(_ redis: RedisServer, _ options: [String] = []) throws -> ServedWorkspace {
        let workspace = try ServedWorkspace()
        try workspace.vintage("features", "materialize", "--store", redis.address)
        try workspace.start(["--store", redis.address] + options)
        return workspace
    }

    @Test("says so while Redis is gone, stays up, and answers again by itself once it is back")
    func killedStore() throws {
        let redis = try RedisServer()
        let workspace = try Self.served(redis)
        let client = try HTTPClient(port: workspace.port)
        let whole = try client.ask("POST", "/get-online-features", Self.question)
        #expect(whole.status == 200)
        for _ in 0..<3 {
            redis.stop()
            for _ in 0..<5 {
                let answer = try client.ask("POST", "/get-online-features", Self.question)
                #expect(answer.status == 503)
                #expect(answer.text.contains("cannot be reached"))
                #expect(answer.field("Retry-After") == "1")
            }
            #expect(try client.ask("GET", "/ready").status == 503)
            #expect(try client.ask("GET", "/health").status == 200)
            #expect(try client.ask("GET", "/metrics").text.contains("vintage_store_up 0\n"))
            try redis.start()
            let again = try client.ask("POST", "/get-online-features", Self.question)
            #expect(again.status == 200)
            #expect(again.text == whole.text)
            #expect(try client.ask("GET", "/ready").status == 200)
        }
        #expect(workspace.stop() == 0)
    }

    @Test("turns requests away while others wait for a store that stands still, and ends in order")
    func stoppedStore() throws {
        let redis = try RedisServer()
        let workspace = try Self.served(redis, ["--max-waiting", "2"])
        let client = try HTTPClient(port: workspace.port)
        #expect(try client.ask("POST", "/get-online-features", Self.question).status == 200)
        redis.signal(SIGSTOP)
        let head = "POST /get-online-features HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
        let request = Array("\(head)Content-Length: \(Self.question.utf8.count)\r\n\r\n\(Self.question)".utf8)
        let waiting = try (0..<2).map { _ in try HTTPClient(port: workspace.port) }
        for client in waiting { try client.write(request) }
        var metrics = ""
        for _ in 0..<60 where !metrics.contains("vintage_requests_waiting 2\n") {
            metrics = try client.ask("GET", "/metrics").text
        }
        #expect(metrics.contains("vintage_store_up 0\n"))
        let refused = try client.ask("POST", "/get-online-features", Self.question)
        #expect(refused.status == 503)
        #expect(refused.text.contains("as much to do as it can"))
        #expect(refused.field("Retry-After") == "1")
        redis.signal(SIGCONT)
        for client in waiting { #expect(try client.answer().status == 200) }
        #expect(try client.ask("POST", "/get-online-features", Self.question).status == 200)
        #expect(workspace.stop() == 0)
    }

    /// A service with a policy, served from Redis.
    private static func served(
        onOutage policy: String, _ redis: RedisServer, _ options: [String] = []
    ) throws -> ServedWorkspace {
        var files = ServedWorkspace.delays
        files["features/delays.yaml"] = files["features/delays.yaml"]?.replacing(
            "features: [delays]}", with: "features: [delays, counts], on_outage: \(policy)}"
        ).replacing(
            "services:",
            with: """
                  counts: {entity: carrier, source: delays_push, windows: [36500d], features: {rows: count()}}
                services:
                """)
        let workspace = try ServedWorkspace(files)
        try workspace.vintage("features", "materialize", "--store", redis.address)
        try workspace.start(["--store", redis.address] + options)
        return workspace
    }

    /// The values and statuses of the features that an answer has of its only entity.
    private static func features(_ answer: HTTPClient.Answer) -> [String] {
        (answer.json["results"].elements ?? []).dropFirst().map { result in
            "\(result["values"].line) \(result["statuses"].line)"
        }
    }

    private static let nothing = Array(repeating: #"[null] ["INVALID"]"#, count: 5)

    @Test("answers by the policy 'stale' from what it read last, and says so, until the store is back")
    func staleAnswers() throws {
        let redis = try RedisServer()
        let workspace = try Self.served(onOutage: "stale", redis)
        let client = try HTTPClient(port: workspace.port)
        let whole = try client.ask("POST", "/get-online-features", Self.question)
        #expect(Self.features(whole).last == #"[1] ["PRESENT"]"#)
        #expect(whole.field("Vintage-Outage") == nil)
        redis.stop()
        let stale = try client.ask("POST", "/get-online-features", Self.question)
        #expect(stale.status == 200)
        #expect(stale.field("Vintage-Outage") == "stale")
        #expect(stale.text == whole.text)
        // Its rows were never read: neither a value nor a count of them is known.
        let other = try client.ask(
            "POST", "/get-online-features", Self.question.replacing("AA", with: "UA"))
        #expect(Self.features(other) == Self.nothing)
        let listed = #"{"features": ["delays:flights"], "entities": {"carrier": ["AA"]}}"#
        #expect(try client.ask("POST", "/get-online-features", listed).status == 503)
        let row = #"{"carrier": ["AA"], "event_time": ["2026-01-02T00:00:00Z"]}"#
        let push = #"{"push_source_name": "delays_push", "df": \#(row)}"#
        #expect(try client.ask("POST", "/push", push).status == 503)
        let metrics = try client.ask("GET", "/metrics").text
        #expect(metrics.contains("vintage_answers_without_store_total{policy=\"stale\"} 2\n"))
        #expect(metrics.contains("vintage_values_served_total{view=\"counts\",status=\"unavailable\"} 1\n"))
        let told = try workspace.log.filter { $0.contains("\"answered\":\"stale\"") }
        #expect(told.count == 2)
        #expect(told.allSatisfy { $0.contains("cannot be reached") })
        try redis.start()
        let again = try client.ask("POST", "/get-online-features", Self.question)
        #expect(again.field("Vintage-Outage") == nil)
        #expect(again.text == whole.text)
        #expect(workspace.stop() == 0)
    }

    @Test("answers by the policy 'nulls' without values, and so it does where nothing was read before")
    func nullAnswers() throws {
        let redis = try RedisServer()
        let workspace = try Self.served(onOutage: "nulls", redis)
        redis.stop()
        for _ in 0..<2 {
            let answer = try workspace.features(Self.question)
            #expect(answer.status == 200)
            #expect(answer.field("Vintage-Outage") == "nulls")
            #expect(Self.features(answer) == Self.nothing)
        }
        #expect(try workspace.features(Self.question.replacing("carrier", with: "carriers")).status == 422)
    }

    @Test("waits no longer than its patience for a store that stands still, however many ask")
    func patience() throws {
        let redis = try RedisServer()
        let workspace = try Self.served(onOutage: "stale", redis, ["--patience", "0.2"])
        let clients = try (0..<12).map { _ in try HTTPClient(port: workspace.port) }
        let whole = try clients[0].ask("POST", "/get-online-features", Self.question)
        redis.signal(SIGSTOP)
        let head = "POST /get-online-features HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
        let request = Array("\(head)Content-Length: \(Self.question.utf8.count)\r\n\r\n\(Self.question)".utf8)
        for client in clients { try client.write(request) }
        for client in clients {
            let answer = try client.answer()
            #expect(answer.field("Vintage-Outage") == "stale")
            #expect(answer.text == whole.text)
        }
        // It was the patience, and not the store's own, that ended.
        #expect(try workspace.log.filter { $0.contains("did not answer within 0.2 seconds") }.count == 12)
        redis.signal(SIGCONT)
        var last = try clients[0].ask("POST", "/get-online-features", Self.question)
        for _ in 0..<1000 where last.field("Vintage-Outage") != nil {
            usleep(10_000)
            last = try clients[0].ask("POST", "/get-online-features", Self.question)
        }
        #expect(last.field("Vintage-Outage") == nil)
        #expect(last.text == whole.text)
        #expect(workspace.stop() == 0)
    }

    @Test("does not begin without its store, and says why")
    func missingStore() throws {
        let redis = try RedisServer()
        redis.stop()
        let workspace = try ServedWorkspace()
        let (status, text) = try workspace.run(["serve", "--features", "--port", "0", "--store", redis.address])
        #expect(status == 3)
        #expect(text.contains("cannot be reached"))
    }

    @Test("answers what it has begun before it ends")
    func ends() throws {
        let redis = try RedisServer()
        let workspace = try Self.served(redis)
        redis.signal(SIGSTOP)
        let client = try HTTPClient(port: workspace.port)
        let head = "POST /get-online-features HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
        try client.write(Array("\(head)Content-Length: \(Self.question.utf8.count)\r\n\r\n\(Self.question)".utf8))
        let probe = try HTTPClient(port: workspace.port)
        var isWaiting = false
        for _ in 0..<60 where !isWaiting {
            isWaiting = try probe.ask("GET", "/metrics").text.contains("vintage_requests_waiting 1\n")
        }
        #expect(isWaiting)
        workspace.signal(SIGTERM)
        // New connections are refused before the old one has its answer.
        for _ in 0..<1000 {
            guard (try? HTTPClient(port: workspace.port)) != nil else { break }
            usleep(10_000)
        }
        redis.signal(SIGCONT)
        #expect(try client.answer().status == 200)
        #expect(workspace.wait() == 0)
    }
}
