/// A line and a column of a file, both from one.
public struct TextPosition: Hashable, Sendable, CustomStringConvertible {
    /// The line, from one.
    public let line: Int
    /// The column, from one, in Unicode scalars.
    public let column: Int

    /// Names a place.
    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    /// As compilers write it: `3:5`.
    public var description: String { "\(line):\(column)" }
}

/// What is wrong with the configuration.
public enum ConfigurationError: Error, Equatable, CustomStringConvertible {
    /// A file is not YAML.
    case invalidSyntax(ConfigurationSource, TextPosition?, problem: String)
    /// A key that is not in the table. `position` is that in the file, if it came from one.
    case unknownKey(String, ConfigurationSource, TextPosition?, nearest: String?)
    /// A value of the wrong type or out of range.
    case invalidValue(String, key: String, ConfigurationSource, TextPosition?, expected: String)
    /// A file cannot be changed here without a risk for its other content.
    case cannotEdit(key: String, ConfigurationSource)

    /// One line for people.
    public var description: String {
        switch self {
        case .invalidSyntax(let source, let position, let problem):
            "\(Self.place(source, position)): not valid YAML: \(problem)"
        case .unknownKey(let name, let source, let position, let nearest):
            "\(Self.place(source, position)): unknown key '\(name)'; "
                + (nearest.map { "did you mean '\($0)'?" } ?? "'vintage config' lists the keys")
        case .invalidValue(let value, let key, let source, let position, let expected):
            "\(Self.place(source, position)): '\(key)' must be \(expected), not \(value)"
        case .cannotEdit(let key, let source):
            "\(source): '\(key)' cannot be set without a risk for what else the file says; edit it by hand"
        }
    }

    private static func place(_ source: ConfigurationSource, _ position: TextPosition?) -> String {
        position.map { "\(source):\($0)" } ?? source.description
    }
}
