import Yams

/// A file of settings: YAML whose mappings are the sections of the keys' names.
struct ConfigurationFile {
    let source: ConfigurationSource
    let text: String
    /// The document; `nil` if it is empty.
    let root: Node?

    /// Parses a file.
    init(_ bytes: [UInt8], source: ConfigurationSource) throws(ConfigurationError) {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw .invalidSyntax(source, nil, problem: "the file is not UTF-8 text")
        }
        try self.init(text, source: source)
    }

    init(_ text: String, source: ConfigurationSource) throws(ConfigurationError) {
        self.source = source
        self.text = text
        do {
            root = try compose(yaml: text)
        } catch let error as YamlError {
            throw Self.described(error, source)
        } catch {
            throw .invalidSyntax(source, nil, problem: "\(error)")
        }
    }

    private static func described(_ error: YamlError, _ source: ConfigurationSource) -> ConfigurationError {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            .invalidSyntax(source, TextPosition(mark), problem: problem)
        case .duplicatedKeysInMapping(let names, let context):
            .invalidSyntax(
                source, TextPosition(context.mark),
                problem: "the key \(names.map { "'\($0)'" }.joined(separator: ", ")) is there twice")
        case .reader(let problem, _, _, _):
            .invalidSyntax(source, nil, problem: problem)
        default:
            .invalidSyntax(source, nil, problem: "it cannot be read")
        }
    }

    /// The values that the file sets, by the names of their keys.
    ///
    /// - Throws: ``ConfigurationError`` for a key that is not in the table, or a value of the wrong type.
    func values(of keys: [ConfigurationKey]) throws(ConfigurationError) -> [(name: String, value: ConfigurationValue)] {
        guard let root, !root.isImplicitNull else { return [] }
        guard let mapping = root.mapping else {
            throw .invalidSyntax(source, root.position, problem: "the file must hold keys and values")
        }
        var values: [(name: String, value: ConfigurationValue)] = []
        try read(mapping, section: "", keys: keys, into: &values)
        return values
    }

    private func read(
        _ mapping: Node.Mapping, section: String, keys: [ConfigurationKey],
        into values: inout [(name: String, value: ConfigurationValue)]
    ) throws(ConfigurationError) {
        for (keyNode, valueNode) in mapping {
            let position = keyNode.position
            guard let word = keyNode.scalar?.string else {
                throw .invalidSyntax(source, position, problem: "a key must be a word")
            }
            let name = section + word
            if name == Self.remotesSection { continue }
            if let key = keys.first(where: { $0.name == name && !word.contains(".") }) {
                values.append((name, try read(valueNode, of: key)))
            } else if keys.contains(where: { $0.name.hasPrefix(name + ".") }) {
                if valueNode.isImplicitNull { continue }
                guard let inner = valueNode.mapping else {
                    throw .invalidValue(
                        valueNode.shownSetting, key: name, source, valueNode.position, expected: "a section of keys")
                }
                try read(inner, section: name + ".", keys: keys, into: &values)
            } else {
                throw unknownKey(name, word: word, position: position, keys: keys)
            }
        }
    }

    private func read(_ node: Node, of key: ConfigurationKey) throws(ConfigurationError) -> ConfigurationValue {
        // Quotes make a number text.
        var isRightKind = node.scalar != nil
        switch key.type {
        case .integer, .boolean: isRightKind = node.scalar?.style == .plain
        case .duration, .choice, .size, .place: break
        }
        guard isRightKind, let text = node.scalar?.string, let value = key.type.parse(text) else {
            throw .invalidValue(
                node.shownSetting, key: key.name, source, node.position, expected: key.type.description)
        }
        return value
    }

    private func unknownKey(
        _ name: String, word: String, position: TextPosition?, keys: [ConfigurationKey]
    ) -> ConfigurationError {
        if word.contains("."), keys.contains(where: { $0.name == name }) {
            return .invalidSyntax(
                source, position, problem: "write '\(name)' as a section with a key, each on a line of its own")
        }
        // A section may be misspelt as well as a key, and a key may stand outside its section.
        let sections = keys.flatMap { key in
            key.name.indices.filter { key.name[$0] == "." }.map { String(key.name[..<$0]) }
        }
        let nearest =
            nearestName(to: name, among: keys.map(\.name) + sections + [Self.remotesSection])
            ?? keys.first { $0.name.hasSuffix("." + word) }?.name
        return .unknownKey(name, source, position, nearest: nearest)
    }
}

extension Node {
    /// Whether nothing is written where the value would be.
    var isImplicitNull: Bool {
        guard let scalar else { return false }
        return scalar.style == .plain && scalar.string.isEmpty
    }

    /// The value as part of a message, in the words of a configuration.
    var shownSetting: String {
        switch self {
        case .scalar(let scalar) where scalar.string.isEmpty: "empty"
        case .scalar(let scalar) where scalar.style == .plain: "'\(scalar.string)'"
        case .scalar: "quoted text"
        case .mapping: "a section"
        case .sequence: "a list"
        case .alias: "an alias"
        }
    }
}
