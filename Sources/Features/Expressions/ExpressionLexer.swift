import struct Workspace.TimeSpan

/// A piece of an expression's text.
struct ExpressionToken {
    enum Kind: Equatable {
        /// A name as it is written; keywords are names, too.
        case name(String)
        /// A name in double quotes, which is never a keyword.
        case quotedName(String)
        case integer(Int64)
        case number(Double)
        case text(String)
        case span(TimeSpan)
        /// An operator, a bracket or a comma.
        case symbol(String)
        case end
    }

    let kind: Kind
    /// Where it begins, in Unicode scalars.
    let offset: Int

    /// As a message shows it.
    var shown: String {
        switch kind {
        case .name(let name): "'\(name)'"
        case .quotedName(let name): "\"\(name)\""
        case .integer(let value): "'\(value)'"
        case .number(let value): "'\(value)'"
        case .text: "a text"
        case .span(let span): "'\(span)'"
        case .symbol(let symbol): "'\(symbol)'"
        case .end: "the end"
        }
    }

    /// Whether it is a keyword, in any case of letters.
    func isKeyword(_ word: String) -> Bool {
        if case .name(let name) = kind { return name.lowercased() == word }
        return false
    }

    func isSymbol(_ symbol: String) -> Bool { kind == .symbol(symbol) }
}

/// Cuts an expression's text into tokens.
struct ExpressionLexer {
    private let scalars: [Unicode.Scalar]
    private var position = 0

    init(_ text: String) { scalars = Array(text.unicodeScalars) }

    /// All tokens, the end last.
    mutating func tokens() throws(ExpressionError) -> [ExpressionToken] {
        var tokens: [ExpressionToken] = []
        while true {
            while position < scalars.count, scalars[position].properties.isWhitespace { position += 1 }
            let start = position
            guard position < scalars.count else {
                tokens.append(ExpressionToken(kind: .end, offset: start))
                return tokens
            }
            tokens.append(ExpressionToken(kind: try next(), offset: start))
        }
    }

    private func peek(_ distance: Int = 0) -> Unicode.Scalar? {
        position + distance < scalars.count ? scalars[position + distance] : nil
    }

    private mutating func next() throws(ExpressionError) -> ExpressionToken.Kind {
        let first = scalars[position]
        if first.isNameStart { return .name(word()) }
        if first.isDigit || (first == "." && peek(1)?.isDigit == true) { return try number() }
        if first == "'" { return .text(try quoted("'")) }
        if first == "\"" { return .quotedName(try quoted("\"")) }
        for symbol in ["<>", "<=", ">=", "!=", "||"] where symbol.unicodeScalars.elementsEqual([first] + rest(1)) {
            position += 2
            return .symbol(symbol == "!=" ? "<>" : symbol)
        }
        guard "+-*/%=<>(),".unicodeScalars.contains(first) else {
            throw ExpressionError(.unexpectedCharacter(Character(first)), at: position)
        }
        position += 1
        return .symbol(String(first))
    }

    private func rest(_ distance: Int) -> [Unicode.Scalar] { peek(distance).map { [$0] } ?? [] }

    private mutating func word() -> String {
        var word = String.UnicodeScalarView()
        while let scalar = peek(), scalar.isNamePart {
            word.append(scalar)
            position += 1
        }
        return String(word)
    }

    /// What stands in quotes; a doubled quote is one of them.
    private mutating func quoted(_ quote: Unicode.Scalar) throws(ExpressionError) -> String {
        let start = position
        position += 1
        var text = String.UnicodeScalarView()
        while let scalar = peek() {
            position += 1
            if scalar == quote {
                guard peek() == quote else { return String(text) }
                position += 1
            }
            text.append(scalar)
        }
        throw ExpressionError(.unterminatedText, at: start)
    }

    private mutating func number() throws(ExpressionError) -> ExpressionToken.Kind {
        let start = position
        var text = ""
        func isSign(_ scalar: Unicode.Scalar) -> Bool { scalar == "+" || scalar == "-" }
        while let scalar = peek() {
            let isExponentSign = isSign(scalar) && (text.last == "e" || text.last == "E")
            guard scalar.isNamePart || scalar == "." || isExponentSign else { break }
            text.unicodeScalars.append(scalar)
            position += 1
        }
        if text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let value = Int64(text) { return .integer(value) }
        if let span = TimeSpan(parsing: text) { return .span(span) }
        let isDecimal = text.unicodeScalars.allSatisfy { $0.isDigit || isSign($0) || ".eE".unicodeScalars.contains($0) }
        if isDecimal, !text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let value = Double(text), value.isFinite {
            return .number(value)
        }
        throw ExpressionError(.invalidNumber(text), at: start)
    }
}

extension Unicode.Scalar {
    fileprivate var isDigit: Bool { ("0"..."9").contains(self) }
    fileprivate var isNameStart: Bool { self == "_" || properties.isAlphabetic }
    fileprivate var isNamePart: Bool { isNameStart || isDigit }
}
