import Foundation
import PythonEnvironment
import Testing
import TextFormats

/// Answers are held to those that a real `feast serve` gave to the same questions about the same rows; `feast.py` recorded
/// them.
@Suite("What feast serve was asked")
struct RecordedAnswerTests {
    private struct Recorded {
        let path: String
        let request: String
        let status: Int
        let response: JSON

        init(_ name: String) throws {
            let file = PythonEnvironment.root.appending(path: "Tests/ServingTests/Recorded/\(name).json")
            let json = try JSON(parsing: Array(try Data(contentsOf: file)))
            path = try #require(json["path"].string)
            // A text stands for a body that is no JSON.
            request = json["request"].string ?? json["request"].line
            status = Int(try #require(json["status"].count))
            response = json["response"]
        }
    }

    private static func served() throws -> ServedWorkspace {
        let workspace = try ServedWorkspace()
        try workspace.vintage("features", "materialize")
        try workspace.start()
        return workspace
    }

    /// An answer, as Feast writes it: with moments to the second, and a null that is known as present.
    private static func likeFeast(_ answer: JSON) -> String {
        var text = answer["metadata"].line + "\n"
        for result in answer["results"].elements ?? [] {
            let statuses = (result["statuses"].elements ?? []).map { status in
                status.string == "NULL_VALUE" ? "PRESENT" : status.string ?? ""
            }
            let moments = (result["event_timestamps"].elements ?? []).map { String(($0.string ?? "").prefix(19)) }
            text += "\(result["values"].line) \(statuses) \(moments)\n"
        }
        return text
    }

    @Test("is answered with the same names, values, statuses and moments")
    func answers() throws {
        let workspace = try Self.served()
        for name in ["one", "many", "full-names", "service", "push", "after-push"] {
            let recorded = try Recorded(name)
            let answer = try workspace.ask("POST", recorded.path, recorded.request)
            #expect(answer.status == recorded.status, "\(name): \(answer.text)")
            if name == "push" { continue }
            #expect(Self.likeFeast(answer.json) == Self.likeFeast(recorded.response), "\(name)")
        }
    }

    @Test("is refused with the same status, naming the same place in the body")
    func refusals() throws {
        let workspace = try Self.served()
        for name in [
            "no-entities", "entities-of-wrong-type", "features-of-wrong-type", "no-json", "unknown-view",
            "unknown-service", "push-unknown-source",
        ] {
            let recorded = try Recorded(name)
            let answer = try workspace.ask("POST", recorded.path, recorded.request)
            #expect(answer.status == recorded.status, "\(name): \(answer.text)")
            guard let feasts = recorded.response["detail"].elements?.first else { continue }
            let ours = try #require(answer.json["detail"].elements?.first, "\(name): \(answer.text)")
            #expect(ours["loc"].line == feasts["loc"].line, "\(name)")
            let message = try #require(ours["msg"].string)
            #expect(message.hasPrefix(feasts["msg"].string ?? "?"), "\(name)")
        }
    }

    @Test(
        "is answered or refused with a reason where Feast fails or guesses",
        arguments: [
            ("unknown-feature", 404, "mean"), ("missing-entity", 422, "origin"), ("null-key", 200, "NOT_FOUND"),
            ("no-rows", 200, "\"values\":[]"), ("key-of-wrong-type", 422, "valid string"),
        ])
    func betterThanFeast(_ name: String, _ status: Int, _ part: String) throws {
        let workspace = try Self.served()
        let recorded = try Recorded(name)
        let answer = try workspace.ask("POST", recorded.path, recorded.request)
        #expect(answer.status == status)
        #expect(answer.text.contains(part), "\(answer.text)")
    }
}
