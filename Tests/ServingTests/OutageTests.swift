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
