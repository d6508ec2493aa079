import TextFormats

/// A report as JUnit XML: a test case for each check, which fails if the check found an error.
struct JUnitReport {
    let report: CheckReport

    init(_ report: CheckReport) { self.report = report }

    var text: String {
        let totals: [(name: String, value: String)] = [
            ("tests", String(report.results.count)), ("failures", String(count(.failed))),
            ("errors", String(count(.broken))), ("skipped", String(count(.skipped))),
            ("time", time(report.results.reduce(0) { $0 + $1.seconds })),
        ]
        var suites = XML("testsuites", [("name", "vintage ci")] + totals)
        var suite = XML("testsuite", [("name", "vintage ci")] + totals)
        for result in report.results { suite.append(testCase(result)) }
        suites.append(suite)
        return suites.document
    }

    private func testCase(_ result: CheckResult) -> XML {
        var element = XML(
            "testcase",
            [("classname", "vintage.ci"), ("name", result.check.id), ("time", time(result.seconds))])
        let errors = result.findings.filter { result.severity(of: $0) == .error }
        let others = result.findings.filter { result.severity(of: $0) != .error }
        if let first = errors.first {
            let more = errors.count > 1 ? " (and \(errors.count - 1) more)" : ""
            let text = errors.map { "error: \($0.message)\n" }.joined() + "\n" + result.check.explanation + "\n"
            element.append(
                XML("failure", [("type", result.check.id), ("message", first.message + more)], text: text))
        }
        switch result.outcome {
        case .ran: break
        case .notApplicable(let reason): element.append(XML("skipped", [("message", reason)]))
        case .couldNotRun(let error):
            element.append(XML("error", [("type", result.check.id), ("message", "\(error)")], text: "\(error)"))
        }
        if !others.isEmpty {
            let text = others.map { "\(result.severity(of: $0)): \($0.message)\n" }.joined()
            element.append(XML("system-out", text: text))
        }
        return element
    }

    private func count(_ status: CheckResult.Status) -> Int { report.results.count { $0.status == status } }

    private func time(_ seconds: Double) -> String {
        let milliseconds = Int((seconds * 1000).rounded())
        let digits = String(milliseconds % 1000)
        return "\(milliseconds / 1000)." + String(repeating: "0", count: 3 - digits.count) + digits
    }
}
