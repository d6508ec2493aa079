/// Computes typed expressions over the rows of a batch, a pass over all rows for each part.
///
/// `active` names the rows whose value matters: only they can fail. `nil` is all.
struct ExpressionEvaluator {
    let batch: ExpressionBatch

    var count: Int { batch.count }

    func evaluate(
        _ node: TypedExpression, active: [Bool]?
    ) throws(ExpressionEvaluationError) -> ExpressionVector {
        switch node.kind {
        case .literal(let literal): return constant(literal, node.type.known ?? .string)
        case .column(let name):
            guard let column = batch.columns[name], column.type == node.type.known else {
                preconditionFailure("a batch has the columns that the expression was bound to; '\(name)' is missing")
            }
            return column
        case .widen(let part):
            let value = integers(try evaluate(part, active: active))
            return .float64(FixedVector(map(value.values) { Double($0) }, validity: value.validity))
        case .negate(let part): return try negated(try evaluate(part, active: active), node.offset, active)
        case .not(let part):
            let value = booleans(try evaluate(part, active: active))
            return .bool(FixedVector(map(value.values) { !$0 }, validity: value.validity))
        case .arithmetic(let operation, let left, let right):
            return try arithmetic(
                operation, try evaluate(left, active: active), try evaluate(right, active: active), node.offset, active)
        case .compare(let operation, let left, let right):
            return .bool(
                compare(operation, try evaluate(left, active: active), try evaluate(right, active: active)))
        case .logical(let isAnd, let left, let right): return try logical(isAnd, left, right, active)
        case .isNull(let part):
            let validity = try evaluate(part, active: active).validity
            return .bool(FixedVector(validity.map { map($0) { !$0 } } ?? [Bool](repeating: false, count: count)))
        case .conditional(let cases, let otherwise): return try conditional(cases, otherwise, active)
        case .call(let function, let arguments): return try call(function, arguments, node, active)
        case .cast(let part, let type, let isLenient):
            return try cast(
                try evaluate(part, active: active), to: type, isLenient: isLenient, node.offset, active)
        }
    }

    /// The same value in each row.
    private func constant(_ literal: ExpressionLiteral, _ type: ExpressionType) -> ExpressionVector {
        func fixed<Value>(_ value: Value) -> FixedVector<Value> { FixedVector([Value](repeating: value, count: count)) }
        switch literal {
        case .bool(let value): return .bool(fixed(value))
        case .int64(let value): return .int64(fixed(value))
        case .float64(let value): return .float64(fixed(value))
        // A span that is written out has at most 100,000 years, which fits.
        case .duration(let span): return .duration(fixed(span.seconds * 1_000_000))
        case .string(let text):
            var vector = TextVector(capacity: count)
            for _ in 0..<count { vector.append(text.utf8) }
            return .string(vector)
        case .null: return nulls(type)
        }
    }

    /// A null in each row.
    func nulls(_ type: ExpressionType) -> ExpressionVector {
        let validity = [Bool](repeating: false, count: count)
        let zeros = FixedVector([Int64](repeating: 0, count: count), validity: validity)
        switch type {
        case .bool: return .bool(FixedVector(validity, validity: validity))
        case .int64: return .int64(zeros)
        case .float64: return .float64(FixedVector([Double](repeating: 0, count: count), validity: validity))
        case .timestamp: return .timestamp(zeros)
        case .duration: return .duration(zeros)
        case .string:
            var vector = TextVector(capacity: count)
            for _ in 0..<count { vector.endRow() }
            vector.validity = validity
            return .string(vector)
        }
    }

    // MARK: Kinds of vectors

    // The checker has made sure of each type; what it cannot express is that the two agree.
    func booleans(_ vector: ExpressionVector) -> FixedVector<Bool> {
        guard case .bool(let values) = vector else {
            preconditionFailure("the checker gives this part the type boolean")
        }
        return values
    }

    func integers(_ vector: ExpressionVector) -> FixedVector<Int64> {
        switch vector {
        case .int64(let values), .timestamp(let values), .duration(let values): return values
        case .bool, .float64, .string: preconditionFailure("the checker gives this part the type int64 or a time")
        }
    }

