extension ExpressionChecker {
    /// The parts of a moment that it can be cut to.
    static let timeParts = ["year", "month", "day", "hour", "minute", "second"]

    /// A call with arguments of the types that the function takes.
    func call(
        _ function: ExpressionFunction, _ arguments: [TypedExpression], at offset: Int
    ) throws(ExpressionError) -> TypedExpression {
        let name = function.rawValue
        func result(_ arguments: [TypedExpression], _ type: InferredType) -> TypedExpression {
            TypedExpression(.call(function, arguments), type, at: offset)
        }
        func all(
            _ type: ExpressionType, _ expected: String, gives: ExpressionType
        ) throws(ExpressionError) -> TypedExpression {
            let types: [ExpressionType] = type == .float64 ? [.int64, .float64] : [type]
            for argument in arguments { try require(argument, "what '\(name)' takes", expected, types) }
            return result(arguments.map { $0.coerced(to: .known(type)) }, .known(gives))
        }
        switch function {
        case .coalesce, .nullIf:
            let (values, type) = try unified(arguments, "the values of '\(name)'")
            if type == .null { return arguments[0] }
            return result(values, type)
        case .least, .greatest:
            let types: [ExpressionType] = [.int64, .float64, .string, .timestamp, .duration]
            for argument in arguments {
                try require(argument, "what '\(name)' takes", "a number, a text or a time", types)
            }
            let (values, type) = try unified(arguments, "the values of '\(name)'")
            if type == .null { return arguments[0] }
            return result(values, type)
        case .abs:
            try require(
                arguments[0], "what '\(name)' takes", "a number or a length of time", [.int64, .float64, .duration])
            let value = arguments[0].type == .null ? arguments[0].coerced(to: .known(.float64)) : arguments[0]
            return result([value], value.type)
        case .floor, .ceil, .round:
            try require(arguments[0], "what '\(name)' takes", "a number", [.int64, .float64])
            if arguments.count == 2 { try requireDigits(arguments[1]) }
            let value = arguments[0].type == .null ? arguments[0].coerced(to: .known(.float64)) : arguments[0]
            return result([value] + arguments.dropFirst(), value.type)
        case .sign: return try all(.float64, "a number", gives: .int64)
        case .sqrt, .exp, .ln, .log10, .power, .sin, .cos: return try all(.float64, "a number", gives: .float64)
        case .div: return try all(.int64, "a whole number", gives: .int64)
        case .isNaN: return try all(.float64, "a number", gives: .bool)
        case .length: return try all(.string, "a text", gives: .int64)
        case .lower, .upper, .trim, .replace, .concat: return try all(.string, "a text", gives: .string)
        case .contains, .startsWith, .endsWith: return try all(.string, "a text", gives: .bool)
        case .substring:
            try require(arguments[0], "what '\(name)' takes", "a text", [.string])
            for argument in arguments.dropFirst() {
                try require(argument, "the place and length of '\(name)'", "whole numbers", [.int64])
            }
            return result(
                [arguments[0].coerced(to: .known(.string))]
                    + arguments.dropFirst().map { $0.coerced(to: .known(.int64)) }, .known(.string))
        case .year, .month, .day, .hour, .minute, .second, .dayOfWeek, .dayOfYear:
            try require(arguments[0], "what '\(name)' takes", "a moment", [.timestamp])
            if arguments.count == 2 { try requireZone(arguments[1], name) }
            return result([arguments[0].coerced(to: .known(.timestamp))] + arguments.dropFirst(), .known(.int64))
        case .epoch: return try all(.timestamp, "a moment", gives: .float64)
        case .truncate:
            try require(arguments[0], "what '\(name)' takes", "a moment", [.timestamp])
            guard case .literal(.string(let part)) = arguments[1].kind, Self.timeParts.contains(part) else {
                let expected = "'\(Self.timeParts.joined(separator: "', '"))'"
                throw ExpressionError(
                    .notConstant("what '\(name)' cuts to", expected: "one of \(expected)"), at: arguments[1].offset)
            }
            if arguments.count == 3 { try requireZone(arguments[2], name) }
            return result([arguments[0].coerced(to: .known(.timestamp))] + arguments.dropFirst(), .known(.timestamp))
        case .seconds, .minutes, .hours, .days: return try all(.float64, "a number", gives: .duration)
        case .inSeconds, .inMinutes, .inHours, .inDays:
            return try all(.duration, "a length of time", gives: .float64)
        }
    }

    private func requireZone(_ argument: TypedExpression, _ name: String) throws(ExpressionError) {
        guard case .literal(.string(let zone)) = argument.kind else {
            throw ExpressionError(.notConstant("the zone of '\(name)'", expected: "a text"), at: argument.offset)
        }
        if ZoneClock.isZone(zone) { return }
        throw ExpressionError(.unknownZone(zone, nearest: TimeZoneName.nearest(to: zone)), at: argument.offset)
    }

    private func requireDigits(_ argument: TypedExpression) throws(ExpressionError) {
        guard case .literal(.int64(let digits)) = argument.kind, (0...15).contains(digits) else {
            throw ExpressionError(
                .notConstant("the digits of 'round'", expected: "a whole number from 0 to 15"), at: argument.offset)
        }
    }
}
