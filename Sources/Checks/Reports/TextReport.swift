/// A report for people: a line a check, its findings below it, and a verdict.
///
///     ok    lock-valid        vintage.lock can be read
///     FAIL  lock-consistent   The working files are what vintage.lock says
///           error: data/flights/01.csv was changed and not added; run …
///     FAIL  leakage           No feature and no training set knows the future
///           error: features/flights.yaml:31: label-derived: …
public struct TextReport {
    /// Gives a word the look of a status, such as a colour.
    public typealias Style = (_ word: String, _ status: CheckResult.Status) -> String

    private let report: CheckReport
    private let style: Style

    /// Prepares a report.
    public init(_ report: CheckReport, style: @escaping Style = { word, _ in word }) {
        self.report = report
        self.style = style
    }

    /// The report, with a line feed at its end.
    public var text: String {
        let width = report.results.map(\.check.id.count).max() ?? 0
        var lines: [String] = []
        for result in report.results {
            let id = result.check.id + String(repeating: " ", count: width - result.check.id.count)
            let word = Self.word(result.status)
            let padding = String(repeating: " ", count: 4 - word.count)
            lines.append("\(style(word, result.status))\(padding)  \(id)  \(Self.summary(result))")
            for finding in result.findings {
                lines.append("      \(result.severity(of: finding)): \(Self.oneLine(Self.placed(finding)))")
            }
        }
        lines.append(verdict)
        return lines.map { $0 + "\n" }.joined()
    }

    /// What the checks came to, in one line.
    public var verdict: String {
        let counts = report.results.reduce(into: [CheckResult.Status: Int]()) { $0[$1.status, default: 0] += 1 }
        let ran = report.results.count - (counts[.skipped] ?? 0)
        let parts = [
            (report.count(.error), "error"), (report.count(.warning), "warning"), (report.count(.note), "note"),
        ]
        var found = parts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)\($0.0 == 1 ? "" : "s")" }
        if let broken = counts[.broken] { found.append("\(broken) \(broken == 1 ? "check" : "checks") could not run") }
        let verdict = found.isEmpty ? "nothing found" : found.joined(separator: ", ")
        return "\(ran) \(ran == 1 ? "check" : "checks"): \(verdict)"
    }

    private static func word(_ status: CheckResult.Status) -> String {
        switch status {
        case .passed: "ok"
        case .warned: "warn"
        case .failed: "FAIL"
        case .skipped: "skip"
        case .broken: "????"
        }
    }

    private static func summary(_ result: CheckResult) -> String {
        switch result.outcome {
        case .ran: result.check.title
        case .notApplicable(let reason): "\(result.check.title): not applicable, \(reason)"
        case .couldNotRun(let error): "\(result.check.title): could not tell: \(oneLine("\(error)"))"
        }
    }

    /// The message after the file and line, as editors and terminals open them, unless it names the file itself.
    private static func placed(_ finding: Finding) -> String {
        guard let file = finding.file, let line = finding.line, !finding.message.contains("\(file)") else {
            return finding.message
        }
        return "\(file):\(line): \(finding.message)"
    }

    private static func oneLine(_ text: String) -> String {
        text.split(whereSeparator: \.isNewline).joined(separator: " ")
    }
}
