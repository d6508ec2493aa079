import struct Workspace.TimeSpan

/// What is made of the values in a window.
public enum AggregationFunction: String, Sendable, Hashable, CaseIterable {
    /// The number of rows, or of values that are not null.
    case count
    /// The number of different values.
    case countDistinct = "count_distinct"
    /// The sum.
    case sum
    /// The arithmetic mean.
    case mean
    /// The standard deviation of a sample.
    case standardDeviation = "stddev"
    /// The least value.
    case min
    /// The greatest value.
    case max
    /// The earliest value.
    case first
    /// The latest value.
    case last
    /// The latest values, as a list.
    case lastK = "last_k"
    /// The value below which a share of the values lies.
    case quantile

    var arity: ExpressionArity {
        switch self {
        case .count: ExpressionArity(0...1)
        case .countDistinct: ExpressionArity(1...2)
        case .sum, .mean, .standardDeviation, .min, .max, .first, .last: ExpressionArity(1...1)
        case .lastK: ExpressionArity(2...2)
        case .quantile: ExpressionArity(2...3)
        }
    }
}

/// An aggregation with its arguments, as `quantile(arr_delay, 0.9)`, without its window.
public struct Aggregation: Sendable, Hashable {
    /// The text as it was written.
    public let text: String
    /// What is made of the values.
    public let function: AggregationFunction
    /// The value of each row; `nil` where rows are counted.
    public let argument: Expression?
    /// Of ``AggregationFunction/lastK``, how many values.
    public let count: Int?
    /// Of ``AggregationFunction/quantile``, the share of values below, from 0 to 1.
    public let share: Double?
    /// The error that is allowed: of `quantile` that of the rank, of `count_distinct` the relative standard error. 0 is
    /// exact.
    public let error: Double

    /// One form for all ways to write the same aggregation.
    public var canonicalText: String {
        var arguments = argument.map { [$0.canonicalText] } ?? []
        if let count { arguments.append("\(count)") }
        if let share { arguments.append("\(share)") }
        if error > 0 { arguments.append("\(error)") }
        return "\(function.rawValue)(\(arguments.joined(separator: ", ")))"
    }

    /// Whether both say the same.
    public static func == (left: Aggregation, right: Aggregation) -> Bool { left.canonicalText == right.canonicalText }

    /// Hashes what it says.
    public func hash(into hasher: inout Hasher) { hasher.combine(canonicalText) }

    /// The most values that `last_k` keeps.
    public static let largestCount = 10_000

    /// Takes an aggregation apart.
    init(_ text: String, _ function: AggregationFunction, _ arguments: [ExpressionNode]) throws(ExpressionError) {
        self.text = text
        self.function = function
        if let first = arguments.first {
            argument = try Expression(first.canonicalText, root: first)
        } else {
            argument = nil
        }
        var count: Int?
        var share: Double?
        var error = 0.0
        switch function {
        case .lastK: count = try Self.count(arguments[1])
        case .quantile:
            share = try Self.number(
                arguments[1], 0...1, "the share of 'quantile'", expected: "a number from 0 to 1")
            if arguments.count == 3 { error = try Self.error(arguments[2], of: "quantile") }
        case .countDistinct:
            if arguments.count == 2 { error = try Self.error(arguments[1], of: "count_distinct") }
        default: break
        }
        self.count = count
        self.share = share
        self.error = error
    }

    private static func count(_ node: ExpressionNode) throws(ExpressionError) -> Int {
        guard case .literal(.int64(let value)) = node.kind, (1...Int64(largestCount)).contains(value) else {
            throw ExpressionError(
                .notConstant("the count of 'last_k'", expected: "a whole number from 1 to \(largestCount)"),
                at: node.offset)
        }
        return Int(value)
    }

    private static func error(_ node: ExpressionNode, of name: String) throws(ExpressionError) -> Double {
        try number(node, 0...0.5, "the error of '\(name)'", expected: "a number from 0 to 0.5")
    }

    private static func number(
        _ node: ExpressionNode, _ range: ClosedRange<Double>, _ what: String, expected: String
    ) throws(ExpressionError) -> Double {
        let number: Double? =
            switch node.kind {
            case .literal(.int64(let value)): Double(value)
            case .literal(.float64(let value)): value
            default: nil
            }
        guard let number, range.contains(number) else {
            throw ExpressionError(.notConstant(what, expected: expected), at: node.offset)
        }
        return number
    }
}

/// What a feature's value is written as.
public enum FeatureValue: Sendable, Hashable {
    /// An expression: its value for the entity's latest row.
    case latest(Expression)
    /// An aggregation over windows.
    case aggregation(Aggregation)

    /// Parses a text: an aggregation if it is one call of one, else an expression.
    ///
    /// - Throws: ``ExpressionError``.
    public init(parsing text: String) throws(ExpressionError) {
        let root = try ExpressionParser.parse(text)
        if case .aggregation(let function, let arguments) = root.kind {
            self = .aggregation(try Aggregation(text, function, arguments))
        } else {
            self = .latest(try Expression(text, root: root))
        }
    }

    /// The expression, or the aggregation's argument.
    public var expression: Expression? {
        switch self {
        case .latest(let expression): expression
        case .aggregation(let aggregation): aggregation.argument
        }
    }
}
