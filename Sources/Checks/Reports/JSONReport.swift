import FileSystem
import TextFormats

/// A report as JSON, of the form that `Docs/schemas/ci-report.json` describes.
struct JSONReport {
    let report: CheckReport
    let version: String

    init(_ report: CheckReport, version: String) {
        self.report = report
        self.version = version
    }

    var text: String {
        var object = JSONObject()
        object["format"] = .string("vintage-ci-report")
        object["version"] = JSON(1)
        object["vintage"] = .string(version)
        object["passed"] = .bool(report.exitStatus == .done)
        var counts = JSONObject()
        counts["error"] = JSON(report.count(.error))
        counts["warning"] = JSON(report.count(.warning))
        counts["note"] = JSON(report.count(.note))
        object["counts"] = .object(counts)
        object["checks"] = JSON(report.results) { check($0) }
        return JSON.object(object).text + "\n"
    }

    private func check(_ result: CheckResult) -> JSON {
        var object = JSONObject()
        object["id"] = .string(result.check.id)
        object["title"] = .string(result.check.title)
        object["severity"] = .string(result.check.severity.rawValue)
        object["status"] = .string(result.status.rawValue)
        switch result.outcome {
        case .ran: object["reason"] = .null
        case .notApplicable(let reason): object["reason"] = .string(reason)
        case .couldNotRun(let error): object["reason"] = .string("\(error)")
        }
        object["seconds"] = JSON(result.seconds)
        object["findings"] = JSON(result.findings) { finding in
            var object = JSONObject()
            object["severity"] = .string(result.severity(of: finding).rawValue)
            object["message"] = .string(finding.message)
            Self.add(finding.artifact, as: "artifact", to: &object)
            Self.add(finding.file, as: "file", to: &object)
            object["line"] = finding.line.map { JSON($0) } ?? .null
            return .object(object)
        }
        return .object(object)
    }

    /// Adds a path as text; where it is no UTF-8, also its bytes in Base64.
    private static func add(_ path: RelativePath?, as key: String, to object: inout JSONObject) {
        object[key] = path.map { .string(String(decoding: $0.bytes, as: UTF8.self)) } ?? .null
        if let path, String(validating: path.bytes, as: UTF8.self) == nil {
            object[key + "_bytes"] = .string(base64(path.bytes))
        }
    }
}
