import FileSystem

/// A report as commands of GitHub Actions, a line each: `::error file=vintage.lock,line=3,title=lock-consistent::…`.
struct GitHubAnnotations {
    let report: CheckReport

    init(_ report: CheckReport) { self.report = report }

    var text: String {
        var lines: [String] = []
        for result in report.results {
            for finding in result.findings {
                let place = report.place(of: finding)
                let file = String(decoding: place.file.bytes, as: UTF8.self)
                var properties = [("file", file)]
                if let line = place.line { properties.append(("line", String(line))) }
                properties.append(("title", result.check.id))
                lines.append(Self.command(Self.name(result.severity(of: finding)), properties, finding.message))
            }
            if case .couldNotRun(let error) = result.outcome {
                lines.append(Self.command("error", [("title", result.check.id)], "could not tell: \(error)"))
            }
        }
        return lines.map { $0 + "\n" }.joined()
    }

    private static func name(_ severity: CheckSeverity) -> String {
        switch severity {
        case .note: "notice"
        case .warning: "warning"
        case .error: "error"
        }
    }

    private static func command(
        _ name: String, _ properties: [(name: String, value: String)], _ message: String
    ) -> String {
        let list = properties.map { "\($0.name)=\(escaped($0.value, also: ":,"))" }.joined(separator: ",")
        return "::\(name) \(list)::\(escaped(message, also: ""))"
    }

    /// The runner undoes exactly these escapes.
    private static func escaped(_ text: String, also others: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            if scalar == "%" || scalar == "\r" || scalar == "\n" || others.unicodeScalars.contains(scalar) {
                let digits = String(scalar.value, radix: 16, uppercase: true)
                escaped += "%" + (digits.count < 2 ? "0" : "") + digits
            } else {
                escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
