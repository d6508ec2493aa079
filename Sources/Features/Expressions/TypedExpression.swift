/// What is known of a part's type.
enum InferredType: Hashable, Sendable {
    case known(ExpressionType)
    /// A null that is written out, which fits anywhere.
    case null
    /// A column whose type is found when the data is read.
    case any

    var known: ExpressionType? {
        if case .known(let type) = self { return type }
        return nil
    }
}

/// A part of an expression whose operands have the types that it works on.
struct TypedExpression: Sendable {
    indirect enum Kind: Sendable {
        case literal(ExpressionLiteral)
        case column(String)
        /// A whole number as a floating-point one.
        case widen(TypedExpression)
        case negate(TypedExpression)
        case not(TypedExpression)
        case arithmetic(ExpressionOperator, TypedExpression, TypedExpression)
        case compare(ExpressionOperator, TypedExpression, TypedExpression)
        case logical(isAnd: Bool, TypedExpression, TypedExpression)
        case isNull(TypedExpression)
        case conditional([(condition: TypedExpression, value: TypedExpression)], otherwise: TypedExpression)
        case call(ExpressionFunction, [TypedExpression])
        case cast(TypedExpression, ExpressionType, isLenient: Bool)
    }

    let kind: Kind
    let type: InferredType
    /// Where it stands in the text.
    let offset: Int

    init(_ kind: Kind, _ type: InferredType, at offset: Int) {
        self.kind = kind
        self.type = type
        self.offset = offset
    }

    init(_ kind: Kind, _ type: ExpressionType, at offset: Int) { self.init(kind, .known(type), at: offset) }

    /// The same value as one of another type, which must be one that it fits without loss of meaning.
    func coerced(to type: InferredType) -> TypedExpression {
        guard let target = type.known else { return self }
        switch self.type {
        case .known(.int64) where target == .float64: return TypedExpression(.widen(self), .float64, at: offset)
        // A null takes the type that is asked of it, down to the places where its value comes from.
        case .null: return retyped(target)
        case .known, .any: return self
        }
    }

    private func retyped(_ target: ExpressionType) -> TypedExpression {
        switch kind {
        case .conditional(let cases, let otherwise):
            let cases = cases.map { (condition: $0.condition, value: $0.value.coerced(to: .known(target))) }
            return TypedExpression(
                .conditional(cases, otherwise: otherwise.coerced(to: .known(target))), target, at: offset)
        default: return TypedExpression(.literal(.null), target, at: offset)
        }
    }
}

/// The types of a table's columns, as far as they are known.
public struct ColumnTypes: Sendable {
    /// The columns that are known, with their types.
    public private(set) var types: [String: ExpressionType]
    /// Columns that are known to be there without their types.
    let untyped: Set<String>
    /// Whether there may be others.
    public let isOpen: Bool

    /// Names columns.
    ///
    /// - Parameter isOpen: whether there may be others, whose types are found when the data is read.
    public init(_ types: [String: ExpressionType], isOpen: Bool = false) {
        self.init(types, untyped: [], isOpen: isOpen)
    }

    init(_ types: [String: ExpressionType], untyped: Set<String>, isOpen: Bool) {
        self.types = types
        self.untyped = untyped
        self.isOpen = isOpen
    }

    /// The type of a column; `nil` if there is none of that name.
    func type(of name: String) -> InferredType? {
        if let type = types[name] { return .known(type) }
        return isOpen || untyped.contains(name) ? .any : nil
    }

    /// All names, sorted.
    var names: [String] { (Array(types.keys) + untyped).sorted() }

    mutating func set(_ name: String, _ type: ExpressionType) { types[name] = type }
}

extension Expression {
    /// The type of its value over these columns; `nil` as long as that depends on columns of unknown types.
    ///
    /// - Throws: ``ExpressionError`` for a column that is not there, and values of types that do not fit.
    public func type(over columns: ColumnTypes) throws(ExpressionError) -> ExpressionType? {
        let checker = ExpressionChecker(columns: columns)
        return try checker.check(root).type.known
    }
}
