import Foundation
import Synchronization
import Testing
import TextFormats

@Suite("A server under load")
struct SoakTests {
    private static let things = 500
    private static let (connections, questions) = (20, 250)

    private static func workspace() throws -> ServedWorkspace {
        var rows = "thing,time,known,value\n"
        for thing in 0..<things {
            rows += "\(thing),2026-01-01T00:00:00Z,2026-01-01T01:00:00Z,\(thing * 3)\n"
            rows += "\(thing),2026-01-02T00:00:00Z,2026-01-02T01:00:00Z,\(thing * 7)\n"
        }
        return try ServedWorkspace([
            "data/facts.csv": rows,
            "features/things.yaml": """
            entities:
              thing: {keys: {thing: int64}}
            sources:
              facts: {path: data/facts.csv, event_time: time, availability: known}
            views:
              last: {entity: thing, source: facts, features: [value]}
              sums: {entity: thing, source: facts, windows: [36500d], features: {total: sum(value)}}

            """,
        ])
    }

    /// A small seeded generator, so that a test chooses the same each time.
    private struct SplitMix: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
            return mixed ^ (mixed >> 31)
        }
    }

    private final class Failures: Sendable {
        let found = Mutex<[String]>([])
    }

    @Test("answers 5,000 questions on 20 connections rightly, while rows are pushed and the store is filled anew")
    func load() throws {
        let workspace = try Self.workspace()
        try workspace.vintage("features", "materialize")
        try workspace.start()
        let (failures, port) = (Failures(), workspace.port)
        let done = DispatchSemaphore(value: 0)
        for number in 0..<Self.connections {
            Thread.detachNewThread {
                do {
                    try Self.ask(number, port, failures)
                } catch {
                    failures.found.withLock { $0.append("connection \(number): \(error)") }
                }
                done.signal()
            }
        }
        for _ in 0..<3 { try workspace.vintage("features", "materialize") }
        for _ in 0..<Self.connections { done.wait() }
        #expect(failures.found.withLock { $0 } == [])
        let metrics = try workspace.ask("GET", "/metrics").text
        let count = "vintage_request_duration_seconds_count{route=\"/get-online-features\",status=\"200\"} "
        #expect(metrics.contains("\(count)\(Self.connections * Self.questions)\n"))
        #expect(try workspace.log == [])
        #expect(workspace.stop() == 0)
    }

    /// Asks about things by chance; every tenth time about one of its own, for which it pushed a row just before.
    private static func ask(_ number: Int, _ port: Int, _ failures: Failures) throws {
        let client = try HTTPClient(port: port)
        var random = SplitMix(state: UInt64(number))
        let own = 10_000 + number
        var (value, total) = (0, 0)
        for question in 0..<questions {
            var asked = (0..<Int.random(in: 1...8, using: &random)).map { _ in
                Int.random(in: 0..<things + 50, using: &random)
            }
            var expected = asked.map { $0 < things ? "\($0 * 7)" : "null" }
            var totals = asked.map { $0 < things ? "\($0 * 10)" : "null" }
            if question % 10 == 9 {
                (value, total) = (question, total + question)
                let minute = String(format: "%02d:%02d", question / 60, question % 60)
                let frame =
                    #"{"thing": [\#(own)], "time": ["2026-02-01T\#(minute):00Z"], "#
                    + #""known": ["2026-02-01T\#(minute):00Z"], "value": [\#(value)]}"#
                let pushed = try client.ask("POST", "/push", #"{"push_source_name": "facts", "df": \#(frame)}"#)
                if pushed.status != 200 { failures.found.withLock { $0.append(pushed.text) } }
                asked.append(own)
                expected.append("\(value)")
                totals.append("\(total)")
            }
            let body = #"{"features": ["last", "sums"], "entities": {"thing": \#(asked)}}"#
            let answer = try client.ask("POST", "/get-online-features", body)
            let results = (answer.json["results"].elements ?? []).map { $0["values"].line }
            let wanted = [asked.map(String.init), expected, totals].map { "[\($0.joined(separator: ","))]" }
            if answer.status != 200 || results != wanted {
                failures.found.withLock { $0.append("\(body): \(results), not \(wanted)") }
            }
        }
    }
}
