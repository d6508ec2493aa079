/// Reads an expression's text: operators by how strongly they bind, everything else by its first token.
struct ExpressionParser {
    static let negation = 3
    static let comparison = 4
    static let sign = 8

    private let tokens: [ExpressionToken]
    private var position = 0
    private var nesting = 0

    private init(_ text: String) throws(ExpressionError) {
        var lexer = ExpressionLexer(text)
        tokens = try lexer.tokens()
    }

    /// The whole of a text as one expression.
    static func parse(_ text: String) throws(ExpressionError) -> ExpressionNode {
        var parser = try ExpressionParser(text)
        if case .end = parser.current.kind { throw ExpressionError(.empty, at: 0) }
        let node = try parser.expression(above: 0)
        guard case .end = parser.current.kind else { throw parser.unexpected("an operator or the end") }
        return node
    }

    // MARK: Tokens

    private var current: ExpressionToken { tokens[position] }

    private var next: ExpressionToken { tokens[min(position + 1, tokens.count - 1)] }

    private mutating func advance() { if position < tokens.count - 1 { position += 1 } }

    private func unexpected(_ expected: String) -> ExpressionError {
        ExpressionError(.expected(expected, found: current.shown), at: current.offset)
    }

    private mutating func take(_ symbol: String) throws(ExpressionError) {
        guard current.isSymbol(symbol) else { throw unexpected("'\(symbol)'") }
        advance()
    }

    private mutating func takeKeyword(_ word: String) throws(ExpressionError) {
        guard current.isKeyword(word) else { throw unexpected("'\(word)'") }
        advance()
    }

    private static let keywords: Set<String> = [
        "and", "or", "not", "is", "null", "true", "false", "in", "between", "case", "when", "then", "else", "end", "as",
    ]

    // MARK: Operators

    /// An expression whose operators bind more strongly than `bound`.
    private mutating func expression(above bound: Int) throws(ExpressionError) -> ExpressionNode {
        nesting += 1
        defer { nesting -= 1 }
        if nesting > ExpressionNode.deepest { throw ExpressionError(.tooDeep, at: current.offset) }
        var left = try operand()
        while let precedence = precedence(of: current), precedence > bound {
            let offset = current.offset
            if let operation = self.operation(current) {
                advance()
                let right = try expression(above: precedence)
                left = try ExpressionNode(.binary(operation, left, right), at: offset)
            } else {
                left = try test(left, at: offset)
            }
            if precedence == Self.comparison, self.precedence(of: current) == precedence {
                throw unexpected("'and' between two comparisons")
            }
        }
        return left
    }

    private func operation(_ token: ExpressionToken) -> ExpressionOperator? {
        switch token.kind {
        case .symbol(let symbol): ExpressionOperator(rawValue: symbol)
        case .name where token.isKeyword("and"): .and
        case .name where token.isKeyword("or"): .or
        default: nil
        }
    }

    private func precedence(of token: ExpressionToken) -> Int? {
        if let operation = operation(token) { return operation.precedence }
        let isTest = ["is", "in", "between", "not"].contains { token.isKeyword($0) }
        return isTest ? Self.comparison : nil
    }

    /// `is null`, `in (…)` and `between … and …`, each with `not` or without.
    private mutating func test(_ left: ExpressionNode, at offset: Int) throws(ExpressionError) -> ExpressionNode {
        if current.isKeyword("is") {
            advance()
            let isNegated = current.isKeyword("not")
            if isNegated { advance() }
            try takeKeyword("null")
            let test = try ExpressionNode(.isNull(left), at: offset)
            return isNegated ? try ExpressionNode(.not(test), at: offset) : test
        }
        let isNegated = current.isKeyword("not")
        if isNegated { advance() }
        let test: ExpressionNode
        if current.isKeyword("in") {
            advance()
            try take("(")
            let list = try list()
            test = try ExpressionNode(.isOneOf(left, list), at: offset)
        } else if current.isKeyword("between") {
            advance()
            let low = try expression(above: Self.comparison)
            try takeKeyword("and")
            let high = try expression(above: Self.comparison)
            test = try ExpressionNode(
                .binary(
                    .and, ExpressionNode(.binary(.greaterOrEqual, left, low), at: offset),
                    ExpressionNode(.binary(.lessOrEqual, left, high), at: offset)), at: offset)
        } else {
            throw unexpected("'in' or 'between'")
        }
        return isNegated ? try ExpressionNode(.not(test), at: offset) : test
    }

    /// One expression or more, until the bracket that ends them.
    private mutating func list() throws(ExpressionError) -> [ExpressionNode] {
        var list = [try expression(above: 0)]
        while current.isSymbol(",") {
            advance()
            list.append(try expression(above: 0))
        }
        guard current.isSymbol(")") else { throw unexpected("',' or ')'") }
        advance()
        return list
    }

    // MARK: Operands

    private mutating func operand() throws(ExpressionError) -> ExpressionNode {
        let token = current
        switch token.kind {
        case .integer(let value): return try literal(.int64(value))
        case .number(let value): return try literal(.float64(value))
        case .text(let value): return try literal(.string(value))
        case .span(let value): return try literal(.duration(value))
        case .quotedName(let name):
            advance()
            return try ExpressionNode(.column(name), at: token.offset)
        case .symbol("-"):
            advance()
            return try ExpressionNode(.negate(try expression(above: Self.sign)), at: token.offset)
        case .symbol("("):
            advance()
            let inner = try expression(above: 0)
            try take(")")
            return inner
        case .name(let name): return try named(name, at: token.offset)
        case .symbol, .end: throw unexpected("a value")
        }
    }

