/// An expression over the columns of a table, parsed and not yet bound to types.
///
///     let expression = try Expression(parsing: "if(arr_delay > 15, 1, 0)")
///     expression.columns  // ["arr_delay"]
///
/// Two expressions are equal if they differ only in how they are written: spaces, brackets that change nothing, letters'
/// case of keywords.
public struct Expression: Sendable {
    /// The text as it was written.
    public let text: String
    /// One form for all ways to write the same expression; it parses to an equal one.
    public let canonicalText: String
    let root: ExpressionNode

    /// Parses a text.
    ///
    /// - Throws: ``ExpressionError`` with the place in the text; an aggregation is an error, since it is no value of a row.
    public init(parsing text: String) throws(ExpressionError) {
        try self.init(text, root: ExpressionParser.parse(text))
    }

    init(_ text: String, root: ExpressionNode) throws(ExpressionError) {
        if let (function, offset) = root.firstAggregation {
            throw ExpressionError(.misplacedAggregation(function.rawValue), at: offset)
        }
        self.text = text
        self.root = root
        canonicalText = root.canonicalText
    }

    /// The expression that is a column.
    public init(column name: String) {
        text = name
        root = ExpressionNode(column: name)
        canonicalText = root.canonicalText
    }

    /// The columns that it reads, each once, in the order in which they come.
    public var columns: [String] { columnReferences.map(\.name) }

    /// The name, if the expression is a column and nothing else.
    public var column: String? {
        if case .column(let name) = root.kind { return name }
        return nil
    }

    /// Each column that it reads with the place of its first use.
    var columnReferences: [(name: String, offset: Int)] {
        var found: [(name: String, offset: Int)] = []
        root.appendColumns(to: &found)
        return found
    }
}

extension Expression: Hashable {
    /// Whether both say the same.
    public static func == (left: Expression, right: Expression) -> Bool { left.canonicalText == right.canonicalText }

    /// Hashes what it says.
    public func hash(into hasher: inout Hasher) { hasher.combine(canonicalText) }
}

extension ExpressionNode {
    fileprivate func appendColumns(to found: inout [(name: String, offset: Int)]) {
        if case .column(let name) = kind, !found.contains(where: { $0.name == name }) { found.append((name, offset)) }
        for part in parts { part.appendColumns(to: &found) }
    }

    fileprivate var firstAggregation: (AggregationFunction, Int)? {
        if case .aggregation(let function, _) = kind { return (function, offset) }
        for part in parts {
            if let found = part.firstAggregation { return found }
        }
        return nil
    }
}
