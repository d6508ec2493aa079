import Yams

extension TextPosition {
    /// A place of a YAML file.
    package init(_ mark: Mark) { self.init(line: mark.line, column: mark.column) }
}

extension Node {
    /// Where it begins.
    package var position: TextPosition? { mark.map(TextPosition.init) }

    /// Whether nothing is written where the value would be.
    package var isNothing: Bool {
        guard let scalar else { return false }
        return scalar.style == .plain && ["", "~", "null"].contains(scalar.string)
    }

    /// The value as part of a message.
    package var shown: String {
        switch self {
        case .scalar where isNothing: "empty"
        case .scalar(let scalar): "'\(scalar.string)'"
        case .mapping: "keys and values"
        case .sequence: "a list"
        case .alias: "an alias"
        }
    }
}
