#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

// Functions of numbers, and which function is computed where.

extension ExpressionEvaluator {
    func call(
        _ function: ExpressionFunction, _ nodes: [TypedExpression], _ node: TypedExpression, _ active: [Bool]?
    ) throws(ExpressionEvaluationError) -> ExpressionVector {
        if function == .coalesce { return try coalesce(nodes, active) }
        var arguments: [ExpressionVector] = []
        for node in nodes { arguments.append(try evaluate(node, active: active)) }
        switch function {
        case .coalesce: return arguments[0]
        case .nullIf: return nullIf(arguments[0], arguments[1])
        case .least, .greatest: return extreme(arguments, isLeast: function == .least)
        case .abs: return try absolute(arguments[0], node.offset, active)
        case .floor, .ceil, .round: return rounded(function, arguments[0], nodes)
        case .sign:
            let value = numbers(arguments[0])
            let spare = FixedVector([Bool](repeating: true, count: count))
            return .int64(partial(value, spare, 0) { x, _ in x.isNaN ? nil : x > 0 ? 1 : x < 0 ? -1 : 0 })
        case .sqrt: return .float64(finite(numbers(arguments[0])) { $0.squareRoot() })
        case .exp: return .float64(finite(numbers(arguments[0])) { exp($0) })
        case .ln: return .float64(finite(numbers(arguments[0])) { log($0) })
        case .log10: return .float64(finite(numbers(arguments[0])) { log10($0) })
        case .sin: return .float64(finite(numbers(arguments[0])) { sin($0) })
        case .cos: return .float64(finite(numbers(arguments[0])) { cos($0) })
        case .power:
            return .float64(
                partial(numbers(arguments[0]), numbers(arguments[1]), 0) { x, y in
                    let value = pow(x, y)
                    return value.isFinite || !x.isFinite || !y.isFinite ? value : nil
                })
        case .div: return .int64(try quotient(integers(arguments[0]), integers(arguments[1]), node.offset, active))
        case .isNaN:
            let value = numbers(arguments[0])
            return .bool(FixedVector(map(value.values) { $0.isNaN }, validity: value.validity))
        case .length, .lower, .upper, .trim, .contains, .startsWith, .endsWith, .replace, .substring, .concat:
            return text(function, arguments)
        case .year, .month, .day, .hour, .minute, .second, .dayOfWeek, .dayOfYear, .epoch, .truncate:
            return time(function, integers(arguments[0]), nodes)
        case .seconds, .minutes, .hours, .days:
            let value = numbers(arguments[0])
            let unit = Self.microseconds(in: function)
            let products = FixedVector(map(value.values) { $0 * unit }, validity: value.validity)
            return .duration(try microseconds(products, function.rawValue, node.offset, active))
        case .inSeconds, .inMinutes, .inHours, .inDays:
            let value = integers(arguments[0])
            let unit = Self.microseconds(in: function)
            return .float64(FixedVector(map(value.values) { Double($0) / unit }, validity: value.validity))
        }
    }

    private static func microseconds(in function: ExpressionFunction) -> Double {
        switch function {
        case .minutes, .inMinutes: 60e6
        case .hours, .inHours: 3600e6
        case .days, .inDays: 86_400e6
        default: 1e6
        }
    }

    /// A function of numbers; null where a finite one has no finite result.
    @inline(__always)
    private func finite(_ vector: FixedVector<Double>, _ body: (Double) -> Double) -> FixedVector<Double> {
        let values = map(vector.values, body)
        let isFinite = zip(vector.values, values) { !$0.isFinite || $1.isFinite }
        return FixedVector(values, validity: both(vector.validity, isFinite))
    }

    private func absolute(
        _ value: ExpressionVector, _ offset: Int, _ active: [Bool]?
    ) throws(ExpressionEvaluationError) -> ExpressionVector {
        if case .float64(let numbers) = value {
            return .float64(FixedVector(map(numbers.values) { $0.magnitude }, validity: numbers.validity))
        }
        let whole = integers(value)
        let zeros = FixedVector([Int64](repeating: 0, count: count))
        let result = try checked(zeros, whole, "abs", offset, active) { zero, value in
            value < 0 ? zero.subtractingReportingOverflow(value) : (value, false)
        }
        return value.type == .duration ? .duration(result) : .int64(result)
    }

    private func rounded(
        _ function: ExpressionFunction, _ value: ExpressionVector, _ nodes: [TypedExpression]
    ) -> ExpressionVector {
        guard case .float64(let numbers) = value else { return value }
        var scale = 1.0
        if nodes.count == 2, case .literal(.int64(let digits)) = nodes[1].kind { scale = pow(10, Double(digits)) }
        let values =
            switch function {
            case .floor: map(numbers.values) { $0.rounded(.down) }
            case .ceil: map(numbers.values) { $0.rounded(.up) }
            default:
                map(numbers.values) { number in
                    let product = number * scale
                    // So large a number has no digits after the point.
                    return product.isFinite ? product.rounded() / scale : number
                }
            }
        return .float64(FixedVector(values, validity: numbers.validity))
    }

    private func quotient(
        _ left: FixedVector<Int64>, _ right: FixedVector<Int64>, _ offset: Int, _ active: [Bool]?
    ) throws(ExpressionEvaluationError) -> FixedVector<Int64> {
        let divisors = partial(right, left, 1) { divisor, _ in divisor == 0 ? nil : divisor }
        return try checked(left, divisors, "div", offset, active) { $0.dividedReportingOverflow(by: $1) }
    }

    private func nullIf(_ value: ExpressionVector, _ other: ExpressionVector) -> ExpressionVector {
        let isEqual = compare(.equal, value, other)
        var choices = [Int32](repeating: 0, count: count)
        for row in 0..<count where isEqual.values[row] && isEqual.validity?[row] ?? true { choices[row] = -1 }
        return select([value], choices)
    }

    /// The least or greatest of the values that are not null.
    private func extreme(_ vectors: [ExpressionVector], isLeast: Bool) -> ExpressionVector {
        var best = vectors[0]
        for vector in vectors.dropFirst() {
            let isBetter = compare(isLeast ? .less : .greater, vector, best)
            var choices = [Int32](repeating: 0, count: count)
            for row in 0..<count {
                guard vector.validity?[row] ?? true else { continue }
                let hasBest = best.validity?[row] ?? true
                if !hasBest || isBetter.values[row] { choices[row] = 1 }
            }
            best = select([best, vector], choices)
        }
        return best
    }
}
