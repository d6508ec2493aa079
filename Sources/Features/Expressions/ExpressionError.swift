/// What is wrong with an expression, and where in its text.
public struct ExpressionError: Error, Hashable {
    /// What is wrong.
    public enum Problem: Hashable, Sendable {
        /// There is nothing.
        case empty
        /// A character that begins nothing.
        case unexpectedCharacter(Character)
        /// A text in quotes without its end.
        case unterminatedText
        /// A number or a span of time that is none, or is out of range.
        case invalidNumber(String)
        /// Something else stands where this was expected.
        case expected(String, found: String)
        /// A function that is not known.
        case unknownFunction(String, nearest: String?)
        /// A column that the source does not have.
        case unknownColumn(String, nearest: String?)
        /// A type that is not known.
        case unknownType(String, nearest: String?)
        /// A function that was called with too few or too many arguments.
        case wrongArgumentCount(String, expected: String, count: Int)
        /// An argument or operand of the wrong type.
        case wrongType(String, expected: String, found: ExpressionType)
        /// Values of two types where they must be of one.
        case mismatchedTypes(String, ExpressionType, ExpressionType)
        /// An argument that must be written out, not computed.
        case notConstant(String, expected: String)
        /// A time zone that is not known.
        case unknownZone(String, nearest: String?)
        /// An aggregation where there can be none.
        case misplacedAggregation(String)
        /// Parts in parts deeper than can be read, or too many of them.
        case tooDeep
    }

    /// What is wrong.
    public let problem: Problem
    /// Where: the offset of the Unicode scalar in the expression's text, from zero.
    public let offset: Int

    init(_ problem: Problem, at offset: Int) {
        self.problem = problem
        self.offset = offset
    }
}

extension ExpressionError: CustomStringConvertible {
    /// One clause for people, with what was probably meant.
    public var description: String {
        switch problem {
        case .empty: "the expression is empty"
        case .unexpectedCharacter(let character): "'\(character)' cannot stand in an expression"
        case .unterminatedText: "a text in quotes has no end"
        case .invalidNumber(let text): "'\(text)' is no number or span of time, or too large"
        case .expected(let what, let found): "\(what) expected, not \(found)"
        case .unknownFunction(let name, let nearest):
            "there is no function '\(name)'; " + Self.advice(nearest, "Docs/expressions.md lists them")
        case .unknownColumn(let name, let nearest):
            "there is no column '\(name)'" + (nearest.map { "; did you mean '\($0)'?" } ?? " in the source")
        case .unknownType(let name, let nearest):
            "there is no type '\(name)'; "
                + Self.advice(
                    nearest, "the types are \(ExpressionType.allCases.map(\.rawValue).joined(separator: ", "))")
        case .wrongArgumentCount(let name, let expected, let count):
            "\(name) takes \(expected), not \(count == 1 ? "one" : count == 0 ? "none" : "\(count)")"
        case .wrongType(let what, let expected, let found): "\(what) must be \(expected), not \(found)"
        case .mismatchedTypes(let what, let left, let right): "\(what) must be of one type, not \(left) and \(right)"
        case .notConstant(let what, let expected): "\(what) must be \(expected), written out"
        case .unknownZone(let name, let nearest):
            "there is no time zone '\(name)'; "
                + Self.advice(nearest, "use a name such as Europe/Berlin, UTC, or an offset such as +02:00")
        case .misplacedAggregation(let name):
            "the aggregation '\(name)' must be the whole value of a feature of a view, not a part of an expression"
        case .tooDeep: "the expression is too deep or too long; derive a column of one of them"
        }
    }

    private static func advice(_ nearest: String?, _ otherwise: String) -> String {
        nearest.map { "did you mean '\($0)'?" } ?? otherwise
    }
}
