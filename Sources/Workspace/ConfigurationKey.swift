/// A setting that may be made: one row of the table of keys.
public struct ConfigurationKey: Equatable, Sendable {
    /// What a setting's value is.
    public enum ValueType: Equatable, Sendable {
        /// A whole number of a range.
        case integer(ClosedRange<Int>)
        /// A length of time, such as `14d`.
        case duration
        /// One of several words.
        case choice([String])
        /// Yes or no.
        case boolean
        /// A number of bytes, such as `10MB`.
        case size
        /// A path or an address.
        case place
    }

    /// Its name: the sections and the key, joined by dots, as in `gc.grace`.
    public let name: String
    /// What its value is.
    public let type: ValueType
    /// Its value where none is set.
    public let defaultValue: ConfigurationValue
    /// What it is for, in one line.
    public let explanation: String

    /// Describes a setting.
    public init(name: String, type: ValueType, defaultValue: ConfigurationValue, explanation: String) {
        self.name = name
        self.type = type
        self.defaultValue = defaultValue
        self.explanation = explanation
    }

    /// The variable that overrides it: `VINTAGE_GC_GRACE` for `gc.grace`.
    public var environmentVariable: String {
        Self.variablePrefix + name.uppercased().replacing(".", with: "_").replacing("-", with: "_")
    }

    static let variablePrefix = "VINTAGE_"

    /// The table of keys of the workspace itself.
    ///
    /// - Parameters:
    ///   - compressionLevel: The default of `compression.level`.
    ///   - workers: The default of `core.workers`: the number of cores.
    public static func standard(compressionLevel: Int, workers: Int) -> [ConfigurationKey] {
        [
            ConfigurationKey(
                name: compressionLevelName, type: .integer(1...19), defaultValue: .integer(compressionLevel),
                explanation: "How hard zstd compresses: 1 is the fastest, 19 the smallest."),
            ConfigurationKey(
                name: workersName, type: .integer(1...1024), defaultValue: .integer(workers),
                explanation: "How many threads work at once."),
            ConfigurationKey(
                name: graceName, type: .duration, defaultValue: .duration(.days(14)),
                explanation: "How long gc keeps a snapshot that nothing refers to."),
            ConfigurationKey(
                name: colorName, type: .choice(ColorMode.allCases.map(\.rawValue)),
                defaultValue: .choice(ColorMode.auto.rawValue),
                explanation: "Whether output is coloured; auto means on a terminal."),
            ConfigurationKey(
                name: onlineStoreName, type: .place, defaultValue: .place(".vintage/online.db"),
                explanation: "The online store: a file's path from the root, or redis://host[:port][/database]."),
        ] + checking
    }

    static let compressionLevelName = "compression.level"
    static let workersName = "core.workers"
    static let graceName = "gc.grace"
    static let colorName = "terminal.color"
    package static let onlineStoreName = "online.store"
}

/// When output is coloured.
public enum ColorMode: String, CaseIterable, Sendable {
    /// On a terminal.
    case auto
    /// Also in a pipe.
    case always
    /// Never.
    case never
}

/// The value of a setting.
public enum ConfigurationValue: Equatable, Sendable {
    /// A whole number.
    case integer(Int)
    /// A length of time.
    case duration(TimeSpan)
    /// One of several words.
    case choice(String)
    /// Yes or no.
    case boolean(Bool)
    /// A number of bytes.
    case size(Int)
    /// A path or an address.
    case place(String)
}

extension ConfigurationValue: CustomStringConvertible {
    /// The value as a user writes it.
    public var description: String {
        switch self {
        case .integer(let value): String(value)
        case .duration(let value): value.description
        case .choice(let value): value
        case .boolean(let value): value ? "true" : "false"
        case .size(let bytes): SizeLimit(bytes: bytes).description
        case .place(let text): text
        }
    }
}

extension ConfigurationKey.ValueType: CustomStringConvertible {
    /// What a value must be, as the end of a sentence: `a whole number from 1 to 19`.
    public var description: String {
        switch self {
        case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .duration: "a length of time such as 14d, 12h, 30m or 90s"
        case .choice(let words): "one of " + words.joined(separator: ", ")
        case .boolean: "true or false"
        case .size: "a size such as 10MB, 512kB or 1GB"
        case .place: "a path or an address"
        }
    }

    /// Reads a value as a user writes it; `nil` if it is not of this type.
    func parse(_ text: String) -> ConfigurationValue? {
        switch self {
        case .integer(let range):
            guard let value = Int(text), range.contains(value), String(value) == text else { return nil }
            return .integer(value)
        case .duration:
            return TimeSpan(parsing: text).map { .duration($0) }
        case .choice(let words):
            return words.contains(text) ? .choice(text) : nil
        case .boolean:
            return text == "true" ? .boolean(true) : text == "false" ? .boolean(false) : nil
        case .size:
            return SizeLimit(parsing: text).map { .size($0.bytes) }
        case .place:
            return text.isEmpty ? nil : .place(text)
        }
    }
}
