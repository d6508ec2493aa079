import struct Workspace.TimeSpan

/// A part of an expression, and where it stands in the text.
struct ExpressionNode: Sendable {
    /// What a part is.
    indirect enum Kind: Sendable {
        case literal(ExpressionLiteral)
        case column(String)
        case negate(ExpressionNode)
        case not(ExpressionNode)
        case binary(ExpressionOperator, ExpressionNode, ExpressionNode)
        case isNull(ExpressionNode)
        case isOneOf(ExpressionNode, [ExpressionNode])
        case conditional([(condition: ExpressionNode, value: ExpressionNode)], otherwise: ExpressionNode?)
        case call(ExpressionFunction, [ExpressionNode])
        case aggregation(AggregationFunction, [ExpressionNode])
        case cast(ExpressionNode, ExpressionType, isLenient: Bool)
    }

    let kind: Kind
    /// Where it begins in the text, or for an operation, where its operator stands; in Unicode scalars.
    let offset: Int
    /// The number of parts on the longest way down from here.
    let depth: Int

    /// The number of parts in all, one that is used twice counted twice.
    let size: Int

    /// The most parts that are read.
    static let largest = 20_000
    /// The deepest that is read; whoever goes down an expression may recurse.
    static let deepest = 250

    init(_ kind: Kind, at offset: Int) throws(ExpressionError) {
        self.kind = kind
        self.offset = offset
        let parts = Self.parts(of: kind)
        depth = 1 + (parts.map(\.depth).max() ?? 0)
        size = parts.reduce(1) { $0 + $1.size }
        if depth > Self.deepest || size > Self.largest { throw ExpressionError(.tooDeep, at: offset) }
    }

    /// A column, which has no parts.
    init(column name: String) {
        kind = .column(name)
        offset = 0
        depth = 1
        size = 1
    }

    /// The parts that it is made of, in the order of the text.
    var parts: [ExpressionNode] { Self.parts(of: kind) }

    private static func parts(of kind: Kind) -> [ExpressionNode] {
        switch kind {
        case .literal, .column: []
        case .negate(let part), .not(let part), .isNull(let part), .cast(let part, _, _): [part]
        case .binary(_, let left, let right): [left, right]
        case .isOneOf(let part, let list): [part] + list
        case .conditional(let cases, let otherwise):
            cases.flatMap { [$0.condition, $0.value] } + (otherwise.map { [$0] } ?? [])
        case .call(_, let arguments), .aggregation(_, let arguments): arguments
        }
    }
}

/// A value that is written out in an expression.
enum ExpressionLiteral: Hashable, Sendable {
    case null
    case bool(Bool)
    case int64(Int64)
    case float64(Double)
    case string(String)
    case duration(TimeSpan)
}

/// An operator between two values.
enum ExpressionOperator: String, Sendable, CaseIterable {
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
    case remainder = "%"
    case equal = "="
    case notEqual = "<>"
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case and = "and"
    case or = "or"
    case concatenate = "||"

    /// How strongly it binds; more binds first.
    var precedence: Int {
        switch self {
        case .or: 1
        case .and: 2
        case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual: ExpressionParser.comparison
        case .concatenate: 5
        case .add, .subtract: 6
        case .multiply, .divide, .remainder: 7
        }
    }

    /// Whether it compares.
    var isComparison: Bool { precedence == ExpressionParser.comparison }
}

extension ExpressionNode {
    /// The same expression in one form for all ways to write it.
    var canonicalText: String {
        switch kind {
        case .literal(let literal): literal.canonicalText
        case .column(let name): "\"\(name.replacing("\"", with: "\"\""))\""
        case .negate(let part): "(- \(part.canonicalText))"
        case .not(let part): "(not \(part.canonicalText))"
        case .binary(let operation, let left, let right):
            "(\(left.canonicalText) \(operation.rawValue) \(right.canonicalText))"
        case .isNull(let part): "(\(part.canonicalText) is null)"
        case .isOneOf(let part, let list):
            "(\(part.canonicalText) in (\(list.map(\.canonicalText).joined(separator: ", "))))"
        case .conditional(let cases, let otherwise):
            "case " + cases.map { "when \($0.condition.canonicalText) then \($0.value.canonicalText) " }.joined()
                + (otherwise.map { "else \($0.canonicalText) " } ?? "") + "end"
        case .call(let function, let arguments):
            "\(function.rawValue)(\(arguments.map(\.canonicalText).joined(separator: ", ")))"
        case .aggregation(let function, let arguments):
            "\(function.rawValue)(\(arguments.map(\.canonicalText).joined(separator: ", ")))"
        case .cast(let part, let type, let isLenient):
            "\(isLenient ? "try_cast" : "cast")(\(part.canonicalText) as \(type))"
        }
    }
}

extension ExpressionLiteral {
    /// As it can be written in any expression.
    var canonicalText: String {
        switch self {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        case .int64(let value): "\(value)"
        case .float64(let value): "\(value)"
        case .string(let value): "'\(value.replacing("'", with: "''"))'"
        case .duration(let span): "\(span)"
        }
    }
}