    func numbers(_ vector: ExpressionVector) -> FixedVector<Double> {
        guard case .float64(let values) = vector else {
            preconditionFailure("the checker gives this part the type float64")
        }
        return values
    }

    func texts(_ vector: ExpressionVector) -> TextVector {
        guard case .string(let values) = vector else {
            preconditionFailure("the checker gives this part the type string")
        }
        return values
    }

    // MARK: Logic

    /// Three values; the right side matters only where the left one does not decide.
    private func logical(
        _ isAnd: Bool, _ leftNode: TypedExpression, _ rightNode: TypedExpression, _ active: [Bool]?
    ) throws(ExpressionEvaluationError) -> ExpressionVector {
        let left = booleans(try evaluate(leftNode, active: active))
        var matters = active ?? [Bool](repeating: true, count: count)
        for row in 0..<count where left.validity?[row] ?? true && left.values[row] != isAnd { matters[row] = false }
        let right = booleans(try evaluate(rightNode, active: matters))
        guard left.validity != nil || right.validity != nil else {
            let values =
                isAnd ? zip(left.values, right.values) { $0 && $1 } : zip(left.values, right.values) { $0 || $1 }
            return .bool(FixedVector(values))
        }
        var values = [Bool](repeating: isAnd, count: count)
        var validity = [Bool](repeating: true, count: count)
        for row in 0..<count {
            let leftIsValid = left.validity?[row] ?? true
            let rightIsValid = right.validity?[row] ?? true
            let isDecided =
                (leftIsValid && left.values[row] != isAnd) || (rightIsValid && right.values[row] != isAnd)
            if isDecided {
                values[row] = !isAnd
            } else {
                validity[row] = leftIsValid && rightIsValid
            }
        }
        return .bool(FixedVector(values, validity: validity))
    }

    private func conditional(
        _ cases: [(condition: TypedExpression, value: TypedExpression)], _ otherwise: TypedExpression,
        _ active: [Bool]?
    ) throws(ExpressionEvaluationError) -> ExpressionVector {
        var open = active ?? [Bool](repeating: true, count: count)
        var choices = [Int32](repeating: Int32(cases.count), count: count)
        var vectors: [ExpressionVector] = []
        for (index, one) in cases.enumerated() {
            let condition = booleans(try evaluate(one.condition, active: open))
            var taken = [Bool](repeating: false, count: count)
            for row in 0..<count where open[row] && condition.values[row] && condition.validity?[row] ?? true {
                taken[row] = true
                open[row] = false
                choices[row] = Int32(index)
            }
            vectors.append(try evaluate(one.value, active: taken))
        }
        vectors.append(try evaluate(otherwise, active: open))
        return select(vectors, choices)
    }

    /// The first value of each row that is not null.
    func coalesce(
        _ arguments: [TypedExpression], _ active: [Bool]?
    ) throws(ExpressionEvaluationError) -> ExpressionVector {
        var open = active ?? [Bool](repeating: true, count: count)
        var choices = [Int32](repeating: -1, count: count)
        var vectors: [ExpressionVector] = []
        for (index, argument) in arguments.enumerated() {
            let vector = try evaluate(argument, active: open)
            for row in 0..<count where open[row] && vector.validity?[row] ?? true {
                open[row] = false
                choices[row] = Int32(index)
            }
            vectors.append(vector)
        }
        return select(vectors, choices)
    }

