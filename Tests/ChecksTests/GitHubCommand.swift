/// A workflow command, read as GitHub's runner reads one, and strictly: what a runner would pass over is an error.
struct GitHubCommand: Equatable {
    let name: String
    let properties: [String: String]
    let message: String

    init?(parsing line: Substring) {
        guard line.hasPrefix("::"), let end = line.dropFirst(2).firstRange(of: "::") else { return nil }
        let head = line.dropFirst(2)[..<end.lowerBound]
        let words = head.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        guard let name = words.first, ["error", "warning", "notice"].contains(name), words.count == 2 else {
            return nil
        }
        var properties: [String: String] = [:]
        for pair in words[1].split(separator: ",", omittingEmptySubsequences: false) {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, ["file", "line", "title"].contains(parts[0]), properties[String(parts[0])] == nil,
                !parts[1].contains(":"), let value = Self.unescaped(parts[1], ["%25", "%0D", "%0A", "%3A", "%2C"])
            else { return nil }
            properties[String(parts[0])] = value
        }
        guard let message = Self.unescaped(line[end.upperBound...], ["%25", "%0D", "%0A"]) else { return nil }
        self.name = String(name)
        self.properties = properties
        self.message = message
    }

    private static func unescaped(_ text: Substring, _ known: Set<String>) -> String? {
        var rest = text.unicodeScalars[...]
        var result = String.UnicodeScalarView()
        while let scalar = rest.popFirst() {
            if scalar != "%" {
                result.append(scalar)
                continue
            }
            let escape = "%" + String(rest.prefix(2))
            guard known.contains(escape), let value = UInt32(escape.dropFirst(), radix: 16),
                let decoded = Unicode.Scalar(value)
            else { return nil }
            result.append(decoded)
            rest = rest.dropFirst(2)
        }
        return String(result)
    }
}
