import FileSystem
import Yams

import struct Workspace.TextPosition

/// A file of definitions: YAML, and where each character of its values stands.
struct DefinitionFile {
    let path: RelativePath
    /// The document; `nil` if it is empty.
    let root: Node?
    private let lines: [[Unicode.Scalar]]

    /// Parses a file.
    init(_ bytes: [UInt8], at path: RelativePath) throws(DefinitionProblem) {
        self.path = path
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw DefinitionProblem(
                .invalidSyntax("the file is not UTF-8 text"), at: DefinitionPlace(file: path))
        }
        lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map(Array.init)
        do {
            root = try compose(yaml: text)
        } catch let error as YamlError {
            throw Self.described(error, path, lines)
        } catch {
            throw DefinitionProblem(.invalidSyntax("\(error)"), at: DefinitionPlace(file: path))
        }
    }

    private static func described(
        _ error: YamlError, _ path: RelativePath, _ lines: [[Unicode.Scalar]]
    ) -> DefinitionProblem {
        func problem(_ text: String, _ position: TextPosition?) -> DefinitionProblem {
            DefinitionProblem(.invalidSyntax(text), at: DefinitionPlace(file: path, position: position))
        }
        switch error {
        case .scanner(_, let text, let mark, _), .parser(_, let text, let mark, _), .composer(_, let text, let mark, _):
            return problem(text, TextPosition(mark))
        case .duplicatedKeysInMapping(let names, let context):
            let name = names.min() ?? ""
            return problem(
                "the key '\(name)' is there twice",
                repetition(of: name, from: context.mark, lines) ?? TextPosition(context.mark))
        case .reader(let text, _, _, _): return problem(text, nil)
        default: return problem("it cannot be read", nil)
        }
    }

    /// Where a key of a mapping stands for the second time, if that can be told; the parser names the mapping only.
    private static func repetition(of name: String, from mark: Mark, _ lines: [[Unicode.Scalar]]) -> TextPosition? {
        let key = Array((name + ":").unicodeScalars)
        var first: Int?
        for (index, line) in lines.enumerated() where index >= mark.line - 1 {
            let indentation = line.prefix { $0 == " " }.count
            guard line.dropFirst(indentation).starts(with: key), first == nil || first == indentation else { continue }
            if first != nil { return TextPosition(line: index + 1, column: indentation + 1) }
            first = indentation
        }
        return nil
    }

    /// The place of a part of the file.
    func place(_ mark: Mark?) -> DefinitionPlace {
        DefinitionPlace(file: path, position: mark.map { TextPosition($0) })
    }

    // MARK: Characters

    /// Where each character of a value stands, and its end last.
    ///
    /// Quotes, escapes, line breaks and indentation make the text of a value differ from the file's; both are walked side by
    /// side. Where they cannot be matched, the rest is at the place that was reached.
    func positions(of scalar: Node.Scalar) -> [TextPosition] {
        guard let mark = scalar.mark else { return [] }
        var walk = CharacterWalk(lines: lines, line: mark.line - 1, column: mark.column - 1)
        walk.start(scalar.style)
        var positions: [TextPosition] = []
        for character in scalar.string.unicodeScalars { positions.append(walk.take(character)) }
        positions.append(walk.position)
        return positions
    }
}

/// A walk through the file's text beside a value's.
private struct CharacterWalk {
    let lines: [[Unicode.Scalar]]
    var line: Int
    var column: Int
    private var style = Node.Scalar.Style.plain
    private var isLost = false

    init(lines: [[Unicode.Scalar]], line: Int, column: Int) {
        self.lines = lines
        self.line = line
        self.column = column
    }

    var position: TextPosition { TextPosition(line: line + 1, column: column + 1) }

    private var current: Unicode.Scalar? {
        guard line < lines.count else { return nil }
        return column < lines[line].count ? lines[line][column] : "\n"
    }

    private mutating func advance() {
        guard line < lines.count else { return }
        if column < lines[line].count {
            column += 1
        } else {
            line += 1
            column = 0
        }
    }

    private mutating func skipSpace() {
        while let scalar = current, scalar.properties.isWhitespace { advance() }
    }

    /// Goes past an anchor or a tag, then past what opens the value.
    mutating func start(_ style: Node.Scalar.Style) {
        self.style = style
        while let scalar = current, scalar == "&" || scalar == "!" {
            while let part = current, !part.properties.isWhitespace { advance() }
            skipSpace()
        }
        switch style {
        case .singleQuoted, .doubleQuoted: advance()
        case .literal, .folded:
            line += 1
            column = 0
            skipSpace()
        case .any, .plain: break
        }
    }

    /// Goes past a character of the value; gives where it is.
    mutating func take(_ character: Unicode.Scalar) -> TextPosition {
        if isLost { return position }
        if character.properties.isWhitespace {
            let place = position
            // Any space may stand for any other; the next character finds its place.
            if current == character, character != "\n" { advance() }
            return place
        }
        skipSpace()
        let place = position
        if style == .doubleQuoted, current == "\\" {
            advance()
            if current == character {
                advance()
            } else {
                isLost = true
            }
        } else if current == character {
            advance()
            if style == .singleQuoted, character == "'" { advance() }
        } else {
            isLost = true
        }
        return place
    }
}
