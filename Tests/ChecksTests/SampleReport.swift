import Checks
import FileSystem

/// A report with a check for each way to end, and findings with all that formats trip over.
enum SampleReport {
    struct Broken: Error, CustomStringConvertible {
        var description: String { "cannot open data/ü: it's \"broken\" & <gone>\nreally" }
    }

    static let hostile = "50% of \"a,b\": <c> & 'd'\n\tline two\u{1}\u{7f} ]]> ::error::x é𝄞\u{2028}"
    /// A path that is no UTF-8, with all that separates in reports.
    static let path = RelativePath(unchecked: Array("data/a, b:%<&>\"".utf8) + [0xff])

    static func check(_ id: String, _ severity: CheckSeverity = .error) -> Check {
        Check(
            id: id, title: "Title of \(id) & co.", severity: severity, scopes: [.workspace],
            explanation: "Why <\(id)>."
        ) { _ in [] }
    }

    static let report = CheckReport(
        results: [
            result("all-well", .ran([])),
            result("one-error", .ran([Finding(hostile, artifact: path, file: path, line: 7)])),
            result(
                "many",
                .ran([
                    Finding("first error", file: path, line: 3), Finding("a warning", severity: .warning),
                    Finding("a note", severity: .note, artifact: path), Finding("second error"),
                ])),
            CheckResult(
                check: check("only-warnings", .warning), outcome: .ran([Finding("careful", file: path)]),
                duration: .zero),
            result("not-here", .notApplicable(reason: "the workspace has no \"git\"")),
            result("breaks", .couldNotRun(Broken())),
        ], lockLines: [path: 12])

    static func result(_ id: String, _ outcome: CheckResult.Outcome) -> CheckResult {
        CheckResult(check: check(id), outcome: outcome, duration: .milliseconds(1234))
    }

    static let ids = ["all-well", "one-error", "many", "only-warnings", "not-here", "breaks"]
}
