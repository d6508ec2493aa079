import Yams

// The section `remotes`, whose keys are names that users choose.
extension ConfigurationFile {
    /// The name of the section.
    static let remotesSection = "remotes"
    private static let urlKey = "url"
    private static let defaultKey = "default"

    /// The remotes that the file names, in its order.
    ///
    /// - Throws: ``ConfigurationError`` with line and column for a name, a key or a value that cannot be.
    func remotes() throws(ConfigurationError) -> [RemoteSetting] {
        guard let section = root?.mapping?.first(where: { $0.key.scalar?.string == Self.remotesSection })?.value,
            !section.isImplicitNull
        else { return [] }
        guard let mapping = section.mapping else {
            throw .invalidValue(
                section.shownSetting, key: Self.remotesSection, source, section.position,
                expected: "a section of names, each with a path or a URL")
        }
        var remotes: [RemoteSetting] = []
        for (key, value) in mapping {
            let name = key.scalar?.string ?? ""
            guard RemoteSetting.isValid(name: name) else {
                throw .invalidValue(
                    "'\(name)'", key: Self.remotesSection, source, key.position,
                    expected: "names of letters, digits, - and _")
            }
            remotes.append(try remote(name, value))
        }
        return remotes
    }

    private func remote(_ name: String, _ value: Node) throws(ConfigurationError) -> RemoteSetting {
        let key = "\(Self.remotesSection).\(name)"
        guard let mapping = value.mapping else {
            return RemoteSetting(name: name, url: try url(value, key), source: source)
        }
        var remote = RemoteSetting(name: name, url: "", source: source)
        for (inner, value) in mapping {
            let word = inner.scalar?.string ?? ""
            switch word {
            case Self.urlKey: remote.url = try url(value, "\(key).\(word)")
            case Self.defaultKey:
                guard let isDefault = value.bool else {
                    throw .invalidValue(
                        value.shownSetting, key: "\(key).\(word)", source, value.position, expected: "true or false")
                }
                remote.isDefault = isDefault
            default:
                let nearest = nearestName(to: word, among: [Self.urlKey, Self.defaultKey]).map { "\(key).\($0)" }
                throw .unknownKey("\(key).\(word)", source, inner.position, nearest: nearest)
            }
        }
        if remote.url.isEmpty {
            throw .invalidValue(
                "a section without 'url'", key: key, source, value.position, expected: "a path or a URL")
        }
        return remote
    }

    private func url(_ value: Node, _ key: String) throws(ConfigurationError) -> String {
        guard let text = value.scalar?.string, !text.isEmpty, !text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f })
        else {
            throw .invalidValue(value.shownSetting, key: key, source, value.position, expected: "a path or a URL")
        }
        return text
    }
}

extension Configuration {
    /// The remotes that `vintage.yaml` names, before there is a workspace.
    public static func remotes(shared: [UInt8]?) throws(ConfigurationError) -> [RemoteSetting] {
        try ConfigurationFile(shared ?? [], source: .shared).remotes()
    }

    /// The text of a file of settings with a remote added, changed or removed, the rest kept as it is.
    ///
    /// The result is parsed again and must say what the old text said, but for this remote.
    ///
    /// - Parameters:
    ///   - remote: the remote as it is to be; `nil` to remove it.
    ///   - name: its name.
    ///   - text: the file's bytes; empty if there is no file.
    ///   - file: which file it is, for messages.
    /// - Throws: ``ConfigurationError`` for a file that is not YAML, or that is written in a way that this cannot change.
    public static func setting(
        _ remote: RemoteSetting?, named name: String, in text: [UInt8], of file: ConfigurationSource
    ) throws(ConfigurationError) -> [UInt8] {
        let old = try ConfigurationFile(text, source: file)
        var expected = try old.remotes()
        if let index = expected.firstIndex(where: { $0.name == name }) {
            if let remote { expected[index] = remote } else { expected.remove(at: index) }
        } else if let remote {
            expected.append(remote)
        }
        guard let edited = old.replacingRemote(name, with: remote, isLast: expected.isEmpty),
            let new = try? ConfigurationFile(edited, source: file), (try? new.remotes()) == expected,
            new.otherSections == old.otherSections
        else { throw .cannotEdit(key: "\(ConfigurationFile.remotesSection).\(name)", file) }
        return Array(edited.utf8)
    }
}

extension ConfigurationFile {
    /// What the file says of everything but remotes.
    fileprivate var otherSections: [Node: Node] {
        var sections: [Node: Node] = [:]
        for (key, value) in root?.mapping ?? [:] where key.scalar?.string != Self.remotesSection {
            sections[key] = value
        }
        return sections
    }

    /// The text with the lines of a remote replaced; `nil` if no way is seen. The caller checks what it means.
    fileprivate func replacingRemote(_ name: String, with remote: RemoteSetting?, isLast: Bool) -> String? {
        var lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
            .map { String(Substring($0)) }
        let section = root?.mapping?.first { $0.key.scalar?.string == Self.remotesSection }
        guard let section else {
            guard root == nil || root?.isImplicitNull == true || root?.mapping != nil else { return nil }
            if lines.last?.isEmpty == true { lines.removeLast() }
            lines += ["\(Self.remotesSection):"] + Self.lines(remote, indent: "  ") + [""]
            return lines.joined(separator: "\n")
        }
        guard let start = section.key.position?.line else { return nil }
        guard let mapping = section.value.mapping, let first = mapping.first, let column = first.key.position?.column
        else {
            guard section.value.isImplicitNull else { return nil }
            lines.insert(contentsOf: Self.lines(remote, indent: "  "), at: start)
            return lines.joined(separator: "\n")
        }
        let indent = String(repeating: " ", count: column - 1)
        if let entry = mapping.first(where: { $0.key.scalar?.string == name }) {
            guard let line = entry.key.position?.line, let last = Self.lastLine(of: entry.value), line <= last,
                last <= lines.count
            else { return nil }
            // Without its last entry the section says nothing.
            let begin = isLast ? start : line
            lines.replaceSubrange((begin - 1)..<last, with: Self.lines(remote, indent: indent))
        } else {
            guard let last = Self.lastLine(of: section.value), last <= lines.count else { return nil }
            lines.insert(contentsOf: Self.lines(remote, indent: indent), at: last)
        }
        return lines.joined(separator: "\n")
    }

    private static func lines(_ remote: RemoteSetting?, indent: String) -> [String] {
        guard let remote else { return [] }
        let url = quoted(remote.url)
        if !remote.isDefault { return ["\(indent)\(remote.name): \(url)"] }
        return [
            "\(indent)\(remote.name):", "\(indent)  \(urlKey): \(url)", "\(indent)  \(defaultKey): true",
        ]
    }

    /// A text as YAML: plain where that is certain to mean the same.
    private static func quoted(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { byte in
            (0x61...0x7a).contains(byte | 0x20) || (0x30...0x39).contains(byte) || "/._-".utf8.contains(byte)
        }
        let first = text.utf8.first
        if isPlain, text.contains("/"), first == UInt8(ascii: "/") || first == UInt8(ascii: ".") { return text }
        let escaped = text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        return "\"\(escaped)\""
    }

    /// The line on which the last scalar of a node begins.
    private static func lastLine(of node: Node) -> Int? {
        guard let mapping = node.mapping else { return node.position?.line }
        return Array(mapping.values).last.flatMap { lastLine(of: $0) } ?? node.position?.line
    }
}
