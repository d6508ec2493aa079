// Operators on numbers and times, and comparisons.

extension ExpressionEvaluator {
    func negated(
        _ value: ExpressionVector, _ offset: Int, _ active: [Bool]?
    ) throws(ExpressionEvaluationError) -> ExpressionVector {
        if case .float64(let numbers) = value {
            return .float64(FixedVector(map(numbers.values) { -$0 }, validity: numbers.validity))
        }
        let whole = integers(value)
        let zeros = FixedVector([Int64](repeating: 0, count: count))
        let result = try checked(zeros, whole, "-", offset, active) { $0.subtractingReportingOverflow($1) }
        return value.type == .duration ? .duration(result) : .int64(result)
    }

    func arithmetic(
        _ operation: ExpressionOperator, _ left: ExpressionVector, _ right: ExpressionVector, _ offset: Int,
        _ active: [Bool]?
    ) throws(ExpressionEvaluationError) -> ExpressionVector {
        let name = operation.rawValue
        switch (left, right) {
        case (.float64(let left), .float64(let right)): return .float64(floating(operation, left, right))
        case (.duration(let left), .float64(let right)):
            return .duration(try scaled(left, by: right, operation, offset, active))
        case (.float64(let left), .duration(let right)):
            return .duration(try scaled(right, by: left, operation, offset, active))
        case (.duration(let left), .duration(let right)) where operation == .divide:
            return .float64(partial(left, right, 0) { $1 == 0 ? nil : Double($0) / Double($1) })
        default: break
        }
        let (l, r) = (integers(left), integers(right))
        let result: FixedVector<Int64>
        switch operation {
        case .add: result = try checked(l, r, name, offset, active) { $0.addingReportingOverflow($1) }
        case .subtract: result = try checked(l, r, name, offset, active) { $0.subtractingReportingOverflow($1) }
        case .multiply: result = try checked(l, r, name, offset, active) { $0.multipliedReportingOverflow(by: $1) }
        case .remainder:
            result = partial(l, r, 0) { $1 == 0 ? nil : $0.remainderReportingOverflow(dividingBy: $1).partialValue }
        default: preconditionFailure("the checker makes '\(name)' of whole numbers one of floating-point numbers")
        }
        switch (left.type, right.type) {
        case (.timestamp, .timestamp): return .duration(result)
        case (.timestamp, _), (_, .timestamp): return .timestamp(result)
        case (.duration, _), (_, .duration): return .duration(result)
        default: return .int64(result)
        }
    }

    private func floating(
        _ operation: ExpressionOperator, _ left: FixedVector<Double>, _ right: FixedVector<Double>
    ) -> FixedVector<Double> {
        let validity = both(left.validity, right.validity)
        switch operation {
        case .add: return FixedVector(zip(left.values, right.values) { $0 + $1 }, validity: validity)
        case .subtract: return FixedVector(zip(left.values, right.values) { $0 - $1 }, validity: validity)
        case .multiply: return FixedVector(zip(left.values, right.values) { $0 * $1 }, validity: validity)
        case .remainder: return partial(left, right, 0) { $1 == 0 ? nil : $0.truncatingRemainder(dividingBy: $1) }
        default: return partial(left, right, 0) { $1 == 0 ? nil : $0 / $1 }
        }
    }

    /// A length of time times or by a number; null for NaN and division by zero.
    private func scaled(
        _ spans: FixedVector<Int64>, by numbers: FixedVector<Double>, _ operation: ExpressionOperator, _ offset: Int,
        _ active: [Bool]?
    ) throws(ExpressionEvaluationError) -> FixedVector<Int64> {
        let isProduct = operation == .multiply
        let products = partial(spans, numbers, 0.0) { span, number in
            if !isProduct, number == 0 { return nil }
            return isProduct ? Double(span) * number : Double(span) / number
        }
        return try microseconds(products, operation.rawValue, offset, active)
    }

    /// Numbers of microseconds, rounded; NaN is null, and what is out of range a failure.
    func microseconds(
        _ numbers: FixedVector<Double>, _ name: String, _ offset: Int, _ active: [Bool]?
    ) throws(ExpressionEvaluationError) -> FixedVector<Int64> {
        let limit = 0x1p63
        let isTooLarge: (Int) -> Bool = { numbers.values[$0].magnitude >= limit }
        if let failure = firstFailure(.overflow(name), numbers.validity, active, offset, isTooLarge) { throw failure }
        let spare = FixedVector([Bool](repeating: true, count: count))
        return partial(numbers, spare, 0) { number, _ in
            number.isNaN ? nil : number.magnitude >= limit ? 0 : Int64(number.rounded())
        }
    }

    // MARK: Comparisons

    func compare(
        _ operation: ExpressionOperator, _ left: ExpressionVector, _ right: ExpressionVector
    ) -> FixedVector<Bool> {
        switch (left, right) {
        case (.float64(let left), .float64(let right)): return compare(operation, left, right)
        case (.bool(let left), .bool(let right)):
            func numbers(_ vector: FixedVector<Bool>) -> FixedVector<UInt8> {
                FixedVector(map(vector.values) { $0 ? 1 : 0 }, validity: vector.validity)
            }
            return compare(operation, numbers(left), numbers(right))
        case (.string(let left), .string(let right)): return compare(operation, left, right)
        default: return compare(operation, integers(left), integers(right))
        }
    }

    private func compare<Value: Comparable & BitwiseCopyable & Sendable>(
        _ operation: ExpressionOperator, _ left: FixedVector<Value>, _ right: FixedVector<Value>
    ) -> FixedVector<Bool> {
        let values =
            switch operation {
            case .equal: zip(left.values, right.values) { $0 == $1 }
            case .notEqual: zip(left.values, right.values) { $0 != $1 }
            case .less: zip(left.values, right.values) { $0 < $1 }
            case .lessOrEqual: zip(left.values, right.values) { $0 <= $1 }
            case .greater: zip(left.values, right.values) { $0 > $1 }
            default: zip(left.values, right.values) { $0 >= $1 }
            }
        return FixedVector(values, validity: both(left.validity, right.validity))
    }

    private func compare(
        _ operation: ExpressionOperator, _ left: TextVector, _ right: TextVector
    ) -> FixedVector<Bool> {
        var orders = [Int8](repeating: 0, count: count)
        left.bytes.withUnsafeBufferPointer { leftBytes in
            right.bytes.withUnsafeBufferPointer { rightBytes in
                for row in 0..<count {
                    let (l, r) = (leftBytes[left.range(row)], rightBytes[right.range(row)])
                    orders[row] = order(l, r)
                }
            }
        }
        let zeros = FixedVector([Int8](repeating: 0, count: count), validity: right.validity)
        return compare(operation, FixedVector(orders, validity: left.validity), zeros)
    }

    /// -1, 0 or 1 by the bytes.
    @inline(__always)
    func order(_ left: Slice<UnsafeBufferPointer<UInt8>>, _ right: Slice<UnsafeBufferPointer<UInt8>>) -> Int8 {
        let common = min(left.count, right.count)
        let (l, r) = (UnsafeBufferPointer(rebasing: left), UnsafeBufferPointer(rebasing: right))
        for index in 0..<common where l[index] != r[index] { return l[index] < r[index] ? -1 : 1 }
        return l.count == r.count ? 0 : l.count < r.count ? -1 : 1
    }
}
