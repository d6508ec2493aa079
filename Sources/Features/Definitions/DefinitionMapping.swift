import FileSystem
import Yams

import func Workspace.nearestName
import struct Workspace.TimeSpan

/// The keys and values of one definition, each read as what it should be; what is wrong is collected.
final class DefinitionMapping {
    /// What it is, for messages: "the view 'weather'".
    let what: String
    /// Where its values are.
    private(set) var texts: DefinitionTexts
    private let file: DefinitionFile
    private let problems: DefinitionProblems
    private var values: [String: Node] = [:]

    /// Takes a mapping; `nil` if it is none, or lacks a key that it needs.
    init?(
        _ node: Node, what: String, place: DefinitionPlace, keys: [String], required: [String], file: DefinitionFile,
        problems: DefinitionProblems
    ) {
        self.what = what
        self.file = file
        self.problems = problems
        texts = DefinitionTexts(place)
        guard let mapping = node.mapping else {
            problems.add(
                .invalidValue(node.shown, key: what, expected: "keys and values"), at: file.place(node.mark))
            return nil
        }
        for (keyNode, value) in mapping {
            let keyPlace = file.place(keyNode.mark)
            guard let key = keyNode.scalar?.string else {
                problems.add(.invalidValue(keyNode.shown, key: what, expected: "keys that are words"), at: keyPlace)
                continue
            }
            guard keys.contains(key) else {
                problems.add(.unknownKey(key, in: what, nearest: nearestName(to: key, among: keys)), at: keyPlace)
                continue
            }
            values[key] = value
            texts.set(key, file.place(value.mark), characters: [])
        }
        var isComplete = true
        for key in required where values[key] == nil {
            problems.add(.missingKey(key, in: what), at: place)
            isComplete = false
        }
        if !isComplete { return nil }
    }

    /// Whether a key is there.
    func has(_ key: String) -> Bool { values[key] != nil }

    /// The value of a key as it stands.
    func node(_ key: String) -> Node? { values[key] }

    func wrong(_ key: String, expected: String, at node: Node? = nil) {
        guard let node = node ?? values[key] else { return }
        problems.add(.invalidValue(node.shown, key: key, expected: expected), at: file.place(node.mark))
    }

    private func scalar(_ node: Node, _ key: String, expected: String) -> Node.Scalar? {
        if let scalar = node.scalar, !node.isNothing { return scalar }
        wrong(key, expected: expected, at: node)
        return nil
    }

    // MARK: Single values

    /// Free text.
    func text(_ key: String, expected: String = "a text") -> String? {
        values[key].flatMap { scalar($0, key, expected: expected)?.string }
    }

    /// A name.
    func name(_ key: String, expected: String = "a name") -> String? {
        guard let text = text(key, expected: expected) else { return nil }
        if text.isDefinitionName { return text }
        problems.add(.invalidName(text, of: "'\(key)'"), at: texts.place(key))
        return nil
    }

    /// A span of time.
    func span(_ key: String, allowsZero: Bool = true) -> TimeSpan? {
        guard let node = values[key] else { return nil }
        return span(node, key, allowsZero: allowsZero)?.span
    }

    /// One of some words.
    func choice<Choice: RawRepresentable<String> & CaseIterable>(_ key: String, _ type: Choice.Type) -> Choice? {
        guard let text = text(key) else { return nil }
        if let choice = Choice(rawValue: text) { return choice }
        wrong(key, expected: Choice.allCases.map(\.rawValue).joined(separator: " or "))
        return nil
    }

    /// An expression.
    func expression(_ key: String) -> Expression? {
        guard let node = values[key] else { return nil }
        return parse(node, key) { (text) throws(ExpressionError) in try Expression(parsing: text) }
    }

    /// What a feature is made of.
    func featureValue(_ key: String) -> FeatureValue? {
        guard let node = values[key] else { return nil }
        return parse(node, key) { (text) throws(ExpressionError) in try FeatureValue(parsing: text) }
    }