    /// From each row the value of the vector that is chosen; null for -1. The vectors are of one type.
    func select(_ vectors: [ExpressionVector], _ choices: [Int32]) -> ExpressionVector {
        func fixed<Value>(_ parts: [FixedVector<Value>], _ zero: Value) -> FixedVector<Value> {
            var values = [Value](repeating: zero, count: count)
            var validity = [Bool](repeating: false, count: count)
            for (index, part) in parts.enumerated() {
                for row in 0..<count where choices[row] == Int32(index) {
                    values[row] = part.values[row]
                    validity[row] = part.validity?[row] ?? true
                }
            }
            return FixedVector(values, validity: validity)
        }
        switch vectors[0] {
        case .bool: return .bool(fixed(vectors.map(booleans), false))
        case .int64: return .int64(fixed(vectors.map(integers), 0))
        case .float64: return .float64(fixed(vectors.map(numbers), 0))
        case .timestamp: return .timestamp(fixed(vectors.map(integers), 0))
        case .duration: return .duration(fixed(vectors.map(integers), 0))
        case .string:
            let parts = vectors.map(texts)
            var result = TextVector(capacity: count)
            var validity = [Bool](repeating: false, count: count)
            for row in 0..<count {
                let choice = Int(choices[row])
                if choice >= 0, parts[choice].validity?[row] ?? true {
                    result.extend(parts[choice][row])
                    validity[row] = true
                }
                result.endRow()
            }
            result.validity = validity
            return .string(result)
        }
    }
}

// MARK: - Passes

extension ExpressionEvaluator {
    /// A pass over one column.
    @inline(__always)
    func map<From, To>(_ values: [From], _ body: (From) -> To) -> [To] {
        [To](unsafeUninitializedCapacity: values.count) { result, filled in
            values.withUnsafeBufferPointer { values in
                for row in values.indices { result.initializeElement(at: row, to: body(values[row])) }
            }
            filled = values.count
        }
    }

    /// A pass over two columns.
    @inline(__always)
    func zip<Left, Right, To>(_ left: [Left], _ right: [Right], _ body: (Left, Right) -> To) -> [To] {
        precondition(left.count == right.count)
        return [To](unsafeUninitializedCapacity: left.count) { result, filled in
            left.withUnsafeBufferPointer { left in
                right.withUnsafeBufferPointer { right in
                    for row in left.indices { result.initializeElement(at: row, to: body(left[row], right[row])) }
                }
            }
            filled = left.count
        }
    }

    /// Where both have a value.
    func both(_ left: [Bool]?, _ right: [Bool]?) -> [Bool]? {
        guard let left else { return right }
        guard let right else { return left }
        return zip(left, right) { $0 && $1 }
    }

    /// The first row that matters, has a value, and failed.
    func firstFailure(
        _ problem: ExpressionEvaluationError.Problem, _ validity: [Bool]?, _ active: [Bool]?, _ offset: Int,
        _ failed: (Int) -> Bool
    ) -> ExpressionEvaluationError? {
        for row in 0..<count where active?[row] ?? true && validity?[row] ?? true && failed(row) {
            return ExpressionEvaluationError(problem: problem, row: row, offset: offset)
        }
        return nil
    }

    /// A pass over two columns of whole numbers whose result may be out of range.
    @inline(__always)
    func checked(
        _ left: FixedVector<Int64>, _ right: FixedVector<Int64>, _ name: String, _ offset: Int, _ active: [Bool]?,
        _ body: (Int64, Int64) -> (partialValue: Int64, overflow: Bool)
    ) throws(ExpressionEvaluationError) -> FixedVector<Int64> {
        let validity = both(left.validity, right.validity)
        var isOverflown = false
        let values = zip(left.values, right.values) { left, right in
            let (value, overflow) = body(left, right)
            isOverflown = isOverflown || overflow
            return value
        }
        // What stands at a null, or where it does not matter, may overflow; that is no failure.
        if isOverflown,
            let failure = firstFailure(
                .overflow(name), validity, active, offset, { body(left.values[$0], right.values[$0]).overflow })
        {
            throw failure
        }
        return FixedVector(values, validity: validity)
    }

    /// A pass over two columns whose result is null where the body says so.
    @inline(__always)
    func partial<Left, Right, To>(
        _ left: FixedVector<Left>, _ right: FixedVector<Right>, _ zero: To, _ body: (Left, Right) -> To?
    ) -> FixedVector<To> {
        var validity = both(left.validity, right.validity) ?? [Bool](repeating: true, count: count)
        var values = [To](repeating: zero, count: count)
        for row in 0..<count where validity[row] {
            if let value = body(left.values[row], right.values[row]) {
                values[row] = value
            } else {
                validity[row] = false
            }
        }
        return FixedVector(values, validity: validity)
    }
}
