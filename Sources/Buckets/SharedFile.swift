/// The files that Amazon's own tools keep keys and regions in, `~/.aws/credentials` and `~/.aws/config`.
///
/// The form: https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
struct SharedFile {
    private var sections: [String: [String: String]] = [:]

    /// Reads a file.
    ///
    /// - Parameter source: what messages call it.
    /// - Throws: ``BucketError/malformedCredentials(source:reason:)`` with the line.
    init(_ bytes: [UInt8], source: String) throws(BucketError) {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw .malformedCredentials(source: source, reason: "it is not UTF-8 text")
        }
        var section: String?
        for (number, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
            .enumerated()
        {
            let trimmed = Self.trimmed(line)
            guard let first = trimmed.first, first != "#", first != ";" else { continue }
            if first == "[" {
                guard let end = trimmed.firstIndex(of: "]") else {
                    throw .malformedCredentials(source: source, reason: "line \(number + 1) has no ']'")
                }
                let name = Self.trimmed(trimmed[trimmed.index(after: trimmed.startIndex)..<end])
                let prefix = "profile "
                section = name.hasPrefix(prefix) ? String(Self.trimmed(name.dropFirst(prefix.count))) : String(name)
                if let section, sections[section] == nil { sections[section] = [:] }
                continue
            }
            // A value that goes on, indented, is one of settings below a setting, of which none is needed here.
            if line.first == " " || line.first == "\t" { continue }
            guard let section, let equals = trimmed.firstIndex(of: "=") else {
                throw .malformedCredentials(
                    source: source, reason: "line \(number + 1) is neither '[profile]' nor 'key = value'")
            }
            sections[section]?[Self.trimmed(trimmed[..<equals]).lowercased()] =
                String(Self.trimmed(trimmed[trimmed.index(after: equals)...]))
        }
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while let first = text.first, first == " " || first == "\t" || first == "\r" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" || last == "\r" { text.removeLast() }
        return text
    }

    /// The settings of a profile; `nil` if there is none.
    subscript(profile: String) -> [String: String]? { sections[profile] }
}
