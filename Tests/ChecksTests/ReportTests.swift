import Foundation
import Testing

import Checks
import Workspace
import enum Workspace.ExitStatus

@Suite("Reports")
struct ReportTests {
    typealias Row = PythonValidator.Row

    @Test("JSON follows the schema that is published with it, and holds every finding")
    func json() throws {
        let rows = try PythonValidator.rows(
            of: ReportFormat.json.write(SampleReport.report, version: "1.2.3"), as: "json")
        #expect(
            rows == [
                Row("all-well", ["passed"], []), Row("one-error", ["failed"], [SampleReport.hostile]),
                Row("many", ["failed"], ["first error", "a warning", "a note", "second error"]),
                Row("only-warnings", ["warned"], ["careful"]), Row("not-here", ["skipped"], []),
                Row("breaks", ["broken"], []),
            ])
    }

    @Test("SARIF follows the schema of OASIS, with a rule for each check and a result for each finding")
    func sarif() throws {
        let rows = try PythonValidator.rows(
            of: ReportFormat.sarif.write(SampleReport.report, version: "1.2.3"), as: "sarif")
        #expect(
            rows == [
                Row("all-well", [], []), Row("one-error", ["error"], [SampleReport.hostile]),
                Row(
                    "many", ["error", "warning", "note", "error"],
                    ["first error", "a warning", "a note", "second error"]),
                Row("only-warnings", ["warning"], ["careful"]), Row("not-here", [], []), Row("breaks", [], []),
            ])
    }

    @Test("SARIF names an artifact's line of the lock, and says which checks could not run")
    func sarifPlaces() throws {
        let text = ReportFormat.sarif.write(SampleReport.report, version: "1.2.3")
        let log = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        let run = try #require((log?["runs"] as? [[String: Any]])?.first)
        let results = try #require(run["results"] as? [[String: Any]])
        let places = try results.map { result in
            let location = try #require((result["locations"] as? [[String: [String: [String: Any]]]])?.first)
            let place = try #require(location["physicalLocation"])
            return "\(place["artifactLocation"]?["uri"] ?? "-"):\(place["region"]?["startLine"] ?? "-")"
        }
        let path = "data/a%2C%20b%3A%25%3C%26%3E%22%FF"
        #expect(
            places == [
                "vintage.lock:12", "\(path):3", "vintage.lock:1", "vintage.lock:12", "vintage.lock:1", "\(path):1",
            ])
        let invocation = try #require((run["invocations"] as? [[String: Any]])?.first)
        #expect(invocation["executionSuccessful"] as? Bool == false)
        #expect((invocation["toolExecutionNotifications"] as? [Any])?.count == 1)
    }

    @Test("JUnit is read by junitparser: a failure for errors, none for warnings")
    func junit() throws {
        let rows = try PythonValidator.rows(
            of: ReportFormat.junit.write(SampleReport.report, version: "1.2.3"), as: "junit")
        #expect(rows.map(\.id) == SampleReport.ids)
        #expect(rows.map(\.kinds) == [[], ["failure"], ["failure"], [], ["skipped"], ["error"]])
        // XML has no way to write the control character U+0001.
        #expect(rows[1].messages == [SampleReport.hostile.replacing("\u{1}", with: "\u{FFFD}")])
        #expect(rows[2].messages == ["first error (and 1 more)"])
        #expect(rows[5].messages == ["\(SampleReport.Broken())"])
    }

    @Test("GitHub annotations are one command a line, and give back every message and place")
    func github() throws {
        let text = ReportFormat.github.write(SampleReport.report, version: "1.2.3")
        let lines = text.split(separator: "\n")
        let commands = lines.compactMap { GitHubCommand(parsing: $0) }
        #expect(commands.count == lines.count, "\(text)")
        #expect(
            commands.map(\.message) == [
                SampleReport.hostile, "first error", "a warning", "a note", "second error", "careful",
                "could not tell: \(SampleReport.Broken())",
            ])
        #expect(commands.map(\.name) == ["error", "error", "warning", "notice", "error", "warning", "error"])
        #expect(commands[0].properties == ["file": "vintage.lock", "line": "12", "title": "one-error"])
        let path = String(decoding: SampleReport.path.bytes, as: UTF8.self)
        #expect(commands[1].properties == ["file": path, "line": "3", "title": "many"])
        #expect(commands[6].properties == ["title": "breaks"])
    }

    @Test("text has a line a check, a line a finding and a verdict")
    func text() {
        let text = ReportFormat.text.write(SampleReport.report, version: "1.2.3")
        let lines = text.split(separator: "\n").map(String.init)
        #expect(lines.count == 13, "\(text)")
        #expect(lines[0] == "ok    all-well       Title of all-well & co.")
        #expect(lines[1] == "FAIL  one-error      Title of one-error & co.")
        #expect(lines[4] == "      error: \(SampleReport.path):3: first error")
        #expect(lines[12] == "5 checks: 3 errors, 2 warnings, 1 note, 1 check could not run")
    }

    @Test("an error is exit status 1, a check that could not run is 3, warnings are none of both")
    func exitStatus() {
        func status(_ results: CheckResult...) -> ExitStatus { CheckReport(results: results).exitStatus }
        let warned = SampleReport.result("w", .ran([Finding("w", severity: .warning)]))
        let failed = SampleReport.result("f", .ran([Finding("f")]))
        let broken = SampleReport.result("b", .couldNotRun(SampleReport.Broken()))
        #expect(status() == .done)
        #expect(status(warned, SampleReport.result("s", .notApplicable(reason: "none"))) == .done)
        #expect(status(warned, broken) == .failed)
        #expect(status(broken, failed) == .found)
    }
}