    private mutating func literal(_ literal: ExpressionLiteral) throws(ExpressionError) -> ExpressionNode {
        let offset = current.offset
        advance()
        return try ExpressionNode(.literal(literal), at: offset)
    }

    private mutating func named(_ name: String, at offset: Int) throws(ExpressionError) -> ExpressionNode {
        let word = name.lowercased()
        switch word {
        case "null": return try literal(.null)
        case "true": return try literal(.bool(true))
        case "false": return try literal(.bool(false))
        case "not":
            advance()
            return try ExpressionNode(.not(try expression(above: Self.negation)), at: offset)
        case "case": return try cases(at: offset)
        default: break
        }
        guard next.isSymbol("(") else {
            if Self.keywords.contains(word) { throw unexpected("a value") }
            advance()
            return try ExpressionNode(.column(name), at: offset)
        }
        if Self.keywords.contains(word) { throw unexpected("a value") }
        advance()
        advance()
        if word == "cast" || word == "try_cast" { return try cast(at: offset, isLenient: word == "try_cast") }
        return try call(word, name, at: offset)
    }

    private mutating func call(_ word: String, _ name: String, at offset: Int) throws(ExpressionError) -> ExpressionNode
    {
        let known = ["if", "cast", "try_cast"] + ExpressionFunction.allCases.map(\.rawValue)
        let aggregation = AggregationFunction(rawValue: word)
        let function = ExpressionFunction(rawValue: word)
        guard word == "if" || aggregation != nil || function != nil else {
            let names = known + AggregationFunction.allCases.map(\.rawValue)
            throw ExpressionError(.unknownFunction(name, nearest: Synonyms.meant(by: word, among: names)), at: offset)
        }
        var arguments: [ExpressionNode] = []
        if current.isSymbol(")") {
            advance()
        } else {
            arguments = try list()
        }
        if let function {
            try function.arity.check(arguments.count, of: word, at: offset)
            return try ExpressionNode(.call(function, arguments), at: offset)
        }
        if let aggregation {
            try aggregation.arity.check(arguments.count, of: word, at: offset)
            return try ExpressionNode(.aggregation(aggregation, arguments), at: offset)
        }
        try ExpressionArity(2...3).check(arguments.count, of: word, at: offset)
        return try ExpressionNode(
            .conditional([(arguments[0], arguments[1])], otherwise: arguments.count == 3 ? arguments[2] : nil),
            at: offset)
    }

    private mutating func cast(at offset: Int, isLenient: Bool) throws(ExpressionError) -> ExpressionNode {
        let value = try expression(above: 0)
        try takeKeyword("as")
        guard case .name(let name) = current.kind else { throw unexpected("a type") }
        guard let type = ExpressionType(rawValue: name.lowercased()) else {
            let nearest = Synonyms.meant(by: name, among: ExpressionType.allCases.map(\.rawValue))
            throw ExpressionError(.unknownType(name, nearest: nearest), at: current.offset)
        }
        advance()
        try take(")")
        return try ExpressionNode(.cast(value, type, isLenient: isLenient), at: offset)
    }

    /// `case when c then v … else e end`, or `case x when v then … end`.
    private mutating func cases(at offset: Int) throws(ExpressionError) -> ExpressionNode {
        advance()
        let subject = current.isKeyword("when") ? nil : try expression(above: 0)
        var cases: [(condition: ExpressionNode, value: ExpressionNode)] = []
        var otherwise: ExpressionNode?
        repeat {
            let place = current.offset
            try takeKeyword("when")
            var condition = try expression(above: 0)
            if let subject { condition = try ExpressionNode(.binary(.equal, subject, condition), at: place) }
            try takeKeyword("then")
            cases.append((condition, try expression(above: 0)))
        } while current.isKeyword("when")
        if current.isKeyword("else") {
            advance()
            otherwise = try expression(above: 0)
        }
        guard current.isKeyword("end") else { throw unexpected("'when', 'else' or 'end'") }
        advance()
        return try ExpressionNode(.conditional(cases, otherwise: otherwise), at: offset)
    }
}

/// How many arguments a function takes.
struct ExpressionArity: Sendable {
    private let least: Int
    /// `nil` for as many as one likes.
    private let most: Int?

    init(_ range: ClosedRange<Int>) {
        least = range.lowerBound
        most = range.upperBound
    }

    init(_ range: PartialRangeFrom<Int>) {
        least = range.lowerBound
        most = nil
    }

    func check(_ count: Int, of name: String, at offset: Int) throws(ExpressionError) {
        if count >= least, count <= most ?? .max { return }
        throw ExpressionError(.wrongArgumentCount(name, expected: description, count: count), at: offset)
    }

    private var description: String {
        let numbers =
            switch most {
            case least?: "\(least)"
            case let most?: "\(least) to \(most)"
            case nil: "at least \(least)"
            }
        return "\(numbers) argument\(most ?? least == 1 ? "" : "s")"
    }
}
