import func Workspace.nearestName

/// Finds the types of an expression's parts, and makes operands of one type where they must be.
struct ExpressionChecker {
    let columns: ColumnTypes

    func check(_ node: ExpressionNode) throws(ExpressionError) -> TypedExpression {
        let offset = node.offset
        switch node.kind {
        case .literal(let literal): return TypedExpression(.literal(literal), literal.type, at: offset)
        case .column(let name):
            guard let type = columns.type(of: name) else {
                throw ExpressionError(
                    .unknownColumn(name, nearest: nearestName(to: name, among: columns.names)), at: offset)
            }
            return TypedExpression(.column(name), type, at: offset)
        case .negate(let part):
            let value = try check(part)
            try require(value, "what '-' negates", "a number or a length of time", [.int64, .float64, .duration])
            if value.type == .null { return value.coerced(to: .known(.float64)) }
            return TypedExpression(.negate(value), value.type, at: offset)
        case .not(let part): return TypedExpression(.not(try condition(part, "what 'not' negates")), .bool, at: offset)
        case .binary(let operation, let left, let right): return try binary(operation, left, right, at: offset)
        case .isNull(let part): return TypedExpression(.isNull(try value(part)), .bool, at: offset)
        case .isOneOf(let part, let list): return try isOneOf(part, list, at: offset)
        case .conditional(let cases, let otherwise): return try conditional(cases, otherwise, at: offset)
        case .call(let function, let arguments):
            return try call(function, try checkAll(arguments), at: offset)
        case .aggregation(let function, _): throw ExpressionError(.misplacedAggregation(function.rawValue), at: offset)
        case .cast(let part, let type, let isLenient): return try cast(part, type, isLenient, at: offset)
        }
    }

    private func checkAll(_ nodes: [ExpressionNode]) throws(ExpressionError) -> [TypedExpression] {
        var checked: [TypedExpression] = []
        for node in nodes { checked.append(try check(node)) }
        return checked
    }

    /// A part whose type does not matter; a null that is written out is taken for a text.
    private func value(_ node: ExpressionNode) throws(ExpressionError) -> TypedExpression {
        let value = try check(node)
        return value.type == .null ? value.coerced(to: .known(.string)) : value
    }

    private func condition(_ node: ExpressionNode, _ what: String) throws(ExpressionError) -> TypedExpression {
        let value = try check(node)
        try require(value, what, "true or false", [.bool])
        return value.coerced(to: .known(.bool))
    }

    // MARK: Types

    /// Checks that a value has one of some types, as far as its own is known.
    func require(
        _ value: TypedExpression, _ what: String, _ expected: String, _ types: [ExpressionType]
    ) throws(ExpressionError) {
        guard let type = value.type.known, !types.contains(type) else { return }
        throw ExpressionError(.wrongType(what, expected: expected, found: type), at: value.offset)
    }

    /// The type that both fit.
    private func common(
        _ left: InferredType, _ right: InferredType, _ what: String, at offset: Int
    ) throws(ExpressionError) -> InferredType {
        switch (left, right) {
        case (.null, let other), (let other, .null): return other
        // Of an unknown number and a whole one, who knows.
        case (.any, _), (_, .any): return .any
        case (.known(let left), .known(let right)):
            if left == right { return .known(left) }
            if left.isNumeric, right.isNumeric { return .known(.float64) }
            throw ExpressionError(.mismatchedTypes(what, left, right), at: offset)
        }
    }

    /// Values as those of the one type that all fit.
    func unified(
        _ values: [TypedExpression], _ what: String
    ) throws(ExpressionError) -> (values: [TypedExpression], type: InferredType) {
        var type = InferredType.null
        for value in values { type = try common(type, value.type, what, at: value.offset) }
        return (values.map { $0.coerced(to: type) }, type)
    }

    // MARK: Operators

    private func binary(
        _ operation: ExpressionOperator, _ leftNode: ExpressionNode, _ rightNode: ExpressionNode, at offset: Int
    ) throws(ExpressionError) -> TypedExpression {
        let what = "the sides of '\(operation.rawValue)'"
        switch operation {
        case .and, .or:
            let left = try condition(leftNode, what)
            let right = try condition(rightNode, what)
            return TypedExpression(.logical(isAnd: operation == .and, left, right), .bool, at: offset)
        case .concatenate:
            return try call(.concat, [try check(leftNode), try check(rightNode)], at: offset)
        case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual:
            return try compare(operation, try check(leftNode), try check(rightNode), what, at: offset)
        case .add, .subtract, .multiply, .divide, .remainder:
            return try arithmetic(operation, try check(leftNode), try check(rightNode), at: offset)
        }
    }

    private func compare(
        _ operation: ExpressionOperator, _ left: TypedExpression, _ right: TypedExpression, _ what: String,
        at offset: Int
    ) throws(ExpressionError) -> TypedExpression {
        var type = try common(left.type, right.type, what, at: offset)
        if type == .null { type = .known(.string) }
        return TypedExpression(
            .compare(operation, left.coerced(to: type), right.coerced(to: type)), .bool, at: offset)
    }

