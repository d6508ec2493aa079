import Yams

extension Configuration {
    /// The text of a file of settings with one of them changed, the rest kept as it is.
    ///
    /// The key's value is replaced where it stands; a new key goes to the end of its section, a new section to the end of
    /// the file. The result is parsed again and must say what the old text said, but for this key.
    ///
    /// - Parameters:
    ///   - name: The key's name, such as `gc.grace`.
    ///   - value: The value as a user writes it.
    ///   - text: The file's bytes; empty if there is no file.
    ///   - file: Which file it is, for messages.
    ///   - keys: The table of keys.
    /// - Throws: ``ConfigurationError`` for an unknown key, a value of the wrong type, a file that is not YAML, and one
    ///   that is written in a way that this cannot change.
    public static func setting(
        _ name: String, to value: String, in text: [UInt8], of file: ConfigurationSource, keys: [ConfigurationKey]
    ) throws(ConfigurationError) -> [UInt8] {
        guard let key = keys.first(where: { $0.name == name }) else {
            throw .unknownKey(name, .commandLine, nil, nearest: nearestName(to: name, among: keys.map(\.name)))
        }
        guard let value = key.type.parse(value) else {
            throw .invalidValue("'\(value)'", key: name, .commandLine, nil, expected: key.type.description)
        }
        let old = try ConfigurationFile(text, source: file)
        let path = name.split(separator: ".").map(String.init)
        // A new key comes first among those in braces, else last.
        let expected = [false, true].map { old.root.setting(path[...], to: value.description, newKeysFirst: $0) }
        guard let edited = old.edited(path, value.description),
            let new = try? ConfigurationFile(edited, source: file), let root = new.root, expected.contains(root)
        else { throw .cannotEdit(key: name, file) }
        return Array(edited.utf8)
    }
}

extension Node? {
    /// The document with the value at a path replaced or added.
    fileprivate func setting(_ path: ArraySlice<String>, to value: String, newKeysFirst: Bool) -> Node {
        guard let word = path.first else { return Node(value) }
        let mapping = self?.mapping ?? Node.Mapping([])
        var pairs = mapping.map { ($0.key, $0.value) }
        let index = pairs.firstIndex { $0.0 == Node(word) }
        let old = index.map { pairs[$0].1 }
        let new = old.setting(path.dropFirst(), to: value, newKeysFirst: newKeysFirst)
        if let index {
            pairs[index].1 = new
        } else {
            pairs.insert((Node(word), new), at: newKeysFirst ? 0 : pairs.count)
        }
        return .mapping(Node.Mapping(pairs, mapping.tag))
    }
}

extension ConfigurationFile {
    /// The text with a value replaced or added; `nil` if no way is seen. The caller checks what it means.
    fileprivate func edited(_ path: [String], _ value: String) -> String? {
        var lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map(Array.init)
        let isEdited =
            if let mapping = root?.mapping {
                Self.edit(&lines, mapping, isRoot: true, path[...], value)
            } else if root == nil || root?.isImplicitNull == true {
                Self.append(&lines, path[...], value)
            } else {
                false
            }
        guard isEdited else { return nil }
        var text = String.UnicodeScalarView()
        text.append(contentsOf: lines.joined(separator: ["\n"]))
        return String(text)
    }

    private typealias Lines = [[Unicode.Scalar]]

    private static func edit(
        _ lines: inout Lines, _ mapping: Node.Mapping, isRoot: Bool, _ path: ArraySlice<String>, _ value: String
    ) -> Bool {
        guard let word = path.first else { return false }
        let rest = path.dropFirst()
        guard let pair = mapping.first(where: { $0.key.scalar?.string == word }) else {
            if insertIntoBraces(&lines, mapping, path, value) { return true }
            if isRoot { return append(&lines, path, value) }
            guard let mark = mapping.first?.key.mark, let last = lastLine(of: .mapping(mapping)) else { return false }
            return insert(&lines, at: last, indent: mark.column - 1, path, value)
        }
        if rest.isEmpty { return replace(&lines, pair.value, with: value) }
        if let inner = pair.value.mapping { return edit(&lines, inner, isRoot: false, rest, value) }
        guard pair.value.isImplicitNull, let mark = pair.key.mark else { return false }
        return insert(&lines, at: mark.line, indent: mark.column + 1, rest, value)
    }

    /// Replaces a value that is written on one line.
    private static func replace(_ lines: inout Lines, _ node: Node, with value: String) -> Bool {
        guard let scalar = node.scalar, let mark = scalar.mark, lines.indices.contains(mark.line - 1) else {
            return false
        }
        let line = lines[mark.line - 1]
        let start = mark.column - 1
        guard start <= line.count else { return false }
        let written = line[start...]
        let end: Int?
        switch scalar.style {
        case .plain:
            end = written.starts(with: scalar.string.unicodeScalars) ? start + scalar.string.unicodeScalars.count : nil
        case .singleQuoted, .doubleQuoted:
            // The settings' own values hold no quotes; whatever else ends elsewhere is found when the result is checked.
            end = written.dropFirst().firstIndex { $0 == written.first }.map { $0 + 1 }
        default:
            end = nil
        }
        guard let end else { return false }
        let space: [Unicode.Scalar] = scalar.string.isEmpty && scalar.style == .plain ? [" "] : []
        lines[mark.line - 1].replaceSubrange(start..<end, with: space + Array(value.unicodeScalars))
        return true
    }

    /// Adds a key to a mapping in braces; tells whether it is one. (The style that Yams gives a mapping is always "any".)
    private static func insertIntoBraces(
        _ lines: inout Lines, _ mapping: Node.Mapping, _ path: ArraySlice<String>, _ value: String
    ) -> Bool {
        guard let mark = mapping.mark, lines.indices.contains(mark.line - 1),
            lines[mark.line - 1].dropFirst(mark.column - 1).first == "{"
        else { return false }
        let text =
            path.joined(separator: ": {") + ": " + value + String(repeating: "}", count: path.count - 1)
            + (mapping.isEmpty ? "" : ", ")
        lines[mark.line - 1].insert(contentsOf: text.unicodeScalars, at: mark.column)
        return true
    }

    private static func insert(
        _ lines: inout Lines, at line: Int, indent: Int, _ path: ArraySlice<String>, _ value: String
    ) -> Bool {
        guard line <= lines.count else { return false }
        lines.insert(contentsOf: block(indent: indent, path, value), at: line)
        return true
    }

    private static func append(_ lines: inout Lines, _ path: ArraySlice<String>, _ value: String) -> Bool {
        if lines.last?.isEmpty == true { lines.removeLast() }
        lines += block(indent: 0, path, value) + [[]]
        return true
    }

    /// The lines of a key in its sections.
    private static func block(indent: Int, _ path: ArraySlice<String>, _ value: String) -> Lines {
        path.enumerated().map { depth, word in
            let text = String(repeating: " ", count: indent + 2 * depth) + word + ":"
            return Array((depth == path.count - 1 ? text + " " + value : text).unicodeScalars)
        }
    }

    /// The line on which the last scalar of a node begins.
    private static func lastLine(of node: Node) -> Int? {
        let last: Node? =
            switch node {
            case .mapping(let mapping): Array(mapping.values).last
            case .sequence(let sequence): sequence.last
            case .scalar, .alias: nil
            }
        guard let last else { return node.mark?.line }
        return lastLine(of: last)
    }
}
