import TextFormats

extension LeakageReport {
    /// The report for scripts.
    package var json: JSONObject {
        var object = JSONObject()
        object["passed"] = .bool(violations.isEmpty)
        object["findings"] = JSON(findings) { .object($0.json) }
        object["waived"] = JSON(waived) { entry in
            var object = entry.finding.json
            object["reason"] = .string(entry.waiver.reason)
            object["expires"] = JSON(entry.waiver.expires)
            return .object(object)
        }
        object["notes"] = JSON(notes) { .string($0) }
        return object
    }
}

extension LeakageFinding {
    fileprivate var json: JSONObject {
        var object = JSONObject()
        object["rule"] = .string(rule.rawValue)
        object["severity"] = .string(severity.rawValue)
        object["service"] = JSON(service)
        object["subject"] = JSON(subject)
        object["message"] = .string(message)
        var values = JSONObject()
        for item in evidence { values[item.name] = .string(item.value) }
        object["evidence"] = .object(values)
        object["file"] = JSON(place.map { "\($0.file)" })
        object["line"] = place?.position.map { JSON($0.line) } ?? .null
        return object
    }
}

extension LeakageRule {
    /// The rule for scripts.
    package var json: JSONObject {
        var object = JSONObject()
        object["rule"] = .string(rawValue)
        object["severity"] = .string(severity.rawValue)
        object["title"] = .string(title)
        object["explanation"] = .string(explanation)
        return object
    }
}