    private func arithmetic(
        _ operation: ExpressionOperator, _ left: TypedExpression, _ right: TypedExpression, at offset: Int
    ) throws(ExpressionError) -> TypedExpression {
        func operands(_ type: ExpressionType, _ l: ExpressionType, _ r: ExpressionType) -> TypedExpression {
            let kind = TypedExpression.Kind.arithmetic(
                operation, left.coerced(to: .known(l)), right.coerced(to: .known(r)))
            return TypedExpression(kind, type, at: offset)
        }
        func numbers(_ type: ExpressionType) -> TypedExpression {
            operands(type, type, type)
        }
        let expected =
            operation == .add || operation == .subtract
            ? "a number, a moment or a length of time" : "a number or a length of time"
        let allowed: [ExpressionType] =
            operation == .remainder
            ? [.int64, .float64]
            : operation == .add || operation == .subtract
                ? [.int64, .float64, .timestamp, .duration] : [.int64, .float64, .duration]
        for side in [left, right] {
            try require(
                side, "a side of '\(operation.rawValue)'", operation == .remainder ? "a number" : expected, allowed)
        }
        if left.type == .any || right.type == .any {
            return TypedExpression(.arithmetic(operation, left, right), .any, at: offset)
        }
        // A null that is written out takes the part of whatever stands on the other side.
        let l = left.type.known ?? (right.type.known == .timestamp ? .duration : right.type.known ?? .int64)
        let r = right.type.known ?? (left.type.known == .timestamp ? .duration : left.type.known ?? .int64)
        if l.isNumeric, r.isNumeric {
            let isWhole = l == .int64 && r == .int64 && operation != .divide
            return numbers(isWhole ? .int64 : .float64)
        }
        switch (operation, l, r) {
        case (.add, .timestamp, .duration), (.subtract, .timestamp, .duration): return operands(.timestamp, l, r)
        case (.add, .duration, .timestamp): return operands(.timestamp, l, r)
        case (.subtract, .timestamp, .timestamp): return operands(.duration, l, r)
        case (.add, .duration, .duration), (.subtract, .duration, .duration): return operands(.duration, l, r)
        case (.multiply, .duration, _) where r.isNumeric: return operands(.duration, l, r)
        case (.multiply, _, .duration) where l.isNumeric: return operands(.duration, l, r)
        case (.divide, .duration, .duration): return operands(.float64, l, r)
        case (.divide, .duration, _) where r.isNumeric: return operands(.duration, l, .float64)
        default: throw ExpressionError(.mismatchedTypes("the sides of '\(operation.rawValue)'", l, r), at: offset)
        }
    }

    /// `x in (a, b)` is `x = a or x = b`.
    private func isOneOf(
        _ part: ExpressionNode, _ list: [ExpressionNode], at offset: Int
    ) throws(ExpressionError) -> TypedExpression {
        let value = try check(part)
        var tests: [TypedExpression] = []
        for item in list {
            tests.append(try compare(.equal, value, try check(item), "the values of 'in'", at: item.offset))
        }
        // As a balanced tree, so that a long list is not a deep one.
        while tests.count > 1 {
            tests = stride(from: 0, to: tests.count, by: 2).map { index in
                guard index + 1 < tests.count else { return tests[index] }
                return TypedExpression(.logical(isAnd: false, tests[index], tests[index + 1]), .bool, at: offset)
            }
        }
        return tests[0]
    }

    private func conditional(
        _ cases: [(condition: ExpressionNode, value: ExpressionNode)], _ otherwise: ExpressionNode?, at offset: Int
    ) throws(ExpressionError) -> TypedExpression {
        var conditions: [TypedExpression] = []
        var values: [TypedExpression] = []
        for one in cases {
            conditions.append(try condition(one.condition, "a condition"))
            values.append(try check(one.value))
        }
        values.append(
            try otherwise.map { (node) throws(ExpressionError) in try check(node) }
                ?? TypedExpression(.literal(.null), .null, at: offset))
        let (unified, type) = try unified(values, "the values of a condition")
        let pairs = zip(conditions, unified).map { (condition: $0, value: $1) }
        return TypedExpression(.conditional(pairs, otherwise: unified[unified.count - 1]), type, at: offset)
    }

    private func cast(
        _ part: ExpressionNode, _ type: ExpressionType, _ isLenient: Bool, at offset: Int
    ) throws(ExpressionError) -> TypedExpression {
        let value = try check(part)
        if value.type == .null { return value.coerced(to: .known(type)) }
        let sources: [ExpressionType] =
            switch type {
            case .bool: [.bool, .int64, .string]
            case .int64: [.bool, .int64, .float64, .string]
            case .float64: [.bool, .int64, .float64, .string]
            case .string: [.bool, .int64, .float64, .string, .timestamp]
            case .timestamp: [.timestamp, .string]
            case .duration: [.duration]
            }
        let expected = "of the type \(sources.map(\.rawValue).joined(separator: ", ")) to become \(type)"
        try require(value, "what is cast", expected, sources)
        return TypedExpression(.cast(value, type, isLenient: isLenient), type, at: offset)
    }
}

extension ExpressionLiteral {
    fileprivate var type: InferredType {
        switch self {
        case .null: .null
        case .bool: .known(.bool)
        case .int64: .known(.int64)
        case .float64: .known(.float64)
        case .string: .known(.string)
        case .duration: .known(.duration)
        }
    }
}