    /// Reads an expression, and remembers where its characters are.
    func parse<Value>(
        _ node: Node, _ key: String, _ body: (String) throws(ExpressionError) -> Value
    ) -> Value? {
        guard let scalar = scalar(node, key, expected: "an expression") else { return nil }
        texts.set(key, file.place(scalar.mark), characters: file.positions(of: scalar))
        do {
            return try body(scalar.string)
        } catch {
            problems.add(.expression(error.problem), at: texts.place(key, offset: error.offset))
            return nil
        }
    }

    // MARK: Lists

    /// A list of texts, each once.
    func list(_ key: String, expected: String = "a list of columns") -> [String]? {
        guard let node = values[key] else { return nil }
        guard let sequence = node.sequence, !sequence.isEmpty else {
            wrong(key, expected: expected)
            return nil
        }
        var list: [String] = []
        for item in sequence {
            guard let text = scalar(item, key, expected: expected)?.string else { continue }
            if list.contains(text) {
                problems.add(.repeated(text, in: "'\(key)' of \(what)"), at: file.place(item.mark))
            }
            texts.set("\(key).\(text)", file.place(item.mark))
            list.append(text)
        }
        return list
    }

    /// Windows, none of them nothing and none twice.
    func windows(_ key: String) -> [Window]? {
        guard let node = values[key] else { return nil }
        guard let sequence = node.sequence, !sequence.isEmpty else {
            wrong(key, expected: "a list of spans of time, as [1h, 24h]")
            return nil
        }
        var windows: [Window] = []
        for item in sequence {
            guard let window = span(item, key, allowsZero: false) else { continue }
            if windows.contains(where: { $0.span == window.span }) {
                problems.add(.repeated(window.text, in: "'\(key)' of \(what)"), at: file.place(item.mark))
            }
            windows.append(window)
        }
        return windows
    }

    private func span(_ node: Node, _ key: String, allowsZero: Bool) -> Window? {
        let expected = "a span of time\(allowsZero ? "" : " longer than 0s"), as 90s, 30m, 24h or 7d"
        guard let text = scalar(node, key, expected: expected)?.string else { return nil }
        if let span = TimeSpan(parsing: text), allowsZero || span.seconds > 0 { return Window(span: span, text: text) }
        wrong(key, expected: expected, at: node)
        return nil
    }

    /// The members of a mapping, with the places of their names.
    func members(_ key: String, expected: String) -> [(name: String, place: DefinitionPlace, node: Node)]? {
        guard let node = values[key] else { return nil }
        guard let mapping = node.mapping else {
            wrong(key, expected: expected)
            return nil
        }
        return mapping.compactMap { keyNode, value in
            let place = file.place(keyNode.mark)
            guard let name = keyNode.scalar?.string, !name.isEmpty else {
                wrong(key, expected: expected, at: keyNode)
                return nil
            }
            texts.set("\(key).\(name)", place)
            return (name, place, value)
        }
    }

    /// A mapping of texts to texts; each value's place is under `key.name.value`.
    func pairs(_ key: String, expected: String) -> [(name: String, value: String)]? {
        members(key, expected: expected)?.compactMap { name, _, node in
            guard let text = scalar(node, key, expected: expected)?.string else { return nil }
            texts.set("\(key).\(name).value", file.place(node.mark))
            return (name, text)
        }
    }
}

/// What is wrong, as it is found.
final class DefinitionProblems {
    private(set) var all: [DefinitionProblem] = []

    func add(_ kind: DefinitionProblem.Kind, at place: DefinitionPlace) {
        all.append(DefinitionProblem(kind, at: place))
    }

    func add(_ problem: DefinitionProblem) { all.append(problem) }
}

extension String {
    /// Whether it is a letter or `_`, then letters, digits and `_`, all of ASCII.
    var isDefinitionName: Bool {
        guard let first = utf8.first, !(0x30...0x39).contains(first) else { return false }
        return utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte) || byte == 0x5f
        }
    }
}
