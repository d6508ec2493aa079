import Foundation
import Testing
import TextFormats

/// Features that a service makes when it is asked, of a running server.
@Suite("Features on demand that are served")
struct DerivedFeatureServingTests {
    private static func files(_ policy: String = "error") -> [String: String] {
        var files = ServedWorkspace.delays
        files["features/delays.yaml"] = files["features/delays.yaml"]?.replacing(
            "  arrival: {features: [delays]}",
            with: """
                  arrival:
                    features: [delays.mean_delay, delays.flights]
                    on_outage: \(policy)
                    request: {distance: float64}
                    derive: {pace: distance / flights, guess: "coalesce(mean_delay, 1000)", far: distance > 100}
                """)
        return files
    }

    private static func question(_ entities: String) -> String {
        #"{"feature_service": "arrival", "entities": {\#(entities)}}"#
    }

    /// The values and statuses of the features that a service makes.
    private static func made(_ answer: HTTPClient.Answer) -> [String] {
        (answer.json["results"].elements ?? []).suffix(3).map { "\($0["values"].line) \($0["statuses"].line)" }
    }

    @Test("are made of what the request gives, which is needed and checked as keys are")
    func requests() throws {
        let workspace = try ServedWorkspace(Self.files())
        try workspace.vintage("features", "materialize")
        try workspace.start(["--record", "served"])
        let whole = #""carrier": ["AA", "UA", "ZZ"], "distance": [60, 300.5, null]"#
        let answer = try workspace.features(Self.question(whole))
        #expect(answer.status == 200, "\(answer.text)")
        let names = #"["carrier","distance","mean_delay","flights","pace","guess","far"]"#
        #expect(answer.json["metadata"]["feature_names"].line == names)
        #expect(
            Self.made(answer) == [
                #"[5.0,10.016666666666667,null] ["PRESENT","PRESENT","NULL_VALUE"]"#,
                #"[7.25,1000.0,1000.0] ["PRESENT","PRESENT","PRESENT"]"#,
                #"[false,true,null] ["PRESENT","PRESENT","NULL_VALUE"]"#,
            ])
        let full = try workspace.features(
            #"{"feature_service": "arrival", "full_feature_names": true, "entities": {\#(whole)}}"#)
        #expect(full.json["metadata"]["feature_names"].elements?.last?.string == "arrival__far")
        let missing = try workspace.features(Self.question(#""carrier": ["AA"]"#))
        #expect(missing.status == 422)
        #expect(missing.text.contains("distance"))
        let wrong = try workspace.features(Self.question(#""carrier": ["AA"], "distance": ["far"]"#))
        #expect(wrong.status == 422)
        #expect(wrong.text.contains("Input should be a valid float64"))
        let metrics = try workspace.ask("GET", "/metrics").text
        #expect(metrics.contains("vintage_values_served_total{view=\"service:arrival\",status=\"null\"} 4\n"))
        #expect(workspace.stop() == 0)
        // What was served has them, beside what was given.
        let folder = workspace.folder.appending(path: "served/arrival")
        let table = try #require(try FileManager.default.contentsOfDirectory(atPath: folder.path).first)
        let schema = try workspace.vintage("table", "schema", "served/arrival/\(table)")
        #expect(schema.contains("served_pace"))
        #expect(schema.contains("distance"))
    }

    @Test("of values that nobody knows are not known in an outage either, whatever expressions make of nothing")
    func outage() throws {
        let redis = try RedisServer()
        let workspace = try ServedWorkspace(Self.files("stale"))
        try workspace.vintage("features", "materialize", "--store", redis.address)
        try workspace.start(["--store", redis.address])
        let client = try HTTPClient(port: workspace.port)
        let known = Self.question(#""carrier": ["AA"], "distance": [60]"#)
        let whole = try client.ask("POST", "/get-online-features", known)
        redis.stop()
        let remembered = try client.ask("POST", "/get-online-features", known)
        #expect(remembered.field("Vintage-Outage") == "stale")
        #expect(remembered.text == whole.text)
        let other = try client.ask("POST", "/get-online-features", known.replacing("AA", with: "UA"))
        #expect(Self.made(other) == [#"[null] ["INVALID"]"#, #"[null] ["INVALID"]"#, #"[false] ["PRESENT"]"#])
    }
}
