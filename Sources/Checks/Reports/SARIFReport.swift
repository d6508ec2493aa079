import FileSystem
import ObjectStore
import TextFormats

/// A report as SARIF 2.1.0: a rule for each check, a result for each finding.
struct SARIFReport {
    let report: CheckReport
    let version: String

    init(_ report: CheckReport, version: String) {
        self.report = report
        self.version = version
    }

    private static let schema =
        "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

    var text: String {
        var run = JSONObject()
        run["tool"] = JSON(members: [("driver", driver)])
        run["invocations"] = .array([invocation])
        run["results"] = .array(
            report.results.enumerated().flatMap { index, result in
                result.findings.map { self.result($0, of: result, ruleIndex: index) }
            })
        // Names count in Unicode code points, as lines do in the files that are named.
        run["columnKind"] = .string("unicodeCodePoints")
        let log = JSON(members: [
            ("$schema", .string(Self.schema)), ("version", .string("2.1.0")), ("runs", .array([.object(run)])),
        ])
        return log.text + "\n"
    }

    private var driver: JSON {
        JSON(members: [
            ("name", .string("vintage")), ("semanticVersion", .string(version)),
            (
                "rules",
                JSON(report.results) { result in
                    JSON(members: [
                        ("id", .string(result.check.id)),
                        ("shortDescription", Self.message(result.check.title)),
                        ("fullDescription", Self.message(result.check.explanation)),
                        ("help", Self.message(result.check.explanation)),
                        ("defaultConfiguration", JSON(members: [("level", .string(result.check.severity.rawValue))])),
                    ])
                }
            ),
        ])
    }

    /// Whether all checks could run, and why those did not that could not.
    private var invocation: JSON {
        let broken = report.results.enumerated().compactMap { index, result -> JSON? in
            guard case .couldNotRun(let error) = result.outcome else { return nil }
            return JSON(members: [
                ("level", .string("error")), ("message", Self.message("\(error)")),
                (
                    "associatedRule",
                    JSON(members: [("id", .string(result.check.id)), ("index", JSON(index))])
                ),
            ])
        }
        return JSON(members: [
            ("executionSuccessful", .bool(broken.isEmpty)), ("toolExecutionNotifications", .array(broken)),
        ])
    }

    private func result(_ finding: Finding, of result: CheckResult, ruleIndex: Int) -> JSON {
        let place = report.place(of: finding)
        let location = JSON(members: [
            (
                "artifactLocation",
                JSON(members: [
                    ("uri", .string(relativeReference(place.file.bytes))), ("uriBaseId", .string("%SRCROOT%")),
                ])
            ),
            ("region", JSON(members: [("startLine", JSON(place.line ?? 1))])),
        ])
        // The same finding keeps its fingerprint when lines move.
        let identity = [result.check.id, finding.artifact?.description ?? "", finding.file?.description ?? ""]
        let fingerprint = ObjectID(of: Array(identity.joined(separator: "\n").utf8)).description
        return JSON(members: [
            ("ruleId", .string(result.check.id)), ("ruleIndex", JSON(ruleIndex)),
            ("level", .string(result.severity(of: finding).rawValue)), ("message", Self.message(finding.message)),
            ("locations", .array([JSON(members: [("physicalLocation", location)])])),
            ("partialFingerprints", JSON(members: [("vintageFinding/v1", .string(fingerprint))])),
        ])
    }

    private static func message(_ text: String) -> JSON { JSON(members: [("text", .string(text))]) }
}

extension JSON {
    /// An object of members in order.
    fileprivate init(members: [(key: String, value: JSON)]) {
        var object = JSONObject()
        for (key, value) in members { object[key] = value }
        self = .object(object)
    }
}
