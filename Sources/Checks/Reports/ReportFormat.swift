/// How a report is written.
public enum ReportFormat: String, CaseIterable, Sendable {
    /// Lines for people.
    case text
    /// JSON, as `Docs/schemas/ci-report.json` says.
    case json
    /// JUnit XML, which most CI servers show.
    case junit
    /// SARIF 2.1.0, which code scanning shows.
    case sarif
    /// Commands that GitHub Actions turn into annotations.
    case github

    /// Writes a report, with a line feed at its end.
    ///
    /// - Parameter version: the version of `vintage`.
    public func write(_ report: CheckReport, version: String) -> String {
        switch self {
        case .text: TextReport(report).text
        case .json: JSONReport(report, version: version).text
        case .junit: JUnitReport(report).text
        case .sarif: SARIFReport(report, version: version).text
        case .github: GitHubAnnotations(report).text
        }
    }
}

extension CheckResult {
    /// How long the check took, in seconds to the millisecond.
    var seconds: Double {
        let parts = duration.components
        return (Double(parts.seconds) * 1000 + (Double(parts.attoseconds) / 1e15).rounded()) / 1000
    }
}
