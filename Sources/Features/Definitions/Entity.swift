/// By what the things are told apart that features describe: `carrier`, or `origin` and `dest` together.
public struct Entity: Sendable {
    /// Its name.
    public let name: String
    /// The columns that together name one, in the order of the definition; at least one.
    public let keys: [TypedColumn]
    /// What it is, for people.
    public let description: String?
    /// Whom to ask.
    public let owner: String?
    /// Where it is defined.
    public let place: DefinitionPlace
}

/// A column's name and type.
public struct TypedColumn: Sendable, Hashable {
    /// The name, which may be any text.
    public let name: String
    /// The type.
    public let type: DeclaredType

    /// Names a column.
    public init(name: String, type: DeclaredType) {
        self.name = name
        self.type = type
    }
}

/// The type of a table's column, as definitions name it.
public enum DeclaredType: String, Sendable, Hashable, CaseIterable {
    /// True or false.
    case bool = "boolean"
    /// Whole numbers with a sign.
    case int8, int16, int32, int64
    /// Whole numbers without one.
    case uint8, uint16, uint32, uint64
    /// Floating-point numbers.
    case float32, float64
    /// Text in UTF-8.
    case string
    /// A day.
    case date
    /// A moment.
    case timestamp

    /// The type that expressions see.
    public var expressionType: ExpressionType {
        switch self {
        case .bool: .bool
        case .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64: .int64
        case .float32, .float64: .float64
        case .string: .string
        case .date, .timestamp: .timestamp
        }
    }

    /// Whether an entity may be told by it.
    public var isKey: Bool { [.string, .int64, .bool, .date, .timestamp].contains(self) }
}
