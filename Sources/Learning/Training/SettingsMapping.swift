import Yams

import func Workspace.nearestName
import struct Workspace.TextPosition

/// The keys and values of a part of a settings file, each read as what it should be.
struct SettingsMapping {
    /// What it is, for messages: "'optimizer'".
    private let what: String
    private let file: String
    private let mark: Mark?
    private var values: [String: Node] = [:]

    /// Reads a file.
    ///
    /// - Throws: ``LearningError/settings(file:position:problem:)`` for what is no YAML, or has other keys.
    init(_ bytes: [UInt8], file: String, keys: [String]) throws(LearningError) {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw .settings(file: file, position: nil, problem: "the file is not UTF-8 text")
        }
        let root: Node?
        do {
            root = try compose(yaml: text)
        } catch let error as YamlError {
            throw Self.described(error, file)
        } catch {
            throw .settings(file: file, position: nil, problem: "not valid YAML: \(error)")
        }
        guard let root else { throw .settings(file: file, position: nil, problem: "the file is empty") }
        try self.init(root, what: "the settings", file: file, keys: keys)
    }

    private init(_ node: Node, what: String, file: String, keys: [String]) throws(LearningError) {
        (self.what, self.file, mark) = (what, file, node.mark)
        guard let mapping = node.mapping else {
            throw .settings(
                file: file, position: node.position,
                problem: "\(what) must be keys and values, not \(node.shown)")
        }
        for (keyNode, value) in mapping {
            let key = keyNode.scalar?.string ?? ""
            guard keys.contains(key) else {
                let advice = nearestName(to: key, among: keys).map { "did you mean '\($0)'?" }
                throw .settings(
                    file: file, position: keyNode.position,
                    problem: "\(what) \(what == "the settings" ? "have" : "has") no key '\(key)'; "
                        + (advice ?? "Docs/training.md lists the keys"))
            }
            values[key] = value
        }
    }

    private static func described(_ error: YamlError, _ file: String) -> LearningError {
        switch error {
        case .scanner(_, let text, let mark, _), .parser(_, let text, let mark, _), .composer(_, let text, let mark, _):
            .settings(file: file, position: TextPosition(mark), problem: "not valid YAML: \(text)")
        case .duplicatedKeysInMapping(let names, let context):
            .settings(
                file: file, position: TextPosition(context.mark),
                problem: "the key '\(names.min() ?? "")' is there twice")
        default: .settings(file: file, position: nil, problem: "not valid YAML")
        }
    }

    /// Whether a key is there.
    func has(_ key: String) -> Bool { values[key] != nil }

    /// An error at the value of a key, or where the mapping begins.
    func failure(_ key: String?, _ problem: String) -> LearningError {
        let place = key.flatMap { values[$0]?.mark } ?? mark
        return .settings(file: file, position: place.map(TextPosition.init), problem: problem)
    }

    private func wrong(_ key: String, _ expected: String, _ node: Node) -> LearningError {
        .settings(
            file: file, position: node.position,
            problem: "'\(key)' must be \(expected), not \(node.shown)")
    }

    private func scalar(_ key: String, _ expected: String) throws(LearningError) -> String? {
        guard let node = values[key] else { return nil }
        guard let scalar = node.scalar, !node.isNothing else { throw wrong(key, expected, node) }
        return scalar.string
    }

    // MARK: Values

    /// A text.
    func text(_ key: String, _ expected: String = "a text") throws(LearningError) -> String? {
        try scalar(key, expected)
    }

    /// A whole number within a range.
    func integer(_ key: String, in range: ClosedRange<Int>) throws(LearningError) -> Int? {
        let expected =
            "a whole number from \(range.lowerBound)"
            + (range.upperBound == .max ? "" : " to \(range.upperBound)")
        guard let text = try scalar(key, expected), let node = values[key] else { return nil }
        guard let number = Int(text), range.contains(number) else { throw wrong(key, expected, node) }
        return number
    }

    /// A number that fits a condition.
    func number(
        _ key: String, _ expected: String, where isRight: (Double) -> Bool
    ) throws(LearningError) -> Double? {
        guard let text = try scalar(key, expected), let node = values[key] else { return nil }
        guard let number = Double(text), number.isFinite, isRight(number) else { throw wrong(key, expected, node) }
        return number
    }

    /// True or false.
    func flag(_ key: String) throws(LearningError) -> Bool? {
        guard let text = try scalar(key, "true or false"), let node = values[key] else { return nil }
        switch text {
        case "true": return true
        case "false": return false
        default: throw wrong(key, "true or false", node)
        }
    }

    /// One of some words.
    func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ key: String, _: Choice.Type
    ) throws(LearningError) -> Choice? {
        let names = Choice.allCases.map(\.rawValue)
        let expected = names.dropLast().joined(separator: ", ") + " or \(names.last ?? "")"
        guard let text = try scalar(key, expected), let node = values[key] else { return nil }
        guard let choice = Choice(rawValue: text) else { throw wrong(key, expected, node) }
        return choice
    }

    /// A list of texts, each once unless it may repeat.
    func list(_ key: String, _ expected: String, repeats: Bool = false) throws(LearningError) -> [String]? {
        guard let node = values[key] else { return nil }
        guard let sequence = node.sequence else { throw wrong(key, expected, node) }
        var list: [String] = []
        for item in sequence {
            guard let text = item.scalar?.string, !item.isNothing else { throw wrong(key, expected, item) }
            if !repeats, list.contains(text) { throw wrong(key, "\(expected), each once", item) }
            list.append(text)
        }
        return list
    }

    /// A part with keys of its own.
    func mapping(_ key: String, keys: [String]) throws(LearningError) -> SettingsMapping? {
        guard let node = values[key] else { return nil }
        return try SettingsMapping(node, what: "'\(key)'", file: file, keys: keys)
    }

    /// Names with a number each; `nil` if the value is one word.
    func numbers(_ key: String, _ expected: String) throws(LearningError) -> [(name: String, number: Double)]? {
        guard let node = values[key], node.scalar == nil else { return nil }
        guard let mapping = node.mapping else { throw wrong(key, expected, node) }
        var numbers: [(String, Double)] = []
        for (keyNode, value) in mapping {
            guard let name = keyNode.scalar?.string, let text = value.scalar?.string, let number = Double(text),
                number.isFinite, number > 0
            else { throw wrong(key, expected, value) }
            numbers.append((name, number))
        }
        return numbers
    }
}
